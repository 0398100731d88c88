"""What the methods of a class use a list or dict on an attribute for, that torch's containers may not allow."""

from __future__ import annotations

from collections.abc import Iterable

from torchlint.facts import ir
from torchlint.project.aliases import bindings, walk
from torchlint.project.linking import ClassRef
from torchlint.project.stores import receiver_of

_BUILTIN = ("list", "tuple", "dict", "List", "Tuple", "Dict")


_IN_PLACE = {"Add": "__iadd__", "Mult": "__imul__", "BitOr": "__ior__"}


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

    found: set[str] = set()
    for node in walk(function.body):
        if isinstance(node, ir.Attribute) and is_it(node.base):
            found.add(node.attr)
        elif isinstance(node, ir.AugAssign):
            if is_it(node.target):
                found.add(_IN_PLACE.get(node.op, f"__i{node.op.lower()}__"))
        elif isinstance(node, ir.Assign):
            if any(isinstance(one, ir.Subscript) and is_it(one.base) for one in node.targets):
                found.add("__setitem__")
        elif isinstance(node, ir.Binary):
            if node.op != "Add" and (is_it(node.left) or is_it(node.right)):
                found.add("__mul__" if node.op == "Mult" else f"__{node.op.lower()}__")
            elif is_it(node.left):
                found.add("__add__")
            elif is_it(node.right):
                found.add("__radd__")
        elif isinstance(node, ir.Call) and is_it(node.func):
            found.add("__call__")
        elif (
            isinstance(node, ir.Call) and isinstance(node.func, ir.Name) and node.args and is_it(node.args[0])
        ):
            if node.func.id == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ir.Const):
                found.add(str(node.args[1].value))
            elif node.func.id == "sum" and (len(node.args) > 1 or node.keywords):
                found.add("__radd__")
            elif node.func.id == "type" or (
                node.func.id == "isinstance" and _asks_for_builtin(node.args[-1])
            ):
                found.add("__class__")
    return found


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
