"""Files that cannot be read or parsed: a clear message with the path, every other file still checked, exit code 2."""

from __future__ import annotations

import os
import sys

import pytest

from tests.e2e.conftest import CLEAN, GOOD, LOST
from torchlint.config import SettingsResolver
from torchlint.rules import all_rules
from torchlint.runs.check import check
from torchlint.runs.options import RunOptions

NOT_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)

BROKEN = {
    "syntax": (b"def f(:\n    pass\n", "syntax error on line 1"),
    "unclosed": (b"x = (\n", "syntax error on line 1"),
    "indentation": (b"if x:\npass\n", "syntax error on line 2"),
    "python 2": (b"print 'hello'\n", "syntax error on line 1"),
    "unknown encoding": (b"# -*- coding: klingon -*-\nx = 1\n", "klingon"),
    "lying encoding": (b"# -*- coding: ascii -*-\nx = '\xc3\xa9'\n", "ascii"),
    "not UTF-8": (b"x = 1\ny = '\xff\xfe'\n", "utf-8"),
    "BOM against cookie": (b"\xef\xbb\xbf# -*- coding: latin-1 -*-\nx = 1\n", "latin-1"),
    "binary": (bytes(range(256)) * 8, ""),
    "NUL": (b"x = 1\n\x00\n", ""),
    "UTF-16": ("import torch\n".encode("utf-16"), ""),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_is_no_python(torchlint, project, nothing_written, kind):
    content, expected = BROKEN[kind]
    (project / "bad.py").write_bytes(content)
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    assert GOOD in result.stdout
    [line] = result.stderr.splitlines()
    assert line.startswith("error: bad.py: ")
    assert expected.lower() in line.lower()


@pytest.mark.parametrize("order", [("bad.py", "good.py"), ("good.py", "bad.py")])
def test_the_order_of_the_files_does_not_matter(torchlint, project, nothing_written, order):
    (project / "bad.py").write_text("def f(:\n")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", *order)
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert "error: bad.py: syntax error" in result.stderr


def test_errors_are_in_the_json_too(torchlint, project, nothing_written):
    import json

    (project / "bad.py").write_text("def f(:\n")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "json", ".")
    assert result.returncode == 2
    report = json.loads(result.stdout)
    assert [finding["path"] for finding in report["findings"]] == ["good.py"]
    [error] = report["errors"]
    assert error["path"] == "bad.py"
    assert "syntax error" in error["message"]


@pytest.mark.parametrize("codec", ["latin-1", "cp1251", "utf-8-sig", "koi8-r"])
def test_an_honest_encoding_is_no_error(torchlint, project, nothing_written, codec):
    text = LOST if codec == "utf-8-sig" else f"# -*- coding: {codec} -*-\n{LOST}"
    (project / "good.py").write_bytes(text.encode(codec))
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert "TL101" in result.stdout


@NOT_ROOT
def test_an_unreadable_file(torchlint, project, nothing_written):
    (project / "bad.py").write_text(LOST)
    (project / "good.py").write_text(LOST)
    (project / "bad.py").chmod(0)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert result.stderr.startswith("error: bad.py: ")


def test_a_file_that_cannot_be_read_even_by_root(torchlint, project, nothing_written):
    """A name ending in .py that leads nowhere, or to a folder's content."""
    (project / "bad.py").symlink_to("missing.py")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", "bad.py", "good.py")
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert result.stderr.startswith("error: bad.py: ")


def test_a_link_in_a_circle(torchlint, project, nothing_written):
    """It is in the way of nothing: not of the search through the project that a finding asks for."""
    (project / "loop.py").symlink_to("loop.py")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert result.stderr == "error: loop.py: cannot be read: too many levels of symbolic links\n"


def test_a_notebook_is_no_python(torchlint, project, nothing_written):
    """Its JSON may parse as Python, in which nothing is found."""
    (project / "notebook.ipynb").write_text('{"cells": [], "nbformat": 4}')
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", "notebook.ipynb", "good.py")
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert result.stderr == "error: notebook.ipynb: is a notebook, and only Python files are checked\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_does_not_hang(torchlint, project):
    os.mkfifo(project / "bad.py")
    (project / "good.py").write_text(LOST)
    result = torchlint("--output-format", "concise", ".")
    assert GOOD in result.stdout


def test_a_file_that_vanishes_between_discovery_and_reading(project, monkeypatch):
    monkeypatch.chdir(project)
    for name in ("a.py", "b.py", "c.py"):
        (project / name).write_text(LOST)
    resolver = SettingsResolver(frozenset(rule.code for rule in all_rules()), cwd=project, isolated=True)

    def progress(done, total):
        (project / "b.py").unlink(missing_ok=True)

    report = check(["."], resolver, RunOptions(progress=progress))
    assert [finding.path for finding in report.findings] == ["a.py", "c.py"]
    [error] = report.errors
    assert error.path == "b.py"
    assert error.message


def test_a_folder_that_vanishes(project, monkeypatch):
    monkeypatch.chdir(project)
    (project / "inner").mkdir()
    (project / "inner" / "b.py").write_text(LOST)
    (project / "a.py").write_text(LOST)
    resolver = SettingsResolver(frozenset(rule.code for rule in all_rules()), cwd=project)

    def progress(done, total):
        (project / "inner" / "b.py").unlink(missing_ok=True)
        if (project / "inner").exists():
            (project / "inner").rmdir()

    report = check(["."], resolver, RunOptions(progress=progress))
    assert [finding.path for finding in report.findings] == ["a.py"]
    assert [error.path for error in report.errors] == [os.path.join("inner", "b.py")]


def test_a_loop_of_folders(torchlint, project, nothing_written):
    inner = project / "package"
    inner.mkdir()
    (inner / "good.py").write_text(LOST)
    (inner / "loop").symlink_to(project, target_is_directory=True)
    (inner / "self").symlink_to(inner, target_is_directory=True)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.count("TL101") == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"# only a comment", b"\x0c", b"\r\r\n"])
def test_an_empty_file(torchlint, project, nothing_written, content):
    (project / "empty.py").write_bytes(content)
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert GOOD in result.stdout


def test_a_path_that_does_not_exist(torchlint, project, nothing_written):
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", "missing.py", "good.py", "no/such/folder")
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert "error: missing.py: no such file or directory" in result.stderr
    assert "no/such/folder" in result.stderr


def test_a_broken_import_is_no_error_of_the_file_that_imports(torchlint, project, nothing_written):
    (project / "broken.py").write_text("def f(:\n")
    (project / "good.py").write_text(
        LOST.replace("import torch\n", "import torch\nfrom broken import *\n", 1)
    )
    nothing_written()
    result = torchlint("--output-format", "concise", "good.py")
    assert (result.returncode, result.stderr) == (1, "")
    assert "good.py:9:9: TL101" in result.stdout


def test_many_bad_files_at_once(torchlint, project, nothing_written):
    for number, (content, _) in enumerate(BROKEN.values()):
        (project / f"bad{number:02}.py").write_bytes(content)
    for number in range(5):
        (project / f"good{number}.py").write_text(LOST)
    (project / "clean.py").write_text(CLEAN)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    assert result.stdout.count("TL101") == 5
    assert len(result.stderr.splitlines()) == len(BROKEN)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python knows the syntax of 3.12")
def test_newer_syntax_is_told_from_an_error(torchlint, project):
    (project / "newer.py").write_text("def first[T](items: list[T]) -> T:\n    return items[0]\n")
    (project / "broken.py").write_text("def first(:\n    pass\n")
    result = torchlint("newer.py", "broken.py")
    assert result.returncode == 2
    newer, broken = sorted(result.stderr.splitlines(), reverse=True)
    assert "newer.py" in newer
    assert "valid in a newer Python" in newer
    assert "broken.py" in broken
    assert "newer Python" not in broken
