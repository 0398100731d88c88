"""A stand-in for the analysis, so that the command line is tested by itself.

Each `BAD` in a file is a finding TL101 (`WORSE`: TL102) and `CRASH` is a defect. So are the words of `FIXES`, each
with its fix. As a script it is `torchlint` with this analysis.
"""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from torchlint.findings import Edit, FileError, Finding, Fix, Place, Report
from torchlint.fixes.applicability import settled
from torchlint.fixes.model import Checked

_NAMES = {"TL101": "unregistered-buffer", "TL102": "unregistered-parameter"}
FIXES = {"GOES": "GONE", "RISKY": "GONE", "STAYS": "(STAYS)"}


@dataclass(frozen=True)
class StandInRule:
    code: str
    name: str
    summary: str = "A tensor."
    docs: str = "## What it does\nFinds a tensor."
    default_on: bool = True


RULES = (StandInRule("TL102", _NAMES["TL102"], default_on=False), StandInRule("TL101", _NAMES["TL101"]))


class Run:
    """The files of a run; the contents of `overlay` count before those on the disk."""

    def __init__(self, paths, resolver, options, *, stdin=None):
        self.resolver, self.progress, self.stdin = resolver, options.progress, stdin
        self.errors = []
        files = [stdin[0]] if stdin else []
        for path in paths:
            found = sorted(Path(path).rglob("*.py")) if Path(path).is_dir() else [Path(path)]
            for file in found:
                if file.exists():
                    files.append(str(file))
                else:
                    self.errors.append(FileError(str(file), "no such file or directory"))
        self.files = tuple(files)

    def check(self, files, overlay) -> Checked:
        findings, contents = [], {}
        for number, path in enumerate(files):
            settings = self.resolver.for_file(path)
            if self.progress is not None:
                self.progress(number, len(files))
            data = self.stdin[1] if self.stdin else Path(path).read_bytes()
            contents[path] = overlay.get(os.path.abspath(path), data)
            findings += (settled(finding, settings) for finding in _findings(path, contents[path].decode()))
        return Checked(tuple(findings), (), contents)

    def report(self, findings, errors) -> Report:
        return Report(tuple(findings), (*self.errors, *errors, *self.resolver.errors), len(self.files))


def check(paths, resolver, options, *, stdin=None) -> Report:
    run = Run(paths, resolver, options, stdin=stdin)
    return run.report(run.check(run.files, {}).findings, ())


def _findings(path: str, text: str) -> list[Finding]:
    findings = []
    for number, line in enumerate(text.split("\n"), 1):
        if "CRASH" in line:
            raise RuntimeError("a defect")
        if "INTERRUPT" in line:
            raise KeyboardInterrupt
        if "SLOW" in line:
            time.sleep(1.2)
        for match in re.finditer("BAD|WORSE|GOES|RISKY|STAYS", line):
            word = match[0]
            code = "TL102" if word == "WORSE" else "TL101"
            place = Place(number, match.start() + 1, number, match.end() + 1)
            fix = None
            if word in FIXES:
                fix = Fix("unsafe" if word == "RISKY" else "safe", "Do it", (Edit(place, FIXES[word]),))
            where = ("Net", "__init__", "x" if word == "BAD" else word.lower())
            findings.append(
                Finding(code, _NAMES[code], path, place, *where, f"{word} é", (number, number), fix)
            )
    return findings


def modules() -> dict[str, ModuleType]:
    """The modules that take the place of the real ones."""
    checking, rules = ModuleType("torchlint.runs.check"), ModuleType("torchlint.rules")
    checking.check, checking.Run, checking.Progress = check, Run, None  # type: ignore[attr-defined]
    rules.all_rules = lambda: RULES  # type: ignore[attr-defined]
    return {"torchlint.runs.check": checking, "torchlint.rules": rules}


if __name__ == "__main__":
    sys.modules.update(modules())
    from torchlint.cli import main

    main()
