"""What every text format shares: a style, harmless text, and the width of characters on a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import click

from torchlint.findings import FileError, Finding

Lines = Callable[[str], "Sequence[str] | None"]
"""The lines of a file of the report, or None when they cannot be had."""

Applies = Callable[[Finding], bool]
"""Whether `--fix` would apply the fix of a finding."""

TAB_WIDTH = 4

# Control characters would steer the terminal (escape sequences), bidirectional ones reorder what is read.
_UNSAFE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Style:
    """How to highlight: with colour, or not at all."""

    color: bool = False

    def path(self, text: str) -> str:
        """A file's path."""
        return self._styled(text, bold=True)

    def code(self, text: str) -> str:
        """A rule's code, and what is underlined."""
        return self._styled(text, fg="red", bold=True)

    def faint(self, text: str) -> str:
        """Separators and line numbers."""
        return self._styled(text, fg="blue")

    def note(self, text: str) -> str:
        """The word that opens a note, such as `help`."""
        return self._styled(text, fg="cyan", bold=True)

    def error(self, text: str) -> str:
        """The word that opens an error."""
        return self._styled(text, fg="red", bold=True)

    def success(self, text: str) -> str:
        """Good news."""
        return self._styled(text, fg="green", bold=True)

    def _styled(self, text: str, *, fg: str | None = None, bold: bool | None = None) -> str:
        return click.style(text, fg=fg, bold=bold) if self.color and text else text


PLAIN = Style()


def harmless(text: str) -> str:
    """The text on one line, with the characters that would steer a terminal written as escapes."""
    return _UNSAFE.sub(
        lambda match: match[0].encode("unicode_escape").decode("ascii"), text.replace("\t", " ")
    )


def width(character: str) -> int:
    """How many columns of a terminal the character takes; a tab is expanded before it comes here."""
    if " " <= character <= "~":
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def cells(line: str) -> Iterator[tuple[str, int]]:
    """Each character of a source line as it is to be shown, and its width; tabs become spaces."""
    column = 0
    for character in line:
        if character == "\t":
            size = TAB_WIDTH - column % TAB_WIDTH
            shown = " " * size
        elif _UNSAFE.match(character):
            shown, size = "\N{REPLACEMENT CHARACTER}", 1
        else:
            shown, size = character, width(character)
        yield shown, size
        column += size


def applies_if_safe(finding: Finding) -> bool:
    """What holds where nothing else is configured."""
    return finding.fix is not None and finding.fix.applicability == "safe"


def headline(finding: Finding, style: Style, applies: Applies = applies_if_safe) -> str:
    """`path:line:column: CODE message`; `[*]` after the code if `--fix` would fix it."""
    place, colon = finding.place, style.faint(":")
    where = f"{style.path(harmless(finding.path))}{colon}{place.line}{colon}{place.column}{colon}"
    mark = f" [{style.note('*')}]" if applies(finding) else ""
    return f"{where} {style.code(finding.code)}{mark} {harmless(finding.message)}"


def one_line(finding: Finding, style: Style, applies: Applies = applies_if_safe) -> str:
    """The headline, and in brackets why `--fix` would leave the finding, and what the live module says."""
    said = [] if finding.caveat is None else [finding.caveat]
    if finding.verdict is not None:
        said.append(f"{finding.verdict.status}: {finding.verdict.reason}")
    return headline(finding, style, applies) + "".join(f" ({harmless(one)})" for one in said)


def error_line(error: FileError, style: Style) -> str:
    """`error: path: message`."""
    where = f"{style.path(harmless(error.path))}: " if error.path else ""
    return f"{style.error('error')}: {where}{harmless(error.message)}"


def warning_line(path: str, message: str, style: Style) -> str:
    """`warning: path: message`."""
    return f"{style.note('warning')}: {style.path(harmless(path))}: {harmless(message)}"


def counted(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
