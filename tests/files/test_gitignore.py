"""Which files .gitignore files leave: the same as for git itself, run on the same tree."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from torchlint.config import Settings
from torchlint.files import discover


def git(root: Path, *arguments: str) -> str:
    # No configuration of the machine: a global excludes file would change the answers.
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-c", "core.quotePath=false", *arguments]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=True
    ).stdout


def git_sees(root: Path) -> list[str]:
    names = git(root, "ls-files", "-o", "--exclude-standard").splitlines()
    return sorted(name for name in names if name.endswith(".py"))


def found(path: str, root: Path) -> list[str]:
    result = discover([path], lambda directory: Settings(root=root))
    assert result.errors == ()
    return sorted(result.files)


IGNORES = [
    {".gitignore": "# comment\n\ngen\n*.tmp.py\n"},
    {".gitignore": "/gen\n"},
    {".gitignore": "gen/\n!gen/keep.py\n"},
    {".gitignore": "gen/*\n!gen/keep.py\n"},
    {".gitignore": "gen/**\n!gen/keep.py\n"},
    {".gitignore": "gen/**/\n"},
    {".gitignore": "**/gen/**\n!**/keep.py\n"},
    {".gitignore": "*\n!*/\n!keep.py\n"},
    {".gitignore": "*.py\n!a.py\n!gen/\n"},
    {".gitignore": "**/\n"},
    {".gitignore": "*/\n"},
    {".gitignore": "/*\n!/pkg\n"},
    {".gitignore": "pkg/**/a.py\n"},
    {".gitignore": "pkg/*/a.py\n"},
    {".gitignore": "a.py/\nkeep.py  \n"},
    {".gitignore": "\\!odd.py\n\\#odd.py\n"},
    {".gitignore": "!a.py\na.py\n!pkg/a.py\n"},
    {".gitignore": "[ab].py\n[!a-k]*.py\n"},
    {".gitignore": "?.py\n[z\n"},
    {".gitignore": "gen\r\npkg/deep/\r\n"},
    {".gitignore": "\ufeffgen\n"},
    {".gitignore": "a.py\n", "pkg/.gitignore": "!a.py\n"},
    {"pkg/.gitignore": "/a.py\ndeep/x.py\n"},
    {".gitignore": "pkg/a.py\n", "pkg/deep/.gitignore": "*\n!.gitignore\n!keep.py\n"},
    {".gitignore": "pkg\n", "pkg/.gitignore": "!a.py\n"},
    {".gitignore": "sp ace.py\nü*.py\n"},
    {".gitignore": "g*n\nd*p/\n*e*p.py\n"},
    {".gitignore": "/\n//\n!\n/**\n!/pkg/\n!/pkg/**\n"},
    {".gitignore": "linked/\n"},
    {".gitignore": "linked\n"},
]


@pytest.mark.parametrize("ignores", IGNORES, ids=repr)
def test_gitignore_agrees_with_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ignores: dict[str, str]
) -> None:
    root = tmp_path
    monkeypatch.chdir(root)
    names = ["a.py", "b.py", "z.py", "x.tmp.py", "!odd.py", "#odd.py", "sp ace.py", "über.py", "keep.py"]
    for directory in ("gen", "pkg", "pkg/deep", "pkg/deep/er", "pkg/gen", "gen/sub/gen/x", "other"):
        names += [f"{directory}/{name}" for name in ("a.py", "keep.py", "x.py")]
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    git(root, "init", "-q")
    for name, text in ignores.items():
        (root / name).write_bytes(text.encode())
    expected = git_sees(root)
    assert found(".", root) == expected
    # The same from inside: the .gitignore files of the parents count.
    below = [name for name in expected if name.startswith("pkg/deep/")]
    if below:
        assert found("pkg/deep", root) == below
    checked = subprocess.run(
        ["git", "check-ignore", *names], cwd=root, capture_output=True, text=True, check=False
    )
    assert not set(checked.stdout.splitlines()) & set(found(".", root))
