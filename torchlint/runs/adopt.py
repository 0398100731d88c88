"""Taking torchlint into code that has findings already: comments on them, or a baseline that knows them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from torchlint.baseline.file import BaselineError, load, render, write
from torchlint.baseline.known import Baseline, updated
from torchlint.files import SourceError, decode, encode
from torchlint.findings import FileError, Finding, Report
from torchlint.fixes.edits import apply_edits
from torchlint.fixes.model import Change
from torchlint.fixes.write import write_file
from torchlint.runs.check import Run
from torchlint.runs.options import DEFAULTS, RunOptions
from torchlint.suppression import add_noqa as edits_of

if TYPE_CHECKING:
    from torchlint.config import SettingsResolver


@dataclass(frozen=True, slots=True)
class NoqaReport:
    """What remains, how many comments were written (or extended), and in how many files."""

    report: Report
    comments: int
    files: int


@dataclass(frozen=True, slots=True)
class BaselineReport:
    """The errors of the run, and how many findings the baseline knows, how many of them are new, how many are gone."""

    report: Report
    written: bool
    known: int = 0
    new: int = 0
    gone: int = 0


def add_noqa(
    paths: Sequence[str],
    resolver: SettingsResolver,
    options: RunOptions = DEFAULTS,
    *,
    reason: str | None = None,
) -> NoqaReport:
    """Write `# noqa: …` on each finding in files and directories, with a reason behind it if one is given.

    Files are checked again with their comments before they are written; what a comment cannot reach remains in the
    report. A file that cannot be written is an error of the report, and its findings remain; so do those of files whose
    configuration cannot be used.
    """
    run = Run(paths, resolver, options)
    before = run.check(run.files, {})
    findings: list[Finding] = []
    errors = list(before.errors)
    changes: list[Change] = []
    comments: dict[str, int] = {}
    for path, group in groupby(before.findings, key=lambda finding: finding.path):
        found = tuple(group)
        if resolver.for_file(path).broken:
            findings += found
            continue
        try:
            change, count = _commented(path, before.contents[path], found, reason)
        except SourceError as error:
            errors.append(FileError(path, error.message))
            findings += found
        else:
            changes.append(change)
            comments[path] = count
    overlay = {os.path.abspath(change.path): change.after for change in changes}
    after = run.check([change.path for change in changes], overlay)
    failed = {error.path: error for error in after.errors}  # a file that comments break stays as it is
    wanted = [change for change in changes if comments[change.path] and change.path not in failed]
    written, unwritten = _write(wanted)
    failed |= unwritten
    findings += (finding for change in changes if change.path in failed for finding in change.found)
    findings += (finding for finding in after.findings if finding.path not in failed)
    findings.sort(key=lambda finding: (finding.path, finding.place, finding.code))
    report = run.report(findings, (*errors, *failed.values()))
    return NoqaReport(report, sum(comments[path] for path in written), len(written))


def _write(changes: Sequence[Change]) -> tuple[list[str], dict[str, FileError]]:
    """Write the changes: the paths that were written (one for each file), and the errors by path."""
    written: list[str] = []
    failed: dict[str, FileError] = {}
    contents: dict[str, bytes] = {}
    for change in changes:
        real = os.path.realpath(change.path)
        if contents.get(real) == change.after:  # the file by another name
            continue
        try:
            write_file(change.path, change.before, change.after)
        except SourceError as error:
            failed[change.path] = FileError(change.path, error.message)
        else:
            contents[real] = change.after
            written.append(change.path)
    return written, failed


def _commented(path: str, data: bytes, findings: Sequence[Finding], reason: str | None) -> tuple[Change, int]:
    """The change of a file, and the number of its comments. Raises SourceError if it cannot be encoded."""
    source = decode(path, data)
    edits = edits_of(source.text, findings, reason).edits
    after = encode(replace(source, text=apply_edits(source.text, edits))) if edits else data
    return Change(path, data, after, tuple(findings)), len(edits)


def write_baseline(
    paths: Sequence[str],
    resolver: SettingsResolver,
    target: str,
    options: RunOptions = DEFAULTS,
) -> BaselineReport:
    """Write a baseline that knows all findings in files and directories, and no others there.

    Of a baseline that exists stays what it says about files that are not below the paths, or that could not be checked.
    """
    try:
        old = load(Path(target)) if os.path.lexists(target) else Baseline()
    except BaselineError as error:  # whatever it is, it is not ours to overwrite
        return _unwritten(error, Report((), (), 0))
    run = Run(paths, resolver, options, baselines=False)
    checked = run.check(run.files, {})
    report = run.report((), checked.errors)
    new = updated(
        old, checked.findings, os.path.dirname(os.path.abspath(target)), _covers(paths, report.errors)
    )
    try:
        if not os.path.lexists(target) or render(new) != render(old):
            write(Path(target), new)
    except BaselineError as error:
        return _unwritten(error, report)
    known, knew = Counter(new.counts), Counter(old.counts)
    return BaselineReport(report, True, known.total(), (known - knew).total(), (knew - known).total())


def _unwritten(error: BaselineError, report: Report) -> BaselineReport:
    errors = (*report.errors, FileError(error.path, error.message))
    return BaselineReport(replace(report, errors=errors), written=False)


def _covers(paths: Sequence[str], errors: Sequence[FileError]) -> Callable[[str], bool]:
    """Tells of a file (by its absolute path) whether this run knows all about it."""
    given = [_real(path) for path in paths]
    unknown = {_real(error.path) for error in errors}

    def covers(path: str) -> bool:
        if path in unknown:
            return False
        below = any(path == start or path.startswith(start.rstrip(os.sep) + os.sep) for start in given)
        return below or not os.path.exists(path)

    return covers


def _real(path: str) -> str:
    """The path of a file in its real folder; the real path of a folder."""
    if os.path.isdir(path):
        return os.path.realpath(path)
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)
