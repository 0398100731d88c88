"""Where a class assigns an attribute, as its text says."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from torchlint.findings import Place


class AssignedAt(Struct, frozen=True):
    """The place of an assignment, the lines of its statement (from 1), and the method that it stands in."""

    place: Place
    lines: tuple[int, int]
    method: str


class Assignments:
    """The assignments of one text, which is parsed once."""

    def __init__(self, text: str) -> None:
        """Raises SyntaxError, ValueError, RecursionError or MemoryError for what cannot be parsed."""
        self._lines = text.splitlines()
        self._classes = dict(_classes(ast.parse(text), ""))

    def of(self, class_name: str, attribute: str) -> AssignedAt | None:
        """The first assignment of an attribute in the body of a class, construction first."""
        found = list(self._all(class_name, attribute))
        return min(found, key=lambda one: (one.method != "__init__", one.place), default=None)

    def computed(self, class_name: str) -> AssignedAt | None:
        """The first `setattr(self, …)` with a computed name in a class."""
        cls = self._classes.get(class_name)
        for method in [] if cls is None else _methods(cls):
            for node in ast.walk(method):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == "setattr"
                    and len(node.args) == 3
                    and _is_self(node.args[0], method)
                    and not isinstance(node.args[1], ast.Constant)
                ):
                    return AssignedAt(self._place(node), _span(node), method.name)
        return None

    def _all(self, class_name: str, attribute: str) -> Iterator[AssignedAt]:
        cls = self._classes.get(class_name)
        for method in [] if cls is None else _methods(cls):
            for statement in ast.walk(method):
                if isinstance(statement, ast.stmt):
                    for target in _targets(statement):
                        if isinstance(target, ast.Attribute) and target.attr == attribute:
                            if _is_self(target.value, method):
                                yield AssignedAt(self._place(target), _span(statement), method.name)
                        elif isinstance(target, ast.Call) and _sets(target, attribute, method):
                            yield AssignedAt(self._place(target), _span(statement), method.name)

    def _place(self, node: ast.expr) -> Place:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start, end = (
            self._column(node.lineno, node.col_offset),
            self._column(node.end_lineno, node.end_col_offset),
        )
        return Place(node.lineno, start, node.end_lineno, end)

    def _column(self, line: int, offset: int) -> int:
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return len(text.encode("utf-8", "surrogateescape")[:offset].decode("utf-8", "replace")) + 1


def _classes(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for child in ast.iter_child_nodes(node):
        name = prefix
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            name = f"{prefix}.{child.name}" if prefix else child.name
        if isinstance(child, ast.ClassDef):
            yield name, child
        yield from _classes(child, name)


def _methods(cls: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    return (node for node in cls.body if isinstance(node, ast.FunctionDef))


def _targets(statement: ast.stmt) -> Iterator[ast.expr]:
    """What a statement assigns to; calls that are statements, too."""
    pending: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        pending += statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign, ast.For)):
        pending.append(statement.target)
    elif isinstance(statement, ast.With):
        pending += [item.optional_vars for item in statement.items if item.optional_vars is not None]
    elif isinstance(statement, ast.Expr):
        yield statement.value
    while pending:
        target = pending.pop()
        if isinstance(target, (ast.Tuple, ast.List)):
            pending += target.elts
        elif isinstance(target, ast.Starred):
            pending.append(target.value)
        else:
            yield target


def _is_self(value: ast.expr, method: ast.FunctionDef) -> bool:
    arguments = [*method.args.posonlyargs, *method.args.args]
    return isinstance(value, ast.Name) and bool(arguments) and value.id == arguments[0].arg


def _sets(call: ast.Call, attribute: str, method: ast.FunctionDef) -> bool:
    """Whether it is `setattr(self, "attribute", …)`."""
    return (
        isinstance(call.func, ast.Name)
        and call.func.id == "setattr"
        and len(call.args) == 3
        and _is_self(call.args[0], method)
        and isinstance(call.args[1], ast.Constant)
        and call.args[1].value == attribute
    )


def _span(node: ast.stmt | ast.expr) -> tuple[int, int]:
    assert node.end_lineno is not None
    return node.lineno, node.end_lineno
