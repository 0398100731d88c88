"""Small projects that are fixed and imported: what torch does with them before and after."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from torchlint.config import Overrides, SettingsResolver
from torchlint.findings import Finding
from torchlint.rules import all_rules
from torchlint.runs.fix import FixReport, fix


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """A project of these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "pyproject.toml").touch()
    return folder


def fixed(folder: Path, files: Mapping[str, str], *, unsafe: bool) -> FixReport:
    """Write a project and fix it."""
    codes = frozenset(rule.code for rule in all_rules())
    overrides = Overrides(unsafe_fixes=unsafe)
    resolver = SettingsResolver(codes, cwd=write(folder, files), isolated=True, overrides=overrides)
    return fix([str(folder)], resolver)


def about(findings: tuple[Finding, ...], attribute: str) -> Finding | None:
    """The finding about an attribute."""
    return next((one for one in findings if one.attribute == attribute), None)


@contextmanager
def imported(folder: Path, name: str = "net") -> Iterator[ModuleType]:
    """A module of the project; it and what it imports are forgotten afterwards."""
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        for other in set(sys.modules) - known:
            if str(getattr(sys.modules[other], "__file__", None) or "").startswith(str(folder)):
                del sys.modules[other]


def cases(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The cases of a file: `=== name`, and below it the texts of its sections, each after `--- section`."""
    for block in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, *sections = re.split(r"^--- ", block, flags=re.MULTILINE)
        parts = (section.partition("\n") for section in sections)
        yield name.strip(), {title.strip(): text.strip("\n") for title, _, text in parts}
