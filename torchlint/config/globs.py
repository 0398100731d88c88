"""The globs of `per-file-ignores`, as ruff reads them."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def compile_glob(pattern: str) -> re.Pattern[str]:
    r"""Compile a glob: `*` and `?` (both match "/", too), `**/`, `[a-z]`, `[!a]`, `{a,b}`, `\` to escape.

    A slash at the end stands for everything below. Raises ValueError if the glob is malformed.
    """
    if not pattern or "\0" in pattern:
        raise ValueError("empty glob" if not pattern else "null character")
    pattern = pattern.removeprefix("./")
    pattern = f"{pattern}**" if pattern.endswith("/") else pattern
    out: list[str] = []
    depth = position = 0
    while position < len(pattern):
        char = pattern[position]
        at_segment = position == 0 or pattern[position - 1] == "/"
        position += 1
        if char == "*":
            if at_segment and pattern.startswith("*/", position):
                out.append("(?:.*/)?")
                position += 2
                continue
            while pattern.startswith(
                "*", position
            ):  # "a***b" as "a*b": each one more would cost exponential time
                position += 1
            out.append(".*")
        elif char == "?":
            out.append(".")
        elif char == "[":
            text, position = _character_class(pattern, position)
            out.append(text)
        elif char == "{":
            depth += 1
            out.append("(?:")
        elif char == "}":
            depth -= 1
            if depth < 0:
                raise ValueError("'}' without '{'")
            out.append(")")
        elif char == "," and depth:
            out.append("|")
        elif char == "\\":
            if position == len(pattern):
                raise ValueError("nothing after the last '\\'")
            out.append(re.escape(pattern[position]))
            position += 1
        else:
            out.append(re.escape(char))
    if depth:
        raise ValueError("'{' is never closed")
    try:
        return re.compile("(?s:" + "".join(out) + r")\Z")
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error


def _character_class(pattern: str, start: int) -> tuple[str, int]:
    """Translate the class whose "[" stands before `start`; return it and the position after its "]"."""
    begin = start + 1 if pattern[start : start + 1] in ("!", "^") else start
    end = pattern.find("]", begin + 1)  # a "]" that comes first is a member
    if end < 0:
        raise ValueError("'[' is never closed")
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", pattern[begin:end])
    return f"[{'^' if begin > start else ''}{members}]", end + 1
