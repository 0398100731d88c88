"""Whether a function changes the tensor of an attribute in place, under whatever name, itself or through helpers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.facts.body import Body, acts, bindings
from torchlint.project.aliases import Known, Shares, known_in, may_be_view, nothing_shares
from torchlint.project.linking import ClassRef, FunctionRef, Linker, Target
from torchlint.project.stores import receiver_of

_DEPTH = 3
_KEPT = ("requires_grad_", "share_memory_", "retain_grad", "register_hook", "pin_memory_")
_OPERATORS = (
    "iadd",
    "isub",
    "imul",
    "itruediv",
    "ifloordiv",
    "imod",
    "ipow",
    "iand",
    "ior",
    "ixor",
    "setitem",
)
_ARRAYS = ("copyto", "put", "place", "putmask", "fill_diagonal", "shuffle")


@dataclass(frozen=True, slots=True)
class Changes:
    """Looks for in-place changes in the functions of a class; `family` is itself, its bases and its subclasses."""

    linker: Linker
    family: tuple[ClassRef, ...]
    only_sure: bool = False
    """Whether only what surely is the tensor counts: not what a variable may be on some way, or what may be a view."""

    def in_method(
        self, owner: ClassRef, function: ir.Function, attributes: dict[str, Shares], depth: int = _DEPTH
    ) -> bool:
        """Whether a method changes one of these attributes of its object; calls are followed `depth` deep."""
        known = Known(frozenset({receiver_of(function)}), attributes, {})
        return self.in_body(owner, function.body, known, depth)

    def from_outside(self, owner: ClassRef, function: ir.Function, name: str) -> bool:
        """Whether a function changes an attribute of this name of anything but its `self`."""
        return self.in_body(owner, function.body, Known(None, {name: Shares.TENSOR}, {}), _DEPTH)

    def in_body(self, owner: ClassRef, body: object, start: Known, depth: int) -> bool:
        """Whether statements change it."""
        if nothing_shares(body, start):
            return bool(depth) and self._handed_on(owner, body, start, depth - 1)
        known = _surely_in(body, start) if self.only_sure else known_in(body, start)
        local = _local_functions(body)
        imported = {node.name for node in acts(body) if isinstance(node, ir.Bind)}
        for node in acts(body):
            if isinstance(node, ir.AugAssign):
                if _written(known, node.target, augmented=True):
                    return True
            elif isinstance(node, ir.Assign) and node.value is not None:
                if any(_written(known, target) for target in node.targets):
                    return True
            elif isinstance(node, (ir.For, ir.With)):
                targets = [node.target] if isinstance(node, ir.For) else [one for _, one in node.items if one]
                if any(_written(known, target) for target in targets):
                    return True
            elif isinstance(node, ir.Call) and (
                _call_changes(known, node, partial(self._is_method, owner, node.func, imported))
                or (depth and self._followed(owner, node, known, local, depth - 1))
            ):
                return True
        return False

    def _handed_on(self, owner: ClassRef, body: object, start: Known, depth: int) -> bool:
        """Whether a body that does not touch the tensor hands the module on to what changes it."""
        if start.receivers is None or not isinstance(body, Body):
            return False
        known = start if self.only_sure else known_in(body, start)
        receivers = known.receivers or frozenset()
        calls = [call for call, given in body.hands_on if not receivers.isdisjoint(given)]
        local = _local_functions(body) if calls else {}
        return any(self._followed(owner, call, known, local, depth) for call in calls)

    def _is_method(self, owner: ClassRef, func: ir.Expr, imported: set[str]) -> bool:
        """Whether something is called on a value, and not a function by its dotted name."""
        if not isinstance(func, ir.Attribute) or self._resolve(owner, func.base) is not None:
            return False
        return not (isinstance(func.base, ir.Name) and func.base.id in imported)

    def _followed(
        self, owner: ClassRef, node: ir.Call, known: Known, local: dict[str, ir.Function], depth: int
    ) -> bool:
        given = [*node.args, *(value for _, value in node.keywords)]
        if not any(
            known.shares(one) or (known.receivers is not None and known.is_receiver(one)) for one in given
        ):
            return False
        for inside, function, bound in self._callees(owner, node.func, known, local):
            names, receivers = _parameters(function, node, known, skip=bound)
            start = Known(receivers, known.attributes, names)
            if self.in_body(inside, function.body, start, depth):
                return True
        kept = self._resolve(owner, node.func)
        if isinstance(kept, ClassRef) and not self.linker.is_module(kept):
            return any(self._kept(cls, node, known, depth) for cls in self.linker.classes(kept))
        return False

    def _kept(self, cls: ClassRef, node: ir.Call, known: Known, depth: int) -> bool:
        """Whether an object that is given the tensor keeps it, and has a method that changes it."""
        methods = [
            function
            for name in cls.facts.methods
            for _, function, _ in self._methods((cls,), name, bound=True)
        ]
        for function in methods:
            if function.name == "__init__":
                names, receivers = _parameters(function, node, known, skip=True)
                inner = known_in(function.body, Known(receivers, {}, names))
                kept = kept_attributes(inner, function.body)
                return bool(kept) and any(self.in_method(cls, one, kept, depth) for one in methods)
        return False

    def _callees(
        self, owner: ClassRef, func: ir.Expr, known: Known, local: dict[str, ir.Function]
    ) -> Iterator[tuple[ClassRef, ir.Function, bool]]:
        """The functions that a call may lead to; whether the first parameter is bound already."""
        if isinstance(func, ir.Lambda):
            yield owner, func.function, False
        elif isinstance(func, ir.Name) and func.id in local:
            yield owner, local[func.id], False
        elif isinstance(func, ir.Attribute) and known.receivers is not None and known.is_receiver(func.base):
            yield from self._methods(self.family, func.attr, bound=True)
        else:
            yield from self._resolved(owner, func)

    def _resolve(self, owner: ClassRef, func: ir.Expr) -> Target | None:
        return self.linker.resolve(owner.file, owner.qualname, func)

    def _resolved(self, owner: ClassRef, func: ir.Expr) -> Iterator[tuple[ClassRef, ir.Function, bool]]:
        target = self._resolve(owner, func)
        if target is None and isinstance(func, ir.Attribute):
            base = self._resolve(owner, func.base)
            if isinstance(base, ClassRef):  # Net.bump(self.x), of a static method
                yield from self._methods(self.linker.classes(base), func.attr, bound=False)
        elif isinstance(target, FunctionRef):
            function = target.file.function(target.facts)
            if function is not None:
                yield ClassRef(target.file, owner.qualname), function, False

    def _methods(
        self, classes: Sequence[ClassRef], name: str, *, bound: bool
    ) -> Iterator[tuple[ClassRef, ir.Function, bool]]:
        for cls in classes:
            for facts in cls.facts.methods.get(name, ()):
                function = cls.file.function(facts)
                if function is not None:
                    yield cls, function, bound and "staticmethod" not in facts.decorators


def _surely_in(body: object, start: Known) -> Known:
    """The names that surely stand for the tensor: those that are bound once, to what is one."""
    names = [target.id for target, _, _ in bindings(body) if isinstance(target, ir.Name)]
    known = start._replace(names={name: one for name, one in start.names.items() if name not in names})
    once = {
        target.id: known.shares(value)
        for target, value, iterated in bindings(body)
        if isinstance(target, ir.Name) and isinstance(value, (ir.Attribute, ir.Name)) and not iterated
        if names.count(target.id) == 1
    }
    return known._replace(names={**known.names, **once})


def kept_attributes(known: Known, body: object) -> dict[str, Shares]:
    """The attributes of the object itself that share memory with the tensor: views of it, and what it is a view of."""
    found: dict[str, Shares] = {}
    for name, value in _attribute_stores(known, body):
        shares = known.shares(value)
        if shares:
            found[name] = max(shares, found.get(name, Shares.NOT))
        elif name in known.attributes and (source := _viewed(known, value)):
            found.setdefault(source, Shares.TENSOR)
    return found


def _attribute_stores(known: Known, body: object) -> Iterator[tuple[str, ir.Expr]]:
    for target, value, iterated in bindings(body):
        if isinstance(target, ir.Attribute) and not iterated and known.is_receiver(target.base):
            yield target.attr, value
    for node in acts(body):
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and len(node.args) > 1:
            name = node.args[0]
            if (
                node.func.attr == "register_buffer"
                and isinstance(name, ir.Const)
                and known.is_receiver(node.func.base)
            ):
                yield str(name.value), node.args[1]


def _viewed(known: Known, value: ir.Expr) -> str | None:
    """The attribute that an expression is a view of."""
    while isinstance(value, (ir.Attribute, ir.Subscript, ir.Call)):
        if isinstance(value, ir.Attribute) and known.is_receiver(value.base):
            return value.attr
        if isinstance(value, ir.Call):
            if not isinstance(value.func, ir.Attribute) or not may_be_view(value.func.attr):
                return None
            value = value.func
        value = value.base
    return None


def _local_functions(body: object) -> dict[str, ir.Function]:
    found: dict[str, ir.Function] = {}
    for node in acts(body):
        if isinstance(node, ir.Define):
            found[node.function.name] = node.function
        elif isinstance(node, ir.Assign) and isinstance(node.value, ir.Lambda):
            found.update((one.id, node.value.function) for one in node.targets if isinstance(one, ir.Name))
    return found


def _parameters(
    function: ir.Function, node: ir.Call, known: Known, *, skip: bool
) -> tuple[dict[str, Shares], frozenset[str]]:
    """What the parameters of a function have to do with the tensor, and which are the module."""
    names: dict[str, Shares] = {}
    receivers: set[str] = set()
    parameters = list(function.parameters[1:] if skip else function.parameters)
    if skip and function.parameters:
        receivers.add(function.parameters[0].name)
    positional = [one for one in parameters if one.kind == "positional"]
    rest = next((one.name for one in parameters if one.kind == "args"), None)
    others = next((one.name for one in parameters if one.kind == "kwargs"), None)
    by_name = {one.name for one in parameters if one.kind in ("positional", "keyword")}

    def give(name: str | None, value: ir.Expr, *, packed: bool) -> None:
        shares = known.shares(value)
        if name is not None and shares:
            names[name] = Shares.HOLDER if packed else shares
        if name is not None and known.receivers is not None and known.is_receiver(value):
            receivers.add(name)

    for position, value in enumerate(node.args):
        packed = position >= len(positional)
        give(rest if packed else positional[position].name, value, packed=packed)
    for keyword, value in node.keywords:
        packed = keyword not in by_name
        give(others if packed else keyword, value, packed=packed)
    return names, frozenset(receivers)


def _written(known: Known, target: ir.Expr, *, augmented: bool = False) -> bool:
    """Whether an assignment to a target writes into the tensor."""
    if isinstance(target, ir.Sequence):
        return any(_written(known, item) for item in target.items)
    if isinstance(target, ir.Starred):
        return _written(known, target.value)
    if isinstance(target, ir.Subscript):
        return known.shares(target.base) is Shares.TENSOR or (
            augmented and known.shares(target) is Shares.TENSOR
        )
    part = isinstance(target, ir.Attribute) and target.attr in ("data", "real", "imag")
    if isinstance(target, ir.Attribute) and part and known.shares(target.base) is Shares.TENSOR:
        return True
    return augmented and known.shares(target) is Shares.TENSOR


def _call_changes(known: Known, node: ir.Call, is_method: Callable[[], bool]) -> bool:
    """Whether a call itself says that it changes what it is called on, or what it is given."""
    func = node.func
    last = func.attr if isinstance(func, ir.Attribute) else getattr(func, "id", "")
    in_place = last.endswith("_") and not last.startswith("_") and last not in _KEPT
    if isinstance(func, ir.Attribute) and known.shares(func.base) is Shares.TENSOR:
        special = last.startswith("__i") or last == "__setitem__"
        if (
            in_place
            or (torch_api.method(last) == "argument" and last not in _KEPT)
            or (special and last != "__init__")
        ):
            return True
    keywords = dict(node.keywords)
    if "out" in keywords and known.shares(keywords["out"]):
        return True
    given = [one for one in (*node.args, *keywords.values()) if known.shares(one)]
    if not given:
        return False
    asked = [keywords.get("inplace")]
    if isinstance(func, ir.Call):  # nn.ReLU(inplace=True)(tensor)
        asked.append(dict(func.keywords).get("inplace"))
    if any(one is not None and one != ir.Const(False) for one in asked):
        return True
    first = node.args[0] if node.args else given[0]
    writes = (
        in_place
        or last in _OPERATORS
        or last in _ARRAYS
        or (last.startswith("_foreach_") and last[-1:] == "_")
    )
    return writes and bool(known.shares(first)) and not is_method()
