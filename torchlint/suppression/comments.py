"""Reading the suppression comments of a file.

Only real comments count, so the scanner below tells comments from string literals. It is a regular expression
and not `tokenize`, which costs ten times what parsing the file costs, gives up at the first error, and reads
f-strings differently from one Python to the next; a test holds the two against each other.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Noqa:
    """One `# noqa` comment: its place (from 1, the end exclusive), its codes in capitals (None: blanket)."""

    line: int
    column: int
    end_column: int
    codes: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Suppressions:
    """All that the comments of one file suppress; `comments` stand in the order of the file."""

    skip_file: bool = False
    comments: tuple[Noqa, ...] = ()


NOTHING = Suppressions()

# As flake8 reads it: in any case, blanks may be missing, text may follow; without codes it is blanket.
_NOQA = re.compile(
    r"#[^\S\r\n]*noqa(?![a-z0-9_])(?:[^\S\r\n]?:[^\S\r\n]*(?P<codes>[a-z]+[0-9]+(?:[,\s]+[a-z]+[0-9]+)*))?",
    re.IGNORECASE | re.ASCII,
)
_SKIP_FILE = re.compile(r"(?:^|\s)#\s*torchlint:\s*skip-file(?![\w-])", re.IGNORECASE)
_MAY_SKIP = re.compile("-file", re.IGNORECASE)  # begins with a character without case: a quick search
_CODE = re.compile(r"[A-Z]+[0-9]+")

# A comment or a string literal. A prefix (r, b, f, ...) changes nothing about where a literal ends. An
# unclosed triple-quoted string runs to the end of the file, any other to the end of its line: no quote is
# ever tried twice, so the time is linear.
_COMMENT_OR_STRING = re.compile(
    r'''
    (?P<comment> \#[^\r\n]* )
    | """ [^"\\]* (?: (?: \\[\s\S] | "(?!"") ) [^"\\]* )* (?: """ | \\?\Z )
    | \'\'\' [^'\\]* (?: (?: \\[\s\S] | '(?!\'\') ) [^'\\]* )* (?: \'\'\' | \\?\Z )
    | " [^"\\\r\n]* (?: \\(?:\r\n|[\s\S]) [^"\\\r\n]* )* (?: " | (?=[\r\n]) | \\?\Z )
    | ' [^'\\\r\n]* (?: \\(?:\r\n|[\s\S]) [^'\\\r\n]* )* (?: ' | (?=[\r\n]) | \\?\Z )
    ''',
    re.VERBOSE,
)
_NEWLINE = re.compile(r"\r\n|\r|\n")


def parse(text: str) -> Suppressions:
    """The suppressions in the comments of `text`; never fails, whatever the text is."""
    if not (_NOQA.search(text) or (_MAY_SKIP.search(text) and _SKIP_FILE.search(text))):
        return NOTHING
    line_starts = [0, *(newline.end() for newline in _NEWLINE.finditer(text))]
    skip_file = False
    noqas: list[Noqa] = []
    for token in _COMMENT_OR_STRING.finditer(text):
        comment = token["comment"]
        if comment is None:
            continue
        skip_file = skip_file or _SKIP_FILE.search(comment) is not None
        for match in _NOQA.finditer(comment):
            start = token.start() + match.start()
            line = bisect_right(line_starts, start)
            column = start - line_starts[line - 1] + 1
            noqas.append(Noqa(line, column, column + len(match[0]), _codes(match["codes"])))
    return Suppressions(skip_file, tuple(noqas))


def _codes(text: str | None) -> tuple[str, ...] | None:
    """The codes of a comment, each once, in capitals."""
    return None if text is None else tuple(dict.fromkeys(_CODE.findall(text.upper())))
