"""Which rules are on: prefixes, ties, and per-file-ignores."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from torchlint.config import Settings, enabled_codes
from torchlint.config.globs import compile_glob

CODES = {"TL101": True, "TL102": True, "TL107": False, "TL201": True, "TL901": True}
ROOT = Path("/project")


def on(path: str = "/project/a.py", **settings: object) -> set[str]:
    return set(enabled_codes(Settings(root=ROOT, **settings), path, CODES))  # type: ignore[arg-type]


def test_default() -> None:
    assert on() == {"TL101", "TL102", "TL201", "TL901"}


@pytest.mark.parametrize(
    ("select", "extend", "ignore", "expected"),
    [
        (("TL1",), (), (), {"TL101", "TL102", "TL107"}),
        (("ALL",), (), (), set(CODES)),
        ((), (), (), set()),
        ((), ("TL2",), (), {"TL201"}),
        (None, ("TL107",), (), set(CODES)),
        (None, (), ("TL1",), {"TL201", "TL901"}),
        (None, (), ("ALL",), set()),
        (None, ("TL102",), ("TL1",), {"TL102", "TL201", "TL901"}),
        (("TL1",), ("TL101",), ("TL10",), {"TL101"}),
        (("TL101",), (), ("TL1",), {"TL101"}),
        (("TL1",), (), ("TL1",), set()),
        (("ALL",), (), ("ALL",), set()),
        (("TL101",), ("TL101",), ("TL101",), set()),
        (("ALL",), (), ("TL9",), set(CODES) - {"TL901"}),
    ],
)
def test_the_longest_prefix_decides_and_ignore_wins_a_tie(
    select: tuple[str, ...] | None, extend: tuple[str, ...], ignore: tuple[str, ...], expected: set[str]
) -> None:
    assert on(select=select, extend_select=extend, ignore=ignore) == expected


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("a.py", "a.py", True),
        ("a.py", "deep/er/a.py", True),  # by name
        ("deep/a.py", "deep/a.py", True),
        ("deep/a.py", "other/deep/a.py", False),  # from the root
        ("tests/*", "tests/unit/a.py", True),  # "*" crosses slashes, as in ruff
        ("tests/**", "tests/unit/a.py", True),
        ("tests/", "tests/unit/a.py", True),
        ("tests", "tests/a.py", False),
        ("**/tests/*.py", "tests/a.py", True),
        ("**/tests/*.py", "x/y/tests/a.py", True),
        ("**/tests/*.py", "x/mytests/a.py", False),
        ("*.pyi", "a.py", False),
        ("test_?.py", "test_1.py", True),
        ("test_[0-9].py", "test_x.py", False),
        ("test_[!0-9].py", "test_x.py", True),
        ("{a,b}/*.py", "b/c.py", True),
        ("{a,b}/*.py", "c/c.py", False),
        ("!src/*", "src/a.py", False),
        ("!src/*", "tests/a.py", True),
        ("./a.py", "a.py", True),
        ("/project/a.py", "a.py", False),
        ("a+(b).py", "a+(b).py", True),
        (r"\[a\].py", "[a].py", True),
    ],
)
def test_per_file_ignores(glob: str, path: str, matches: bool) -> None:
    assert ("TL101" not in on(f"/project/{path}", per_file_ignores=((glob, ("TL10",)),))) is matches


def test_per_file_ignores_take_prefixes_and_add_up() -> None:
    ignores = (("a.py", ("TL10",)), ("*.py", ("TL9",)))
    assert on(per_file_ignores=ignores) == {"TL201"}
    assert on(per_file_ignores=(("a.py", ("ALL",)),)) == set()
    # A code that is selected exactly is still ignored in these files.
    assert on(select=("TL101",), per_file_ignores=(("a.py", ("TL1",)),)) == set()


def test_relative_paths_and_paths_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(root=tmp_path, per_file_ignores=(("sub/*.py", ("ALL",)),))
    assert enabled_codes(settings, os.path.join("sub", "a.py"), CODES) == frozenset()
    assert enabled_codes(settings, Path("../sub/a.py"), CODES)
    outside = Settings(root=tmp_path, per_file_ignores=((f"{tmp_path.parent.as_posix()}/x.py", ("ALL",)),))
    assert enabled_codes(outside, "../x.py", CODES) == frozenset()


@pytest.mark.parametrize("glob", ["", "[a", "{a", "a}", "a\\", "[z-a]", "a\0"])
def test_bad_globs(glob: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        compile_glob(glob)


def test_hostile_glob_is_quick() -> None:
    assert not compile_glob("*" * 5000 + "x").match("a" * 200)
