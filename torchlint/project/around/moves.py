"""Whether what is assigned to an attribute is its old value, at most on another device or of another dtype."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torchlint.facts import ir
from torchlint.facts.body import bindings, walk
from torchlint.project.files import ProjectFile
from torchlint.project.linking import ClassRef, FunctionRef, Linker
from torchlint.project.stores import MOVES, receiver_of

_DEPTH = 6


class _Inside(NamedTuple):
    """A function, and the expression in it that stands for the old value: `self.x`, or a parameter of a helper.

    `cls` is the class that it is a method of. `asked` are the variables that are being asked about: `x = x.to(device)`
    hangs on what `x` was before.
    """

    linker: Linker
    file: ProjectFile
    cls: ClassRef | None
    function: ir.Function
    old: ir.Expr
    depth: int = _DEPTH
    asked: frozenset[str] = frozenset()


def is_move(linker: Linker, owner: ClassRef, function: ir.Function, value: ir.Expr, name: str) -> bool:
    """Whether a value that a method of `owner` assigns to `self.name` is the old one, at most moved."""
    old = ir.Attribute(ir.Name(receiver_of(function)), name)
    return _moved(_Inside(linker, owner.file, owner, function, old), value) is True


def _moved(inside: _Inside, value: ir.Expr) -> bool | None:
    """Whether a value is the old one; None if it is whatever a variable that is being asked about is."""
    if isinstance(value, ir.Attribute):
        if value._replace(place=None) == inside.old:
            return True
        return _moved(inside, value.base) if value.attr in MOVES else False
    if isinstance(value, ir.Call):
        func = value.func
        moved: bool | None = False
        if isinstance(func, ir.Attribute) and func.attr in MOVES:
            moved = _moved(inside, func.base)
        return _by_helper(inside, value) if moved is False else moved
    if isinstance(value, ir.IfExp):
        return _all(inside, (value.body, value.orelse))
    if isinstance(value, ir.Name):
        return _variable(inside, value)
    return False


def _all(inside: _Inside, values: Sequence[ir.Expr]) -> bool | None:
    """Whether all values are the old one; `self.x.to(device) if self.x is not None else None` is."""
    found = {_moved(inside, one) for one in values if one != ir.NONE}
    return False if False in found or not found else True in found or None


def _variable(inside: _Inside, value: ir.Name) -> bool | None:
    name = value.id
    if name in inside.asked:
        return None
    if inside.depth == 0 or (
        value != inside.old and name in {one.name for one in inside.function.parameters}
    ):
        return False
    within = inside._replace(depth=inside.depth - 1, asked=inside.asked | {name})
    found: set[bool | None] = {True} if value == inside.old else set()
    for target, bound, iterated in bindings(inside.function.body):
        if target == value:
            found.add(False if iterated else _moved(within, bound))
        elif any(node == value for node in walk(target) if not isinstance(target, ir.Attribute)):
            found.add(False)  # one of several targets
    return False if False in found or not found else True in found or None


def _by_helper(inside: _Inside, call: ir.Call) -> bool | None:
    """Whether a call of a function of the project, or of a method, moves the old value: `to_device(self.x, device)`."""
    if inside.depth == 0:
        return False
    for file, cls, function, skipped in _callees(inside, call.func):
        names = [one.name for one in function.parameters if one.kind == "positional"][skipped:]
        given = [*zip(names, call.args, strict=False), *((key, one) for key, one in call.keywords if key)]
        for name, argument in given:
            moved = _moved(inside, argument)
            if moved is not False:
                within = _Inside(inside.linker, file, cls, function, ir.Name(name), inside.depth - 1)
                returned = [one.value or ir.NONE for one in walk(function.body) if isinstance(one, ir.Return)]
                if returned and ir.NONE not in returned and _all(within, returned):
                    return moved
    return False


def _callees(
    inside: _Inside, func: ir.Expr
) -> Iterator[tuple[ProjectFile, ClassRef | None, ir.Function, int]]:
    """The function behind a call, where it stands, and how many of its parameters are bound already."""
    linker, cls = inside.linker, inside.cls
    if (
        cls is not None
        and isinstance(func, ir.Attribute)
        and func.base == ir.Name(receiver_of(inside.function))
    ):
        owner = next((one for one in linker.classes(cls) if func.attr in one.facts.methods), None)
        facts = None if owner is None else owner.facts.methods[func.attr][-1]
        function = None if owner is None or facts is None else owner.file.function(facts)
        if owner is not None and facts is not None and function is not None:
            yield owner.file, owner, function, "staticmethod" not in facts.decorators
        return
    target = linker.resolve(inside.file, "" if cls is None else cls.qualname, func)
    if isinstance(target, FunctionRef):
        function = target.file.function(target.facts)
        if function is not None:
            yield target.file, None, function, 0
