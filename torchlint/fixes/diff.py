"""A unified diff that `git apply` (and `patch -p1`) turns into exactly the new bytes."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence

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
    tab = (
        b"\t" if b" " in shown and not shown.startswith(b'"') else b""
    )  # else the name would end at the blank
    return sign.encode("ascii") + b" " + shown + tab + b"\n"


def _lines(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _hunks(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[list[bytes]]:
    # What is the same at both ends need not be compared: most of a file.
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    skipped = max(0, start - _CONTEXT)
    kept = max(0, end - _CONTEXT)
    old, new = before[skipped : len(before) - kept], after[skipped : len(after) - kept]
    matcher = difflib.SequenceMatcher(None, old, new)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        spans = _span(skipped + first[1], skipped + last[2]), _span(skipped + first[3], skipped + last[4])
        hunk = ["@@ -{} +{} @@\n".format(*spans).encode("ascii")]
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                hunk += [_line(b" ", line) for line in old[i1:i2]]
            else:
                hunk += [_line(b"-", line) for line in old[i1:i2]]
                hunk += [_line(b"+", line) for line in new[j1:j2]]
        yield hunk


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + (line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n")


def _span(start: int, end: int) -> str:
    """The numbers of a hunk's lines; an empty one is named after the line before it."""
    size = end - start
    if size == 1:
        return str(start + 1)
    return f"{start + 1},{size}" if size else f"{start},0"
