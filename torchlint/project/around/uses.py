"""What the methods of a class use a list or dict on an attribute for, that torch's containers may not allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from torchlint.facts import ir
from torchlint.facts.body import bindings, walk
from torchlint.project.linking import ClassRef
from torchlint.project.stores import receiver_of

_BUILTIN = ("list", "tuple", "dict", "List", "Tuple", "Dict")
_OPERATORS = {"Mult": "__mul__"}
_IN_PLACE = {"Add": "__iadd__", "Mult": "__imul__", "BitOr": "__ior__"}


_IsIt: TypeAlias = Callable[[ir.Expr], bool]
"""Whether an expression stands for the list or dict."""


def used_on(name: str, family: Iterable[ClassRef], *, items: bool = False) -> frozenset[str]:
    """The attributes and methods of it that the class, its bases and its subclasses use, operators by their methods.

    Those of the lists in it with `items`. `__class__` stands for a question for its type.
    """
    found: set[str] = set()
    for cls in family:
        for definitions in cls.facts.methods.values():
            for facts in definitions:
                function = cls.file.function(facts) if name in cls.file.source(facts.span) else None
                if function is not None:
                    found |= _used_in(function, name, items)
    return frozenset(found)


def _used_in(function: ir.Function, name: str, items: bool) -> set[str]:
    same = _names_of(function, name)
    inside = _items_of(function, same) if items else set()

    def is_it(node: ir.Expr) -> bool:
        if items:
            return node in inside or (isinstance(node, ir.Subscript) and _plain(node.base) in same)
        return _plain(node) in same

    uses = (_use(node, is_it) for node in walk(function.body))
    return {one for one in uses if one is not None}


def _use(node: object, is_it: _IsIt) -> str | None:
    """What a node uses of it, if anything."""
    match node:
        case ir.Attribute() if is_it(node.base):
            return node.attr
        case ir.AugAssign() if is_it(node.target):
            return _IN_PLACE.get(node.op, f"__i{node.op.lower()}__")
        case ir.Assign() if any(isinstance(one, ir.Subscript) and is_it(one.base) for one in node.targets):
            return "__setitem__"
        case ir.Binary():
            return _operator(node, is_it)
        case ir.Call() if is_it(node.func):
            return "__call__"
        case ir.Call(func=ir.Name(id=function), args=(first, *others)) if is_it(first):
            return _by_builtin(function, others, node)
    return None


def _operator(node: ir.Binary, is_it: _IsIt) -> str | None:
    """The method of the operator that stands beside it."""
    left, right = is_it(node.left), is_it(node.right)
    if node.op != "Add":
        return _OPERATORS.get(node.op, f"__{node.op.lower()}__") if left or right else None
    return "__add__" if left else "__radd__" if right else None


def _by_builtin(function: str, others: Sequence[ir.Expr], call: ir.Call) -> str | None:
    """What a function of Python uses of its first argument."""
    match function, others:
        case "getattr", [ir.Const(value=name), *_]:
            return str(name)
        case "sum", _ if others or call.keywords:
            return "__radd__"
        case "type", _:
            return "__class__"
        case "isinstance", _ if _asks_for_builtin(call.args[-1]):
            return "__class__"
    return None


def _names_of(function: ir.Function, name: str) -> set[ir.Expr]:
    """The attribute, and the variables that stand for it."""
    same: set[ir.Expr] = {ir.Attribute(ir.Name(receiver_of(function)), name)}
    for _ in range(3):
        same |= {
            target
            for target, value, iterated in bindings(function.body)
            if isinstance(target, ir.Name) and not iterated and _plain(value) in same
        }
    return same


def _items_of(function: ir.Function, same: set[ir.Expr]) -> set[ir.Expr]:
    """The variables that may stand for an item of it."""
    found: set[ir.Expr] = set()
    for target, value, iterated in bindings(function.body):
        given = {_plain(one) for one in value.args} if isinstance(value, ir.Call) else set()
        if iterated:
            mine = _plain(value) in same or bool(given & same)
        else:
            mine = isinstance(value, ir.Subscript) and _plain(value.base) in same
        if mine or (not iterated and isinstance(target, ir.Sequence) and _plain(value) in same):
            found |= {one for one in walk(target) if isinstance(one, ir.Name)}
    return found


def _plain(node: ir.Expr) -> ir.Expr:
    return node._replace(place=None) if isinstance(node, ir.Attribute) else node


def _asks_for_builtin(types: ir.Expr) -> bool:
    return any(isinstance(node, ir.Name) and node.id in _BUILTIN for node in walk(types))
