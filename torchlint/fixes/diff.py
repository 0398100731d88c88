"""A unified diff that `git apply` (and `patch -p1`) turns into exactly the new bytes."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_CONTEXT = 3
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def unified_diff(path: str, before: bytes, after: bytes) -> bytes:
    """Return the diff of a file; nothing if it stays the same. `path` is shown relative to the working directory.

    Lines end at newlines only, as git has it; a carriage return before is a part of the line.
    """
    if before == after:
        return b""
    name = os.path.relpath(os.path.realpath(path), os.path.realpath(os.curdir)).replace(os.sep, "/")
    pieces = [_header("---", "a", name), _header("+++", "b", name)]
    for hunk in _hunks(_lines(before), _lines(after)):
        pieces += hunk
    return b"".join(pieces)


def quoted(name: str) -> bytes:
    r"""Return a file name as git writes it: `"caf\303\251.py"` in quotes if a byte of it is not printable ASCII."""
    data = os.fsencode(name)
    if not re.search(rb'[^ -~]|["\\]', data):
        return data
    escaped = "".join(
        _ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in data
    )
    return b'"' + escaped.encode("ascii") + b'"'


def _header(sign: str, side: str, name: str) -> bytes:
    shown = quoted(f"{side}/{name}")
    # A name without quotes would end at its first blank.
    tab = b"\t" if b" " in shown and not shown.startswith(b'"') else b""
    return sign.encode("ascii") + b" " + shown + tab + b"\n"


def _lines(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _hunks(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[list[bytes]]:
    for group in _groups(list(_blocks(before, after))):
        first, last = group[0], group[-1]
        spans = _span(first.start, last.end), _span(first.new_start, last.new_end)
        hunk = ["@@ -{} +{} @@\n".format(*spans).encode("ascii")]
        for block in group:
            if block.same:
                hunk += [_line(b" ", line) for line in before[block.start : block.end]]
            else:
                hunk += [_line(b"-", line) for line in before[block.start : block.end]]
                hunk += [_line(b"+", line) for line in after[block.new_start : block.new_end]]
        yield hunk


class _Block(NamedTuple):
    """Lines of the old file and what they are in the new one."""

    same: bool
    start: int
    end: int
    new_start: int
    new_end: int


def _blocks(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[_Block]:
    """The two files side by side. What is the same at both ends, most of a file, needs no comparison."""
    shorter = min(len(before), len(after))
    head = 0
    while head < shorter and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shorter - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    end, new_end = len(before) - tail, len(after) - tail
    yield _Block(True, 0, head, 0, head)
    matcher = difflib.SequenceMatcher(None, before[head:end], after[head:new_end])
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        yield _Block(tag == "equal", head + i1, head + i2, head + j1, head + j2)
    yield _Block(True, end, len(before), new_end, len(after))


def _groups(blocks: Sequence[_Block]) -> Iterator[list[_Block]]:
    """The changes that are near each other, with the lines around them.

    Around a change stand fewer lines only where the file has no more: git takes such a hunk for one at its end.
    """
    group: list[_Block] = []
    for block in blocks:
        size = block.end - block.start
        if not block.same or (group and size <= 2 * _CONTEXT and block is not blocks[-1]):
            group.append(block)
            continue
        kept = min(size, _CONTEXT)
        if group:
            after = _Block(True, block.start, block.start + kept, block.new_start, block.new_start + kept)
            yield [*group, after]
        group = [_Block(True, block.end - kept, block.end, block.new_end - kept, block.new_end)]


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + (line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n")


def _span(start: int, end: int) -> str:
    """The numbers of a hunk's lines; an empty one is named after the line before it."""
    size = end - start
    if size == 1:
        return str(start + 1)
    return f"{start + 1},{size}" if size else f"{start},0"
