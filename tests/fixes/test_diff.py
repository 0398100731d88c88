"""The diff: git applies it, and the bytes are exactly those that `--fix` writes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchlint.files import SourceFile, encode, split_lines
from torchlint.findings import Edit, Place
from torchlint.fixes.diff import quoted, unified_diff
from torchlint.fixes.edits import apply_edits
from torchlint.fixes.write import write_file

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git_apply(diff: bytes, folder: Path) -> None:
    environment = {
        **os.environ,
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    words = ["git", "apply", "--whitespace=nowarn", "-"]
    done = subprocess.run(words, input=diff, cwd=folder, env=environment, capture_output=True)
    assert done.returncode == 0, (done.stderr, diff)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_it_looks_like(folder):
    before = b"".join(b"%d\n" % number for number in range(1, 31))
    after = before.replace(b"\n5\n", b"\nfive\nV\n").replace(b"30\n", b"30")
    assert unified_diff("src/../a.py", before, after) == (
        b"--- a/a.py\n+++ b/a.py\n"
        b"@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+V\n 6\n 7\n 8\n"
        b"@@ -27,4 +28,4 @@\n 27\n 28\n 29\n-30\n+30\n\\ No newline at end of file\n"
    )
    assert unified_diff("a.py", before, before) == b""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.py", b"a.py"),
        ("a b.py", b"a b.py"),
        ("é.py", rb'"\303\251.py"'),
        ('a"b\\c.py', rb'"a\"b\\c.py"'),
        ("a\tb\n\x07\x1b.py", rb'"a\tb\n\a\033.py"'),
        ("\udcff.py", rb'"\377.py"'),
    ],
)
def test_names_as_git_quotes_them(name, shown):
    assert quoted(name) == shown


@needs_git
@pytest.mark.parametrize(
    "name", ["a.py", "a b.py", "é ü.py", 'a"b\\c.py', "a\tb.py", "\udcff.py", "-a.py", "d/e f/g.py"]
)
def test_odd_names(folder, name):
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"old\n")
    except OSError:
        pytest.skip("the file system does not take such names")
    git_apply(unified_diff(name, b"old\n", b"new\n"), folder)
    assert path.read_bytes() == b"new\n"


@needs_git
def test_in_a_folder_of_a_repository(folder, monkeypatch):
    """Names are relative to the working directory, and so does git apply read them."""
    subprocess.run(["git", "init", "-q", "."], check=True)
    (folder / "inner").mkdir()
    path = folder / "inner" / "a.py"
    path.write_bytes(b"old\n")
    monkeypatch.chdir(folder / "inner")
    git_apply(unified_diff(str(path), b"old\n", b"new\n"), folder / "inner")
    assert path.read_bytes() == b"new\n"


@needs_git
def test_of_a_linked_file_it_is_the_file_that_changes(folder):
    (folder / "real.py").write_bytes(b"old\n")
    (folder / "link.py").symlink_to("real.py")
    git_apply(unified_diff("link.py", b"old\n", b"new\n"), folder)
    assert (folder / "real.py").read_bytes() == b"new\n"
    assert (folder / "link.py").is_symlink()


@needs_git
def test_lines_that_are_alike_at_the_end_of_a_hunk(folder):
    """Where the same lines follow, a hunk must not end without them."""
    before, after = b"x\nx\n\n\n\n\nx\n", b"x\n\n\n\nx\n"
    (folder / "a.py").write_bytes(before)
    git_apply(unified_diff("a.py", before, after), folder)
    assert (folder / "a.py").read_bytes() == after


@needs_git
def test_large_files(folder):
    """Changes far apart are hunks of their own; a file whose lines are all alike is the worst case of a comparison."""
    lines = [f"x{number} = 1\n\n".encode() for number in range(5_000)]
    changed = [b"y = 1\n", *lines[:2500], b"y = 2\n", *lines[2502:], b"y = 3\n"]
    assert len(unified_diff("a.py", b"".join(lines), b"".join(changed))) < 1_000
    before, after = b"x = 1\n" * 20_000, b"y = 1\n" + b"x = 1\n" * 19_990 + b"z = 1\n"
    (folder / "a.py").write_bytes(before)
    git_apply(unified_diff("a.py", before, after), folder)
    assert (folder / "a.py").read_bytes() == after


_LINES = st.sampled_from(
    ["x = 1", "", "  y", "é = 'ü'", "\x0c", "+", "-- a", "\u2028", "\t", "@@", "\\ No newline"]
)
_NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def edited_files(draw):
    """A file in some encoding, and its text after some edits."""
    encoding, bom = draw(
        st.sampled_from([("utf-8", False), ("utf-8", True), ("iso-8859-1", False), ("cp1252", False)])
    )
    mixed = draw(st.booleans())
    one = draw(_NEWLINES)
    lines = draw(st.lists(_LINES, max_size=30))
    text = "".join(line + (draw(_NEWLINES) if mixed else one) for line in lines)
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    if encoding != "utf-8":
        text = text.replace("\u2028", " ")
    lines = split_lines(text)
    edits = []
    for number, line in enumerate(lines, 1):
        size = len(line.rstrip("\r\n"))
        if draw(st.integers(0, 5)) == 0:
            start = draw(st.integers(0, size))
            end = draw(st.integers(start, size))
            content = draw(st.sampled_from(["", "z", "é", f"a{one}b", one]))
            edits.append(Edit(Place(number, start + 1, number, end + 1), content))
        elif draw(st.integers(0, 9)) == 0:
            edits.append(
                Edit(
                    Place(number, 1, number + 1, 1)
                    if line != line.rstrip("\r\n")
                    else Place(number, 1, number, size + 1),
                    "",
                )
            )
    source = SourceFile("a b.py", text, encoding, one, bom)
    after = SourceFile("a b.py", apply_edits(text, edits), encoding, one, bom)
    return encode(source), encode(after)


@needs_git
@settings(max_examples=100, deadline=None)
@given(edited_files())
def test_applied_it_gives_what_is_written(tmp_path_factory, monkeypatch_module, files):
    before, after = files
    folder = tmp_path_factory.mktemp("diff")
    monkeypatch_module.chdir(folder)
    name = "a b.py"
    (folder / name).write_bytes(before)
    diff = unified_diff(name, before, after)
    assert bool(diff) == (before != after)
    if diff:
        git_apply(diff, folder)
    applied = (folder / name).read_bytes()
    (folder / name).write_bytes(before)
    write_file(name, before, after)
    assert (folder / name).read_bytes() == applied == after
    assert re.match(rb"\A(--- a/a b\.py\t\n|\Z)", diff)


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch
