"""`torchlint --verify` by an interpreter that is not there, or that has no torch."""

from __future__ import annotations

import sys
import venv

import pytest

from tests.runtime.running import NET, torchlint


@pytest.mark.parametrize("options", [(), ("--fix",), ("--fix-only",), ("--exit-zero",)])
def test_an_interpreter_that_is_not_there_verifies_and_fixes_nothing(tmp_path, options):
    net = tmp_path / "net.py"
    net.write_text(NET.format(name="Net", inside="pass"))
    done = torchlint(tmp_path, "--verify", *options, "--python", "no/such/python", ".")
    assert done.returncode == 2
    assert "error: --verify: cannot run no/such/python: " in done.stderr
    assert ("= unverified: cannot run no/such/python" in done.stdout) == (options != ("--fix-only",))
    assert net.read_text() == NET.format(name="Net", inside="pass")


@pytest.mark.parametrize("forks", [True, False])
def test_an_interpreter_without_torch_passes_nothing(tmp_path, monkeypatch, forks):
    """Not even files without findings: nobody has looked at their live modules."""
    venv.create(tmp_path / "bare", symlinks=sys.platform != "win32")
    python = next(path for path in tmp_path.glob("bare/*/python*") if path.stem == "python")
    if not forks:
        monkeypatch.setenv("TORCHLINT_NO_FORK", "1")
    text = NET.format(name="Net", inside="pass").replace("self.x = ", "self.register_buffer('x', ")
    (tmp_path / "net.py").write_text(text.rstrip() + ")\n")
    done = torchlint(tmp_path, "--verify", "--python", str(python), "net.py")
    assert done.returncode == 2
    assert done.stderr.count("cannot import torch") == 1
    assert "passed" not in done.stdout
    (tmp_path / "no_module.py").write_text("x = 1\n")
    assert torchlint(tmp_path, "--verify", "--python", str(python), "no_module.py").returncode == 0
