"""The concise format: one line a finding, `path:line:column: CODE message`, as flake8 writes it.

A `[*]` after the code marks what `--fix` would fix. A clause in parentheses at the end says why there is no fix, or why
it is unsafe.
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.findings import Report
from torchlint.report.text import PLAIN, Applies, Style, applies_if_safe, harmless, headline


def concise(report: Report, style: Style = PLAIN, applies: Applies = applies_if_safe) -> Iterator[str]:
    """The lines of the report."""
    for finding in report.findings:
        caveat = "" if finding.caveat is None else f" ({harmless(finding.caveat)})"
        yield f"{headline(finding, style, applies)}{caveat}"
