"""The real flake8 with the plugin, against the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.conftest import CLEAN, LOST

ROOT = Path(__file__).parents[2]
UNUSED = CLEAN.rstrip() + "  # noqa: TL101\n"
FORMAT = "--format=%(path)s\t%(row)d\t%(col)d\t%(code)s\t%(text)s"


@pytest.fixture
def flake8(project):
    """Run flake8 in the folder of the project, with no configuration but the arguments."""

    def run(*arguments, stdin="", cwd=project):
        process = subprocess.run(
            [sys.executable, "-m", "flake8", "--isolated", FORMAT, *arguments],
            cwd=cwd,
            input=stdin.encode(),
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=120,
        )
        out, err = process.stdout.decode(), process.stderr.decode()
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


def reports(result):
    """Path, line, column, code and message of each report."""
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    return [(os.path.normpath(path), int(row), int(col), code, text) for path, row, col, code, text in rows]


def findings(result):
    """The same of each finding of the command; TL901 is not for flake8."""
    found = json.loads(result.stdout)["findings"]
    keys = ("path", "line", "column", "code")
    return [
        (*(finding[key] for key in keys), finding["message"] + caveat(finding))
        for finding in found
        if finding["code"] != "TL901"
    ]


def caveat(finding):
    """What stands behind the message where there is no safe fix."""
    fix = finding["fix"]
    if fix is None:
        return f" (no fix: {finding['unfixable']})"
    if fix["applicability"] == "safe":
        return ""
    return f" (unsafe fix: {fix['message'].partition('; but ')[2]})"


def codes(result):
    """File and code of each report."""
    return [f"{path} {code}" for path, _, _, code, _ in sorted(reports(result))]


def test_flake8_has_the_plugin(flake8):
    assert "torchlint: " in flake8("--version").stdout, "is torchlint installed anew? pip install -e '.[dev]'"


@pytest.mark.parametrize("folder", ["fixtures", "tests/rules/cases/across"])
def test_flake8_and_the_command_agree(flake8, torchlint, folder):
    """Finding by finding. The one difference: flake8 looks for a `noqa` on the line, not on the whole statement."""
    by_flake8 = flake8("--select=TL", "-j2", folder, cwd=ROOT)
    by_command = torchlint("--output-format", "json", folder, cwd=ROOT)
    assert by_flake8.returncode == by_command.returncode == 1
    known = Counter(findings(by_command))
    assert len(known) > (30 if folder == "fixtures" else 5)
    only_flake8 = Counter(reports(by_flake8)) - known
    assert known - Counter(reports(by_flake8)) == Counter()
    expected = [("fixtures/suppressions.py", 13)] if folder == "fixtures" else []
    assert [(path, line) for path, line, *_ in only_flake8] == expected


def test_places_in_any_encoding_and_with_any_newline(flake8, torchlint, project):
    wide = LOST.replace("        self.table", "        é = 'ü'; self.größe")
    (project / "wide.py").write_bytes(wide.encode())
    (project / "bom.py").write_bytes(b"\xef\xbb\xbf" + wide.encode())
    (project / "latin.py").write_bytes(b"# coding: latin-1\n" + wide.encode("latin-1"))
    (project / "windows.py").write_bytes(wide.replace("\n", "\r\n").encode())
    (project / "mac.py").write_bytes(wide.replace("\n", "\r").encode())
    (project / "tabs.py").write_bytes(wide.replace("    ", "\t").encode())
    (project / "feed.py").write_bytes(("\f\n" + wide.replace("class ", "\fclass ")).encode())
    (project / "bom_feed.py").write_bytes(b"\xef\xbb\xbf\f" + wide.replace("    def", "\f    def").encode())
    by_flake8 = sorted(reports(flake8("--select=TL", ".")))
    assert by_flake8 == sorted(findings(torchlint("--output-format", "json", ".")))
    assert len(by_flake8) == 8


def test_standard_input(flake8, project):
    (project / "base.py").write_text("from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n")
    derived = LOST.replace("from torch import nn", "from base import Base").replace("nn.Module", "Base")
    assert codes(flake8("--select=TL", "-", stdin=LOST)) == ["stdin TL101"]
    named = flake8("--select=TL", "--stdin-display-name=net.py", "-", stdin=derived)
    assert [row[:4] for row in reports(named)] == [("net.py", 8, 9, "TL101")]


def test_flake8_has_the_last_word(flake8, project):
    (project / "lost.py").write_text(LOST)
    (project / "quiet.py").write_text(LOST.rstrip() + "  # noqa: TL101\n")
    (project / "other.py").write_text(LOST.rstrip() + "  # noqa: E501\n")
    (project / "unused.py").write_text(UNUSED)
    (project / "skipped.py").write_text(f"# torchlint: skip-file\n{LOST}")
    assert codes(flake8(".")) == ["lost.py TL101", "other.py TL101"]
    assert codes(flake8("--disable-noqa", ".")) == ["lost.py TL101", "other.py TL101", "quiet.py TL101"]
    assert codes(flake8("--extend-ignore=TL101", ".")) == []
    assert codes(flake8("--select=TL105,E", ".")) == []
    assert codes(flake8("--per-file-ignores=lost.py:TL", ".")) == ["other.py TL101"]


def test_the_configuration_of_torchlint_holds_too(flake8, project):
    (project / "pyproject.toml").write_text(
        "[tool.torchlint]\nextend-exclude = ['old']\nper-file-ignores = {'tests/*' = ['TL']}\n"
    )
    for folder in ("old", "tests", "new"):
        (project / folder).mkdir()
        (project / folder / "lost.py").write_text(LOST)
    assert codes(flake8("-j2", ".")) == ["new/lost.py TL101"]


def test_a_broken_configuration_is_told(flake8, project):
    (project / "pyproject.toml").write_text("[tool.torchlint]\nselekt = ['TL']\n")
    (project / "a.py").write_text(LOST)
    (project / "b.py").write_text(LOST)
    for jobs in ("-j1", "-j2"):
        result = flake8(jobs, ".")
        assert result.returncode == 1
        assert "selekt" in result.stdout + result.stderr


def test_a_file_that_is_no_python_is_the_business_of_flake8(flake8, project):
    (project / "bad.py").write_text("def f(:\n")
    (project / "lost.py").write_text(LOST)
    assert codes(flake8(".")) == ["bad.py E999", "lost.py TL101"]


def test_several_processes_report_the_same(flake8, project):
    (project / "base.py").write_text("from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n")
    derived = LOST.replace("from torch import nn", "from base import Base").replace("nn.Module", "Base")
    for number in range(8):
        (project / f"net{number}.py").write_text(derived)
    alone, together = flake8("-j1", "."), flake8("-j2", ".")
    assert alone.stdout == together.stdout
    assert codes(alone) == [f"net{number}.py TL101" for number in range(8)]


def test_added_comments_are_understood_by_flake8(flake8, torchlint, project):
    """What the command writes for itself quiets flake8 as well, wherever the statement goes on."""
    from torchlint.config import SettingsResolver
    from torchlint.rules import all_rules
    from torchlint.runs.check import check
    from torchlint.suppression import add_noqa

    body = (
        "        self.brackets = torch.zeros(\n            2,\n        )\n"
        "        self.backslash = \\\n            torch.zeros(2)\n"
        '        self.string = torch.tensor(len("""\n"""))\n'
        "        (\n            self.below,\n            n,\n        ) = torch.zeros(2), 1\n"
        "        self.merged = torch.zeros(2)  # noqa: E501\n"
        "        self.typed = torch.zeros(2)  # type: ignore[misc]\n"
        "        self.one = torch.zeros(2); self.two = [nn.Linear(2, 2)]\n"
    )
    text = LOST + body
    (project / "net.py").write_text(text)
    resolver = SettingsResolver([rule.code for rule in all_rules()], cwd=project, isolated=True)
    found = check((str(project / "net.py"),), resolver).findings
    assert len(found) == len(reports(flake8("--select=TL", "net.py"))) == 9
    lines = text.splitlines()
    for edit in add_noqa(text, found, "T5 loads it").edits:
        line, column = edit.place.line - 1, edit.place.column - 1
        lines[line] = lines[line][:column] + edit.content
    (project / "net.py").write_text("\n".join(lines) + "\n")
    assert reports(flake8("--select=TL,E9", "net.py")) == []
    assert torchlint("net.py").returncode == 0
