"""Whether a stored value has another name that lives on: a copy in its place would part from it."""

from __future__ import annotations

import ast

from torchlint.findings import Place
from torchlint.rewrite.assignments import value_of
from torchlint.rewrite.statements import find
from torchlint.rewrite.syntax import Syntax


def used_afterwards(syntax: Syntax, place: Place) -> str | None:
    """The local variable whose object is stored at a place, if the function uses it once more afterwards.

    In a loop any other use counts. None where the value is no plain variable. Raises CannotRewrite where the place
    belongs to no statement that can be rewritten.
    """
    leaf = find(syntax, place)
    region = value_of(syntax, leaf)
    if region is None or not isinstance(region.node, ast.Name):
        return None
    statement = leaf.statement
    function = statement.function or syntax.tree
    above = statement.path[statement.path.index(function) :]
    loop = next((node for node in above if isinstance(node, (ast.For, ast.AsyncFor, ast.While))), None)
    inside = {id(node) for node in ast.walk(statement.node)}
    for node in ast.walk(function):
        if not isinstance(node, ast.Name) or node.id != region.node.id or id(node) in inside:
            continue
        later = (node.lineno, node.col_offset) > (statement.node.lineno, statement.node.col_offset)
        if isinstance(node.ctx, ast.Load) and (later or (loop is not None and _within(node, loop))):
            return node.id
    return None


def _within(node: ast.expr, loop: ast.stmt) -> bool:
    return loop.lineno <= node.lineno <= (loop.end_lineno or loop.lineno)
