"""The whole of a run that fixes: paths in, changed files and a report out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torchlint.check import Progress, Run
from torchlint.files import SourceError
from torchlint.findings import FileError, Finding, Report
from torchlint.fixes.applicability import applies
from torchlint.fixes.engine import fix as fix_in_memory
from torchlint.fixes.model import Change, Undone
from torchlint.fixes.write import write_file

if TYPE_CHECKING:
    from torchlint.config import SettingsResolver


@dataclass(frozen=True, slots=True)
class FixReport:
    """What remains, what was fixed, fixes that were taken back, and the changes of the files."""

    report: Report
    fixed: tuple[Finding, ...]
    undone: tuple[Undone, ...]
    changes: tuple[Change, ...]


def fix(
    paths: Sequence[str],
    resolver: SettingsResolver,
    *,
    force_exclude: bool = False,
    stdin: tuple[str, bytes] | None = None,
    progress: Progress | None = None,
    write: bool = True,
) -> FixReport:
    """Fix what can be fixed in files and directories, or in `stdin`, which is never written to a file.

    Without `write` the changes are only reported. A file that cannot be written is an error of the report, and its
    findings remain; the others are written.
    """
    run = Run(paths, resolver, force_exclude=force_exclude, stdin=stdin, progress=progress)
    outcome = fix_in_memory(
        run.files, run.check, lambda finding: applies(finding, resolver.for_file(finding.path))
    )
    findings, fixed, changes = list(outcome.findings), outcome.fixed, outcome.changes
    errors = list(outcome.errors)
    if write and stdin is None:
        failed = _write(changes)
        errors += failed.values()
        changes = tuple(change for change in changes if change.path not in failed)
        fixed = tuple(finding for finding in fixed if finding.path not in failed)
        findings = [finding for finding in findings if finding.path not in failed]
        findings += (found for change in outcome.changes if change.path in failed for found in change.found)
        findings.sort(key=lambda finding: (finding.path, finding.place, finding.code))
    return FixReport(run.report(findings, errors), fixed, outcome.undone, changes)


def _write(changes: Sequence[Change]) -> dict[str, FileError]:
    """Write the changes; an error for each file that could not be written."""
    failed = {}
    written: dict[str, bytes] = {}
    for change in changes:
        real = os.path.realpath(change.path)
        if written.get(real) == change.after:  # one file by two names
            continue
        try:
            write_file(change.path, change.before, change.after)
        except SourceError as error:
            failed[change.path] = FileError(change.path, error.message)
        else:
            written[real] = change.after
    return failed
