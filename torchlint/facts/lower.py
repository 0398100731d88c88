"""Functions and statements to symbolic form: the second, exact pass over the few functions that matter."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from torchlint.facts import ir
from torchlint.facts.body import Body
from torchlint.facts.lower_expressions import ExpressionLowering
from torchlint.facts.model import Span

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def lower_function(lines: Sequence[str], span: Span, qualname: str) -> ir.Function:
    """The function that stands on the lines of `span`.

    `lines` are those of the whole file. Raises SyntaxError if they are no longer the ones that `span` was made from.
    """
    (body, *_), lowering = _parse(lines, span, qualname.rpartition(".")[0])
    if not isinstance(body, _FUNCTIONS):
        raise SyntaxError(f"no function on lines {span.first}-{span.last}")
    return lowering.function(body, qualname)


def lower_definition(
    lines: Sequence[str], node: ast.FunctionDef | ast.AsyncFunctionDef, qualname: str
) -> ir.Function:
    """The function whose syntax tree is at hand: what `lower_function` gives without it."""
    return Lowering(lines, 0, qualname.rpartition(".")[0]).function(node, qualname)


def lower_statement(lines: Sequence[str], span: Span) -> ir.Block:
    """The statements that stand on the lines of `span` (a module-level assignment, and what shares its lines)."""
    body, lowering = _parse(lines, span, "")
    return lowering.block(body)


def _parse(lines: Sequence[str], span: Span, scope: str) -> tuple[list[ast.stmt], Lowering]:
    piece = list(lines[span.first - 1 : span.last])
    piece[0] = piece[0].lstrip("\f") if piece[0].startswith("\f") else piece[0]
    indented = piece[0][:1] in (" ", "\t")
    if indented:  # an indented block parses as the body of an `if`; columns stay as they are
        piece.insert(0, "if 1:\n")
    tree = ast.parse("".join(piece))
    body = tree.body
    if indented:
        assert isinstance(body[0], ast.If)
        body = body[0].body
    return body, Lowering(piece, span.first - (2 if indented else 1), scope)


class Lowering(ExpressionLowering):
    """Lowers statements; see `ExpressionLowering` for `lines` and `offset`. `scope` is the qualified name around."""

    def __init__(self, lines: Sequence[str], offset: int, scope: str) -> None:
        super().__init__(lines, offset)
        self.scope = scope

    def inner(self, name: str) -> str:
        """The qualified name of a definition inside the current scope."""
        return f"{self.scope}.{name}" if self.scope else name

    def span(self, node: ast.stmt) -> tuple[int, int]:
        """First and last line of a statement, in the file."""
        return node.lineno + self.offset, (node.end_lineno or node.lineno) + self.offset

    def block(self, nodes: Sequence[ast.stmt]) -> ir.Block:
        """Lower a suite."""
        statements: list[ir.Statement] = []
        for node in nodes:
            if lower := _LOWER.get(type(node)):
                statements += lower(self, node)
        return tuple(statements)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, qualname: str) -> ir.Function:
        """Lower a function and everything in it."""
        outer = self.scope, self.saw_yield
        self.scope, self.saw_yield = qualname, False
        body = self.block(node.body)
        is_generator = self.saw_yield
        self.scope, self.saw_yield = outer
        return ir.Function(
            node.name,
            qualname,
            self.parameters(node.args),
            Body(body),
            self.annotation(node.returns),
            self.exprs(node.decorator_list),
            is_generator,
            isinstance(node, ast.AsyncFunctionDef),
            node.lineno + self.offset,
        )

    def _assign(self, node: ast.Assign) -> list[ir.Statement]:
        return [ir.Assign(self.exprs(node.targets), self.expr(node.value), None, self.span(node))]

    def _annotated(self, node: ast.AnnAssign) -> list[ir.Statement]:
        annotation = self.annotation(node.annotation)
        return [ir.Assign((self.expr(node.target),), self.optional(node.value), annotation, self.span(node))]

    def _augmented(self, node: ast.AugAssign) -> list[ir.Statement]:
        operator = type(node.op).__name__
        return [ir.AugAssign(self.expr(node.target), operator, self.expr(node.value), self.span(node))]

    def _for(self, node: ast.For | ast.AsyncFor) -> list[ir.Statement]:
        header = (node.lineno + self.offset, (node.iter.end_lineno or node.lineno) + self.offset)
        target, iterable = self.expr(node.target), self.expr(node.iter)
        return [ir.For(target, iterable, self.block(node.body), self.block(node.orelse), header)]

    def _with(self, node: ast.With | ast.AsyncWith) -> list[ir.Statement]:
        items = tuple(
            (self.expr(item.context_expr), self.optional(item.optional_vars)) for item in node.items
        )
        last = node.items[-1].context_expr
        header = (node.lineno + self.offset, (last.end_lineno or node.lineno) + self.offset)
        return [ir.With(items, self.block(node.body), header)]

    def _try(self, node: ast.Try) -> list[ir.Statement]:
        handlers = tuple((handler.name, self.block(handler.body)) for handler in node.handlers)
        return [ir.Try(self.block(node.body), handlers, self.block(node.orelse), self.block(node.finalbody))]

    def _import(self, node: ast.Import) -> list[ir.Statement]:
        return [
            ir.Bind(alias.asname, alias.name)
            if alias.asname
            else ir.Bind(alias.name.partition(".")[0], alias.name.partition(".")[0])
            for alias in node.names
        ]

    def _import_from(self, node: ast.ImportFrom) -> list[ir.Statement]:
        prefix = "." * node.level + (node.module or "")
        joint = "" if prefix.endswith(".") else "."
        return [ir.Bind(alias.asname or alias.name, f"{prefix}{joint}{alias.name}") for alias in node.names]

    def _match(self, node: ast.Match) -> list[ir.Statement]:
        cases = []
        exhaustive = False
        for case in node.cases:
            captured = tuple(
                inner.name
                for inner in ast.walk(case.pattern)
                if isinstance(inner, (ast.MatchAs, ast.MatchStar)) and inner.name
            )
            cases.append((captured, self.block(case.body)))
            bare = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            exhaustive |= bare and case.guard is None
        return [ir.Branches(self.expr(node.subject), tuple(cases), exhaustive)]


_LOWER: dict[type, Callable[[Lowering, Any], list[ir.Statement]]] = {
    ast.Assign: Lowering._assign,
    ast.AnnAssign: Lowering._annotated,
    ast.AugAssign: Lowering._augmented,
    ast.Expr: lambda self, node: [ir.Evaluate(self.expr(node.value), self.span(node))],
    ast.If: lambda self, node: [ir.If(self.expr(node.test), self.block(node.body), self.block(node.orelse))],
    ast.For: Lowering._for,
    ast.AsyncFor: Lowering._for,
    ast.While: lambda self, node: [
        ir.While(self.expr(node.test), self.block(node.body), self.block(node.orelse))
    ],
    ast.With: Lowering._with,
    ast.AsyncWith: Lowering._with,
    ast.Try: Lowering._try,
    ast.Return: lambda self, node: [ir.Return(self.optional(node.value))],
    ast.Raise: lambda self, node: [ir.Jump("raise")],
    ast.Break: lambda self, node: [ir.Jump("break")],
    ast.Continue: lambda self, node: [ir.Jump("continue")],
    ast.Assert: lambda self, node: [ir.Assert(self.expr(node.test))],
    ast.Delete: lambda self, node: [ir.Delete(self.exprs(node.targets))],
    ast.FunctionDef: lambda self, node: [ir.Define(self.function(node, self.inner(node.name)))],
    ast.AsyncFunctionDef: lambda self, node: [ir.Define(self.function(node, self.inner(node.name)))],
    ast.ClassDef: lambda self, node: [ir.DefineClass(node.name, self.inner(node.name))],
    ast.Import: Lowering._import,
    ast.ImportFrom: Lowering._import_from,
    ast.Match: Lowering._match,
}
if _try_star := getattr(ast, "TryStar", None):
    _LOWER[_try_star] = Lowering._try
