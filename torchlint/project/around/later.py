"""What happens to an attribute after construction: in later methods, and in functions that construction hands on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from torchlint.facts import ir
from torchlint.facts.body import Body, acts, walk
from torchlint.facts.model import FunctionFacts
from torchlint.findings import Place
from torchlint.project.aliases import Known, Shares, known_in, nothing_shares
from torchlint.project.around.changes import Changes, kept_attributes
from torchlint.project.around.from_outside import FromOutside
from torchlint.project.around.moves import is_move
from torchlint.project.around.rerun import run_later, somewhere
from torchlint.project.around.taken import name_pattern
from torchlint.project.interpret.inherited import OWN_NAMES
from torchlint.project.interpret.state import Run
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.module_state import Assignment, Holds
from torchlint.project.stores import (
    Stored,
    is_sized,
    may_store_computed,
    only_updates,
    receiver_of,
    stores,
)
from torchlint.project.values import (
    TENSOR_LIKE,
    Container,
    Origin,
)

_IN_PLACE = "changes it in place"
_OPEN = re.compile(r"\b[sg]etattr\b|[(,]\s*self\s*[,)]")
"""What a method that may reach any attribute has in it, and the head of most others."""
_HEAD = re.compile(r"\s*\w+\s*\(\s*self\b")


@dataclass(frozen=True, slots=True)
class Method:
    """A method that may run after construction. `built`: construction runs it, too."""

    owner: ClassRef
    function: ir.Function
    built: bool

    @property
    def name(self) -> str:
        """Its name."""
        return self.function.name


@dataclass(slots=True)
class Later:
    """What is known of one attribute: every assignment, and the clauses that say what changes or replaces its value."""

    assignments: list[Assignment]
    changed: str | None = None
    surely: bool = False
    """Whether the value surely changes, and is not just called the same as something that does."""
    replaced: str | None = None
    shared: str | None = None
    """What else holds the tensor, where it is changed in place."""
    captured: str | None = None
    """What holds the tensor under another name, and runs later."""


@dataclass
class AfterConstruction:
    """What the methods of a class, its bases and its subclasses do once it is built."""

    linker: Linker
    run: Run
    outside: FromOutside
    family: tuple[ClassRef, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.family = self.outside.family
        self._looks = Changes(self.linker, self.family)
        self._sure = Changes(self.linker, self.family, only_sure=True)
        self._texts: dict[ClassRef, list[tuple[FunctionFacts, str, bool]]] = {}
        """The methods of a class with their text, and whether that may reach what it does not name."""

    def of(self, name: str) -> Later:
        """All about one attribute."""
        record = self.run.record
        assert record is not None
        found = Later([one for one in record.assignments.values() if one.name == name])
        names = self._names_for(name)
        for method in self._methods(names):
            self._method(method, name, names, found)
        for owner, function, around in self._handed_on:
            receiver = receiver_of(around)
            known = known_in(around.body, Known(frozenset({receiver}), names, {}))
            stored = any(True for _ in stores(function, name, receiver))
            if stored or self._looks.in_body(owner, function.body, known, 2):
                found.changed = found.changed or "a function that construction hands on changes it"
            if stored:
                found.surely = True
                found.assignments.append(somewhere(name, owner, function, Holds.UNKNOWN))
            own = {one.name for one in function.parameters} | _assigned(function)
            if any(known.names.get(one) for one in _names_in(function.body) - own):
                found.captured = (
                    "a function that construction hands on keeps it, and `.to()` would part the two"
                )
        self._of_bases(name, found)
        for variant in names if "{" in name else ():
            self._variant(name, variant, found)
        if found.changed and found.changed.endswith(_IN_PLACE):
            methods = {method for owner in self.family for method in owner.facts.methods}
            for other in sorted(names.keys() - methods - {name}):
                if "{" not in name:
                    found.shared = f"`{other}` shares its memory, and `.to()` would part the two"
        found.changed = found.changed or self.outside.changed_in_place(name)
        return found

    def _variant(self, name: str, variant: str, found: Later) -> None:
        """Add what is assigned to `table_0` where construction assigns `table_{index}`."""
        for method in self._methods({variant: Shares.TENSOR}):
            if variant != name and any(stores(method.function, variant)) and self._runs_later(method):
                found.assignments.append(somewhere(name, method.owner, method.function, Holds.UNKNOWN))
                found.changed = found.changed or f"`{method.name}` assigns `{variant}` again"

    def _of_bases(self, name: str, found: Later) -> None:
        """Add what constructors of bases assign where they were not followed to the end."""
        noted = {(one.file, one.place) for one in found.assignments}
        for owner in self.linker.classes(self.run.cls):
            for facts in (
                owner.facts.methods.get("__init__", ()) if owner.file is not self.run.cls.file else ()
            ):
                function = owner.file.function(facts) if name in owner.file.source(facts.span) else None
                for store in () if function is None else stores(function, name):
                    if (owner.file.path, store.place) not in noted:
                        missed = somewhere(name, owner, function, Holds.UNKNOWN)
                        found.assignments.append(replace(missed, later=False))

    def _method(self, method: Method, name: str, names: dict[str, Shares], found: Later) -> None:
        owner, function = method.owner, method.function
        inside = list(stores(function, name))
        # a method of construction that assigns the attribute and then fills it builds it anew
        changes = not (method.built and inside) and self._looks.in_method(owner, function, names)
        computed = may_store_computed(function, name)
        if not (inside or changes or computed) or not self._runs_later(method):
            return
        if changes:
            found.changed = found.changed or f"`{method.name}` {_IN_PLACE}"
            found.surely = found.surely or self._sure.in_method(owner, function, {name: Shares.TENSOR}, 1)
        if computed:
            found.assignments.append(somewhere(name, owner, function, Holds.UNKNOWN))
            found.changed = found.changed or f"`{method.name}` may assign it again"
        if not inside:
            return
        noted = run_later(self.run, owner, function, name, self._volatile | {name})
        found.assignments += noted
        if len(noted) < len(inside):  # what could not be followed may be anything
            found.assignments.append(somewhere(name, owner, function, Holds.UNKNOWN))
        if len(noted) < len(inside) or self._brings_something_new(method, name, inside, noted):
            found.changed = found.changed or f"`{method.name}` assigns it again"
            found.surely = True
            if not only_updates(function, name):
                found.replaced = found.replaced or f"`{method.name}` assigns it something new"

    def _brings_something_new(
        self, method: Method, name: str, inside: list[Stored], noted: list[Assignment]
    ) -> bool:
        """Whether a method assigns a value that neither construction nor the next call would give again."""
        values = {one.place: one for one in noted}
        for store in inside:
            if store.value is not None and (
                store.value == ir.NONE
                or is_move(self.linker, method.owner, method.function, store.value, name)
            ):
                continue
            one = None if store.place is None else values.get(store.place)
            if one is None or store.value is None:
                return True
            if one.holds <= {Holds.NONE}:
                continue
            if not one.holds <= {Holds.TENSOR, Holds.NONE} or one.origin is not Origin.REBUILT:
                return True
            # `self.ready = torch.tensor(True)`: rebuilt, but not what construction gives
            sized = method.built or is_sized(method.function, store.value)
            if not sized and _unplaced(store.value) not in self._constructed(name):
                return True
        return False

    def _constructed(self, name: str) -> list[object]:
        """The expressions that construction assigns, those with local variables in them left out."""
        return [
            _unplaced(store.value)
            for _, function in self._of_construction
            for store in stores(function, name)
            if store.value is not None and not _locals(function) & _names_in(store.value)
        ]

    # -- names for one tensor ------------------------------------------------------------------------------------------

    def _names_for(self, name: str) -> dict[str, Shares]:
        """The attributes, properties and methods that give the tensor of an attribute, under which they hold it."""
        found = {name: Shares.TENSOR}
        if "{" in name:
            pattern = name_pattern(name)
            words = {word for owner in self.family for word in re.findall(r"\.\s*(\w+)", owner.file.text)}
            found.update((word, Shares.TENSOR) for word in words if pattern.fullmatch(word))
        identities = {
            atom.identity
            for slot in self.run.attributes.get(name, ())
            for atom in slot.value
            if isinstance(atom, TENSOR_LIKE)
        }
        for other, slots in self.run.attributes.items():
            atoms = [atom for slot in slots for atom in slot.value]
            if other[0] != "?" and identities & {getattr(atom, "identity", 0) for atom in atoms}:
                found[other] = Shares.TENSOR
            elif identities & {
                one for atom in atoms if isinstance(atom, Container) for one in self.run.identities((atom,))
            }:
                found.setdefault(other, Shares.HOLDER)
        for _ in range(2):
            for owner in self.family:
                for function in self._functions_of(owner, found):
                    known = Known(frozenset({receiver_of(function)}), dict(found), {})
                    if nothing_shares(function.body, known) and not _registers(function.body):
                        continue
                    inner = known_in(function.body, known)
                    for attribute, shares in kept_attributes(inner, function.body).items():
                        found.setdefault(attribute, shares)
                    given = [inner.shares(one) for one in _returned(function)]
                    if function.name not in ("__init__", "forward") and any(given):
                        found.setdefault(function.name, max(given))
        return found

    def _functions_of(self, owner: ClassRef, names: dict[str, Shares]) -> Iterator[ir.Function]:
        for facts in self._mentioning(owner, names):
            function = owner.file.function(facts)
            if function is not None:
                yield function

    def _mentioning(self, owner: ClassRef, names: dict[str, Shares]) -> Iterator[FunctionFacts]:
        """The methods of a class that name one of these attributes, or may."""
        if owner not in self._texts:
            self._texts[owner] = [
                (facts, text := owner.file.source(facts.span), not _keeps_to_itself(text) and _is_open(text))
                for definitions in owner.facts.methods.values()
                for facts in definitions
            ]
        mentions = re.compile(rf"\.\s*(?:{'|'.join(map(re.escape, names))})\b")
        for facts, text, reaches in self._texts[owner]:
            if reaches or (any(name in text for name in names) and (mentions.search(text) or _is_open(text))):
                yield facts

    # -- methods -------------------------------------------------------------------------------------------------------

    def _methods(self, names: dict[str, Shares]) -> Iterator[Method]:
        """The methods that name the attribute, or may, and that may run after construction."""
        for owner in self.family:
            for facts in self._mentioning(owner, names):
                if _is_ordinary(facts):
                    function = owner.file.function(facts)
                    if function is not None:
                        yield Method(owner, function, self._ran(owner, facts))

    def _runs_later(self, method: Method) -> bool:
        """Whether a method runs after construction: that does not run it, or it is called again.

        Asked last: it may need a search through the project.
        """
        return not method.built or method.name in self._called or self._called_from_outside(method)

    @cached_property
    def _called(self) -> frozenset[str]:
        """What the methods that construction does not run call on the module."""
        return frozenset(
            word
            for owner in self.family
            for definitions in owner.facts.methods.values()
            for facts in definitions
            if _is_ordinary(facts) and not self._ran(owner, facts)
            for word in self.linker.names_in(owner.file, facts.span, OWN_NAMES)
        )

    def _called_from_outside(self, method: Method) -> bool:
        """Whether something else in the project calls a method that construction runs: `model.set_scale(2)`."""
        if method.name.startswith("_"):
            return False
        return self.outside.sources.calls_on_others(method.owner.file, method.name)

    def _ran(self, owner: ClassRef, facts: FunctionFacts) -> bool:
        assert self.run.record is not None
        return (owner.file.path, facts.qualname) in self.run.record.construction

    @cached_property
    def _of_construction(self) -> tuple[tuple[ClassRef, ir.Function], ...]:
        return tuple(
            (owner, function)
            for owner in self.family
            for definitions in owner.facts.methods.values()
            for facts in definitions
            if self._ran(owner, facts) and (function := owner.file.function(facts)) is not None
        )

    @cached_property
    def _handed_on(self) -> tuple[tuple[ClassRef, ir.Function, ir.Function], ...]:
        """The functions that construction defines and does not call itself: hooks and callbacks."""
        found = []
        for owner, function in self._of_construction:
            called = {
                node.func.id
                for node in walk(function.body)
                if isinstance(node, ir.Call) and isinstance(node.func, ir.Name)
            }
            direct = [node.func for node in walk(function.body) if isinstance(node, ir.Call)]
            for node in walk(function.body):
                if (isinstance(node, ir.Define) and node.function.name not in called) or (
                    isinstance(node, ir.Lambda) and node not in direct
                ):
                    found.append((owner, node.function, function))
        return tuple(found)

    @cached_property
    def _volatile(self) -> frozenset[str]:
        """The attributes whose value changes after construction: what is computed from them then is not rebuilt."""
        return frozenset(
            name
            for name in self.run.attributes
            if name[0] != "?" and "{" not in name and self._changes_later(name)
        )

    def _changes_later(self, name: str) -> bool:
        names = {name: Shares.TENSOR}
        for method in self._methods(names):
            for store in stores(method.function, name):
                if (
                    store.value is None
                    or not is_move(self.linker, method.owner, method.function, store.value, name)
                ) and self._runs_later(method):
                    return True
            if not method.built and self._looks.in_method(method.owner, method.function, names):
                return True
        return self.outside.touched(name)


def _is_open(text: str) -> bool:
    return _OPEN.search(text) is not None


def _keeps_to_itself(text: str) -> bool:
    """Whether a method surely reaches only attributes that it names: it hands its object on to nobody."""
    return (
        text.count("self") - text.count("self.") == 1
        and _HEAD.match(text.partition("def ")[2]) is not None
        and "setattr" not in text
        and "getattr" not in text
    )


def _is_ordinary(facts: FunctionFacts) -> bool:
    return facts.qualname.rpartition(".")[2] not in ("__init__", "__setattr__")


def _returned(function: ir.Function) -> Iterator[ir.Expr]:
    for node in acts(function.body):
        if isinstance(node, (ir.Return, ir.Yield)) and node.value is not None:
            yield node.value


def _registers(body: object) -> bool:
    return not isinstance(body, Body) or "register_buffer" in body.words


def _locals(function: ir.Function) -> set[str]:
    targets = {node.id for node in walk(function.body) if isinstance(node, ir.Name)}
    return targets & ({one.name for one in function.parameters[1:]} | _assigned(function))


def _assigned(function: ir.Function) -> set[str]:
    return {
        target.id
        for node in walk(function.body)
        if isinstance(node, ir.Assign)
        for target in node.targets
        if isinstance(target, ir.Name)
    }


def _unplaced(node: object) -> object:
    """An expression without its places, to be compared."""
    if isinstance(node, Place):
        return None
    return tuple(map(_unplaced, node)) if isinstance(node, tuple) else node


def _names_in(value: object) -> set[str]:
    return {node.id for node in walk(value) if isinstance(node, ir.Name)}
