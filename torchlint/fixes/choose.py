"""Which fixes of a file can be applied together."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from torchlint.findings import Edit, Finding

_Point: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Choice:
    """A fix to apply: its edits, and the findings that carry it (one statement may give several)."""

    edits: tuple[Edit, ...]
    findings: tuple[Finding, ...]


def choose(findings: Iterable[Finding]) -> tuple[Choice, ...]:
    """The fixes that go together, in order of place; findings without a fix are passed over.

    A fix that would change the same text as an earlier one is left out: the next round will see to it. An edit that
    two fixes have in common, to the letter (an import that both need), is no conflict.
    """
    carriers: dict[tuple[Edit, ...], list[Finding]] = {}
    for finding in sorted(findings, key=lambda finding: (finding.place, finding.code)):
        if finding.fix is not None and finding.fix.edits:
            carriers.setdefault(finding.fix.edits, []).append(finding)
    taken = _Taken()
    return tuple(
        Choice(edits, tuple(together)) for edits, together in carriers.items() if taken.admits(edits)
    )


def merged(choices: Iterable[Choice]) -> tuple[Edit, ...]:
    """The edits of all the fixes; one that several have in common, once."""
    edits: Counter[Edit] = Counter()
    for choice in choices:
        edits |= Counter(choice.edits)
    return tuple(edits.elements())


class _Taken:
    """The spans that are to be changed already; they do not overlap."""

    def __init__(self) -> None:
        self._edits: set[Edit] = set()
        self._spans: list[tuple[_Point, _Point]] = []

    def admits(self, edits: Iterable[Edit]) -> bool:
        """Take the edits if none of them overlaps what is taken. Insertions at one point do not, nor do neighbours."""
        new = [edit for edit in dict.fromkeys(edits) if edit not in self._edits]
        spans = [_span(edit) for edit in new]
        if any(self._overlaps(start, end) for start, end in spans):
            return False
        self._edits.update(new)
        for span in spans:
            insort(self._spans, span)
        return True

    def _overlaps(self, start: _Point, end: _Point) -> bool:
        before = bisect_left(self._spans, end, key=lambda span: span[0])  # they begin before this one ends
        return before > 0 and self._spans[before - 1][1] > start


def _span(edit: Edit) -> tuple[_Point, _Point]:
    place = edit.place
    return (place.line, place.column), (place.end_line, place.end_column)
