"""Edits to text: spans of the original, replaced. What is outside them stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from torchlint.files.source import split_lines
from torchlint.findings import Edit, Place


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with the edits done; all places are those of the given text.

    Edits may come in any order; of insertions at one point, the first comes first. Raises ValueError if a place is
    not in the text, or if two edits overlap.
    """
    lines = split_lines(text)
    starts = [0, *accumulate(map(len, lines))]
    spans = [(*_span(edit.place, lines, starts), edit.content) for edit in edits]
    spans.sort(key=lambda span: span[:2])
    pieces: list[str] = []
    done = 0
    for start, end, content in spans:
        if start < done:
            raise ValueError(f"two edits overlap at character {start}")
        pieces += (text[done:start], content)
        done = end
    pieces.append(text[done:])
    return "".join(pieces)


def _span(place: Place, lines: Sequence[str], starts: Sequence[int]) -> tuple[int, int]:
    start = _offset(place.line, place.column, lines, starts)
    end = _offset(place.end_line, place.end_column, lines, starts)
    if end < start:
        raise ValueError(f"an edit ends before it begins: {place}")
    return start, end


def _offset(line: int, column: int, lines: Sequence[str], starts: Sequence[int]) -> int:
    """The position in the text. The end of a line is before its newline, or after it: never within it."""
    content = lines[line - 1] if 1 <= line <= len(lines) else ""
    behind_the_last = line == len(lines) + 1 and column == 1
    if not behind_the_last and (
        not content or not (1 <= column <= len(content.rstrip("\r\n")) + 1 or column == len(content) + 1)
    ):
        raise ValueError(f"there is no line {line}, column {column} in the text")
    return starts[line - 1] + column - 1
