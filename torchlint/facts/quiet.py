"""A quick look at a method: most store nothing at all."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from torchlint.facts.expression_levels import narrowed

MUTATORS = {"append", "extend", "insert", "update", "setdefault", "add", "appendleft", "extendleft",
            "__setitem__"}  # fmt: skip


def only_names(nodes: Sequence[ast.stmt], own: str) -> bool:
    """Whether statements assign nothing but local variables and put nothing into containers: a quick look."""
    for node in nodes:
        kind = type(node)
        if kind is ast.Assign:
            if not _harmless(node.value, own):  # type: ignore[attr-defined]
                return False
            for target in node.targets:  # type: ignore[attr-defined]
                if not _local(target):
                    return False
        elif kind is ast.Expr:
            value = node.value  # type: ignore[attr-defined]
            if type(value) is ast.Call:
                if type(value.func) is ast.Attribute and (
                    value.func.attr in MUTATORS or value.func.attr == "__setattr__"
                ):
                    return False
                if any(type(argument) is ast.Name and argument.id == own for argument in value.args):
                    return False  # `attach(self)`
            elif type(value) is not ast.Constant:
                return False
        elif kind is ast.If:
            if not (only_names(node.body, own) and only_names(node.orelse, own)):  # type: ignore[attr-defined]
                return False
            if any(type(subject) is ast.Attribute for subject in narrowed(node.test)):  # type: ignore[attr-defined]
                return False
        elif kind is ast.For or kind is ast.While:
            if kind is ast.For and not (_local(node.target) and _harmless(node.iter, own)):  # type: ignore[attr-defined]
                return False
            if kind is ast.While and any(type(subject) is ast.Attribute for subject in narrowed(node.test)):  # type: ignore[attr-defined]
                return False
            if not (only_names(node.body, own) and only_names(node.orelse, own)):  # type: ignore[attr-defined]
                return False
        elif kind is ast.With:
            bound = [item.optional_vars for item in node.items if item.optional_vars is not None]  # type: ignore[attr-defined]
            if not all(map(_local, bound)) or not only_names(node.body, own):  # type: ignore[attr-defined]
                return False
        elif kind is ast.AugAssign or kind is ast.AnnAssign:
            if type(node.target) is not ast.Name or not _harmless(node.value, own):  # type: ignore[attr-defined]
                return False
        elif (
            kind is not ast.Continue
            and kind is not ast.Break
            and kind is not ast.Return
            and kind is not ast.Raise
            and kind is not ast.Pass
        ):
            return False
    return True


def _local(target: ast.expr) -> bool:
    """Whether a target is a name, or a tuple of names."""
    if type(target) is ast.Name:
        return True
    return type(target) is ast.Tuple and all(type(part) is ast.Name for part in target.elts)


def _fills(value: ast.expr | None) -> bool:
    """Whether a value is a call that puts something into a container."""
    return type(value) is ast.Call and type(value.func) is ast.Attribute and value.func.attr in MUTATORS


def _harmless(value: ast.expr | None, own: str) -> bool:
    """Whether a value is no call that may change the module: it fills no container and is not given `self`."""
    if type(value) is not ast.Call:
        return True
    if _fills(value) or (type(value.func) is ast.Attribute and value.func.attr == "__setattr__"):
        return False
    return not any(type(argument) is ast.Name and argument.id == own for argument in value.args)


def first_argument(method: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The name of the first positional argument, `self`; empty if there is none."""
    positional = method.args.posonlyargs or method.args.args
    return positional[0].arg if positional else ""


def with_defaults(
    method: ast.FunctionDef | ast.AsyncFunctionDef,
) -> list[tuple[ast.arg, ast.expr | None]]:
    """The parameters that take one argument each, with their defaults."""
    arguments = method.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [*([None] * (len(positional) - len(arguments.defaults))), *arguments.defaults]
    return [
        *zip(positional, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]


def is_container(value: ast.expr) -> bool:
    """Whether an expression makes a new list, dict or set."""
    if isinstance(value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)):
        return True
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id in ("list", "dict", "set")
    )
