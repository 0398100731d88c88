"""The statistics: how many findings of which rule, the most frequent first.

Where `--fix` would fix any, `[*]` marks the rules of which it would fix all findings, `[-]` those of which it would fix
some.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from torchlint.findings import Report
from torchlint.report.text import PLAIN, Applies, Style, applies_if_safe


def statistics(report: Report, style: Style = PLAIN, applies: Applies = applies_if_safe) -> Iterator[str]:
    """One line a rule that found something: count, code, whether `--fix` would fix them, name."""
    fixed = Counter((finding.code, finding.name) for finding in report.findings if applies(finding))
    counts = Counter((finding.code, finding.name) for finding in report.findings)
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    size = max((len(str(count)) for _, count in rows), default=0)
    for (code, name), count in rows:
        sign = "*" if fixed[code, name] == count else "-" if fixed[code, name] else " "
        mark = f"[{style.note(sign)}]  " if fixed else ""
        yield f"{count:>{size}}  {style.code(code)}  {mark}{name}"
