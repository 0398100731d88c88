"""Names: which ones a piece of code uses, and new ones that are free."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator

from torchlint.rewrite.syntax import CannotRewrite

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Every identifier that the code reads or binds; names of attributes are none."""
    return {name for node in nodes for inner in ast.walk(node) for name in _names(inner)}


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.ClassDef(name=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.partition(".")[0]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name


def free_name(attribute: str, taken: Collection[str]) -> str:
    """A name for a local variable that holds what becomes the attribute."""
    name = attribute.strip("_")
    if name.isidentifier() and name not in taken and not hasattr(builtins, name):
        return name
    name = f"{name}_value" if name.isidentifier() else "value"
    candidates = (name if number == 1 else f"{name}_{number}" for number in range(1, 100))
    for candidate in candidates:
        if candidate not in taken:
            return candidate
    raise CannotRewrite("there is no free name for its value")


def is_plain(node: ast.expr) -> bool:
    """Whether an expression only names an object, so that it can be written again: `self`, `self.head`, `parts[0]`."""
    match node:
        case ast.Name():
            return True
        case ast.Attribute(value=value):
            return is_plain(value)
        case ast.Subscript(
            value=value, slice=ast.Constant() | ast.Name() | ast.UnaryOp(operand=ast.Constant())
        ):
            return is_plain(value)
        case _:
            return False
