"""Operations on a new parameter that move inside it: `nn.Parameter(a) * 2` → `nn.Parameter(a * 2)`."""

from __future__ import annotations

import ast

from torchlint.findings import Edit, Place
from torchlint.rewrite.assignments import value_of
from torchlint.rewrite.layout import Call, Layout, Region, region_of
from torchlint.rewrite.statements import find
from torchlint.rewrite.syntax import CannotRewrite, Change, Syntax
from torchlint.rewrite.wrapping import Wrapper, wrap

_PRIMARY = (
    ast.Name,
    ast.Attribute,
    ast.Call,
    ast.Subscript,
    ast.List,
    ast.ListComp,
    ast.GeneratorExp,
    ast.Tuple,
    ast.Dict,
    ast.JoinedStr,
)


def move_operation_inside(syntax: Syntax, place: Place) -> tuple[Edit, ...]:
    """The edits that move what is done to a new `nn.Parameter` inside its call.

    `place` is that of the attribute that is stored. Raises CannotRewrite where its value is no operation on one new
    parameter, SyntaxError and RecursionError where the text cannot be parsed.
    """
    leaf = find(syntax, place)
    node = leaf.statement.node
    region = None if isinstance(node, ast.AnnAssign) and node.value is None else value_of(syntax, leaf)
    if region is None:
        raise CannotRewrite("the value is not written out in the statement")
    calls = [node for node in ast.walk(region.node) if isinstance(node, ast.Call) and _is_parameter(node)]
    if len(calls) != 1:
        raise CannotRewrite("the value does not hold exactly one call of `nn.Parameter`")
    parent = _check_operations(region.node, calls[0])
    kept, others = _unwrapped(syntax, calls[0], parent)
    call = Call(ast.unparse(calls[0].func), (), others)
    changes: list[Change] = [(*syntax.span(calls[0]), kept)]

    def around(region: Region, layout: Layout) -> str:
        return call.around(syntax, region, layout, changes)

    return (wrap(syntax, leaf.statement, {leaf.node: Wrapper(leaf, call, around)}),)


def _is_parameter(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
    return name == "Parameter"


def _check_operations(value: ast.expr, call: ast.Call) -> ast.AST:
    """The node right above the call; everything from there to the value must be an operation on it."""
    above = {child: node for node in ast.walk(value) for child in ast.iter_child_nodes(node)}
    if call is value:
        raise CannotRewrite("nothing is done to the parameter")
    node: ast.AST = call
    while node is not value:
        parent = above[node]
        match parent:
            case ast.Attribute(attr="requires_grad_"):
                raise CannotRewrite("whether it requires a gradient is set behind the call of `nn.Parameter`")
            case (
                ast.Attribute()
                | ast.Call()
                | ast.keyword(arg=str())
                | ast.BinOp()
                | ast.UnaryOp(op=ast.USub())
            ):
                pass
            case ast.Subscript(value=inner) if inner is node:
                pass
            case _:
                raise CannotRewrite("the parameter is not operated on directly")
        node = parent
    return above[call]


def _unwrapped(syntax: Syntax, call: ast.Call, parent: ast.AST) -> tuple[str, tuple[str, ...]]:
    """What the call of Parameter is given, as it can stand in its place, and the other arguments."""
    named = [keyword for keyword in call.keywords if keyword.arg == "data"]
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    given = call.args[0] if call.args else (named[0] if named else None)
    value = given.value if isinstance(given, ast.keyword) else given
    if (
        given is None
        or value is None
        or isinstance(value, (ast.Starred, ast.NamedExpr, ast.Yield, ast.YieldFrom))
    ):
        raise CannotRewrite("the call of `nn.Parameter` is given no plain value")
    end = syntax.span(call)[1]
    opening = next(at for at, mark in syntax.marks(syntax.span(call.func)[1], end) if mark == "(")
    low = opening + 1
    if isinstance(given, ast.keyword):
        low = syntax.text.index("=", syntax.span(given)[0]) + 1
    region = region_of(syntax, value, low, end - 1)
    others = [argument for argument in arguments if argument is not given]
    if not _has_comments(syntax, call, arguments):
        kept = syntax.text[region.outer_start : region.outer_end]
        is_argument = isinstance(parent, ast.keyword) or (
            isinstance(parent, ast.Call) and parent.func is not call
        )
        bare = is_argument or isinstance(value, _PRIMARY) or region.opening
        return kept if bare else f"({kept})", tuple(syntax.source(other) for other in others)
    if others or isinstance(given, ast.keyword):
        raise CannotRewrite("a comment stands inside the call of `nn.Parameter`")
    comma = [at for at, mark in syntax.marks(region.outer_end, end - 1) if mark == ","]
    return syntax.changed(opening, end, [(at, at + 1, "") for at in comma]), ()


def _has_comments(syntax: Syntax, call: ast.Call, arguments: list[ast.expr | ast.keyword]) -> bool:
    """Whether comments stand between the arguments of a call."""
    at = syntax.span(call.func)[1]
    for start, end in sorted(syntax.span(argument) for argument in arguments):
        if syntax.has_comment(at, start):
            return True
        at = end
    return syntax.has_comment(at, syntax.span(call)[1])
