"""The text of one file with its syntax tree: where nodes stand in the text, and what stands between them.

What stands between two nodes (a *gap*) holds no string literal, so that parentheses, commas, equals signs and
comments can be read there character by character.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import TypeAlias

from torchlint.files.source import split_lines
from torchlint.findings import Edit, Place

Change: TypeAlias = tuple[int, int, str]
"""Replace the text from one offset to another."""

_MARK = re.compile(r"#[^\r\n]*|\\(?:\r\n|\r|\n)|\s+|(?P<mark>.)", re.DOTALL)
_COMMENT = re.compile(r"#[^\r\n]*")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_PREFIX = re.compile("[A-Za-z]*")

_COLUMNS = 88
_MOST_COLUMNS = 120


class CannotRewrite(Exception):  # noqa: N818 - it says what happened, and is no defect
    """The text cannot be rewritten as intended; `reason` says why, in one clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Syntax:
    """A text and what is known about its syntax; parsed when first needed, unless its `tree` is at hand.

    Everything that parses raises SyntaxError or RecursionError as `ast.parse` does.
    """

    def __init__(self, text: str, tree: ast.Module | None = None) -> None:
        self.text = text
        self._tree = tree

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text) if self._tree is None else self._tree

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, ends kept."""
        return split_lines(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) for line in self.lines)]

    def offset(self, line: int, column: int) -> int:
        """The index in the text of a line and a column, both counted from 1."""
        return self._starts[line - 1] + column - 1

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Start and end of a node in the text, without parentheses around it (those of a tuple are its own)."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self._at(node.lineno, node.col_offset), self._at(end_line, end_column)

    def source(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def _at(self, line: int, byte_column: int) -> int:
        start = self._starts[line - 1]
        text = self.lines[line - 1]
        if text.isascii():
            return start + byte_column
        return start + len(
            text.encode("utf-8", "surrogatepass")[:byte_column].decode("utf-8", "surrogatepass")
        )

    def edit(self, start: int, end: int, content: str) -> Edit:
        """The edit that replaces a span."""
        return Edit(Place(*self._line_and_column(start), *self._line_and_column(end)), content)

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset, hi=max(len(self.lines), 1))
        return line, offset - self._starts[line - 1] + 1

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self._starts[self._line_and_column(offset)[0] - 1]

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends: at its newline, or at the end of the text."""
        found = _NEWLINE.search(self.text, offset)
        return found.start() if found else len(self.text)

    def next_line(self, offset: int) -> int:
        """Where the line after that of an offset begins, or the end of the text."""
        found = _NEWLINE.search(self.text, offset)
        return found.end() if found else len(self.text)

    def newline(self, offset: int) -> str:
        """The newline that ends the line of an offset; at the end of the text, the file's first."""
        found = _NEWLINE.search(self.text, offset) or _NEWLINE.search(self.text)
        return found.group() if found else "\n"

    def indentation(self, offset: int) -> str:
        """The blanks that the line of an offset begins with (a form feed begins the line anew)."""
        line = self.text[self.line_start(offset) : self.line_end(offset)]
        return line[: len(line) - len(line.lstrip(" \t\f"))].rpartition("\f")[2]

    def marks(self, start: int, end: int) -> list[tuple[int, str]]:
        """The characters of a gap with their offsets, without blanks, comments and line continuations."""
        found = _MARK.finditer(self.text, start, end)
        return [(match.start(), match["mark"]) for match in found if match["mark"]]

    def has_comment(self, start: int, end: int) -> bool:
        """Whether there is a comment in a gap."""
        return bool(self.comment_ends(start, end))

    def comment_ends(self, start: int, end: int) -> list[int]:
        """Where the comments of a gap end."""
        found = _MARK.finditer(self.text, start, end)
        return [match.end() for match in found if match.group().startswith("#")]

    def changed(self, start: int, end: int, changes: Sequence[Change]) -> str:
        """The text of a span, with changes that lie in it and do not overlap."""
        pieces, at = [], start
        for first, last, content in sorted(changes):
            pieces += [self.text[at:first], content]
            at = last
        return "".join([*pieces, self.text[at:end]])

    def path_to(self, place: Place) -> tuple[ast.AST, ...]:
        """The nodes from the module down to the attribute or the call at a place."""
        if not 1 <= place.line <= place.end_line <= len(self.lines):
            raise CannotRewrite("there is no assignment at this place")
        wanted = self.offset(place.line, place.column), self.offset(place.end_line, place.end_column)
        stack: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(self.tree, ())]
        while stack:
            node, above = stack.pop()
            path = (*above, node)
            if isinstance(node, (ast.Attribute, ast.Call)) and self.span(node) == wanted:
                return path
            for child in self._top(place) if node is self.tree else ast.iter_child_nodes(node):
                first, last = getattr(child, "lineno", None), getattr(child, "end_lineno", None)
                if first is None or last is None or (first <= place.line and place.end_line <= last):
                    stack.append((child, path))
        raise CannotRewrite("there is no assignment at this place")

    def _top(self, place: Place) -> list[ast.stmt]:
        """The module-level statements that may hold a place: two if they share a line."""
        last = bisect_right(self._tops, place.line)
        first = bisect_left(self._tops, self._tops[last - 1]) if last else 0
        return self.tree.body[max(first - 1, 0) : last]

    @cached_property
    def _tops(self) -> list[int]:
        return [node.lineno for node in self.tree.body]

    @cached_property
    def quote(self) -> str:
        """The file's quotation mark: double unless it clearly uses single ones."""
        single = double = 0
        for node in self._literals:
            if not (isinstance(node, ast.JoinedStr) or isinstance(node.value, (str, bytes))):
                continue
            start = self.span(node)[0]
            found = _PREFIX.match(self.text, start)
            at = found.end() if found else start
            if self.text.startswith(("'''", '"""'), at):
                continue
            single += self.text.startswith("'", at)
            double += self.text.startswith('"', at)
        return "'" if single > 1 and single >= 3 * double else '"'

    @cached_property
    def _literals(self) -> list[ast.Constant | ast.JoinedStr]:
        """The literals, those inside of f-strings aside."""
        nodes: list[ast.AST] = [self.tree]
        for node in nodes:  # quicker than `ast.walk`
            for name in () if isinstance(node, ast.JoinedStr) else node._fields:
                value = getattr(node, name, None)
                if isinstance(value, list):
                    nodes += [one for one in value if isinstance(one, ast.AST) and one._fields]
                elif isinstance(value, ast.AST) and value._fields:
                    nodes.append(value)
        return [node for node in nodes if isinstance(node, (ast.Constant, ast.JoinedStr))]

    def quoted(self, name: str) -> str:
        """A string literal of an identifier, in the file's style."""
        return f"{self.quote}{name}{self.quote}"

    @cached_property
    def limit(self) -> int:
        """How long a line may get: 88 columns, or as long as the longest line of code there is, at most 120."""
        long = {number for number, line in enumerate(self.lines, 1) if len(line.rstrip()) > _COLUMNS}
        if not long:
            return _COLUMNS
        inside = (ast.walk(one) if isinstance(one, ast.JoinedStr) else (one,) for one in self._literals)
        for node in chain.from_iterable(inside):
            if isinstance(node, (ast.Constant, ast.JoinedStr)) and node.end_lineno != node.lineno:
                long.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        lengths = [len(_COMMENT.sub("", self.lines[number - 1]).rstrip()) for number in long]
        return min(_MOST_COLUMNS, max([_COLUMNS, *lengths]))
