"""The whole of a run that fixes: paths in, changed files and a report out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torchlint.files import SourceError
from torchlint.findings import FileError, Finding, Report
from torchlint.fixes.applicability import applies
from torchlint.fixes.engine import fix as fix_in_memory
from torchlint.fixes.model import Change, Fixed, Undone
from torchlint.fixes.write import write_file
from torchlint.runs.check import Run
from torchlint.runs.options import DEFAULTS, RunOptions

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
    options: RunOptions = DEFAULTS,
    *,
    stdin: tuple[str, bytes] | None = None,
    write: bool = True,
) -> FixReport:
    """Fix what can be fixed in files and directories, or in `stdin`, which is never written to a file.

    Without `write` the changes are only reported. A file that cannot be written is an error of the report, and its
    findings remain; the others are written.
    """
    run = Run(paths, resolver, options, stdin=stdin)
    outcome = fix_in_memory(
        run.files, run.check, lambda finding: applies(finding, resolver.for_file(finding.path))
    )
    return carried_out(run, outcome, write=write and stdin is None)


def carried_out(run: Run, outcome: Fixed, *, write: bool) -> FixReport:
    """Write the changes, unless they are only to be reported."""
    changes, failed = [], {}
    for same in _by_file(outcome.changes):
        first, errors = same[0], _errors(same)
        if write:
            try:
                write_file(first.path, first.before, first.after)
            except SourceError as error:
                errors = {change.path: FileError(change.path, error.message) for change in same}
        if first.path not in errors:
            changes.append(first)
        failed.update(errors)
    findings = [finding for finding in outcome.findings if finding.path not in failed]
    findings += (found for change in outcome.changes if change.path in failed for found in change.found)
    findings.sort(key=lambda finding: (finding.path, finding.place, finding.code))
    return FixReport(
        run.report(findings, (*outcome.errors, *failed.values())),
        tuple(finding for finding in outcome.fixed if finding.path not in failed),
        outcome.undone,
        tuple(changes),
    )


def _by_file(changes: Sequence[Change]) -> Iterable[Sequence[Change]]:
    """The changes of each file: several if it has several names."""
    files: dict[str, list[Change]] = {}
    for change in changes:
        files.setdefault(os.path.realpath(change.path), []).append(change)
    return files.values()


def _errors(changes: Sequence[Change]) -> dict[str, FileError]:
    """What is wrong with the changes of one file: under another name it got other fixes."""
    first = changes[0]
    message = f"is the same file as {first.path}, which gets other fixes: fix it under one name"
    return {change.path: FileError(change.path, message) for change in changes if change.after != first.after}
