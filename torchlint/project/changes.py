"""Where a function stores an attribute of `self`, and where it changes its value in place."""

from __future__ import annotations

from collections.abc import Iterator

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.project.linking import ClassRef, FunctionRef, Linker

_DEPTH = 3


def stores(function: ir.Function, name: str) -> Iterator[ir.Expr]:
    """The targets in a method that assign `self.name`, `setattr(self, "name", …)` included."""
    receiver = _receiver(function)
    for node in _walk(function.body):
        if isinstance(node, ir.Assign) and node.value is not None:
            for target in node.targets:
                yield from _targets(target, receiver, name)
        elif isinstance(node, (ir.For, ir.With)):
            found = [node.target] if isinstance(node, ir.For) else [one for _, one in node.items if one]
            for target in found:
                yield from _targets(target, receiver, name)
        elif isinstance(node, ir.Call) and _sets(node, receiver) and node.args[1] == ir.Const(name):
            yield node


def only_updates(function: ir.Function, name: str) -> bool:
    """Whether a method assigns `self.name` nothing but what it computes from its old value."""
    receiver = _receiver(function)
    old = ir.Attribute(ir.Name(receiver), name)
    for node in _walk(function.body):
        if isinstance(node, ir.Assign) and any(any(_targets(one, receiver, name)) for one in node.targets):
            if not any(isinstance(part, ir.Attribute) and _bare(part) == old for part in _walk(node.value)):
                return False
        elif isinstance(node, ir.Call) and _sets(node, receiver) and node.args[1] == ir.Const(name):
            return False
    return True


def stores_computed_name(function: ir.Function) -> bool:
    """Whether a method sets attributes of `self` whose names it computes."""
    receiver = _receiver(function)
    return any(
        isinstance(node, ir.Call) and _sets(node, receiver) and not isinstance(node.args[1], ir.Const)
        for node in _walk(function.body)
    )


def changes_in_place(linker: Linker, owner: ClassRef, function: ir.Function, name: str) -> bool:
    """Whether a method changes the tensor on `self.name` in place, by a method, an item, `out=` or a helper."""
    target = ir.Attribute(ir.Name(_receiver(function)), name)
    return _changes(linker, owner, function.body, target, _DEPTH)


def _changes(linker: Linker, owner: ClassRef, body: object, target: ir.Expr, depth: int) -> bool:
    wanted = {_bare(target)}
    nodes = list(_walk(body))
    for node in nodes:  # `mean = self.mean`: another name for it
        if isinstance(node, ir.Assign) and node.value is not None and _root(node.value, wanted):
            wanted.update(one for one in node.targets if isinstance(one, ir.Name))
    for node in nodes:
        if isinstance(node, ir.AugAssign) and _root(node.target, wanted):
            return True
        if isinstance(node, ir.Assign) and any(
            isinstance(one, ir.Subscript) and _root(one, wanted) for one in node.targets
        ):
            return True
        if isinstance(node, ir.Assign) and any(
            isinstance(one, ir.Attribute) and one.attr == "data" and _root(one.base, wanted)
            for one in node.targets
        ):
            return True
        if isinstance(node, ir.Call) and _call_changes(linker, owner, node, wanted, depth):
            return True
    return False


def _call_changes(linker: Linker, owner: ClassRef, node: ir.Call, wanted: set[ir.Expr], depth: int) -> bool:
    func = node.func
    last = func.attr if isinstance(func, ir.Attribute) else getattr(func, "id", "")
    if isinstance(func, ir.Attribute) and torch_api.method(last) == "argument" and _root(func.base, wanted):
        return last not in ("requires_grad_", "share_memory_")
    if any(key == "out" and _root(value, wanted) for key, value in node.keywords):
        return True
    passed = [
        position
        for position, value in enumerate(node.args)
        if _bare(value) in wanted or _is_data(value, wanted)
    ]
    if not passed:
        return False
    if last.endswith("_") and not last.startswith("_"):
        return passed[0] == 0
    if depth and isinstance(func, ir.Name):
        found = linker.follow(linker.lookup(owner.file, func.id))
        callee = found.file.function(found.facts) if isinstance(found, FunctionRef) else None
        if isinstance(found, FunctionRef) and callee is not None:
            names = [one.name for one in callee.parameters if one.kind == "positional"]
            inside = ClassRef(found.file, owner.qualname)
            return any(
                position < len(names)
                and _changes(linker, inside, callee.body, ir.Name(names[position]), depth - 1)
                for position in passed
            )
    return False


def _is_data(node: ir.Expr, wanted: set[ir.Expr]) -> bool:
    return isinstance(node, ir.Attribute) and node.attr == "data" and _bare(node.base) in wanted


def _root(node: ir.Expr, wanted: set[ir.Expr]) -> bool:
    """Whether an expression is a view of what is wanted: attributes, items and methods of it taken away."""
    while True:
        if _bare(node) in wanted:
            return True
        if isinstance(node, (ir.Attribute, ir.Subscript)):
            node = node.base
        elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr != "clone":
            node = node.func.base
        else:
            return False


def _bare(node: ir.Expr) -> ir.Expr:
    """Without the place that a target carries."""
    return ir.Attribute(node.base, node.attr) if isinstance(node, ir.Attribute) else node


def _targets(target: ir.Expr, receiver: str, name: str) -> Iterator[ir.Expr]:
    if isinstance(target, ir.Attribute) and target.attr == name and target.base == ir.Name(receiver):
        yield target
    elif isinstance(target, ir.Sequence):
        for item in target.items:
            yield from _targets(item, receiver, name)
    elif isinstance(target, ir.Starred):
        yield from _targets(target.value, receiver, name)


def _sets(node: ir.Call, receiver: str) -> bool:
    return node.func == ir.Name("setattr") and len(node.args) == 3 and node.args[0] == ir.Name(receiver)


def _receiver(function: ir.Function) -> str:
    return function.parameters[0].name if function.parameters else "self"


def _walk(node: object) -> Iterator[object]:
    """Every node of the symbolic form, outer ones first."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            if hasattr(current, "_fields"):
                yield current
            pending.extend(reversed(current))
