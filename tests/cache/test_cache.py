"""The cache from outside: what it saves, what it survives, and that nothing of it is ever seen in the output."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchlint

BASE = """\
import torch
from torch import nn


class Base(nn.Module):
    pass
"""
NET = """\
import torch
from base import Base


class Net(Base):
    def __init__(self):
        super().__init__()
        self.pe = torch.zeros(3)
        self.noise = torch.randn(3)  # noqa: TL101
"""
CLEAN = "x = 1\n"


def run(*words: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "torchlint", *words]
    return subprocess.run(command, capture_output=True, timeout=120, **options)  # type: ignore[call-overload, no-any-return]


def loaded(*words: str) -> set[str]:
    """The modules that a run imports."""
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "from torchlint.cli import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, timeout=120, check=False
    )
    return set(result.stderr.decode().split())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "base.py").write_text(BASE)
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "clean.py").write_text(CLEAN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def results(folder: Path) -> Path:
    (found,) = (folder / ".torchlint_cache").glob("*.results")
    return found


@pytest.mark.parametrize("form", ["full", "json", "concise"])
def test_the_second_run_writes_the_same_and_analyses_nothing(project: Path, form: str) -> None:
    first, second = (run("--output-format", form, ".") for _ in range(2))
    assert b"TL101" in first.stdout
    assert (second.returncode, second.stdout, second.stderr) == (1, first.stdout, first.stderr)
    assert run("--no-cache", "--output-format", form, ".").stdout == first.stdout
    words = loaded(".")
    assert "torchlint.cache.cache" in words
    assert not words & {
        "torchlint.checker.session",
        "torchlint.project.linking",
        "torchlint.torch_api.table",
        "libcst",
    }


def test_a_base_in_another_file_changes_what_is_found_in_its_subclass(project: Path) -> None:
    assert run(".").returncode == 1
    (project / "base.py").write_text(BASE.replace("nn.Module", "object"))
    changed = run(".")
    assert b"noqa" in changed.stdout  # the comment suppresses nothing any more
    assert b"self.pe" not in changed.stdout
    (project / "base.py").write_text(BASE)
    assert b"`self.pe`" in run(".").stdout


def test_the_folder_says_what_it_is(project: Path) -> None:
    run(".")
    folder = project / ".torchlint_cache"
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert "*" in (folder / ".gitignore").read_text().split("\n")
    assert run(".", "--verbose").stdout == run(".").stdout  # it is not itself checked


def test_it_is_in_the_root_of_the_project_or_where_one_says(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.torchlint]\n")
    (project / "deep").mkdir()
    (project / "deep" / "net.py").write_text(NET)
    run(".", cwd=project / "deep")
    assert (project / ".torchlint_cache").is_dir()
    assert not (project / "deep" / ".torchlint_cache").exists()
    run("--cache-dir", "elsewhere/deep", ".")
    assert list((project / "elsewhere" / "deep").glob("*.results"))


def test_no_cache_writes_nothing(project: Path) -> None:
    assert run("--no-cache", ".").returncode == 1
    assert run("-", stdin=subprocess.DEVNULL).returncode == 0
    torchlint.check(["."])
    assert not (project / ".torchlint_cache").exists()
    both = run("--no-cache", "--cache-dir", "x", ".")
    assert both.returncode == 2
    assert b"contradict" in both.stderr


def test_clean_removes_it_and_nothing_else(project: Path) -> None:
    assert b"No cache in" in run("clean").stdout
    run(".")
    (project / ".torchlint_cache" / "mine.txt").write_text("precious")
    assert b"Removed" in run("clean").stdout
    assert [path.name for path in (project / ".torchlint_cache").iterdir()] == ["mine.txt"]
    run("--cache-dir", "kept", ".")
    assert run("clean", "--cache-dir", "kept").returncode == 0
    assert not (project / "kept").exists()
    (project / "src").mkdir()
    (project / "src" / "code.results").write_text("not ours")
    assert b"No cache in" in run("clean", "--cache-dir", "src").stdout
    assert (project / "src" / "code.results").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--select", "TL101"),
        ("--ignore", "TL101"),
        ("--extend-select", "TL2"),
        ("--persistent", "never", "--diff"),
        ("--fix", "--diff", "--unsafe-fixes"),
        ("--statistics",),
        ("--isolated", "--exclude", "net.py"),
        ("net.py",),
        ("clean.py",),
        ("-j", "2"),
    ],
)
def test_results_of_one_run_are_not_taken_for_those_of_another(project: Path, words: tuple[str, ...]) -> None:
    run(".")
    for _ in range(2):
        cached, fresh = run(*words), run("--no-cache", *words)
        assert (cached.returncode, cached.stdout, cached.stderr) == (
            fresh.returncode,
            fresh.stdout,
            fresh.stderr,
        )


def test_fix_goes_on_from_what_is_kept(project: Path) -> None:
    run(".")
    fixed = run("--fix", ".")
    assert b"1 fixed" in fixed.stdout
    assert "register_buffer" in (project / "net.py").read_text()
    assert run(".").returncode == 0


def test_a_baseline_and_what_it_knows(project: Path) -> None:
    run(".")
    run("--write-baseline", "known.json", ".")
    assert run("--baseline", "known.json", ".").returncode == 0
    assert run("--baseline", "known.json", ".").returncode == 0
    assert run(".").returncode == 1


def test_errors_are_told_again(project: Path) -> None:
    (project / "broken.py").write_text("def f(:\n")
    (project / "torchlint.toml").write_text("selekt = []\n")
    first, second = run("."), run(".")
    assert b"broken.py" in first.stderr
    assert b"selekt" in first.stderr
    assert (second.returncode, second.stdout, second.stderr) == (2, first.stdout, first.stderr)


# -- what befalls a cache --------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), new=st.binary(max_size=20), cut=st.booleans())
def test_a_damaged_one_is_made_anew(project: Path, place: float, new: bytes, cut: bool) -> None:
    cache = project / ".torchlint_cache"
    fresh = torchlint.check(["."])
    torchlint.check(["."], cache=cache)
    whole = results(project).read_bytes()
    at = int(place * len(whole))
    results(project).write_bytes(whole[:at] + new + (b"" if cut else whole[at + len(new) :]))
    for _ in range(2):
        assert torchlint.check(["."], cache=cache) == fresh


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"main": 3}',
        b'{"main": {"files": [["a", 1]]}}',
        b'{"main":{"files":[],"folders":[],"questions":[],"answers":[],"searches":[],"listings":[],"sources":[[0,0],[9,[]]],'
        b'"outcomes":[[0,0,[[],7]]],"strings":["net.py"]}}',
        b'{"main":{"files":[],"folders":[],"questions":[],"answers":[],"searches":[],"listings":[],"sources":[[0,0]],'
        b'"outcomes":[[0,1,[[],7]]],"strings":["net.py"]}}',
        b'{"main":{"files":[],"folders":[[0,7]],"questions":[["a"]],"answers":[],"searches":[],"listings":[],"sources":[],'
        b'"outcomes":[],"strings":["a"]}}',
        b'{"main":{"files":[],"folders":[],"questions":[],"answers":[],"searches":[],"listings":[],"sources":[[1,0]],'
        b'"outcomes":[],"strings":["x"]}}\n[[1],{"a":"zz"}]',
        b"[" * 100_000,
    ],
)
def test_so_is_one_that_is_whole_but_means_nothing(project: Path, body: bytes) -> None:
    from torchlint.project.reads import digest_of

    cache = project / ".torchlint_cache"
    fresh = torchlint.check(["."])
    torchlint.check(["."], cache=cache)
    head = results(project).read_bytes().split(b" ")
    results(project).write_bytes(b" ".join(head[:3]) + b" " + digest_of(body).encode() + b"\n" + body)
    for _ in range(2):
        assert torchlint.check(["."], cache=cache) == fresh


def test_findings_that_somebody_else_wrote_into_it_are_checked(project: Path) -> None:
    """A finding with a place that is no place must not reach a reporter."""
    import json

    from torchlint.project.reads import digest_of

    cache = project / ".torchlint_cache"
    fresh = torchlint.check(["."], cache=cache)
    main, *groups = results(project).read_bytes().partition(b"\n")[2].split(b"\n")
    plain = json.loads(main)
    outcomes = {plain["main"]["strings"][one[0]]: one[2] for one in plain["main"]["outcomes"]}
    outcomes["net.py"][0][0][2] = ["a", "b", "c", "d"]
    body = b"\n".join([json.dumps(plain).encode(), *groups])
    head = results(project).read_bytes().split(b" ")
    results(project).write_bytes(b" ".join(head[:3]) + b" " + digest_of(body).encode() + b"\n" + body)
    assert torchlint.check(["."], cache=cache) == fresh


@pytest.mark.parametrize("obstacle", ["file", "link", "tag", "results"])
def test_something_else_in_its_place(project: Path, obstacle: str) -> None:
    cache = project / ".torchlint_cache"
    fresh = run("--no-cache", ".")
    if obstacle == "file":
        cache.write_text("mine")
    elif obstacle == "link":
        cache.symlink_to("nowhere/at/all")
    elif obstacle == "tag":
        (cache / "CACHEDIR.TAG").mkdir(parents=True)
    else:
        run(".")
        path = results(project)
        path.unlink()
        path.mkdir()
    for _ in range(2):
        found = run(".")
        assert (found.returncode, found.stdout, found.stderr) == (1, fresh.stdout, fresh.stderr)
    if obstacle == "file":
        assert cache.read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_ours_to_write(project: Path) -> None:
    fresh = run("--no-cache", ".")
    project.chmod(0o555)
    try:
        found = run(".")
    finally:
        project.chmod(0o755)
    assert (found.returncode, found.stdout, found.stderr) == (1, fresh.stdout, fresh.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on the size of files")
def test_a_full_disk(project: Path) -> None:
    """A limit on the size of files stands for the disk."""
    import resource

    fresh = run("--no-cache", ".")
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))  # noqa: E731
    found = run(".", preexec_fn=limit)
    assert (found.returncode, found.stdout, found.stderr) == (1, fresh.stdout, fresh.stderr)
    assert not list((project / ".torchlint_cache").glob("*.*finished"))
    assert not list((project / ".torchlint_cache").glob("*.results"))


def test_runs_at_the_same_time(project: Path) -> None:
    """While files change, too: each run sees the one state or the other, and the last one is right."""
    for number in range(30):
        (project / f"net{number}.py").write_text(NET.replace("Net", f"Net{number}"))
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(run, "--output-format", "concise", ".") for _ in range(6)]
        for content in (BASE.replace("nn.Module", "object"), BASE):
            (project / "base.py").write_text(content)
        assert {future.result().returncode for future in running} == {1}
    assert run(".").stdout == run("--no-cache", ".").stdout


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes cannot be killed like this")
def test_a_run_that_is_killed_leaves_what_was_there(project: Path) -> None:
    """Killed in the middle of writing: by then, the old results are still in place."""
    run(".")
    before = results(project).read_bytes()
    (project / "base.py").write_text(BASE.replace("nn.Module", "object"))
    code = (
        "import os, signal\n"
        "os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from torchlint.cli import main; main()"
    )
    killed = subprocess.run([sys.executable, "-c", code, "."], capture_output=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert results(project).read_bytes() == before
    (unfinished,) = (project / ".torchlint_cache").glob("*.unfinished")
    os.utime(unfinished, (0, 0))
    assert run(".").stdout == run("--no-cache", ".").stdout
    assert not unfinished.exists()


def test_a_file_that_changes_while_it_is_checked_is_not_kept(project: Path) -> None:
    cache = project / ".torchlint_cache"

    def change(done: int, total: int) -> None:
        if done == 1:  # base.py has been checked, and is a base of net.py
            (project / "base.py").write_text(BASE.replace("nn.Module", "object"))

    torchlint.check(["base.py", "clean.py", "net.py"], cache=cache, progress=change)
    assert torchlint.check(["."], cache=cache) == torchlint.check(["."])
