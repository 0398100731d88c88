"""The concise format: one line a finding, `path:line:column: CODE message`, as flake8 writes it.

A `[*]` after the code marks what `--fix` would fix; why it would leave a finding, and the verdict of a live module,
stand in brackets at the end.
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.findings import Report
from torchlint.report.text import PLAIN, Applies, Style, applies_if_safe, one_line


def concise(report: Report, style: Style = PLAIN, applies: Applies = applies_if_safe) -> Iterator[str]:
    """The lines of the report."""
    for finding in report.findings:
        yield one_line(finding, style, applies)
