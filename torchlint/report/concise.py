"""The concise format: one line a finding, `path:line:column: CODE message`, as flake8 writes it."""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.findings import Report
from torchlint.report.text import PLAIN, Style, headline


def concise(report: Report, style: Style = PLAIN) -> Iterator[str]:
    """The lines of the report."""
    for finding in report.findings:
        yield headline(finding, style)
