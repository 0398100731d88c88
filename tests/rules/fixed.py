"""Copies of the examples with every fix applied, to be imported beside the originals."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from torchlint.config import Overrides, SettingsResolver
from torchlint.findings import Finding
from torchlint.rules import all_rules
from torchlint.runs.fix import FixReport, fix

ROOT = Path(__file__).parents[2]
PACKAGE = "fixed_examples"
_RENAMED = {"tests.rules.cases": f"{PACKAGE}.cases", "fixtures.": f"{PACKAGE}.fixtures."}


@dataclass(frozen=True)
class FixedTree:
    """The copies under `root`, and what was fixed in the original of each."""

    root: Path
    report: FixReport

    def module(self, original: Path) -> ModuleType:
        """The fixed copy of a file, imported."""
        return importlib.import_module(self.name_of(original))

    def by_class(self) -> dict[tuple[str, str], list[Finding]]:
        """The findings that were fixed, by the module (that of the copy) and the qualified name of their class."""
        found: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.report.fixed:
            if finding.class_name is not None:
                key = (self.name_of(Path(finding.path)), finding.class_name)
                found.setdefault(key, []).append(finding)
        return found

    def name_of(self, original: Path) -> str:
        """The dotted name of the copy of a file."""
        name = ".".join(original.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for old, new in _RENAMED.items():
            name = name.replace(old, new)
        return name


def resolver(root: Path, *, unsafe: bool = True) -> SettingsResolver:
    """Settings that apply unsafe fixes too."""
    codes = frozenset(rule.code for rule in all_rules())
    return SettingsResolver(codes, cwd=root, isolated=True, overrides=Overrides(unsafe_fixes=unsafe))


def make_fixed_tree(folders: dict[str, Path], target: Path) -> FixedTree:
    """Fix the examples of some folders, and write the results below `target`, which becomes importable."""
    report = fix([str(path) for path in folders.values()], resolver(Path.cwd()), write=False)
    texts = {Path(change.path): change.after for change in report.changes}
    for name, folder in folders.items():
        for path in sorted(folder.rglob("*.py")):
            copy = target / PACKAGE / name / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = texts.get(path, path.read_bytes()).decode("utf-8")
            for old, new in _RENAMED.items():
                text = text.replace(old, new)
            copy.write_text(text, encoding="utf-8", newline="")
    sys.path.insert(0, str(target))
    return FixedTree(target, report)
