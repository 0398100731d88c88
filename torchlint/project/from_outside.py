"""What code outside of a class does to an attribute of its instances: `model.pe = …`, `model.pe.zero_()`."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

from torchlint import torch_api

_OWN = ("self", "cls")


@dataclass(frozen=True, slots=True)
class OutsideUses:
    """Lines: where the attribute first gets what may be no tensor, and where its value first changes; 0 if nowhere."""

    assigned: int = 0
    changed: int = 0


def outside_uses(text: str, name: str, own_lines: Collection[int]) -> OutsideUses:
    """Look for the attribute on anything but `self`. `own_lines` are lines that are known to speak of the class itself.

    A text that is no Python uses nothing.
    """
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return OutsideUses()
    assigned: list[int] = []
    changed: list[int] = []
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in (part for one in targets for part in _parts(one)):
                if _is_it(target, name) and node.value is not None:
                    alone = any(target is one for one in targets)
                    if not (alone and _harmless(node.value, name)):
                        (changed if alone and _tensor(node.value, name) else assigned).append(node.lineno)
                elif isinstance(target, ast.Subscript) and _rooted(target.value, name):
                    changed.append(node.lineno)
        elif isinstance(node, ast.AugAssign) and _rooted(node.target, name):
            changed.append(node.lineno)
        elif isinstance(node, ast.Call):
            if _sets(node, name):
                assigned.append(node.lineno)
            elif _changes(node, name):
                changed.append(node.lineno)
    return OutsideUses(
        min((line for line in assigned if line not in own_lines), default=0),
        min((line for line in changed if line not in own_lines), default=0),
    )


def _changes(node: ast.Call, name: str) -> bool:
    """Whether a call is an in-place method of the attribute or of a view of it."""
    func = node.func
    if not isinstance(func, ast.Attribute) or torch_api.method(func.attr) != "argument":
        return False
    return func.attr not in ("requires_grad_", "share_memory_") and _rooted(func.value, name)


def _parts(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, (ast.Tuple, ast.List)):
        return [part for item in target.elts for part in _parts(item)]
    return [target.value if isinstance(target, ast.Starred) else target]


def _is_it(node: ast.expr, name: str) -> bool:
    """Whether a node is the attribute on something that is not `self`."""
    own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in _OWN
    return isinstance(node, ast.Attribute) and node.attr == name and not own


def _rooted(node: ast.expr, name: str) -> bool:
    """Whether a node is the attribute or a view of it."""
    while not _is_it(node, name):
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr != "clone"
        ):
            node = node.func.value
        else:
            return False
    return True


def _harmless(value: ast.expr, name: str) -> bool:
    """None, or the attribute itself moved: `model.pe = model.pe.cuda()`."""
    if isinstance(value, ast.Constant) and value.value is None:
        return True
    moved = isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
    return moved and value.func.attr in _MOVES and _rooted(value.func.value, name)  # type: ignore[attr-defined]


_MOVES = (
    "to",
    "cuda",
    "cpu",
    "half",
    "float",
    "double",
    "bfloat16",
    "contiguous",
    "detach",
    "pin_memory",
    "type",
)


def _tensor(value: ast.expr, name: str) -> bool:
    """Whether a value is surely a tensor: a call of torch, or a method of the attribute itself."""
    if not isinstance(value, ast.Call):
        return False
    dotted = ast.unparse(value.func)
    if dotted.startswith("torch.") and torch_api.function(dotted) == "tensor":
        return True
    method = isinstance(value.func, ast.Attribute) and torch_api.method(value.func.attr) == "tensor"
    return method and _rooted(value.func.value, name)  # type: ignore[attr-defined]


def _sets(node: ast.Call, name: str) -> bool:
    """`setattr(model, "name", …)`."""
    if not (isinstance(node.func, ast.Name) and node.func.id == "setattr" and len(node.args) == 3):
        return False
    receiver, key = node.args[:2]
    own = isinstance(receiver, ast.Name) and receiver.id in _OWN
    return not own and isinstance(key, ast.Constant) and key.value == name
