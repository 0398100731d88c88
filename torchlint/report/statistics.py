"""The statistics: how many findings of which rule, the most frequent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from torchlint.findings import Report
from torchlint.report.text import PLAIN, Style


def statistics(report: Report, style: Style = PLAIN) -> Iterator[str]:
    """One line a rule that found something: count, code, name."""
    counts = Counter((finding.code, finding.name) for finding in report.findings)
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    size = max((len(str(count)) for _, count in rows), default=0)
    for (code, name), count in rows:
        yield f"{count:>{size}}  {style.code(code)}  {name}"
