"""Configurations that cannot be used: a clear message with the path, every file still checked, exit code 2."""

from __future__ import annotations

import os

import pytest

from tests.e2e.conftest import GOOD, LOST

CONFIGS = {
    "not TOML": ("torchlint.toml", "select = [", "not valid TOML"),
    "unknown key": ("torchlint.toml", 'selct = ["TL1"]', "selct"),
    "wrong type": ("torchlint.toml", "select = 3", "select"),
    "unknown code": ("torchlint.toml", 'select = ["XY9"]', "XY9"),
    "wrong table": ("pyproject.toml", "[tool]\ntorchlint = 3", "tool.torchlint"),
    "key in pyproject": ("pyproject.toml", "[tool.torchlint]\nignored = []", "tool.torchlint.ignored"),
    "not UTF-8": ("torchlint.toml", b"select = ['\xff']", "UTF-8"),
    "nested": ("torchlint.toml", "x = " + "[" * 5_000, "nested"),
    "dots": ("torchlint.toml", "a." * 20_000 + "a = 1", "dots"),
    "huge": ("torchlint.toml", "# " + "x" * 2_000_000, "large"),
    "binary": ("torchlint.toml", bytes(range(256)), ""),
    "control characters": ("torchlint.toml", '"\\u001b[2J" = 1', "unknown key"),
    "bad glob": ("torchlint.toml", '[per-file-ignores]\n"[" = ["TL101"]', "["),
    "bad version": ("torchlint.toml", 'target-torch = "new"', "target-torch"),
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_broken_or_hostile_configuration(torchlint, project, nothing_written, kind):
    name, content, expected = CONFIGS[kind]
    (project / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert name in line
    assert expected in line
    assert "\x1b" not in line
    assert GOOD in result.stdout


def test_a_broken_configuration_on_the_command_line(torchlint, project, nothing_written):
    (project / "my.toml").write_text("select = 3")
    (project / "good.py").write_text(LOST)
    nothing_written()
    for arguments in (("--config", "my.toml"), ("--config", "missing.toml")):
        result = torchlint(*arguments, ".")
        assert result.returncode == 2
        assert arguments[1] in result.stderr


def test_a_broken_configuration_in_one_folder_only(torchlint, project, nothing_written):
    (project / "inner").mkdir()
    (project / "inner" / "torchlint.toml").write_text("select = 3")
    (project / "inner" / "a.py").write_text(LOST)
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert os.path.join("inner", "a.py:8:9") in result.stdout
    assert result.stderr.count("error:") == 1


@pytest.mark.parametrize("option", ["--fix", "--fix-only", "--diff", "--add-noqa"])
def test_nothing_is_changed_where_the_configuration_is_broken(torchlint, project, option):
    """What it says may be that this file is not to be changed."""
    (project / "inner").mkdir()
    (project / "inner" / "torchlint.toml").write_text('unfixable = ["TL101"]\nselct = ["TL1"]')
    (project / "inner" / "kept.py").write_text(LOST)
    (project / "good.py").write_text(LOST)
    result = torchlint(option, ".")
    assert result.returncode == 2
    assert "did you mean `select`" in result.stderr
    assert (project / "inner" / "kept.py").read_text() == LOST
    changed = (project / "good.py").read_text() != LOST
    assert changed == (option != "--diff")
    assert "kept.py" in result.stdout or option in ("--fix-only", "--diff")


def test_a_finding_that_is_not_fixed_for_that_says_so(torchlint, project):
    (project / "torchlint.toml").write_text("zzz = 1")
    (project / "good.py").write_text(LOST)
    result = torchlint("--fix", "good.py")
    assert "= no fix: the configuration that may turn it off cannot be used" in result.stdout
