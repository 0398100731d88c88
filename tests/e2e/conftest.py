from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# A file with one finding, on line 8: proof that it was checked.
LOST = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)
"""
GOOD = "good.py:8:9: TL101 "  # how its line starts where it is called good.py
CLEAN = LOST.replace("self.table = torch.zeros(2)", 'self.register_buffer("table", torch.zeros(2))')
# The same with a second finding.
TWO = LOST + "        self.layers = [nn.Linear(1, 1)]\n"

Result = subprocess.CompletedProcess[str]


def concise(result: Result) -> list[str]:
    """The places and codes of a concise report."""
    lines = result.stdout.splitlines()
    return [" ".join(line.split(" ")[:2]) for line in lines if ": TL" in line]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty folder, in which the command runs."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def torchlint(project: Path) -> Callable[..., Result]:
    """Run the real command in the folder of the project, in a process of its own."""

    def run(*arguments: str | Path, stdin: str | bytes | None = None, cwd: Path = project) -> Result:
        environment = {
            key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")
        }
        process = subprocess.run(
            [sys.executable, "-m", "torchlint", *map(str, arguments)],
            cwd=cwd,
            input=stdin.encode() if isinstance(stdin, str) else stdin if stdin is not None else b"",
            capture_output=True,
            env={**environment, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=120,
        )
        out, err = process.stdout.decode(), process.stderr.decode()
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


def _snapshot(folder: Path) -> dict[str, tuple[int, str]]:
    """Every entry of a folder but the cache: its mode, and the hash of its content."""
    found = {}
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != ".torchlint_cache"]
        for name in [*folders, *files]:
            path = os.path.join(parent, name)
            content = b""
            if os.path.isfile(path) and os.access(path, os.R_OK):
                with open(path, "rb") as file:
                    content = file.read()
            key = os.path.relpath(path, folder)
            found[key] = (os.lstat(path).st_mode, hashlib.sha256(content).hexdigest())
    return found


@pytest.fixture
def nothing_written(project: Path) -> Iterator[Callable[[], None]]:
    """Call it when the files are in place: at the end of the test they must be the same, and no others."""
    before: list[dict[str, tuple[int, str]]] = []
    yield lambda: before.append(_snapshot(project))
    assert before, "the test did not take the snapshot"
    assert _snapshot(project) == before[-1]
