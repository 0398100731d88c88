"""The statements that store attributes: what may be rewritten, where it stands, and how it is written anew."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from torchlint.findings import Edit, Place
from torchlint.rewrite.layout import Layout
from torchlint.rewrite.names import FUNCTIONS, Function, is_plain
from torchlint.rewrite.syntax import CannotRewrite, Syntax

Storing: TypeAlias = ast.Assign | ast.AnnAssign | ast.Expr

_TARGETS = {
    ast.For: "a `for` loop",
    ast.AsyncFor: "a `for` loop",
    ast.With: "a `with` statement",
    ast.AsyncWith: "a `with` statement",
    ast.AugAssign: "an augmented assignment",
    ast.Delete: "a `del` statement",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that stores attributes, with the nodes above it (the module first)."""

    node: Storing
    path: tuple[ast.AST, ...]
    start: int
    end: int

    @property
    def function(self) -> Function | None:
        """The innermost function around it."""
        return next((node for node in reversed(self.path) if isinstance(node, FUNCTIONS)), None)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One attribute that a statement stores: the target, or the call of `setattr`."""

    node: ast.Attribute | ast.Call
    statement: Statement

    @property
    def receiver(self) -> ast.expr:
        """The object that gets the attribute."""
        return self.node.value if isinstance(self.node, ast.Attribute) else self.node.args[0]


def find(syntax: Syntax, place: Place) -> Leaf:
    """The attribute that is stored at a place. Raises CannotRewrite where its statement must stay as it is."""
    path = syntax.path_to(place)
    leaf = path[-1]
    depth = max(number for number, node in enumerate(path) if isinstance(node, (ast.stmt, ast.Module)))
    node, above, below = path[depth], path[:depth], path[depth + 1 : -1]
    scope = next((n for n in reversed(above) if isinstance(n, (*FUNCTIONS, ast.ClassDef))), None)
    if isinstance(scope, ast.ClassDef):
        raise CannotRewrite("it stands in the body of a class, outside a method")
    if isinstance(leaf, ast.Attribute):
        _check_target(node, leaf, below)
    elif not isinstance(leaf, ast.Call) or not _is_setattr(leaf):
        raise CannotRewrite("the call is no plain `setattr(object, name, value)`")
    elif not isinstance(node, ast.Expr) or below:
        raise CannotRewrite("the call of `setattr` is no statement of its own")
    assert isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr))
    assert isinstance(leaf, (ast.Attribute, ast.Call))
    start, end = syntax.span(node)
    if isinstance(node, ast.Expr) and syntax.span(leaf) != (start, end):
        raise CannotRewrite("the call of `setattr` stands in parentheses")
    found = Leaf(leaf, Statement(node, above, start, end))
    if not is_plain(found.receiver):
        raise CannotRewrite("the object that gets the attribute is given by more than a name")
    return found


def receiver_text(syntax: Syntax, leaf: Leaf) -> str:
    """The object that gets the attribute, on one line."""
    node: ast.expr = leaf.node
    while isinstance(node, ast.Attribute):
        if syntax.has_comment(syntax.span(node.value)[1], syntax.span(node)[1]):
            raise CannotRewrite("a comment stands inside the target")
        node = node.value
    source = syntax.source(leaf.receiver)
    return source if leaf.receiver.lineno == leaf.receiver.end_lineno else ast.unparse(leaf.receiver)


def _check_target(node: ast.AST, leaf: ast.Attribute, below: Sequence[ast.AST]) -> None:
    if any(isinstance(inner, ast.Lambda) for inner in below):
        raise CannotRewrite("it stands in a lambda")
    if any(isinstance(inner, ast.comprehension) for inner in below):
        raise CannotRewrite("the target of a comprehension cannot be a call")
    if not isinstance(leaf.ctx, ast.Store):
        what = _TARGETS.get(type(node)) if isinstance(node, ast.Delete) else None
        raise CannotRewrite(
            f"the target of {what} cannot be a call" if what else "nothing is assigned at this place"
        )
    if not isinstance(node, (ast.Assign, ast.AnnAssign)):
        what = _TARGETS.get(type(node), "this statement")
        raise CannotRewrite(f"the target of {what} cannot be a call")


def _is_setattr(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Name)
        and call.func.id == "setattr"
        and len(call.args) == 3
        and not call.keywords
        and not any(isinstance(argument, ast.Starred) for argument in call.args)
    )


def stands_alone(syntax: Syntax, start: int, end: int) -> bool:
    """Whether no other statement, and no head of a compound one, shares the lines of a statement's span."""
    line = syntax.line_start(start)
    before = syntax.text[line:start]
    continued = syntax.text[max(line - 3, 0) : line].rstrip("\r\n").endswith("\\")
    after = syntax.marks(end, syntax.line_end(end))
    return not before.strip() and not continued and not after


def layout_of(syntax: Syntax, statement: Statement, column: int) -> Layout:
    """The layout of text that begins at a column of a statement's first line."""
    indent = syntax.indentation(statement.start)
    step = "    "
    if (function := statement.function) is not None:
        around, inside = (syntax.indentation(syntax.span(node)[0]) for node in (function, function.body[0]))
        if inside.startswith(around) and inside != around:
            step = inside[len(around) :]
    alone = stands_alone(syntax, statement.start, statement.end)
    end = syntax.line_end(statement.end)
    breakable = alone and not _is_directive(syntax.text[statement.end : end])
    return Layout(indent, column, step, syntax.newline(statement.start), syntax.limit, breakable)


def _is_directive(comment: str) -> bool:
    """Whether a comment speaks to a tool about its line."""
    words = comment.lower().replace(" ", "")
    return any(
        word in words for word in ("#noqa", "#type:", "#pylint:", "#pyright:", "#fmt:", "#ruff:", "#pragma:")
    )


def replaced(syntax: Syntax, statement: Statement, texts: Sequence[str]) -> Edit:
    """The edit that puts statements in the place of one. A comment behind it stays behind the first of them."""
    first, *others = texts
    if not others:
        return syntax.edit(statement.start, statement.end, first)
    if not stands_alone(syntax, statement.start, statement.end):
        return syntax.edit(statement.start, statement.end, "; ".join(texts))
    end = syntax.line_end(statement.end)
    separator = syntax.newline(statement.start) + syntax.indentation(statement.start)
    comment = syntax.text[statement.end : end].rstrip(" \t")
    return syntax.edit(statement.start, end, first + comment + "".join(separator + text for text in others))
