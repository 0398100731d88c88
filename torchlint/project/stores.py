"""Where a function stores an attribute of `self`, and what it stores there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torchlint.facts import ir
from torchlint.facts.body import Body, acts, bindings, walk
from torchlint.findings import Place
from torchlint.project.aliases import Known, known_in

MOVES = frozenset({"to", "cuda", "cpu", "half", "float", "double", "bfloat16", "contiguous", "detach", "pin_memory",
                   "type", "type_as", "requires_grad_", "xpu", "data"})  # fmt: skip
_RESHAPING = frozenset({"cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack",
                        "row_stack", "repeat", "repeat_interleave", "tile", "expand", "expand_as", "broadcast_to",
                        "view", "view_as", "reshape", "reshape_as", "flatten", "unflatten", "ravel", "unsqueeze",
                        "squeeze", "permute", "transpose", "t", "swapaxes", "movedim", "narrow", "select",
                        "index_select", "masked_select", "gather", "take", "pad", "interpolate", "chunk", "split",
                        "unfold", "diag", "rearrange", "resize_", "unique", "nonzero", "topk"})  # fmt: skip
_NO_CONTENT = frozenset({"device", "dtype", "layout", "is_cuda"})


class Stored(NamedTuple):
    """A store of an attribute; `value` is None where it is a part of something, or not known."""

    place: Place | None
    value: ir.Expr | None


def stores(function: ir.Function, name: str, receiver: str | None = None) -> Iterator[Stored]:
    """The places in a method that assign `self.name`, `setattr(self, "name", …)` included.

    `receiver` is the name of the module in a function that is no method.
    """
    body = function.body
    if isinstance(body, Body) and name not in body.words and "setattr" not in body.words:
        return
    known = known_in(body, Known(frozenset({receiver or receiver_of(function)}), {}, {}))
    for node in acts(body):
        if isinstance(node, ir.Assign) and node.value is not None:
            for target in node.targets:
                yield from _targets(known, target, node.value, name)
        elif isinstance(node, (ir.For, ir.With)):
            found = [node.target] if isinstance(node, ir.For) else [one for _, one in node.items if one]
            for target in found:
                yield from _targets(known, target, None, name)
        elif isinstance(node, ir.Call) and _sets(known, node) and node.args[1] == ir.Const(name):
            yield Stored(node.place, node.args[2])


def may_store_computed(function: ir.Function, name: str) -> bool:
    """Whether a method sets attributes of `self` whose names it computes, and this may be one of them."""
    body = function.body
    if isinstance(body, Body) and "setattr" not in body.words:
        return False
    known = known_in(body, Known(frozenset({receiver_of(function)}), {}, {}))
    for node in acts(body):
        if isinstance(node, ir.Call) and _sets(known, node) and not isinstance(node.args[1], ir.Const):
            spelled = _spelled(function, node.args[1])
            if spelled is None or ir.Const(name) in spelled:
                return True
    return False


def _spelled(function: ir.Function, variable: ir.Expr) -> list[ir.Expr] | None:
    """What the variable of a loop over lists may be, if the function spells these out and does nothing else to them."""
    lists: list[ir.Expr] = []
    if any(isinstance(node, ir.AugAssign) and node.target == variable for node in acts(function.body)):
        return None
    for target, bound, iterated in bindings(function.body):
        if target == variable and iterated:
            lists += _assigned_to(function, bound) if isinstance(bound, ir.Name) else [bound]
        elif variable in walk(target):
            return None
    items = [item for one in lists if isinstance(one, ir.Sequence) for item in one.items]
    plain = all(isinstance(one, ir.Sequence) for one in lists) and all(
        isinstance(item, ir.Const) for item in items
    )
    return items if items and plain else None


def _assigned_to(function: ir.Function, variable: ir.Name) -> list[ir.Expr]:
    """What a variable is assigned, and itself if it is more than assigned and looped over."""
    ways = bindings(function.body)
    assigned = [bound for target, bound, iterated in ways if target == variable and not iterated]
    loops = sum(iterated and bound == variable for _, bound, iterated in ways)
    seen = sum(node == variable for node in walk(function.body))
    given = any(one.name == variable.id for one in function.parameters)
    return [variable] if given or seen != len(assigned) + loops else assigned


def only_updates(function: ir.Function, name: str) -> bool:
    """Whether a method assigns `self.name` nothing but what it computes from its old value, in the same shape."""
    old = ir.Attribute(ir.Name(receiver_of(function)), name)
    return all(
        one.value is not None and _holds(one.value, old) and not _reshapes(one.value, old)
        for one in stores(function, name)
    )


def _holds(value: object, old: ir.Attribute) -> bool:
    return any(isinstance(part, ir.Attribute) and part._replace(place=None) == old for part in walk(value))


def _reshapes(value: ir.Expr, old: ir.Attribute) -> bool:
    """Whether the old value gets another shape on its way into the new one, or may."""
    for part in walk(value):
        if isinstance(part, ir.Subscript) and _holds(part.base, old):
            return True
        if isinstance(part, ir.Call):
            last = part.func.attr if isinstance(part.func, ir.Attribute) else getattr(part.func, "id", "")
            if last in _RESHAPING and _holds(part, old):
                return True
    return False


def is_sized(function: ir.Function, value: ir.Expr) -> bool:
    """Whether a value depends on the arguments of the method, other than by device and dtype."""
    names = {one.name for one in function.parameters[1:]} - _NO_CONTENT
    for _ in range(4):
        more = {
            target.id
            for target, bound, _ in bindings(function.body)
            for target in (target.items if isinstance(target, ir.Sequence) else (target,))
            if isinstance(target, ir.Name) and _names(bound) & names
        }
        if more <= names:
            break
        names |= more
    return bool(_names(value) & names)


def receiver_of(function: ir.Function) -> str:
    """The name that a method has for its object."""
    return function.parameters[0].name if function.parameters else "self"


def _names(node: object) -> set[str]:
    """The variables whose content an expression depends on."""
    if isinstance(node, ir.Name):
        return {node.id}
    if isinstance(node, ir.Attribute) and node.attr in _NO_CONTENT:
        return set()
    if isinstance(node, ir.Call):
        parts: list[object] = [node.func, *(value for key, value in node.keywords if key not in _NO_CONTENT)]
        moves = isinstance(node.func, ir.Attribute) and node.func.attr in MOVES
        return set().union(*map(_names, parts if moves else [*parts, *node.args]))
    return set().union(*map(_names, node)) if isinstance(node, tuple) else set()


def _targets(known: Known, target: ir.Expr, value: ir.Expr | None, name: str) -> Iterator[Stored]:
    if isinstance(target, ir.Attribute) and target.attr == name and known.is_receiver(target.base):
        yield Stored(target.place, value)
    elif isinstance(target, ir.Sequence):
        parts = (
            value.items if isinstance(value, ir.Sequence) and len(value.items) == len(target.items) else None
        )
        for position, item in enumerate(target.items):
            yield from _targets(known, item, None if parts is None else parts[position], name)
    elif isinstance(target, ir.Starred):
        yield from _targets(known, target.value, None, name)


def _sets(known: Known, node: ir.Call) -> bool:
    return node.func == ir.Name("setattr") and len(node.args) == 3 and known.is_receiver(node.args[0])
