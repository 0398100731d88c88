"""A stand-in for the analysis, so that the command line is tested by itself.

Each `BAD` in a file is a finding TL101 (`WORSE`: TL102) and `CRASH` is a defect. As a script it is
`torchlint` with this analysis.
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from torchlint.findings import FileError, Finding, Place, Report

_NAMES = {"TL101": "unregistered-buffer", "TL102": "unregistered-parameter"}


@dataclass(frozen=True)
class StandInRule:
    code: str
    name: str
    summary: str = "A tensor."
    docs: str = "## What it does\nFinds a tensor."
    default_on: bool = True


RULES = (StandInRule("TL102", _NAMES["TL102"], default_on=False), StandInRule("TL101", _NAMES["TL101"]))


def check(paths, resolver, *, force_exclude=False, stdin=None, progress=None) -> Report:
    files: list[tuple[str, bytes]] = [stdin] if stdin else []
    errors = []
    for path in paths:
        found = sorted(Path(path).rglob("*.py")) if Path(path).is_dir() else [Path(path)]
        for file in found:
            if not file.exists():
                errors.append(FileError(str(file), "no such file or directory"))
            else:
                files.append((str(file), file.read_bytes()))
    findings = []
    for number, (path, data) in enumerate(files):
        resolver.for_file(path)
        if progress is not None:
            progress(number, len(files))
        findings += _findings(path, data.decode())
    return Report(tuple(findings), (*errors, *resolver.errors), len(files))


def _findings(path: str, text: str) -> list[Finding]:
    findings = []
    for number, line in enumerate(text.split("\n"), 1):
        if "CRASH" in line:
            raise RuntimeError("a defect")
        if "INTERRUPT" in line:
            raise KeyboardInterrupt
        if "SLOW" in line:
            time.sleep(1.2)
        for match in re.finditer("BAD|WORSE", line):
            code = "TL101" if match[0] == "BAD" else "TL102"
            place = Place(number, match.start() + 1, number, match.end() + 1)
            findings.append(
                Finding(
                    code, _NAMES[code], path, place, "Net", "__init__", "x", f"{match[0]} é", (number, number)
                )
            )
    return findings


def modules() -> dict[str, ModuleType]:
    """The modules that take the place of the real ones."""
    checking, rules = ModuleType("torchlint.check"), ModuleType("torchlint.rules")
    checking.check = check  # type: ignore[attr-defined]
    rules.all_rules = lambda: RULES  # type: ignore[attr-defined]
    return {"torchlint.check": checking, "torchlint.rules": rules}


if __name__ == "__main__":
    sys.modules.update(modules())
    from torchlint.cli import main

    main()
