"""Discovery on real trees, compared with git where git has a say."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from torchlint.files import Discovered, discover


@dataclass(frozen=True)
class Excludes:
    root: Path
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    exclude_root: Path | None = None


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def run(
    *paths: str,
    exclude: tuple[str, ...] | None = None,
    extend_exclude: tuple[str, ...] = (),
    force_exclude: bool = False,
    at: str = ".",
) -> Discovered:
    settings = Excludes(Path(at).absolute(), exclude, extend_exclude)
    return discover(paths, lambda directory: settings, force_exclude=force_exclude)


def found(*paths: str, **options: object) -> list[str]:
    result = run(*paths, **options)  # type: ignore[arg-type]
    assert result.errors == ()
    return list(result.files)


def test_only_python_files_in_order(root: Path) -> None:
    make(
        root, "src/b.py", "src/a.py", "src/a.pyi", "src/x.txt", "src/sub/c.py", "src/.hidden.py", "src/PY.PY"
    )
    assert found("src") == ["src/.hidden.py", "src/a.py", "src/b.py", "src/sub/c.py"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("src/", "src/a.py"),
        ("./src", "src/a.py"),
        (".", "src/a.py"),
        ("./src//a.py", "src/a.py"),
        ("src/../src", "src/../src/a.py"),
    ],
)
def test_displayed_paths(root: Path, given: str, shown: str) -> None:
    make(root, "src/a.py")
    assert found(given) == [shown]


def test_absolute_and_parent_paths(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(root, "src/a.py", "run/b.py")
    assert found(str(root / "src")) == [str(root / "src" / "a.py")]
    monkeypatch.chdir(root / "run")
    assert found("../src", "..") == ["../src/a.py", "../run/b.py"]


def test_explicit_files_of_any_suffix(root: Path) -> None:
    make(root, "script", "a.pyi")
    assert found("script", "a.pyi") == ["script", "a.pyi"]


def test_duplicates(root: Path) -> None:
    make(root, "src/a.py", "src/sub/b.py")
    os.link("src/a.py", "src/hard.py")
    (root / "link").symlink_to("src")
    everything = ["src/a.py", "src/hard.py", "src/sub/b.py"]
    assert (
        found("src", "src/", "./src/sub", "src/a.py", str(root / "src" / "a.py"), "link/a.py", ".")
        == everything
    )
    assert found("src/a.py", "src/a.py") == ["src/a.py"]
    assert found("src/sub", "src") == ["src/sub/b.py", "src/a.py", "src/hard.py"]


def test_default_excludes_hold_below_the_given_path_only(root: Path) -> None:
    inside = [
        f"{name}/a.py" for name in (".git", ".venv", "venv", "build", "node_modules", "x/__pycache__", "dist")
    ]
    make(
        root, *inside, "x/a.py", ".venv/lib/site-packages/foo/b.py", ".venv/lib/site-packages/foo/build/c.py"
    )
    assert found(".") == ["x/a.py"]
    assert found(".venv/lib/site-packages/foo") == [".venv/lib/site-packages/foo/b.py"]
    assert found("build", "dist/a.py") == ["build/a.py", "dist/a.py"]
    assert found("build", "dist/a.py", "x", force_exclude=True) == ["x/a.py"]


def test_exclude_and_extend_exclude(root: Path) -> None:
    make(root, "a.py", "gen/a.py", "gen/keep.py", "build/a.py", "pkg/gen/a.py", "pkg/x_pb2.py", ".git/a.py")
    assert found(".", exclude=()) == [
        "a.py",
        "build/a.py",
        "gen/a.py",
        "gen/keep.py",
        "pkg/x_pb2.py",
        "pkg/gen/a.py",
    ]
    assert found(".", extend_exclude=("gen/",)) == ["a.py", "pkg/x_pb2.py"]
    assert found(".", extend_exclude=("/gen", "*_pb2.py")) == ["a.py", "pkg/gen/a.py"]
    assert found(".", extend_exclude=("pkg/gen",)) == ["a.py", "gen/a.py", "gen/keep.py", "pkg/x_pb2.py"]
    assert found(".", extend_exclude=("gen/**", "!gen/keep.py", "pkg")) == ["a.py", "gen/keep.py"]
    assert found(".", extend_exclude=("!build", "pkg", "gen")) == ["a.py", "build/a.py"]


def test_force_exclude(root: Path) -> None:
    make(root, "gen/deep/a.py", "b.py", "c.txt", ".gitignore")
    (root / ".gitignore").write_text("b.py\n")
    assert found("gen/deep/a.py", "b.py", extend_exclude=("gen",)) == ["gen/deep/a.py", "b.py"]
    assert found("gen/deep/a.py", "b.py", extend_exclude=("gen",), force_exclude=True) == ["b.py"]
    assert found("gen/deep", "c.txt", extend_exclude=("gen/", "*.txt"), force_exclude=True) == []
    assert found("gen/deep/a.py", extend_exclude=("deep/a.py",), force_exclude=True) == ["gen/deep/a.py"]
    assert found("gen/deep/a.py", extend_exclude=("deep/a.py",), force_exclude=True, at="gen") == []


def test_parents_of_the_configuration_do_not_exclude(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(root, "build/project/a.py", "elsewhere/a.py")
    monkeypatch.chdir(root / "build" / "project")
    assert found("a.py", ".", force_exclude=True) == ["a.py"]
    assert found("../../elsewhere/a.py", extend_exclude=("elsewhere/a.py",), force_exclude=True) == [
        "../../elsewhere/a.py"
    ]


def test_settings_of_each_directory(root: Path) -> None:
    make(root, "a/x.py", "a/y.py", "b/x.py", "b/y.py")

    def settings(directory: Path) -> Excludes:
        return Excludes(directory, extend_exclude=("/x.py",) if directory.name == "a" else ("/y.py",))

    assert discover(["."], settings, force_exclude=False).files == ("a/y.py", "b/x.py")


def test_exclude_root(root: Path) -> None:
    make(root, "sub/x.py", "x.py")
    settings = Excludes(root / "sub", exclude=("sub/x.py",), exclude_root=root)
    assert discover(["."], lambda directory: settings).files == ("x.py",)


def test_a_linked_directory_is_no_directory_to_git(root: Path) -> None:
    make(root, "real/a.py")
    (root / "proj").mkdir()
    (root / "proj" / "linked").symlink_to("../real")
    (root / "proj" / ".gitignore").write_text("linked/\n")
    assert found("proj") == ["proj/linked/a.py"]
    (root / "proj" / ".gitignore").write_text("linked\n")
    assert found("proj") == []


def test_given_paths_are_taken_though_ignored(root: Path) -> None:
    make(root, "gen/a.py", "gen/sub/b.py", ".git/HEAD")
    (root / ".gitignore").write_text("gen/\nsub/b.py\n*.skip.py\n")
    assert found(".") == []
    assert found("gen") == ["gen/a.py", "gen/sub/b.py"]
    assert found("gen/a.py") == ["gen/a.py"]


def test_gitignore_of_parents_only_inside_the_repository(root: Path) -> None:
    make(root, "outer/repo/pkg/a.py", "outer/repo/pkg/b.py")
    (root / "outer" / ".gitignore").write_text("a.py\n")
    assert found("outer/repo/pkg") == ["outer/repo/pkg/a.py", "outer/repo/pkg/b.py"]  # no repository at all
    assert found("outer") == ["outer/repo/pkg/b.py"]  # met on the way down
    make(root, "outer/repo/.git")  # a file, as in a work tree
    (root / "outer" / "repo" / ".gitignore").write_text("b.py\n")
    assert found("outer/repo/pkg") == ["outer/repo/pkg/a.py"]
    assert found("outer") == ["outer/repo/pkg/a.py"]  # the inner repository has its own rules


def test_odd_gitignore_files(root: Path) -> None:
    make(root, "a.py", "sub/a.py", "other/a.py")
    (root / ".gitignore").mkdir()
    (root / "sub" / ".gitignore").write_bytes(b"\xff\xfe*\n\x00\n")
    os.mkfifo(root / "other" / ".gitignore")
    assert found(".") == ["a.py", "other/a.py", "sub/a.py"]


def test_symlink_loops(root: Path) -> None:
    make(root, "a/x.py", "b/y.py")
    (root / "a" / "self").symlink_to(".")
    (root / "a" / "up").symlink_to("..")
    (root / "a" / "other").symlink_to("../b")
    (root / "b" / "other").symlink_to("../a")
    (root / "b" / "loop").symlink_to("loop")
    assert found(".") == ["a/x.py", "b/y.py"]  # each under its own path
    assert found("a") == ["a/x.py", "a/other/y.py"]


def test_linked_files_and_linked_directories(root: Path) -> None:
    make(root, "real/a.py")
    (root / "src").mkdir()
    (root / "src" / "file.py").symlink_to("../real/a.py")
    (root / "src" / "dir").symlink_to("../real")
    assert found("src") == ["src/file.py", "src/dir/a.py"]


def test_bad_paths_are_errors_and_the_rest_is_found(root: Path) -> None:
    make(root, "ok.py")
    (root / "broken.py").symlink_to("nowhere")
    (root / "loop.py").symlink_to("loop.py")
    os.mkfifo(root / "pipe.py")
    result = run(
        "gone",
        "gone.py",
        "broken.py",
        "loop.py",
        "pipe.py",
        "nul\0.py",
        "n" * 5000,
        "ok.py/x.py",
        "",
        "ok.py",
    )
    assert result.files == ("ok.py",)
    messages = [error.message for error in result.errors]
    assert [error.path for error in result.errors][:5] == [
        "gone",
        "gone.py",
        "broken.py",
        "loop.py",
        "pipe.py",
    ]
    words = [
        "no such",
        "no such",
        "broken symbolic link",
        "symbolic links",
        "regular file",
        "null",
        "too long",
        "not a dir",
        "not a path",
    ]
    assert all(word in message for word, message in zip(words, messages, strict=True)), messages


def test_odd_entries_in_a_walk(root: Path) -> None:
    make(root, "x.py/inner.py")  # a directory
    os.mkfifo(root / "pipe.py")
    (root / "broken.py").symlink_to("nowhere")
    (root / ".#lock.py").symlink_to("user@host.123")
    (root / "loop.py").symlink_to("loop.py")
    (root / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.py")
        result = run(".")
    assert result.files == ("x.py/inner.py",)
    assert [error.path for error in result.errors] == ["broken.py", "loop.py"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not stop root")
def test_unreadable_directory(root: Path) -> None:
    make(root, "a/x.py", "b/y.py")
    (root / "a").chmod(0)
    try:
        result = run(".")
    finally:
        (root / "a").chmod(0o755)
    assert result.files == ("b/y.py",)
    assert [(error.path, "permission denied" in error.message) for error in result.errors] == [("a", True)]


def test_very_deep_directories(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(1500):  # more than Python's stack
        os.mkdir("d")
        monkeypatch.chdir("d")
    Path("a.py").touch()
    monkeypatch.chdir(root)
    try:
        assert found(".") == ["/".join(["d"] * 1500) + "/a.py"]
    finally:  # pytest's own cleaning of temporary directories is recursive, and fails on this one
        os.unlink("/".join(["d"] * 1500) + "/a.py")
        for depth in range(1500, 0, -1):
            os.rmdir("/".join(["d"] * depth))


def test_a_path_too_long_for_the_system_is_an_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(root, "ok.py")
    for _ in range(25):
        os.mkdir("d" * 200)
        monkeypatch.chdir("d" * 200)
    monkeypatch.chdir(root)
    result = run(".")
    assert result.files == ("ok.py",)
    assert len(result.errors) == 1
    assert "too long" in result.errors[0].message


def test_no_paths(root: Path) -> None:
    assert run() == Discovered((), ())


def test_pathspec_is_imported_only_for_wildcards(root: Path) -> None:
    make(root, "src/a.py", "src/b.py")
    (root / ".gitignore").write_text("build/\n*.log\n/docs\n")
    code = (
        "import sys; from pathlib import Path; from torchlint.config import Settings;"
        "from torchlint.files import discover;"
        "r = discover(['src', '.'], lambda d: Settings(root=Path.cwd()));"
        "print(len(r.files), 'pathspec' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["2", "False"]
