"""Suppression comments that lose codes."""

from __future__ import annotations

import re
from collections.abc import Collection

from torchlint.findings import Edit, Place
from torchlint.rewrite.syntax import CannotRewrite, Syntax

_NOQA = re.compile(
    r"(?P<head>#[^\S\r\n]*noqa[^\S\r\n]?:[^\S\r\n]*)(?P<codes>[A-Za-z]+[0-9].*)", re.IGNORECASE
)
_CODE = re.compile(r"[A-Za-z]+[0-9]+")


def remove_comment_codes(syntax: Syntax, place: Place, codes: Collection[str]) -> tuple[Edit, ...]:
    """The edits that remove codes from a `# noqa: …` comment, or the whole of it when none is left.

    `place` spans the directive, from its `#` to its last code. Text behind it stays a comment. The text need not parse.
    Raises CannotRewrite where there is no such comment, or it names none of the codes.
    """
    if not 1 <= place.line == place.end_line <= len(syntax.lines):
        raise CannotRewrite("there is no suppression comment at this place")
    start, end = syntax.offset(place.line, place.column), syntax.offset(place.end_line, place.end_column)
    found = _NOQA.fullmatch(syntax.text, start, end)
    if found is None:
        raise CannotRewrite("there is no suppression comment with codes at this place")
    unwanted = {code.upper() for code in codes}
    written = list(_CODE.finditer(syntax.text, found.start("codes"), end))
    kept = [code for code in written if code.group().upper() not in unwanted]
    if len(kept) == len(written):
        raise CannotRewrite("the suppression comment names none of these codes")
    if kept:
        return (_without(syntax, written, unwanted, end),)
    return (_removed(syntax, start, end),)


def _without(syntax: Syntax, written: list[re.Match[str]], unwanted: Collection[str], end: int) -> Edit:
    """The list of codes without some of them, and without what separates those from the rest."""
    text = syntax.text
    pieces: list[str] = []
    for number, code in enumerate(written):
        if code.group().upper() not in unwanted:
            after = written[number + 1].start() if number + 1 < len(written) else end
            pieces += [code.group(), text[code.end() : after]]
    return syntax.edit(written[0].start(), end, "".join(pieces[:-1]))


def _removed(syntax: Syntax, start: int, end: int) -> Edit:
    """The edit that removes a whole directive; what stands behind it on its line stays a comment."""
    text = syntax.text
    line, stop = syntax.line_start(start), syntax.line_end(start)
    rest = text[end:stop]
    other = rest.lstrip()
    if other.startswith("#"):
        return syntax.edit(start, stop - len(other), "")
    reason = other.lstrip("-–—:;,. \t")
    if reason:
        return syntax.edit(start, stop - len(reason), "# ")
    before = text[line:start].rstrip()
    if before:
        return syntax.edit(line + len(before), stop, "")
    return syntax.edit(line, syntax.next_line(start), "")
