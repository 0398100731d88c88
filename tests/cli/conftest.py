from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

STAND_IN = Path(__file__).with_name("stand_in.py")


def _load_stand_in():
    spec = importlib.util.spec_from_file_location("torchlint_tests_stand_in", STAND_IN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look the module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no colour variables."""
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def run(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line over the stand-in for the analysis, in this process."""
    import torchlint.runs.fix
    from torchlint.cli import cli

    for name, module in _load_stand_in().modules().items():
        monkeypatch.setitem(sys.modules, name, module)
        if name == "torchlint.runs.check":
            monkeypatch.setattr(torchlint.runs.fix, "Run", module.Run)

    def run(*arguments: str, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(cli, list(arguments), input=stdin, prog_name="torchlint")

    return run


@pytest.fixture
def command(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words that run the command line over the stand-in, in a process of its own."""
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN.parents[2]))
    return [sys.executable, str(STAND_IN)]


@pytest.fixture
def spawn(command: list[str]) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run it, to the end."""

    def spawn(*arguments: str | bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
        words = [*command, *arguments]
        return subprocess.run(words, capture_output=True, env={**os.environ, **environment}, timeout=60)

    return spawn
