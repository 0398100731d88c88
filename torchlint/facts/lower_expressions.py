"""Python expressions to symbolic ones."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from torchlint.facts import ir
from torchlint.findings import Place


class ExpressionLowering:
    """Lowers the expressions of one piece of source text.

    `lines` is the text that was parsed, as Python's tokenizer splits it; `offset` is added to the parser's line
    numbers, which count from the start of that piece, to give those of the file.
    """

    def __init__(self, lines: Sequence[str], offset: int) -> None:
        self.lines = lines
        self.offset = offset
        self.saw_yield = False
        self._names: dict[str, ir.Name] = {}

    def expr(self, node: ast.expr) -> ir.Expr:
        """Lower one expression; a kind of node that is not known carries nothing."""
        lower = _LOWER.get(type(node))
        return lower(self, node) if lower else ir.NOTHING

    def exprs(self, nodes: Sequence[ast.expr]) -> tuple[ir.Expr, ...]:
        """Lower a sequence of expressions."""
        return tuple([self.expr(node) for node in nodes])

    def optional(self, node: ast.expr | None) -> ir.Expr | None:
        """Lower an expression that may be missing."""
        return None if node is None else self.expr(node)

    def place(self, node: ast.expr | ast.stmt) -> Place:
        """The span of a node, columns in characters (the parser counts UTF-8 bytes)."""
        end_line = node.end_lineno or node.lineno
        return Place(
            node.lineno + self.offset,
            self._column(node.lineno, node.col_offset),
            end_line + self.offset,
            self._column(end_line, node.end_col_offset or 0),
        )

    def _column(self, line: int, byte_offset: int) -> int:
        if line > len(self.lines) or (text := self.lines[line - 1]).isascii():
            return byte_offset + 1
        return len(text.encode("utf-8", "surrogatepass")[:byte_offset].decode("utf-8", "replace")) + 1

    def _name(self, node: ast.Name) -> ir.Expr:
        name = self._names.get(node.id)
        if name is None:
            name = self._names[node.id] = ir.Name(node.id)
        return name

    def _constant(self, node: ast.Constant) -> ir.Expr:
        value = node.value
        return ir.Const(
            value if value is None or isinstance(value, (bool, int, float, complex, str)) else ...
        )

    def _attribute(self, node: ast.Attribute) -> ir.Expr:
        place = None if isinstance(node.ctx, ast.Load) else self.place(node)
        return ir.Attribute(self.expr(node.value), node.attr, place)

    def _call(self, node: ast.Call) -> ir.Expr:
        return ir.Call(
            self.expr(node.func),
            self.exprs(node.args),
            tuple([(keyword.arg, self.expr(keyword.value)) for keyword in node.keywords]),
            self.place(node),
        )

    def _unary(self, node: ast.UnaryOp) -> ir.Expr:
        operand = self.expr(node.operand)
        if (
            isinstance(node.op, ast.USub)
            and isinstance(operand, ir.Const)
            and type(operand.value) in (int, float)
        ):
            return ir.Const(-operand.value)  # type: ignore[operator]
        return ir.Unary(type(node.op).__name__, operand)

    def _compare(self, node: ast.Compare) -> ir.Expr:
        links: list[ir.Expr] = []
        left = self.expr(node.left)
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.expr(comparator)
            links.append(ir.Compare(left, type(op).__name__, right))
            left = right
        return links[0] if len(links) == 1 else ir.BoolOp(True, tuple(links))

    def _comprehension(
        self, kind: str, element: ast.expr, key: ast.expr | None, generators: Sequence[ast.comprehension]
    ) -> ir.Expr:
        loops = tuple((self.expr(g.target), self.expr(g.iter), self.exprs(g.ifs)) for g in generators)
        return ir.Comprehension(kind, self.expr(element), self.optional(key), loops)

    def _format(self, node: ast.JoinedStr) -> ir.Expr:
        parts: list[str | ir.Expr] = []
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                parts.append(self.expr(value.value))
            elif isinstance(value, ast.Constant):
                parts.append(str(value.value))
        return ir.Format(tuple(parts))

    def _yield(self, kind: str, value: ast.expr | None) -> ir.Expr:
        self.saw_yield = True
        return ir.Yield(kind, self.optional(value))

    def _lambda(self, node: ast.Lambda) -> ir.Function:
        body: ir.Block = (ir.Return(self.expr(node.body)),)
        line = node.lineno + self.offset
        return ir.Function(
            "<lambda>", "<lambda>", self.parameters(node.args), body, None, (), False, False, line
        )

    def parameters(self, arguments: ast.arguments) -> tuple[ir.Parameter, ...]:
        """The parameters of a function, in order."""
        positional = [*arguments.posonlyargs, *arguments.args]
        missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        parameters = [
            ir.Parameter(
                argument.arg, "positional", self.annotation(argument.annotation), self.optional(default)
            )
            for argument, default in zip(positional, [*missing, *arguments.defaults], strict=True)
        ]
        if arguments.vararg:
            annotation = self.annotation(arguments.vararg.annotation)
            parameters.append(ir.Parameter(arguments.vararg.arg, "args", annotation, None))
        parameters += [
            ir.Parameter(
                argument.arg, "keyword", self.annotation(argument.annotation), self.optional(default)
            )
            for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ]
        if arguments.kwarg:
            annotation = self.annotation(arguments.kwarg.annotation)
            parameters.append(ir.Parameter(arguments.kwarg.arg, "kwargs", annotation, None))
        return tuple(parameters)

    def annotation(self, node: ast.expr | None) -> ir.Expr | None:
        """Lower an annotation; one written as a string is parsed."""
        if node is None:
            return None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self.expr(ast.parse(node.value.strip(), mode="eval").body)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return ir.NOTHING
        return self.expr(node)


_LOWER: dict[type, Callable[[ExpressionLowering, Any], ir.Expr]] = {
    ast.Constant: ExpressionLowering._constant,
    ast.Name: ExpressionLowering._name,
    ast.Attribute: ExpressionLowering._attribute,
    ast.Subscript: lambda self, node: ir.Subscript(self.expr(node.value), self.expr(node.slice)),
    ast.Call: ExpressionLowering._call,
    ast.BinOp: lambda self, node: ir.Binary(
        self.expr(node.left), type(node.op).__name__, self.expr(node.right)
    ),
    ast.UnaryOp: ExpressionLowering._unary,
    ast.Compare: ExpressionLowering._compare,
    ast.BoolOp: lambda self, node: ir.BoolOp(isinstance(node.op, ast.And), self.exprs(node.values)),
    ast.IfExp: lambda self, node: ir.IfExp(
        self.expr(node.test), self.expr(node.body), self.expr(node.orelse)
    ),
    ast.List: lambda self, node: ir.Sequence("list", self.exprs(node.elts)),
    ast.Tuple: lambda self, node: ir.Sequence("tuple", self.exprs(node.elts)),
    ast.Set: lambda self, node: ir.Sequence("set", self.exprs(node.elts)),
    ast.Dict: lambda self, node: ir.Mapping(
        tuple(None if key is None else self.expr(key) for key in node.keys), self.exprs(node.values)
    ),
    ast.ListComp: lambda self, node: self._comprehension("list", node.elt, None, node.generators),
    ast.SetComp: lambda self, node: self._comprehension("set", node.elt, None, node.generators),
    ast.GeneratorExp: lambda self, node: self._comprehension("generator", node.elt, None, node.generators),
    ast.DictComp: lambda self, node: self._comprehension("dict", node.value, node.key, node.generators),
    ast.Starred: lambda self, node: ir.Starred(self.expr(node.value)),
    ast.NamedExpr: lambda self, node: ir.Walrus(node.target.id, self.expr(node.value)),
    ast.Lambda: lambda self, node: ir.Lambda(self._lambda(node)),
    ast.JoinedStr: ExpressionLowering._format,
    ast.Yield: lambda self, node: self._yield("yield", node.value),
    ast.YieldFrom: lambda self, node: self._yield("from", node.value),
    ast.Await: lambda self, node: ir.Yield("await", self.expr(node.value)),
    ast.Slice: lambda self, node: ir.NOTHING,
}
