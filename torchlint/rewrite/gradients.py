"""What asks for a gradient and becomes needless on a parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.findings import Edit
from torchlint.rewrite.layout import Region, region_of
from torchlint.rewrite.names import names_in
from torchlint.rewrite.statements import Leaf, Statement, stands_alone
from torchlint.rewrite.syntax import Change, Syntax

_REQUEST = "requires_grad_"


def needless_in(syntax: Syntax, region: Region) -> list[Change]:
    """The changes to a value that take out its own requests for a gradient; none where comments are in the way."""
    changes: list[Change] = []
    node = region.node
    while isinstance(node, ast.Call) and _is_request(node):
        assert isinstance(node.func, ast.Attribute)
        inner = region_of(syntax, node.func.value, syntax.span(node)[0], syntax.span(node)[1])
        end = syntax.span(node)[1]
        dot = next(at for at, mark in syntax.marks(inner.outer_end, end) if mark == ".")
        if syntax.has_comment(dot + 1, end):
            return changes
        if changes and changes[-1][0] == end:  # what stood behind goes as well
            end = changes.pop()[1]
        commented = syntax.comment_ends(inner.outer_end, dot)
        start, end = _behind_comments(syntax, commented, dot, end) if commented else (inner.outer_end, end)
        changes.append((start, min(end, region.end), ""))
        if inner.opening and inner.node.lineno == node.end_lineno:
            changes += [(at, at + 1, "") for at in (*inner.opening, *inner.closing)]
        node = inner.node
    if isinstance(node, ast.Call):
        changes += _variable(syntax, node) or _keyword(syntax, node)
    return changes


def _behind_comments(syntax: Syntax, comments: list[int], start: int, end: int) -> tuple[int, int]:
    """The span to remove for one that stands behind comments; nothing may move behind a comment, on its line."""
    line_end = syntax.line_end(end)
    if syntax.marks(end, line_end):
        return start, end
    if syntax.has_comment(end, line_end):
        return start, syntax.text.index("#", end)
    return max(comments), end


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_request(node: ast.Call) -> bool:
    """Whether a call is `….requires_grad_()`, with nothing else but True as its argument."""
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    named = all(keyword.arg == "requires_grad" for keyword in node.keywords)
    return (
        isinstance(node.func, ast.Attribute)
        and node.func.attr == _REQUEST
        and named
        and len(arguments) < 2
        and all(_is_true(argument) for argument in arguments)
    )


def _is_torch(syntax: Syntax, func: ast.expr) -> bool:
    """Whether a function is reached by a dotted name from an import of torch."""
    while isinstance(func, ast.Attribute):
        func = func.value
    if not isinstance(func, ast.Name):
        return False
    roots = {"torch"}
    for node in ast.walk(syntax.tree):
        if isinstance(node, ast.Import):
            roots |= names_in([alias for alias in node.names if alias.name.partition(".")[0] == "torch"])
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            roots |= names_in(node.names if node.module.partition(".")[0] == "torch" else ())
    return func.id in roots


def _variable(syntax: Syntax, call: ast.Call) -> list[Change]:
    """`Variable(t, requires_grad=True)` → `t`, on one line."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name != "Variable" or len(call.args) != 1 or call.lineno != call.end_lineno:
        return []
    argument = call.args[0]
    asked = all(keyword.arg == "requires_grad" and _is_true(keyword.value) for keyword in call.keywords)
    if not asked or isinstance(argument, (ast.Starred, ast.GeneratorExp)):
        return []
    (start, end), inner = syntax.span(call), syntax.span(argument)
    func_end = syntax.span(call.func)[1]
    opening = next(at for at, mark in syntax.marks(func_end, inner[0]) if mark == "(")
    region = region_of(syntax, argument, opening + 1, end - 1)
    return [(start, region.outer_start, ""), (region.outer_end, end, "")]


def _keyword(syntax: Syntax, call: ast.Call) -> list[Change]:
    """`torch.randn(3, requires_grad=True)` → `torch.randn(3)`."""
    if not _is_torch(syntax, call.func):
        return []
    for keyword in call.keywords:
        if keyword.arg == "requires_grad" and _is_true(keyword.value):
            return _without_keyword(syntax, call, keyword)
    return []


def _without_keyword(syntax: Syntax, call: ast.Call, keyword: ast.keyword) -> list[Change]:
    start, end = syntax.span(keyword)
    nodes: list[ast.expr | ast.keyword] = [call.func, *call.args, *call.keywords]
    others = [syntax.span(node) for node in nodes if node is not keyword]
    before = max(other[1] for other in others if other[1] <= start)
    after = min((other[0] for other in others if other[0] >= end), default=None)
    separator = [at for at, mark in syntax.marks(before, start) if mark in ",("][-1]
    commented = syntax.comment_ends(separator, start)
    if after is not None and (commented or syntax.text[separator] == "("):
        return [] if syntax.has_comment(end, after) else [(start, after, "")]
    if after is None and (commented or syntax.text[separator] == "("):
        comma = next((at + 1 for at, mark in syntax.marks(end, syntax.span(call)[1]) if mark == ","), end)
        span = _behind_comments(syntax, commented, start, comma) if commented else (separator + 1, comma)
        return [(*span, "")]
    return [(separator, end, "")]


def needless_after(syntax: Syntax, statement: Statement, leaf: Leaf) -> Iterator[Edit]:
    """The edits that remove later statements of the same block that only ask for the gradient of an attribute."""
    if not isinstance(leaf.node, ast.Attribute):
        return
    wanted = ast.unparse(leaf.node)
    for node in _following(statement):
        if _asks_for(node, wanted):
            start, end = syntax.span(node)
            line_end = syntax.line_end(end)
            if stands_alone(syntax, start, end) and not syntax.text[end:line_end].strip():
                yield syntax.edit(syntax.line_start(start), syntax.next_line(end), "")
        elif any(
            isinstance(inner, ast.Attribute)
            and inner.attr == leaf.node.attr
            and isinstance(inner.ctx, ast.Store)
            for inner in ast.walk(node)
        ):
            return


def _following(statement: Statement) -> list[ast.stmt]:
    for field in ("body", "orelse", "finalbody"):
        block = getattr(statement.path[-1], field, None)
        if isinstance(block, list) and statement.node in block:
            return block[block.index(statement.node) + 1 :]
    return []


def _asks_for(node: ast.stmt, wanted: str) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=value)) as call):
            return _is_request(call) and ast.unparse(value) == wanted
        case ast.Assign(targets=[ast.Attribute(value=value, attr="requires_grad")], value=flag):
            return _is_true(flag) and ast.unparse(value) == wanted
        case _:
            return False
