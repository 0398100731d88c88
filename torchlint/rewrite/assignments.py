"""What an assignment consists of: its targets, and for displays the value of each."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from torchlint.rewrite.layout import Region, has_brackets, region_of
from torchlint.rewrite.names import names_in
from torchlint.rewrite.statements import Leaf
from torchlint.rewrite.syntax import CannotRewrite, Syntax

Display = ast.Tuple | ast.List


@dataclass(frozen=True, slots=True)
class Pair:
    """A target, and the value of a display that it is assigned."""

    target: ast.expr
    value: Region


def value_region(syntax: Syntax, node: ast.Assign | ast.AnnAssign) -> Region:
    """The value of an assignment that has one."""
    value = node.value
    assert value is not None
    last = node.targets[-1] if isinstance(node, ast.Assign) else node.annotation
    return region_of(syntax, value, syntax.span(last)[1], syntax.span(node)[1])


def last_argument(syntax: Syntax, call: ast.Call) -> Region:
    """The region of the last positional argument of a call that has several, and no keywords."""
    before, value = call.args[-2:]
    low, high = syntax.span(before)[1], syntax.span(call)[1] - 1
    comma = next(at for at, mark in syntax.marks(low, syntax.span(value)[0]) if mark == ",")
    return region_of(syntax, value, comma + 1, high)


def value_of(syntax: Syntax, leaf: Leaf) -> Region | None:
    """The value that is stored; None where it is only known once another is unpacked."""
    node = leaf.statement.node
    if isinstance(node, ast.Expr):
        assert isinstance(leaf.node, ast.Call)
        return last_argument(syntax, leaf.node)
    whole = value_region(syntax, node)
    if isinstance(node, ast.AnnAssign) or leaf.node in node.targets:
        return whole
    for display in node.targets:
        try:
            found = list(pairs(syntax, display, whole, [leaf.node]))
        except ValueError:
            continue
        for pair in found:
            if pair.target is leaf.node:
                return pair.value
    return None


def target_texts(syntax: Syntax, node: ast.Assign) -> list[str]:
    """The targets of a chain as they are written. Raises CannotRewrite where comments stand among them."""
    texts = []
    start = syntax.span(node)[0]
    for number, target in enumerate(node.targets):
        first, last = syntax.span(target)
        after = node.targets[number + 1] if number + 1 < len(node.targets) else node.value
        gap = syntax.marks(last, syntax.span(after)[0])
        equals = next(position for position, mark in gap if mark == "=")
        if syntax.has_comment(start, first) or syntax.has_comment(last, equals):
            raise CannotRewrite("a comment stands among the targets")
        begin = next((position for position, _ in syntax.marks(start, first)), first)
        end = max([last, *(position + 1 for position, _ in gap if position < equals)])
        texts.append(syntax.text[begin:end])
        start = equals + 1
    return texts


def elements(syntax: Syntax, display: Display) -> Iterator[Region]:
    """The elements of a display, with the parentheses around each."""
    start, end = syntax.span(display)
    if has_brackets(syntax, display):
        start, end = start + 1, end - 1
    for number, element in enumerate(display.elts):
        after = syntax.span(display.elts[number + 1])[0] if number + 1 < len(display.elts) else end
        yield region_of(syntax, element, start, after)
        start = syntax.span(element)[1]


def pairs(syntax: Syntax, target: ast.expr, value: Region, given: Collection[ast.expr]) -> Iterator[Pair]:
    """The targets of a display with the value of each, in order; displays without a given target stay whole.

    Raises ValueError where the values cannot be told apart.
    """
    if target in given or not any(node in given for node in ast.walk(target)):
        yield Pair(target, value)
        return
    if not (isinstance(target, Display) and isinstance(value.node, Display)):
        raise ValueError
    parts = [*target.elts, *value.node.elts]
    if len(target.elts) != len(value.node.elts) or any(isinstance(part, ast.Starred) for part in parts):
        raise ValueError
    for part, region in zip(target.elts, elements(syntax, value.node), strict=True):
        yield from pairs(syntax, part, region, given)


def are_independent(targets: Sequence[ast.expr], values: Sequence[ast.expr]) -> bool:
    """Whether no value but the first mentions a name that stands in a target."""
    return not names_in(targets) & names_in(values[1:])


def check_order(node: ast.Assign, given: Collection[ast.expr]) -> None:
    """Raise CannotRewrite where assigning the targets in another order could give another result."""
    parts = [inner for target in node.targets for inner in ast.walk(target)]
    stored = [part for part in parts if isinstance(getattr(part, "ctx", None), ast.Store)]
    bound = {part.id for part in stored if isinstance(part, ast.Name)}
    read = [part for part in parts if isinstance(getattr(part, "ctx", None), ast.Load)]
    attributes = {part.attr for part in given if isinstance(part, ast.Attribute)}
    if any(isinstance(part, ast.Name) and part.id in bound for part in read) or any(
        isinstance(part, ast.Attribute) and part.attr in attributes for part in read
    ):
        raise CannotRewrite("one target of the statement depends on another")
