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
            for target in node.targets:  # type: ignore[attr-defined]
                if type(target) is not ast.Name and not (
                    type(target) is ast.Tuple and all(type(part) is ast.Name for part in target.elts)
                ):
                    return False
            value = node.value  # type: ignore[attr-defined]
            if type(value) is ast.Call and type(value.func) is ast.Attribute and value.func.attr in MUTATORS:
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
        elif kind is not ast.Return and kind is not ast.Raise and kind is not ast.Pass:
            return False
    return True
