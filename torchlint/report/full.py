"""The full format: each finding with its source lines, the place underlined.

src/net.py:12:9: TL101 [*] `self.pe` is a plain tensor ...
   |
12 |         self.pe = torch.zeros(n, d)
   |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: Register it: `self.register_buffer("pe", ...)`
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torchlint.findings import Finding, Place, Report
from torchlint.report.text import PLAIN, Applies, Lines, Style, applies_if_safe, cells, harmless, headline

MAX_WIDTH = 110
"""The columns that an excerpt of a source line may take."""

MAX_LINES = 4
"""The lines of a place that are shown; of a longer one, the first ones and the last."""

_BEFORE = 30
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def full(
    report: Report, lines: Lines, style: Style = PLAIN, applies: Applies = applies_if_safe
) -> Iterator[str]:
    """The lines of the report; a blank one after each finding."""
    for finding in report.findings:
        yield headline(finding, style, applies)
        source = lines(finding.path)
        gutter = len(str(finding.place.end_line))
        if source is not None:
            yield from _excerpt(finding.place, source, gutter, style)
        yield from _notes(finding, gutter, style)
        yield ""


def _excerpt(place: Place, source: Sequence[str], gutter: int, style: Style) -> Iterator[str]:
    """The lines of the place with numbers and underlines; nothing where the source has no such line."""
    bar = style.faint("|")
    numbers = [number for number in _shown(place.line, place.end_line) if 1 <= number <= len(source)]
    if not numbers:
        return
    yield f"{' ' * gutter} {bar}"
    previous = numbers[0]
    for number in numbers:
        if number > previous + 1:
            yield style.faint("." * gutter + " |")
        previous = number
        line = source[number - 1].rstrip("\r\n")
        start, end = _span(place, number, line)
        excerpt = crop(line, start, end)
        yield f"{style.faint(str(number).rjust(gutter))} {bar} {excerpt.text}".rstrip()
        if excerpt.size:
            yield f"{' ' * gutter} {bar} {' ' * excerpt.offset}{style.code('^' * excerpt.size)}"


def _notes(finding: Finding, gutter: int, style: Style) -> Iterator[str]:
    """What is known about the finding besides its message: its fix or why it has none, its verdict."""
    equals = f"{' ' * gutter} {style.faint('=')}"
    if finding.fix is not None:
        label = "unsafe fix" if finding.fix.applicability == "unsafe" else "help"
        yield f"{equals} {style.note(label)}: {harmless(finding.fix.message)}"
    elif finding.unfixable is not None:
        yield f"{equals} {style.note('no fix')}: {harmless(finding.unfixable)}"
    if finding.verdict is not None:
        yield f"{equals} {style.note(finding.verdict.status)}: {harmless(finding.verdict.reason)}"


def _shown(first: int, last: int) -> list[int]:
    """The numbers of the lines to show."""
    if last - first < MAX_LINES:
        return list(range(first, last + 1))
    return [*range(first, first + MAX_LINES - 2), last]


def _span(place: Place, number: int, line: str) -> tuple[int, int]:
    """The part of the line to underline, in characters from 0; of further lines, what is not indentation."""
    start = place.column - 1 if number == place.line else len(line) - len(line.lstrip())
    end = place.end_column - 1 if number == place.end_line else len(line.rstrip())
    if number == place.line:
        end = max(end, start + 1)
    return start, end


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A source line as shown, and what to underline: `size` columns after `offset`."""

    text: str
    offset: int
    size: int


def crop(line: str, start: int, end: int, limit: int = MAX_WIDTH) -> Excerpt:
    """The line with tabs expanded, cut to `limit` columns around the characters from `start` to `end`."""
    shown = list(cells(line))
    start = max(0, min(start, len(shown)))
    if start == len(shown) and end > start:
        shown.append((" ", 1))
    end = max(0, min(end, len(shown)))
    columns = [0]
    for _, size in shown:
        columns.append(columns[-1] + size)
    first, last = 0, len(shown)
    if columns[-1] > limit:
        first, last = _window(columns, start, end, limit)
    left = _ELLIPSIS if first > 0 else ""
    right = _ELLIPSIS if last < len(shown) else ""
    offset = columns[max(start, first)] - columns[first] + len(left)
    size = columns[min(end, last)] - columns[max(start, first)]
    if end > start:
        size = max(size, 1)
    text = "".join(part for part, _ in shown[first:last])
    return Excerpt(f"{left}{text}{right}", offset, max(size, 0))


def _window(columns: list[int], start: int, end: int, limit: int) -> tuple[int, int]:
    """The characters to show of a line that is too long: its start if that holds the span, else around it."""
    room = limit - 2 * len(_ELLIPSIS)
    wish = 0
    if columns[end] > room:
        wish = min(max(columns[start] - _BEFORE, columns[end] - room), columns[start], columns[-1] - room)
    first = bisect_left(columns, wish)
    return first, max(bisect_right(columns, columns[first] + room) - 1, first)
