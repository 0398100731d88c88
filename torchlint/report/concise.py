"""The concise format: one line a finding, `path:line:column: CODE message`, as flake8 writes it.

A `[*]` after the code marks what `--fix` would fix. The verdict of a live module is an
indented line below.
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.findings import Report
from torchlint.report.text import PLAIN, Applies, Style, applies_if_safe, harmless, headline


def concise(report: Report, style: Style = PLAIN, applies: Applies = applies_if_safe) -> Iterator[str]:
    """The lines of the report."""
    for finding in report.findings:
        yield headline(finding, style, applies)
        if finding.verdict is not None:
            yield f"    {style.note(finding.verdict.status)}: {harmless(finding.verdict.reason)}"
