"""Predicts the state of a module after its construction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeGuard

from msgspec.structs import replace

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.facts.body import walk
from torchlint.project import callers
from torchlint.project.interpret import functions
from torchlint.project.interpret.construction import follow
from torchlint.project.interpret.growth import grow
from torchlint.project.interpret.record import Record, holds
from torchlint.project.interpret.state import OutOfBudgetError, Run, Slot, Store
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.module_state import AttributeState, Holds, Kind, ModuleState, Registration
from torchlint.project.moved import moved, moved_by, named
from torchlint.project.values import (
    TENSOR_LIKE,
    Atom,
    Buffer,
    Container,
    HoldsTensors,
    Instance,
    Literal,
    Module,
    Origin,
    Parameter,
    Tensor,
    Unknown,
    Value,
    takes_gradient,
    worst,
)

_TOLD = {Tensor, Buffer, Container, HoldsTensors}
"""What is told of a plain attribute."""
_HOLD_WHAT_THEY_ARE_GIVEN = {f"torch.nn.{name}" for name in ("Sequential", "ModuleList", "ModuleDict", "ParameterList",
                                                              "ParameterDict")}  # fmt: skip
_REGISTERING = {"register_buffer", "register_parameter", "_buffers", "_parameters"}


def predict(linker: Linker, cls: ClassRef, path: str) -> ModuleState:
    """The state that constructing `cls` leaves, as far as its own source decides it.

    Attributes are those whose assignment stands in the same file, in `cls` itself, in a base or in a mixin; what a base
    class of another file assigns is predicted with that file. A construction that is too long to be followed to the end
    gives no attributes.
    """
    run = construct(linker, cls)
    return ModuleState(path, cls.qualname, ()) if run is None else state_of(run, path)


def construct(linker: Linker, cls: ClassRef, record: Record | None = None) -> Run | None:
    """Follow the construction of `cls`. None where it is too long, or registers by means of its own."""
    run = Run(linker, cls, record=record)
    if not follow(run, callers.arguments(run)):
        return None
    return None if _registers_by_itself(run) else run


def state_of(run: Run, path: str) -> ModuleState:
    """The state that a construction has left."""
    if run.record is not None:
        run.record.finish()
    found = _one_kind(_states(run))
    if grow(run):
        grown = (state for state in _states(run) if state.kind in (Kind.MODULES, Kind.PARAMETERS))
        found = list(dict.fromkeys([*found, *grown]))
    taken_along = moved(run, (state.name for state in found if state.registration is Registration.PLAIN))
    found = [
        state
        if state.registration is not Registration.PLAIN
        else replace(state, moved=state.name in taken_along, moved_by=moved_by(run, state))
        for state in found
    ]
    noted = () if run.record is None else tuple(run.record.assignments.values())
    return ModuleState(path, run.cls.qualname, tuple(found), noted)


def _one_kind(states: list[AttributeState]) -> list[AttributeState]:
    """Where one assignment gives a tensor or a container of tensors, the tensor stands for both."""
    tensors = {(state.name, state.place) for state in states if state.kind is Kind.TENSOR}
    return [
        state
        for state in states
        if state.kind is not Kind.TENSORS or (state.name, state.place) not in tensors
    ]


def _states(run: Run) -> list[AttributeState]:
    return [
        state
        for name, slots in run.attributes.items()
        for slot in slots
        if slot.store is not None and slot.store.file is run.cls.file
        if slot.registration != "plain" or any(type(atom) in _TOLD for atom in slot.value)
        for state in _describe(run, name, slot, slot.store)
    ]


def has_module_evidence(linker: Linker, cls: ClassRef) -> bool:
    """For a class with a base that can't be read: whether it is surely meant as a module.

    `super().__init__()` called, `forward` defined, and a parameter, buffer or submodule registered.
    """
    if not any("forward" in owner.facts.methods for owner in linker.classes(cls)):
        return False
    init = cls.facts.methods.get("__init__")
    function = cls.file.function(init[-1]) if init else None
    if function is None or not _calls_super_init(function.body):
        return False
    run = Run(linker, cls)
    try:
        functions.call_method(run, cls, function)
    except (OutOfBudgetError, RecursionError):
        return False
    return any(slot.registration != "plain" for slots in run.attributes.values() for slot in slots)


def _calls_super_init(node: object) -> bool:
    if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr == "__init__":
        return True
    return isinstance(node, tuple) and any(_calls_super_init(part) for part in node)


def _registers_by_itself(run: Run) -> bool:
    """Whether a class overrides `__setattr__` to register what it is given."""
    for owner in run.linker.classes(run.cls):
        for facts in owner.facts.methods.get("__setattr__", ()):
            function = owner.file.function(facts)
            if function is not None and not _REGISTERING.isdisjoint(named(function.body)):
                return True
    return False


# -- what a slot is --------------------------------------------------------------------------------------------------


def _describe(run: Run, name: str, slot: Slot, store: Store) -> Iterator[AttributeState]:
    """The outcomes that a slot stands for, each kind once."""

    def state(
        kind: Kind, registration: Registration, leaves: Sequence[Atom], container: Container | None = None
    ) -> AttributeState:
        identities = [leaf.identity for leaf in leaves if isinstance(leaf, (*TENSOR_LIKE, Module))]
        tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        return AttributeState(
            name,
            kind,
            registration,
            origin=_origin(run, leaves),
            container=None if container is None else container.kind,
            content=frozenset() if container is None else _content(run, container),
            inner=frozenset() if container is None else _inner_content(run, container),
            keys=None if container is None else _keys(run, container),
            trained=any(tensor.requires_grad or tensor.identity in run.trained for tensor in tensors),
            lost_parameter=any(tensor.lost and tensor.lost not in run.registered for tensor in tensors),
            frozen=_frozen(leaves),
            alias=bool(identities) and all(identity in run.registered for identity in identities),
            given_at=next((run.given_at[one] for one in identities if one in run.given_at), None),
            owner=store.owner.qualname,
            method=store.method,
            place=store.place,
            lines=store.lines,
        )

    if slot.registration != "plain":
        registration = Registration(slot.registration)
        yield state(Kind(slot.registration), registration, list(slot.value))
        return
    tensors = [atom for atom in slot.value if isinstance(atom, (Tensor, Buffer))]
    if any(isinstance(atom, (Container, Instance)) or _is_plain(atom) for atom in slot.value):
        # `scale: float | Tensor`: a tensor only where a caller chooses one
        tensors = [atom for atom in tensors if atom.origin is not Origin.GIVEN]
    plain = [atom for atom in tensors if atom.identity not in run.registered]
    if plain or tensors:
        yield state(Kind.TENSOR, Registration.PLAIN, plain or tensors)
    for atom in slot.value:
        if isinstance(atom, Container) and not plain:  # torch.max(x, …) is one or the other: a tensor will do
            yield from _describe_container(run, name, atom, store, state)
        elif isinstance(atom, HoldsTensors):
            yield state(Kind.OBJECT, Registration.PLAIN, [])


def _frozen(leaves: Sequence[Atom]) -> bool:
    """Whether all parameters among these, and those that they were computed from, take no gradient."""
    parameters = [
        leaf for leaf in leaves if isinstance(leaf, Parameter) or (isinstance(leaf, Tensor) and leaf.lost)
    ]
    return bool(parameters) and not any(map(takes_gradient, parameters))


def _is_stateless(run: Run, leaf: Atom) -> bool:
    """Whether this is a module of torch that registers nothing: a ReLU, a pooling layer."""
    if not isinstance(leaf, Module) or not isinstance(leaf.cls, str) or leaf.identity in run.inside:
        return False
    if leaf.origin is Origin.GIVEN:  # an `nn.Module` is one of a subclass
        return False
    name, made = torch_api.canonical(leaf.cls), torch_api.module_class(leaf.cls)
    if made is None or not name.startswith("torch.nn.") or name in _HOLD_WHAT_THEY_ARE_GIVEN:
        return False
    return not (made.parameters or made.buffers or made.modules)


def _origin(run: Run, leaves: Sequence[Atom]) -> Origin:
    known = tuple(leaf for leaf in leaves if isinstance(leaf, (*TENSOR_LIKE, Module)))
    if not known:
        return Origin.UNKNOWN
    modules = (leaf.origin for leaf in known if isinstance(leaf, Module))
    return worst(run.origin(known), *modules)


def _is_plain(atom: Atom) -> TypeGuard[Literal]:
    return isinstance(atom, Literal) and atom.value is not None


def _describe_container(
    run: Run, name: str, container: Container, store: Store, state: Callable[..., AttributeState]
) -> Iterator[AttributeState]:
    leaves = list(_leaves(run, (container,)))
    if _hidden_on_purpose(run, container, name):
        return
    for kind, types in (
        (Kind.TENSORS, (Tensor, Buffer)),
        (Kind.PARAMETERS, (Parameter,)),
        (Kind.MODULES, (Module,)),
    ):
        found = [leaf for leaf in leaves if isinstance(leaf, types)]
        unregistered = [leaf for leaf in found if leaf.identity not in run.registered]
        if found:
            described = state(kind, Registration.PLAIN, unregistered or found, container)
            yield replace(
                described,
                comma=container.kind == "tuple" and _is_comma(store),
                stateless=Holds.UNKNOWN not in described.content | described.inner
                and all(_is_stateless(run, leaf) for leaf in found),
            )


def _is_comma(store: Store) -> bool:
    """Whether a tuple of one item is written out where the attribute is assigned: `self.x = x,`."""
    function = store.owner.facts.methods.get(store.method, ())
    bodies = (store.owner.file.function(facts) for facts in function)
    return any(
        isinstance(node, ir.Assign)
        and isinstance(node.value, ir.Sequence)
        and node.value.kind == "tuple"
        and len(node.value.items) == 1
        and not isinstance(node.value.items[0], ir.Starred)
        and any(isinstance(target, ir.Attribute) and target.place == store.place for target in node.targets)
        for body in bodies
        if body is not None
        for node in walk(body.body)
    )


def _content(run: Run, container: Container) -> frozenset[Holds]:
    return frozenset(holds(atom) for atom in run.heap[container.identity].content)


def _inner_content(run: Run, container: Container) -> frozenset[Holds]:
    """What the lists in a list may hold; UNKNOWN where they are no lists, or hold lists themselves."""
    found: set[Holds] = set()
    for atom in run.heap[container.identity].content:
        if isinstance(atom, Container):
            inside = _content(run, atom)
            known = atom.kind in ("list", "tuple") and Holds.CONTAINER not in inside
            found |= inside if known else {Holds.UNKNOWN}
    return frozenset(found)


def _keys(run: Run, container: Container) -> tuple[object, ...] | None:
    keys = run.heap[container.identity].by_key
    return None if keys is None else tuple(keys)


def _hidden_on_purpose(run: Run, container: Container, name: str) -> bool:
    """`self.teacher = [teacher]`: one module, wrapped so that torch does not see it.

    A module that is made on the spot (`[load(path)]`) is hidden if `self.teacher[0]` is all that the class asks for.
    """
    cell = run.heap[container.identity]
    if not any(isinstance(atom, Module) for atom in cell.content):
        return False
    return cell.wraps or (cell.items is not None and len(cell.items) == 1 and _only_first_used(run, name))


_FIRST = r"\s*\[\s*0\s*\]"
_NO_LIST = r"\s*(?:=(?!=)|\(|:[^=\n]+=|\.(?!append\b|extend\b|insert\b))"


def _only_first_used(run: Run, name: str) -> bool:
    if "{" in name:
        return False
    used = re.compile(rf"\bself\.{re.escape(name)}\b(?:({_FIRST})|({_NO_LIST}))?")
    texts = [
        owner.file.source(facts.span)
        for owner in run.linker.classes(run.cls)
        for definitions in owner.facts.methods.values()
        for facts in definitions
    ]
    found = [match for text in texts if name in text for match in used.finditer(text)]
    return any(match[1] for match in found) and all(match[1] or match[2] for match in found)


def _leaves(run: Run, value: Value, depth: int = 0) -> Iterator[Atom]:
    """What is in a value, containers looked into. Of `float | Tensor`, a tensor is what only a caller chooses.

    So it is of what may be a tensor, a container or anything else: `copy(value)`, of whatever that is.
    """
    kinds = {type(atom) for atom in value}
    chosen = kinds >= {Unknown, Container} or any(_is_plain(atom) for atom in value)
    flag = any(_is_plain(atom) and not isinstance(atom.value, (str, type(...))) for atom in value)
    for atom in value:
        if isinstance(atom, Container) and depth < 4:
            for item in _items(run, atom):
                yield from _leaves(run, item, depth + 1)
        elif not isinstance(atom, Unknown):
            # of `nn.Module | str`, the text may be the name of a module
            others = flag if isinstance(atom, Module) else chosen
            if not (others and getattr(atom, "origin", None) is Origin.GIVEN):
                yield atom


def _items(run: Run, container: Container) -> Iterator[Value]:
    """The items of a container where they are known one by one, else what any of them may be."""
    cell = run.heap[container.identity]
    items = cell.items or list((cell.by_key or {}).values())
    yield from items
    known = {atom for item in items for atom in item}
    if rest := tuple(atom for atom in cell.content if atom not in known):
        yield rest
