"""What code outside of a class does to attributes of its instances: `model.pe = …`, `model.pe.zero_()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from torchlint import torch_api

_OWN = ("self", "cls")
_IN_DICT = "looks for attributes in `__dict__`, where a registered one is not"
_SETTINGS = (
    "config",
    "cfg",
    "args",
    "options",
    "opts",
    "params",
)  # what computed names are most often set on
_OF_ONE = ("get", "pop", "setdefault", "__getitem__", "__contains__")
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


@dataclass(slots=True)
class OutsideUses:
    """The lines of a file that assign an attribute something that may be no tensor, and those that change its value.

    `owners`: every line that assigns it, with the last name of what it is assigned on (`Net` of `models.Net.x = 3`).
    `past`: the lines that may go past torch to it, and how: `__dict__`, where a registered name is not, or `setattr`
    with a name that is computed.
    """

    assigned: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    owners: list[tuple[int, str]] = field(default_factory=list)
    past: list[tuple[int, str]] = field(default_factory=list)


ANY = ""
"""Stands for the name of an attribute where it is computed, or where all are meant."""


def outside_uses(text: str, tree: ast.Module | None = None) -> Mapping[str, OutsideUses]:
    """All attributes that a text assigns or changes on anything but `self`, by name. No Python: none.

    `tree` is the text parsed, if it is at hand.
    """
    found: dict[str, OutsideUses] = {}
    try:
        tree = tree or ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            if node.value is not None:
                _assignment(node, node.value, found)
        elif isinstance(node, ast.AugAssign):
            _change(node.target, found)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            _stored(node.target, found)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    _stored(item.optional_vars, found)
        elif isinstance(node, ast.Call):
            _call(node, found)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            _owner(node.value, node.attr, found)
        elif isinstance(node, ast.Subscript) and _is_dict(node.value):
            _past(_text_of(node.slice), node, found)
    return found


def _past(name: str, node: ast.expr, found: dict[str, OutsideUses], how: str = _IN_DICT) -> None:
    found.setdefault(name, OutsideUses()).past.append((node.lineno, how))


def _is_dict(node: ast.expr) -> bool:
    """`model.__dict__`, `vars(model)`: the attributes of anything but `self`."""
    if isinstance(node, ast.Attribute):
        return node.attr == "__dict__" and _is_outside(node)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "vars":
        return False
    return len(node.args) == 1 and not (isinstance(node.args[0], ast.Name) and node.args[0].id in _OWN)


def _text_of(key: ast.expr) -> str:
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ANY


def _owner(base: ast.expr, name: str, found: dict[str, OutsideUses]) -> None:
    last = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    if isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "type":
        last = "__class__"
    if last not in ("self", ""):
        found.setdefault(name, OutsideUses()).owners.append((base.lineno, last))


def _assignment(node: ast.Assign | ast.AnnAssign, value: ast.expr, found: dict[str, OutsideUses]) -> None:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Attribute) and _is_outside(target):
            if not _harmless(value, target.attr):
                uses = found.setdefault(target.attr, OutsideUses())
                (uses.changed if _is_tensor(value, target.attr) else uses.assigned).append(node.lineno)
            if target.attr == "data":
                _change(target.value, found)
        elif isinstance(target, ast.Subscript):
            _change(target.value, found)
        else:
            _stored(target, found)


def _stored(target: ast.expr, found: dict[str, OutsideUses]) -> None:
    """A target that gets a value nobody can tell."""
    for part in ast.walk(target):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and _is_outside(part):
            found.setdefault(part.attr, OutsideUses()).assigned.append(part.lineno)


def _change(node: ast.expr, found: dict[str, OutsideUses]) -> None:
    for name in _chain(node):
        found.setdefault(name, OutsideUses()).changed.append(node.lineno)


def _call(node: ast.Call, found: dict[str, OutsideUses]) -> None:
    func = node.func
    if isinstance(func, ast.Attribute):
        kept = func.attr in ("requires_grad_", "share_memory_")
        if func.attr[-1:] == "_" and not kept and torch_api.method(func.attr) == "argument":
            _change(func.value, found)
        elif _is_dict(func.value):
            _past(_text_of(node.args[0]) if func.attr in _OF_ONE and node.args else ANY, node, found)
    elif isinstance(func, ast.Name) and func.id == "setattr" and len(node.args) == 3:
        receiver, key = node.args[:2]
        own = isinstance(receiver, ast.Name) and receiver.id in _OWN
        name = _text_of(key)
        if name:
            _owner(receiver, name, found)
        if name and not own:
            found.setdefault(name, OutsideUses()).assigned.append(node.lineno)
        elif not own and not ast.unparse(receiver).lower().endswith(_SETTINGS):
            _past(ANY, node, found, "sets attributes by names that it computes")
    for argument in node.args:
        if _is_dict(argument):  # `dict(vars(model))`, `sorted(model.__dict__)`
            _past(ANY, node, found)


def _is_outside(node: ast.Attribute) -> bool:
    return not (isinstance(node.value, ast.Name) and node.value.id in _OWN)


def _chain(node: ast.expr) -> Iterator[str]:
    """The attributes that an expression is a view of: `pe` and `model` for `net.model.pe.data[0]`."""
    while True:
        if isinstance(node, ast.Attribute):
            if _is_outside(node):
                yield node.attr
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr != "clone"
        ):
            node = node.func.value
        else:
            return


def _harmless(value: ast.expr, name: str) -> bool:
    """None, or the attribute itself moved: `model.pe = model.pe.cuda()`."""
    if isinstance(value, ast.Constant) and value.value is None:
        return True
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in _MOVES:
        return name in _chain(value.func.value)
    return False


def _is_tensor(value: ast.expr, name: str) -> bool:
    """Whether a value is surely a tensor: a call of torch, or a method of the attribute itself."""
    if not isinstance(value, ast.Call):
        return False
    dotted = ast.unparse(value.func)
    if dotted.startswith("torch.") and torch_api.function(dotted) == "tensor":
        return True
    method = value.func
    return (
        isinstance(method, ast.Attribute)
        and torch_api.method(method.attr) == "tensor"
        and name in _chain(method.value)
    )
