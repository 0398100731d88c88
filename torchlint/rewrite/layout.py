"""How a call is laid out: around a value that stands in the text, or around a name."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from torchlint.rewrite.syntax import Change, Syntax

_LINE = re.compile(r"\r\n|\r|\n")
_SELF_CONTAINED = (
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Tuple,
)
_PARENTHESISED = (ast.Yield, ast.YieldFrom, ast.NamedExpr)


@dataclass(frozen=True, slots=True)
class Region:
    """A value with the redundant parentheses around it: offsets of these, the outermost first."""

    node: ast.expr
    start: int
    end: int
    opening: tuple[int, ...] = ()
    closing: tuple[int, ...] = ()

    @property
    def outer_start(self) -> int:
        """Where the value begins, parentheses included."""
        return self.opening[0] if self.opening else self.start

    @property
    def outer_end(self) -> int:
        """Where the value ends, parentheses included."""
        return self.closing[0] + 1 if self.closing else self.end


def region_of(syntax: Syntax, node: ast.expr, low: int, high: int) -> Region:
    """The region of a value. Between `low` and `high` stand no parentheses but its own and those before a comma."""
    start, end = syntax.span(node)
    opening: list[int] = []
    for position, mark in reversed(syntax.marks(low, start)):
        if mark != "(":
            break
        opening.append(position)
    closing: list[int] = []
    for position, mark in syntax.marks(end, high):
        if mark != ")":
            break
        closing.append(position)
    count = min(len(opening), len(closing))
    return Region(node, start, end, tuple(opening[:count][::-1]), tuple(closing[:count][::-1]))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where new text stands: the indentation of its statement, the column (from 0), one step of indentation."""

    indent: str
    column: int
    step: str
    newline: str
    limit: int
    breakable: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A call to be written: `head(before…, value, after…)`."""

    head: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def on(self, value: str, layout: Layout) -> str:
        """The call with a value of one line."""
        arguments = (*self.before, value, *self.after)
        line = f"{self.head}({', '.join(arguments)})"
        if not layout.breakable or layout.column + len(line) <= layout.limit:
            return line
        inner = f"{layout.newline}{layout.indent}{layout.step}"
        comma = "," if len(arguments) > 1 else ""
        listed = "".join(f"{inner}{argument}{comma}" for argument in arguments)
        return f"{self.head}({listed}{layout.newline}{layout.indent})"

    def around(self, syntax: Syntax, region: Region, layout: Layout, changes: Sequence[Change] = ()) -> str:
        """The call with a value of the text, as it is laid out there; parentheses around it become the call's."""
        text = syntax.text
        opening, closing = region.opening, region.closing
        start, end = region.start, region.end
        own = isinstance(region.node, _PARENTHESISED) or _is_bare_tuple(syntax, region.node)
        if own and opening:  # the innermost parentheses stay the value's
            start, end = opening[-1], closing[-1] + 1
            opening, closing = opening[:-1], closing[:-1]
        if len(opening) > 1:
            start, end = opening[1], closing[1] + 1
        core = syntax.changed(start, end, changes)
        if own and not region.opening:
            core = f"({core})"
        lead, trail = (text[opening[0] + 1 : start], text[end : closing[0]]) if opening else ("", "")
        if _LINE.search(lead):
            return f"{self.head}({self._hanging(lead, core, trail, layout)})"
        if _LINE.search(trail):
            return f"{self.head}({', '.join([*self.before, core, *self.after])}{trail})"
        if not _LINE.search(core):
            return self.on(core, layout)
        prefix = "".join(f"{argument}, " for argument in self.before)
        column = layout.column + len(self.head) + 1 + len(prefix)
        core = realigned(syntax, region.node, core, start, column, layout)
        return f"{self.head}({prefix}{core}{''.join(f', {argument}' for argument in self.after)})"

    def _hanging(self, lead: str, core: str, trail: str, layout: Layout) -> str:
        """The arguments, where the value begins on a line of its own inside the parentheses."""
        arguments = [*self.before, core, *self.after]
        if len(arguments) == 1:
            return f"{lead}{core}{trail}"
        newlines = list(_LINE.finditer(lead))
        newline, indent = newlines[-1].group(), lead[newlines[-1].end() :]
        line = ", ".join(arguments)
        if not _LINE.search(core) and len(indent) + len(line) <= layout.limit:
            return f"{lead}{line}{trail}"
        separator = f",{newline}{indent}"
        last = _last_line(trail)
        if last is None:
            return f"{lead}{separator.join(arguments)}{trail}"
        head = separator.join([*self.before, core])
        after = "".join(f"{newline}{indent}{argument}," for argument in self.after)
        return f"{lead}{head},{trail[:last]}{after}{trail[last:]}"


def _last_line(trail: str) -> int | None:
    """Where the last newline of a gap begins."""
    newlines = list(_LINE.finditer(trail))
    return newlines[-1].start() if newlines else None


def _is_bare_tuple(syntax: Syntax, node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple) and not has_brackets(syntax, node)


def has_brackets(syntax: Syntax, node: ast.Tuple | ast.List) -> bool:
    """Whether a display has brackets of its own; a tuple may have none."""
    if isinstance(node, ast.List) or not node.elts:
        return True
    start, end = syntax.span(node)
    first, first_end = syntax.span(node.elts[0])
    opened = sum(mark == "(" for _, mark in syntax.marks(start, first))
    limit = syntax.span(node.elts[1])[0] if len(node.elts) > 1 else end
    closed = 0
    for _, mark in syntax.marks(first_end, limit):
        if mark != ")":
            break
        closed += 1
    return opened > closed


def realigned(syntax: Syntax, node: ast.expr, core: str, start: int, column: int, layout: Layout) -> str:
    """The text of a value of several lines, which stood at `start` and is to begin at a column.

    Lines below move along where they are aligned with the first, or indented as it was on a line of its own.
    """
    before = syntax.text[syntax.line_start(start) : start]
    if _has_long_string(node) or (not before.strip() and not has_own_brackets(node)):
        return core
    old, new = (before, layout.indent) if not before.strip() else (" " * len(before), " " * column)
    first, *others = re.split(r"(?<=\n)|(?<=\r)(?!\n)", core)
    filled = [line for line in others if line.strip()]
    moved = [new + line.removeprefix(old) if line.strip() else line for line in others]
    fits = all(len(line.rstrip()) <= layout.limit for line in moved)
    return "".join([first, *moved]) if fits and all(line.startswith(old) for line in filled) else core


def has_own_brackets(node: ast.expr) -> bool:
    """Whether all newlines in the text of a value stand in its brackets."""
    if isinstance(node, ast.Call):
        return node.func.end_lineno == node.lineno
    return isinstance(node, _SELF_CONTAINED)


def _has_long_string(node: ast.expr) -> bool:
    """Whether a string literal spans lines: blanks inside it must not move."""
    return any(
        isinstance(inner, (ast.Constant, ast.JoinedStr)) and inner.lineno != inner.end_lineno
        for inner in ast.walk(node)
    )
