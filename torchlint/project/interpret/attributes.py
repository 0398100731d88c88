"""Attributes of the module under construction: what `nn.Module.__setattr__` and `__getattr__` do.

The rules of registration are those of `torch.nn.Module.__setattr__` (torch 2.13); tests run torch to hold them to it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.facts.model import FunctionFacts
from torchlint.findings import Place
from torchlint.project.interpret import expressions, functions, hints
from torchlint.project.interpret.state import Arguments, Frame, Registration, Run, Slot, Store, perhaps_not
from torchlint.project.known import KNOWN_PROPERTIES
from torchlint.project.linking import MODULE, ClassRef
from torchlint.project.values import (
    NOTHING,
    UNKNOWN,
    Atom,
    Bound,
    Buffer,
    ClassValue,
    Container,
    FunctionValue,
    Instance,
    Literal,
    Module,
    Origin,
    Parameter,
    SelfObject,
    Tensor,
    Unknown,
    Value,
    is_none,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

REGISTRIES: dict[str, Registration] = {
    "_buffers": "buffer",
    "_parameters": "parameter",
    "_modules": "module",
}
"""The attributes of a module that torch registers in."""
_SETS_ANY = re.compile(r"\bsetattr\(self\b|\bself\.__dict__\b|\bvars\(self\)|\b__getattr")


def assign(run: Run, frame: Frame, name: str, value: Value, place: Place, lines: tuple[int, int]) -> None:
    """`self.name = value`."""
    if name in REGISTRIES or _is_property_of_base(run, name):
        run.register(value)
        hide(run, name)
        return
    setter = _setter(run, name)
    if setter is not None:
        functions.invoke(run, frame, setter, Arguments([value]))
        return
    before = run.attributes.get(name) or _by_pattern(run, name)
    if "{" in name:
        run.patterns[name] = None
    store = Store(frame.file, frame.owner or run.cls, frame.method, place, lines)
    if not before and name in run.missed and _inherits_unread(run):
        run.attributes[name] = (Slot("plain", UNKNOWN, store),)  # it is read before, so a base class makes it
        return
    perhaps_unset = run.attributes.pop(perhaps_not(name), None) is not None
    if run.record is not None:
        origin = run.origin(value)
        again = bool(before) and not perhaps_unset
        if run.decided is not Origin.REBUILT:
            run.record.chance.add(name)
        run.record.assigned(name, store, value, origin, run.trained, again=again)
    if any(isinstance(atom, Tensor) for atom in value):
        store = _first_store(before, store)
    taken: dict[Registration, None] = {
        slot.registration: None for slot in before if slot.registration != "plain"
    }
    may_be_plain = not before or any(slot.registration == "plain" for slot in before)
    slots: list[Slot] = []
    plain: list[Atom] = []
    for atom in value:
        if isinstance(atom, Parameter):
            slots.append(Slot("parameter", (atom,), store))
        elif isinstance(atom, Module):
            slots.append(Slot("module", (atom,), store))
        elif isinstance(atom, Buffer) and atom.identity not in run.registered:
            slots.append(Slot("buffer", (atom,), store))
        else:
            # a registered name stays registered: a buffer takes any tensor or None, the others None; what torch
            # refuses with a TypeError never gets there
            for registration in taken:
                if isinstance(atom, (Tensor, Buffer)) and registration == "buffer":
                    slots.append(Slot("buffer", (Buffer(atom.identity, atom.origin),), store))
                elif is_none(atom) or isinstance(atom, Unknown):
                    slots.append(Slot(registration, (atom,), store))
            if may_be_plain or not taken:
                plain.append(atom)
    if plain:
        slots.append(Slot("plain", tuple(plain), store))
    for slot in slots:
        if slot.registration != "plain":
            run.register(slot.value)
    run.attributes[name] = tuple(slots if len(slots) == 1 else dict.fromkeys(slots)) or before


def assign_somewhere(run: Run, value: Value) -> None:
    """`setattr(self, "layer{}".format(i), layer)`: torch registers what is made for it under any name."""
    run.register(tuple(atom for atom in value if isinstance(atom, (Parameter, Buffer, Module))))


def _first_store(before: tuple[Slot, ...], store: Store) -> Store:
    """Where a tensor was first assigned to a name that now gets another one: a finding stands there."""
    for slot in before:
        earlier = slot.store
        holds_tensor = slot.registration == "plain" and any(isinstance(atom, Tensor) for atom in slot.value)
        if holds_tensor and earlier is not None and earlier.file is store.file:
            return earlier
    return store


def _by_pattern(run: Run, name: str) -> tuple[Slot, ...]:
    """What was registered under a name made in a loop (`f"table_{index}"`) that this one is an instance of."""
    for pattern in run.patterns:
        slots = run.attributes.get(pattern, ())
        if all(slot.registration == "plain" for slot in slots):
            continue
        if re.fullmatch(".+".join(map(re.escape, re.split(r"\{.*?\}", pattern))), name):
            return slots
    return ()


def register(
    run: Run,
    frame: Frame,
    name: str,
    registration: Registration,
    value: Value,
    place: Place,
    lines: tuple[int, int],
) -> None:
    """`register_buffer`, `register_parameter`, `add_module` and their kin, by name."""
    store = Store(frame.file, frame.owner or run.cls, frame.method, place, lines)
    if "{" in name:
        run.patterns[name] = None
    kept: list[Atom] = []
    for atom in value:
        if registration == "buffer" and isinstance(atom, Tensor):
            run.register((atom,))
            kept.append(Buffer(atom.identity, atom.origin))
        else:
            kept.append(atom)
    if run.record is not None:
        origin, again = run.origin(value), bool(run.attributes.get(name))
        run.record.assigned(name, store, value, origin, run.trained, again=again, call=True)
    run.attributes[name] = (Slot(registration, tuple(kept) or UNKNOWN, store),)
    run.register(value)


def hide(run: Run, name: str) -> None:
    """`object.__setattr__(self, name, …)` and `self.__dict__[name] = …`: out of torch's sight on purpose."""
    run.attributes[name] = (Slot("plain", UNKNOWN, None),)
    if run.record is not None:
        run.record.hidden.add(name)


def delete(run: Run, name: str) -> None:
    """`del self.name`."""
    run.attributes.pop(name, None)


def read(run: Run, frame: Frame, name: str) -> Value:
    """`self.name`."""
    slots = run.attributes.get(name)
    if slots is not None:
        return join(NOTHING, *(slot.value for slot in slots)) or UNKNOWN
    if name == "__class__":
        return (ClassValue(run.cls),)
    value = class_attribute(run, frame, run.cls, name, SelfObject())
    if value == (Bound(SelfObject(), name),):
        run.missed.add(name)
    return value


def _inherits_unread(run: Run) -> bool:
    """Whether a base class may be a module, and can't be read."""
    return any(
        base is None or (not base.startswith("torch.") and run.linker.is_external_module(base) is not False)
        for base in run.linker.mro(run.cls)
        if not isinstance(base, ClassRef)
    )


def _is_property_of_base(run: Run, name: str) -> bool:
    """Whether a base class that is known by name alone keeps what is assigned, and moves it, itself."""
    owner = KNOWN_PROPERTIES.get(name)
    return owner is not None and any(
        isinstance(base, str) and base.endswith(f".{owner}") for base in run.linker.mro(run.cls)
    )


def exists(run: Run, name: str) -> bool | None:
    """Whether the module has an attribute by now; None where that is not known."""
    if name in run.attributes:
        return None if perhaps_not(name) in run.attributes else True
    if "{" in name or run.patterns or (run.record is not None and run.record.later):
        return None
    for base in run.linker.mro(run.cls):
        if not isinstance(base, ClassRef):
            if base == MODULE and name in torch_api.class_names(MODULE):
                return True
            if base != MODULE and base != "builtins.object":
                return None
        elif name in base.facts.methods or base.facts.names.get(name) is not None:
            return True
        elif (base.file is not run.cls.file and name in base.file.text) or _sets_any(run, base):
            return None  # not everything that a base does is followed, nor a name that is not written out
    return False


def _sets_any(run: Run, cls: ClassRef) -> bool:
    """Whether methods of a class may set attributes whose names they do not say."""
    definitions = (facts for found in cls.facts.methods.values() for facts in found)
    return any(run.linker.names_in(cls.file, facts.span, _SETS_ANY) for facts in definitions)


def class_attribute(
    run: Run, frame: Frame, cls: ClassRef, name: str, receiver: Atom | None, after: ClassRef | None = None
) -> Value:
    """A name of a class: method, property (called), class variable, nested class. `after`: as `super()` does."""
    for owner in _owners(run, cls, name, after):
        facts = owner.facts
        if name in facts.methods:
            return _method(run, frame, owner, facts.methods[name], receiver)
        if isinstance(receiver, Instance) and name in facts.names:
            return _of_object(run, owner, name)
        if facts.names.get(name) is not None:
            value = facts.names[name]
            assert value is not None
            inner = Frame(owner.file, owner, "", owner.qualname, {})
            return expressions.evaluate(run, inner, value)
        nested = f"{owner.qualname}.{name}"
        if nested in owner.file.facts.classes:
            return (ClassValue(ClassRef(owner.file, nested)),)
    return (Bound(receiver, name),) if isinstance(receiver, SelfObject) else UNKNOWN


def _of_object(run: Run, owner: ClassRef, name: str) -> Value:
    """A field of an object: what its class says is only the default, each object may hold something else."""
    frame = Frame(owner.file, owner, "", owner.qualname, {})
    default = owner.facts.names[name]
    value = NOTHING if default is None else expressions.evaluate(run, frame, default)
    known = tuple(atom for atom in value if not isinstance(atom, Unknown))
    said = hints.annotated(run, frame, owner.facts.annotations.get(name))
    # which tensor or module it is may depend on what else the object holds
    return join(known, said if all(_is_plain(run, atom) for atom in said) else UNKNOWN)


def _is_plain(run: Run, atom: Atom) -> bool:
    """Whether an alternative is a plain value, or a container of plain values."""
    if isinstance(atom, Container):
        return all(isinstance(inner, Literal) for inner in run.heap[atom.identity].content)
    return isinstance(atom, Literal)


def _method(
    run: Run, frame: Frame, owner: ClassRef, definitions: tuple[FunctionFacts, ...], receiver: Atom | None
) -> Value:
    getter = next((facts for facts in definitions if is_property(facts)), None)
    if getter is not None and receiver is not None:
        function = owner.file.function(getter)
        if function is None:
            return UNKNOWN
        value = FunctionValue(owner.file, function, owner, None, receiver)
        return functions.invoke(run, frame, value, Arguments())
    function = owner.file.function(definitions[-1])
    if function is None:
        return UNKNOWN
    decorators = definitions[-1].decorators
    if "staticmethod" in decorators:
        receiver = None
    elif "classmethod" in decorators:
        receiver = ClassValue(run.cls if isinstance(receiver, SelfObject) else owner)
    closure = (
        run.enclosing if owner.file is run.cls.file and owner.facts.scope == run.cls.facts.scope else None
    )
    return (FunctionValue(owner.file, function, owner, closure, receiver),)


def is_property(facts: FunctionFacts) -> bool:
    """Whether a definition is a property's getter (`@property`, `@cached_property`, `@abstractproperty`)."""
    return any(
        name.rpartition(".")[2] in ("property", "cached_property", "lazy_property")
        for name in facts.decorators
    )


def _owners(run: Run, cls: ClassRef, name: str, after: ClassRef | None) -> Iterator[ClassRef]:
    """Where a name is looked up: in `class Net(nn.Module, Mixin)`, what torch defines hides what the mixin does."""
    seen = after is None
    for base in run.linker.mro(cls):
        if isinstance(base, ClassRef):
            if seen:
                yield base
            seen = seen or base == after
        elif seen and base is not None and name in _defined_by_torch(base):
            return


@cache
def _defined_by_torch(base: str) -> frozenset[str]:
    return torch_api.class_names(base) | {"__init__"} if torch_api.module_class(base) else frozenset()


def _setter(run: Run, name: str) -> FunctionValue | None:
    """The setter of a property of that name."""
    for owner in run.linker.classes(run.cls):
        definitions = owner.facts.methods.get(name)
        if definitions is None:
            continue
        for facts in definitions:
            if f"{name}.setter" in facts.decorators and (function := owner.file.function(facts)):
                return FunctionValue(owner.file, function, owner, None, SelfObject())
        return None
    return None


def seed(run: Run) -> None:
    """What a base class of torch registers before the class says anything."""
    for base in reversed(run.linker.mro(run.cls)):
        known = torch_api.module_class(base) if isinstance(base, str) else None
        if known is None:
            continue
        for name in known.parameters:
            _seed(run, name, "parameter", (Parameter(run.fresh()),))
        for name in known.buffers:
            _seed(run, name, "buffer", (Buffer(run.fresh()),))
        for name in known.modules:
            _seed(run, name, "module", (Module(run.fresh()),))


def _seed(run: Run, name: str, registration: Registration, value: Value) -> None:
    run.attributes[name] = (Slot(registration, value, None),)
    run.register(value)


def refine(run: Run, frame: Frame, value: Value, annotation: ir.Expr | None) -> Value:
    """A value of an annotated assignment: where nothing else is known of it, the annotation is believed."""
    if annotation is None or not any(isinstance(atom, Unknown) for atom in value):
        return value
    said = hints.annotated(run, frame, annotation)
    return join(tuple(atom for atom in value if not isinstance(atom, Unknown)), said)


def name_of(run: Run, frame: Frame, expression: ir.Expr) -> list[str]:
    """The names that an expression in `setattr(self, …)` stands for; `mask_{i}` for an f-string with unknown parts."""
    if isinstance(expression, ir.Format):
        text = ""
        for part in expression.parts:
            if isinstance(part, str):
                text += part
                continue
            known = _literals(expressions.evaluate(run, frame, part))
            text += known[0] if len(known) == 1 else f"{{{hints.last_name(part)}}}"
        return [text]
    return _literals(expressions.evaluate(run, frame, expression))


def _literals(value: Value) -> list[str]:
    found = []
    for atom in value:
        literal = getattr(atom, "value", ...)
        if not isinstance(literal, (str, int)):
            return []
        found.append(str(literal))
    return found
