"""The real pre-commit with the hooks of this checkout, on commits to a real repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import CLEAN, LOST

ROOT = Path(__file__).parents[2]
PACKAGE = (".pre-commit-hooks.yaml", "LICENSE", "README.md", "pyproject.toml", "torchlint")
NO_NETWORK = (
    "No matching distribution found",
    "Could not find a version",
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Network is unreachable",
    "Connection refused",
    "Read timed out",
)
PRE_COMMIT = (sys.executable, "-m", "pre_commit")
GIT = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main")

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def run(*words, cwd, check=True, **environment):
    """Run a program; all that it says is in `stdout`."""
    process = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env={**{key: value for key, value in os.environ.items() if key != "PYTHONPATH"}, **environment},
        timeout=600,
        encoding="utf-8",
    )
    assert not check or process.returncode == 0, process.stdout
    return process


@pytest.fixture(scope="module")
def hooks(tmp_path_factory):
    """A repository with the hooks of the working tree, and its revision."""
    folder = tmp_path_factory.mktemp("hooks")
    for name in PACKAGE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    run(*GIT, "init", "-q", cwd=folder)
    run(*GIT, "add", ".", cwd=folder)
    run(*GIT, "commit", "-qm", "hooks", cwd=folder)
    return folder, run("git", "rev-parse", "HEAD", cwd=folder).stdout.strip()


@pytest.fixture(scope="module")
def home(hooks, tmp_path_factory):
    """Where pre-commit keeps torchlint, installed there as for anyone who uses the hooks."""
    folder = tmp_path_factory.mktemp("home")
    repository = tmp_path_factory.mktemp("first")
    run(*GIT, "init", "-q", cwd=repository)
    configure(repository, hooks, "torchlint", "torchlint-fix")
    process = run(
        *PRE_COMMIT,
        "install-hooks",
        cwd=repository,
        check=False,
        PRE_COMMIT_HOME=str(folder),
        PIP_RETRIES="1",
    )
    if process.returncode:
        log = folder / "pre-commit.log"
        said = process.stdout + (log.read_text(encoding="utf-8") if log.exists() else "")
        if any(words in said for words in NO_NETWORK):
            pytest.skip("pre-commit cannot install torchlint: no package index can be reached")
        pytest.fail(said)
    return folder


def configure(repository, hooks, *ids):
    """Write the configuration of pre-commit."""
    folder, revision = hooks
    entry = {"repo": str(folder), "rev": revision, "hooks": [{"id": name} for name in ids]}
    (repository / ".pre-commit-config.yaml").write_text(json.dumps({"repos": [entry]}))  # JSON is YAML


@pytest.fixture
def repository(hooks, home, tmp_path):
    """A project with a first commit."""
    folder = tmp_path / "project"
    (folder / "net").mkdir(parents=True)
    (folder / "net" / "__init__.py").write_text("")
    (folder / "net" / "clean.py").write_text(CLEAN)
    run(*GIT, "init", "-q", cwd=folder)
    run(*GIT, "add", ".", cwd=folder)
    run(*GIT, "commit", "-qm", "first", cwd=folder)
    return folder


def commit(repository, home):
    """Try to commit all there is; the hooks run as they do for anyone."""
    run(*GIT, "add", ".", cwd=repository)
    return run(*GIT, "commit", "-m", "more", cwd=repository, check=False, PRE_COMMIT_HOME=str(home))


def commits(repository):
    """The number of commits."""
    return int(run("git", "rev-list", "--count", "HEAD", cwd=repository).stdout)


def test_a_commit_is_refused_fixed_and_taken(repository, hooks, home):
    configure(repository, hooks, "torchlint-fix")
    run(*PRE_COMMIT, "install", cwd=repository, PRE_COMMIT_HOME=str(home))
    (repository / "net" / "lost.py").write_text(LOST)
    first = commit(repository, home)
    assert first.returncode != 0
    assert "torchlint --fix" in first.stdout
    assert "files were modified by this hook" in first.stdout
    assert commits(repository) == 1
    fixed = (repository / "net" / "lost.py").read_text()
    assert 'self.register_buffer("table", torch.zeros(2), persistent=False)' in fixed
    second = commit(repository, home)
    assert second.returncode == 0, second.stdout
    assert commits(repository) == 2
    assert (repository / "net" / "lost.py").read_text() == fixed


def test_the_check_refuses_and_changes_nothing(repository, hooks, home):
    configure(repository, hooks, "torchlint")
    run(*PRE_COMMIT, "install", cwd=repository, PRE_COMMIT_HOME=str(home))
    (repository / "net" / "lost.py").write_text(LOST)
    refused = commit(repository, home)
    assert refused.returncode != 0
    assert "net/lost.py:8:9: TL101" in refused.stdout
    assert commits(repository) == 1
    assert (repository / "net" / "lost.py").read_text() == LOST
    (repository / "net" / "lost.py").write_text(CLEAN)
    taken = commit(repository, home)
    assert taken.returncode == 0, taken.stdout


def test_the_changed_files_alone_are_judged_as_in_the_whole_repository(repository, hooks, home):
    """Bases in files that are not passed, excluded files, and files that are no Python."""
    net = repository / "net"
    (net / "base.py").write_text(
        "from torch import nn\n\n\nclass Base(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        '        self.register_buffer("table", None)\n'
    )
    derived = LOST.replace("from torch import nn", "from .base import Base").replace("nn.Module", "Base")
    (net / "derived.py").write_text(derived + "        self.lost = torch.zeros(2)\n")
    (net / "alone.py").write_text(LOST)
    (repository / "old").mkdir()
    (repository / "old" / "lost.py").write_text(LOST)
    (repository / "notes.txt").write_text(LOST)
    (repository / "pyproject.toml").write_text("[tool.torchlint]\nextend-exclude = ['old']\n")
    entry = "torchlint --force-exclude --output-format concise"
    configure(repository, hooks, "torchlint")
    configuration = json.loads((repository / ".pre-commit-config.yaml").read_text())
    configuration["repos"][0]["hooks"][0]["entry"] = entry
    (repository / ".pre-commit-config.yaml").write_text(json.dumps(configuration))
    run(*GIT, "add", ".", cwd=repository)
    environment = {"PRE_COMMIT_HOME": str(home)}

    def found(*arguments):
        said = run(*PRE_COMMIT, "run", *arguments, cwd=repository, check=False, **environment).stdout
        return [line for line in said.splitlines() if ": TL" in line]

    whole = run(sys.executable, "-m", "torchlint", "--output-format", "concise", cwd=repository, check=False)
    everything = [line for line in whole.stdout.splitlines() if ": TL" in line]
    assert [line.partition(":")[0] for line in everything] == ["net/alone.py", "net/derived.py"]
    assert found("--all-files") == everything
    for name in ("alone", "derived", "base", "clean"):
        assert found("--files", f"net/{name}.py") == [line for line in everything if f"net/{name}.py" in line]
    assert found("--files", "old/lost.py", "notes.txt") == []
