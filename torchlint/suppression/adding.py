"""Writing suppression comments: the edits that put `# noqa: …` on findings. Pure: text and findings in, edits out."""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from torchlint.findings import Edit, Finding, Place
from torchlint.suppression.comments import Noqa, parse
from torchlint.suppression.matching import UNUSED_NOQA, apply

_NEWLINE = re.compile(r"\r\n?")
_CODE = re.compile(r"[A-Za-z]+[0-9]+")
_EXAMPLE = "x  # noqa: TL101"


@dataclass(frozen=True, slots=True)
class AddedNoqa:
    """The edits, one for each comment that is written or extended, and the findings that no comment can reach."""

    edits: tuple[Edit, ...]
    remaining: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """Lines that only one comment can belong to: it can stand at the end of the last of them, and nowhere else.

    More than one line where a string or a backslash goes on over the line's end. flake8 looks for a comment on all of
    them, wherever in the row its own report stands.
    """

    first: int
    last: int
    comment: int | None
    """The column (from 0) of the comment that stands there already."""


def add_noqa(text: str, findings: Iterable[Finding], reason: str | None = None) -> AddedNoqa:
    """The edits that suppress the findings (all of this one text), each on its own line where a comment is possible.

    Codes join those of a `# noqa: …` that is there. `reason` is added as a comment of its own behind it, since a word
    such as `T5` right after the codes would be read as one more code. Raises ValueError if it cannot be a reason.
    """
    if reason is not None and (problem := problem_of_reason(reason)) is not None:
        raise ValueError(problem)
    lines = _NEWLINE.sub("\n", text).split("\n")
    rows = tuple(_rows(lines))
    lasts = [row.last for row in rows]
    wanted: dict[_Row, list[Finding]] = {}
    remaining: list[Finding] = []
    for finding in findings:
        index = bisect_left(lasts, finding.place.line)
        row = rows[index] if index < len(rows) else None
        # another statement of the same line may end in a string that goes on: the comment would come too late
        if row is None or not row.first <= finding.place.line or row.last > finding.statement[1]:
            remaining.append(finding)
        else:
            wanted.setdefault(row, []).append(finding)
    edits: list[Edit] = []
    for row in sorted(wanted, key=lambda row: row.last):
        line = lines[row.last - 1]
        start, content = _comment(line, row.comment, {finding.code for finding in wanted[row]}, reason)
        edits.append(Edit(Place(row.last, start + 1, row.last, len(line) + 1), content))
        lines[row.last - 1] = line[:start] + content
    suppressions = parse("\n".join(lines))
    for placed in wanted.values():
        kept, _ = apply(placed, suppressions)
        remaining += [finding for finding in kept if finding.code != UNUSED_NOQA]
    return AddedNoqa(tuple(edits), tuple(remaining))


def problem_of_reason(reason: str) -> str | None:
    """Why a text cannot be the reason in a comment; None if it can."""
    if not reason.strip():
        return "a reason cannot be empty"
    if not reason.isprintable():
        return "a reason must be one line of printable characters"
    read = parse(f"{_EXAMPLE}  # {reason}")
    if "#" in reason or read.skip_file or read.comments != parse(_EXAMPLE).comments:
        return "a reason cannot hold a `#`, or be a suppression itself"
    return None


def _comment(line: str, start: int | None, codes: set[str], reason: str | None) -> tuple[int, str]:
    """From which column (from 0) on the line is to be replaced, and by what."""
    behind = f"  # {reason.strip()}" if reason is not None else ""
    directive = None if start is None else _directive(line[start:])
    if start is not None and directive is not None:
        begin, end = start + directive.column - 1, start + directive.end_column - 1
        # as they are written: flake8 tells upper from lower case
        _, _, listed = line[begin:end].partition(":")
        present = {code.upper(): code for code in _CODE.findall(listed)}
        merged = [code for _, code in sorted({**{code: code for code in codes}, **present}.items())]
        rest = line[end:].rstrip() if behind else line[end:]
        return begin, f"# noqa: {', '.join(merged)}{rest}{behind}"
    blanks = len(line) - len(line.rstrip(" \t"))
    gap = "" if "\t" in line[len(line) - blanks :] else " " * (2 - min(blanks, 2))
    return len(line), f"{gap}# noqa: {', '.join(sorted(codes))}{behind}"


def _directive(comment: str) -> Noqa | None:
    """The first suppression with codes in a comment: flake8 looks at no other."""
    return next((noqa for noqa in parse(comment).comments if noqa.codes is not None), None)


def _rows(lines: list[str]) -> Iterator[_Row]:
    """The rows of a text; none from where on it cannot be read."""
    source = io.StringIO("\n".join(lines), newline="")
    first: int | None = None
    comment: int | None = None
    try:
        for token in tokenize.generate_tokens(source.readline):
            if token.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
                continue
            first = token.start[0] if first is None else first
            if token.type == tokenize.COMMENT:
                comment = token.start[1]
            elif token.type in (tokenize.NL, tokenize.NEWLINE):
                yield _Row(first, token.start[0], comment)
                first = comment = None
    except (tokenize.TokenError, SyntaxError, ValueError):
        return
