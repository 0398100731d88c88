"""What `torchlint check` writes, and where to: findings, errors, a summary, fixed text or a diff."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torchlint.cli.check_options import CheckOptions
from torchlint.cli.options import CLEAN, FAILURE, FINDINGS

if TYPE_CHECKING:
    from torchlint.findings import Finding, Report
    from torchlint.fixes.model import Change, Undone
    from torchlint.report.streams import Output
    from torchlint.report.text import Lines


@dataclass(frozen=True)
class Outcome:
    """What a run gave. What was fixed is empty where nothing was to be; `told` is a last line of its own."""

    report: Report
    applies: Callable[[Finding], bool]
    fixed: tuple[Finding, ...] = ()
    undone: tuple[Undone, ...] = ()
    changes: tuple[Change, ...] = ()
    told: str | None = None


def exit_code(outcome: Outcome, options: CheckOptions) -> int:
    """The exit code of the command."""
    if outcome.report.errors:
        return FAILURE
    remains = not all(finding.refuted for finding in outcome.report.findings) and not options.fix_only
    would_change = options.diff and bool(outcome.changes)
    return FINDINGS if (remains or would_change) and not options.exit_zero else CLEAN


def write_outcome(
    outcome: Outcome, options: CheckOptions, stdin: tuple[str, bytes] | None, out: Output, err: Output
) -> None:
    """Write everything. A fixed text or a diff has standard output for itself; the rest then goes to `err`."""
    if options.diff:
        from torchlint.fixes.diff import unified_diff

        for change in sorted(outcome.changes, key=lambda one: one.path):  # as findings are
            out.write_bytes(unified_diff(change.path, change.before, change.after))
    elif options.mode is not None and stdin is not None:
        out.write_bytes(outcome.changes[0].after if outcome.changes else stdin[1])
        out = err
    if not options.diff:
        _write_findings(outcome, options, stdin, out)
    _write_errors(outcome, err)
    if not options.quiet and options.output_format != "json":
        _write_summary(outcome, options, err if options.diff else out, err)


def _write_findings(
    outcome: Outcome, options: CheckOptions, stdin: tuple[str, bytes] | None, to: Output
) -> None:
    from dataclasses import replace

    report = replace(outcome.report, findings=()) if options.fix_only else outcome.report
    if options.output_format == "json":
        from torchlint.report.json import to_json

        to.write([to_json(report, None if options.mode is None else outcome.fixed)])
    elif options.statistics:
        from torchlint.report.statistics import statistics

        to.write(statistics(report, to.style, outcome.applies))
    elif options.output_format == "concise":
        from torchlint.report.concise import concise

        to.write(concise(report, to.style, outcome.applies))
    else:
        from torchlint.report.full import full

        to.write(full(report, _source_lines(outcome, stdin), to.style, outcome.applies))


def _write_errors(outcome: Outcome, err: Output) -> None:
    from torchlint.report.text import error_line, warning_line

    err.write(error_line(error, err.style) for error in outcome.report.errors)
    err.write(warning_line(one.path, one.message, err.style) for one in outcome.report.warnings)
    for undone in outcome.undone:
        finding = undone.finding
        subject = finding.code if finding.attribute is None else f"{finding.code} of {finding.attribute}"
        where = "" if finding.class_name is None else f" in {finding.class_name}"
        message = f"{subject}{where} is left as it was: {undone.reason}"
        err.write([warning_line(finding.path, message, err.style)])


def _write_summary(outcome: Outcome, options: CheckOptions, to: Output, err: Output) -> None:
    if not outcome.report.files and not outcome.report.errors:
        err.write(["warning: no Python files found"])
    elif outcome.told is not None:
        to.write([outcome.told] if outcome.told else ())
    else:
        _write_counts(outcome, options, to)


def _write_counts(outcome: Outcome, options: CheckOptions, to: Output) -> None:
    from torchlint.report.summary import fix_summary, fixable, fixed_list, proofs, summary, verdicts

    report, mode, style = outcome.report, options.mode, to.style
    if options.show_fixes:
        to.write(fixed_list(outcome.fixed, would=options.diff, style=style))
    if mode is None:
        to.write([summary(report, style)])
    else:
        to.write([fix_summary(report, outcome.fixed, mode, style)])
    to.write(proofs(outcome.fixed))
    to.write(verdicts(report))
    if mode in (None, "fix"):
        to.write(fixable(report, outcome.applies, style))


def account(sources: Sequence[object], report: Report, seconds: float) -> Iterator[str]:
    """What `--verbose` tells: the configuration files of the paths, what is silent, how many files, how long."""
    from torchlint.report.text import counted

    for source in dict.fromkeys(sources):
        yield f"Configuration: {source or 'none, the defaults hold'}"
    if report.silenced:
        yield f"The baseline keeps {counted(report.silenced, 'known finding')} silent."
    yield f"Checked {counted(report.files, 'file')} in {seconds:.2f} s."


def _source_lines(outcome: Outcome, stdin: tuple[str, bytes] | None) -> Lines:
    """The lines of the files that findings are in; a file is read when it is asked for."""
    from functools import lru_cache
    from pathlib import Path

    from torchlint.files import SourceError, decode, read_bytes, split_lines

    contents = dict([stdin] if stdin is not None else [])
    contents.update((change.path, change.after) for change in outcome.changes)

    @lru_cache(maxsize=4)
    def lines(path: str) -> Sequence[str] | None:
        try:
            data = contents[path] if path in contents else read_bytes(Path(path))
            return split_lines(decode(path, data).text)
        except SourceError:
            return None

    return lines
