"""The statistics: how many findings of which rule, the most frequent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from torchlint.findings import Report
from torchlint.report.text import PLAIN, Applies, Style, applies_if_safe


def statistics(report: Report, style: Style = PLAIN, applies: Applies = applies_if_safe) -> Iterator[str]:
    """One line a rule that found something: count, code, name.

    Before the name, `[*]` where `--fix` would fix all of them and `[-]` where it would fix some.
    """
    counts = Counter((finding.code, finding.name) for finding in report.findings)
    fixed = Counter(finding.code for finding in report.findings if applies(finding))
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    size = max((len(str(count)) for _, count in rows), default=0)
    for (code, name), count in rows:
        sign = "*" if fixed[code] == count else "-" if fixed[code] else ""
        mark = f"[{style.note(sign)}]" if sign else "   "
        yield f"{count:>{size}}  {style.code(code)}  {mark if fixed else ''}{' ' if fixed else ''}{name}"
