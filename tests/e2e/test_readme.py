"""The commands and the configuration that the README shows."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.conftest import LOST
from tests.e2e.readme import README, up_to_date

ROOT = Path(__file__).parents[2]


def test_the_first_command_of_the_readme(torchlint):
    result = torchlint("fixtures/", cwd=ROOT)
    assert (result.returncode, result.stderr) == (1, "")
    assert "torchlint fixtures/" in README.read_text(encoding="utf-8")


def test_the_readme_shows_what_the_tool_prints():
    """After a change of the messages: python -m tests.e2e.readme."""
    text = README.read_text(encoding="utf-8")
    assert text.count("```console\n") == 6
    assert up_to_date(text) == text


def test_the_options_of_the_readme_exist(torchlint):
    import re

    readme = README.read_text(encoding="utf-8")
    commands = ((), ("rule",), ("inspect",))
    known = "".join(torchlint(*command, "--help").stdout for command in commands)
    for option in set(re.findall(r"`(--[a-z-]+)", readme)):
        assert option in known, option


def test_the_configuration_of_the_readme_is_accepted(torchlint, project, nothing_written):
    import re

    readme = README.read_text(encoding="utf-8")
    block = "\n".join(re.findall(r"```toml\n(.*?)```", readme, flags=re.DOTALL))
    (project / "pyproject.toml").write_text(block)
    (project / "torchlint-baseline.json").write_text('{"schema": 1, "known": []}\n')
    (project / "lost.py").write_text(LOST)
    nothing_written()
    result = torchlint("lost.py")
    assert (result.returncode, result.stderr) == (1, "")
