"""The last lines: what was found, in how much, what was fixed and what could be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

from torchlint.findings import Finding, Report
from torchlint.report.text import PLAIN, Applies, Style, applies_if_safe, counted, harmless

FixMode = Literal["fix", "fix-only", "diff"]
"""What was done to the fixed findings: they were fixed; that, and nothing else is told; or it was only shown."""


def summary(report: Report, style: Style = PLAIN) -> str:
    """The last line of a run that only checks."""
    if report.findings:
        return f"Found {counted(len(report.findings), 'finding')} in {_files(report.findings)} ({_checked(report)})."
    return _clean(report, style)


def fix_summary(report: Report, fixed: Sequence[Finding], mode: FixMode, style: Style = PLAIN) -> str:
    """The last line of a run that fixes. The report holds what remains."""
    remaining, checked = len(report.findings), _checked(report)
    if mode == "fix":
        if not fixed and not remaining:
            return _clean(report, style)
        found = [*fixed, *report.findings]
        counts = f"{len(fixed)} fixed, {remaining} remaining"
        return f"Found {counted(len(found), 'finding')} ({counts}) in {_files(found)} ({checked})."
    if mode == "diff":
        checked = f"{remaining} would remain; {checked}"
    if not fixed:
        return f"{'Fixed no findings' if mode == 'fix-only' else 'Would fix no findings'} ({checked})."
    verb = "Fixed" if mode == "fix-only" else "Would fix"
    return f"{verb} {counted(len(fixed), 'finding')} in {_files(fixed)} ({checked})."


def noqa_summary(comments: int, files: int, report: Report) -> str:
    """The last line of a run that writes comments. The report holds what remains."""
    remaining = f", {counted(len(report.findings), 'finding')} remaining" if report.findings else ""
    return f"Added {counted(comments, 'noqa comment')} in {counted(files, 'file')}{remaining}."


def baseline_summary(path: str, known: int, new: int, gone: int) -> str:
    """The last line of a run that writes a baseline."""
    return f"Wrote {counted(known, 'known finding')} to {harmless(path)} ({new} new, {gone} gone)."


def fixable(report: Report, applies: Applies = applies_if_safe, style: Style = PLAIN) -> Iterator[str]:
    """The line that tells how many of the findings could be fixed; none if none could."""
    applied = sum(map(applies, report.findings))
    more = sum(finding.fix is not None for finding in report.findings) - applied
    if applied:
        hidden = f" ({more} more with `--unsafe-fixes`)" if more else ""
        yield f"[{style.note('*')}] {applied} fixable with `--fix`{hidden}."
    elif more:
        yield f"{more} fixable with `--fix --unsafe-fixes`."


def verdicts(report: Report) -> Iterator[str]:
    """The line that tells what the runtime says of the findings; none if it was not asked."""
    counts = Counter(finding.verdict.status for finding in report.findings if finding.verdict is not None)
    if counts:
        told = (f"{counts[status]} {status}" for status in ("confirmed", "refuted", "unverified"))
        yield f"On the live modules: {', '.join(told)}."


def proofs(fixed: Sequence[Finding]) -> Iterator[str]:
    """The line that tells how many fixes torch has proved; none if it was not asked."""
    counts = Counter(finding.proof.status for finding in fixed if finding.proof is not None)
    if counts:
        proved = "1 fix" if counts["proved"] == 1 else f"{counts['proved']} fixes"
        yield f"Proved: {proved}; {counts['unproven']} unproven."


def fixed_list(fixed: Sequence[Finding], *, would: bool = False, style: Style = PLAIN) -> Iterator[str]:
    """What was fixed, by file and rule; with `would`, what would be."""
    if not fixed:
        return
    by_file: defaultdict[str, defaultdict[tuple[str, str], list[Finding]]]
    by_file = defaultdict(lambda: defaultdict(list))
    for finding in fixed:
        by_file[finding.path][finding.code, finding.name].append(finding)
    yield f"{'Would fix' if would else 'Fixed'} {counted(len(fixed), 'finding')}:"
    for path in sorted(by_file):
        yield f"- {style.path(harmless(path))}:"
        for (code, name), findings in sorted(by_file[path].items()):
            attributes = [_attribute(finding) for finding in findings if finding.attribute is not None]
            listed = f": {harmless(', '.join(attributes))}" if attributes else ""
            yield f"    {len(findings)} × {style.code(code)} ({name}){listed}"
            for finding in findings:
                if finding.proof is not None:
                    subject = f"{_attribute(finding)} is " if finding.attribute is not None else ""
                    yield f"        {harmless(f'{subject}{finding.proof.status}: {finding.proof.reason}')}"


def _attribute(finding: Finding) -> str:
    return f"{finding.class_name}.{finding.attribute}"


def _clean(report: Report, style: Style) -> str:
    if report.errors:
        return f"Found no findings ({_checked(report)})."
    return style.success("All checks passed!")


def _checked(report: Report) -> str:
    errors = f", {counted(len(report.errors), 'error')}" if report.errors else ""
    return f"checked {counted(report.files, 'file')}{errors}"


def _files(findings: Sequence[Finding]) -> str:
    return counted(len({finding.path for finding in findings}), "file")
