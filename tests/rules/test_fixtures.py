"""Real files in, findings out: exactly what the marks in fixtures/ and cases/ say, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.rules.marks import marks
from torchlint.config import SettingsResolver
from torchlint.findings import Finding
from torchlint.rules import all_rules
from torchlint.runs.check import check
from torchlint.runs.options import RunOptions

ROOT = Path(__file__).parents[2]
FIXTURES = sorted((ROOT / "fixtures").rglob("*.py"))
CASES = sorted((ROOT / "tests" / "rules" / "cases").rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _check(paths: Iterable[Path], *, sieve: bool = True) -> tuple[Finding, ...]:
    codes = frozenset(rule.code for rule in all_rules())
    resolver = SettingsResolver(codes, cwd=ROOT, isolated=True)
    report = check([str(path) for path in paths], resolver, RunOptions(sieve=sieve))
    assert report.errors == ()
    return report.findings


def _shape(findings: Iterable[Finding]) -> list[tuple[int, str, str | None, str | None]]:
    return sorted((f.place.line, f.code, f.class_name, f.attribute) for f in findings)


def _expected(path: Path) -> list[tuple[int, str, str | None, str | None]]:
    return sorted((m.line, m.code, m.class_name, m.attribute) for m in marks(path) if m.code is not None)


@pytest.mark.parametrize("path", [*FIXTURES, *CASES], ids=_name)
def test_findings_are_the_marks(path):
    assert _shape(_check([path])) == _expected(path)


@pytest.mark.parametrize("folder", ["fixtures", "tests/rules/cases"])
def test_a_whole_tree_gives_what_its_files_give(folder):
    found = _check([ROOT / folder])
    for path in sorted((ROOT / folder).rglob("*.py")):
        mine = [finding for finding in found if Path(finding.path) == path]
        assert _shape(mine) == _shape(_check([path])), path


@pytest.mark.parametrize("folder", ["fixtures", "tests/rules/cases"])
def test_the_sieve_loses_nothing(folder):
    assert _check([ROOT / folder]) == _check([ROOT / folder], sieve=False)


def test_every_rule_has_a_fixture():
    marked = {mark.code for path in FIXTURES for mark in marks(path)}
    assert {rule.code for rule in all_rules() if rule.default_on and not rule.runtime_only} <= marked


def test_there_are_enough_cases():
    marked = sum(len(marks(path)) for path in CASES)
    classes = sum(path.read_text(encoding="utf-8").count("\nclass ") for path in CASES)
    assert marked + classes >= 150


def test_a_clean_fixture_stays_clean():
    assert any(not marks(path) for path in FIXTURES)
