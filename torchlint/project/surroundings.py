"""What the rest of a project says about one attribute of a class: all that a fix has to respect.

The class, its bases and its subclasses in other files are read closely; every other file of the project is searched for
assignments from outside (`model.pe = …`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.findings import Place
from torchlint.project.changes import changes_in_place, only_updates, stores, stores_computed_name
from torchlint.project.interpret import functions
from torchlint.project.interpret.inherited import OWN_NAMES
from torchlint.project.interpret.record import Record
from torchlint.project.interpret.state import UNKNOWN_ARGUMENTS, Frame, OutOfBudgetError, Run, Slot
from torchlint.project.linking import MODULE, ClassRef, Linker
from torchlint.project.module_state import Assignment, Holds, ModuleState, Surroundings
from torchlint.project.predict import construct, state_of
from torchlint.project.sources import ProjectSources
from torchlint.project.values import TENSOR_LIKE, FunctionValue, Origin, SelfObject

_LATER_BUDGET = 8_000
_SCRIPTED = ("ScriptModule", "script_method")


class Study:
    """A class looked at closely. Raises nothing: `state` is None where its construction cannot be followed."""

    def __init__(self, linker: Linker, cls: ClassRef, path: str, sources: ProjectSources) -> None:
        self.linker = linker
        self.cls = cls
        self.sources = sources
        self.record = Record()
        run = construct(linker, cls, self.record)
        self.run = run
        self.state: ModuleState | None = None if run is None else state_of(run, path)

    def surroundings(self, name: str) -> Surroundings:
        """All about one attribute of the class."""
        family = (*self.linker.classes(self.cls), *self.subclasses)
        later, changed, replaced = self._later(name)
        outside, changed_outside = self._outside(name)
        return Surroundings(
            class_attribute=self._class_attribute(name, family),
            intercepted=self._intercepted(name, family),
            hidden=self._hidden(name),
            unreadable=self._unreadable(),
            changed=changed or changed_outside,
            replaced=replaced,
            outside=outside,
            used=_used(name, family),
            assignments=later,
        )

    @cached_property
    def subclasses(self) -> tuple[ClassRef, ...]:
        """The subclasses in the files of the project."""
        found: dict[ClassRef, None] = {}
        pending = [self.cls.facts.name]
        seen = set(pending)
        while pending:
            for path in self.sources.mentioning(self.cls.file, pending.pop()):
                loaded = self.linker.store.load(path)
                for qualname, facts in () if loaded is None else loaded.facts.classes.items():
                    assert loaded is not None
                    cls = ClassRef(loaded, qualname)
                    if cls != self.cls and cls not in found and self.cls in self.linker.mro(cls):
                        found[cls] = None
                        if facts.name not in seen:
                            seen.add(facts.name)
                            pending.append(facts.name)
        return tuple(found)

    def _class_attribute(self, name: str, family: Iterable[ClassRef]) -> str | None:
        for cls in family:
            facts = cls.facts
            if name in facts.methods:
                return f"`{name}` is also a {_kind_of(facts.methods[name][-1].decorators)} of `{facts.name}`"
            if facts.names.get(name) is not None or f"{cls.qualname}.{name}" in cls.file.facts.classes:
                return f"`{name}` is also a class attribute of `{facts.name}`"
        for base in self.linker.mro(self.cls):
            if isinstance(base, str) and name in torch_api.class_names(base):
                return f"`{name}` is also an attribute of torch's `{base.rpartition('.')[2]}`"
        return None

    def _intercepted(self, name: str, family: Iterable[ClassRef]) -> str | None:
        for cls in family:
            facts = cls.facts
            for special in ("__setattr__", "__slots__", "__getattr__", "__getattribute__"):
                if special in facts.methods or special in facts.names:
                    return f"`{facts.name}` defines `{special}`"
            constants = facts.names.get("__constants__")
            if constants is not None and name in _strings(constants):
                return f"`{name}` is one of the `__constants__` of `{facts.name}`"
            decorators = {
                word for methods in facts.methods.values() for one in methods for word in one.decorators
            }
            if any(word.endswith(_SCRIPTED) for word in decorators):
                return f"`{facts.name}` is compiled by TorchScript"
        for base in self.linker.mro(self.cls):
            if isinstance(base, str) and base.endswith(_SCRIPTED):
                return f"`{self.cls.facts.name}` is compiled by TorchScript"
        return None

    def _hidden(self, name: str) -> str | None:
        if name in self.record.hidden:
            return f"`{name}` is also put past torch, with `object.__setattr__` or `__dict__`"
        return None

    def _unreadable(self) -> str | None:
        for base in self.linker.mro(self.cls):
            if base is None:
                return "one of its base classes cannot be read"
            if isinstance(base, str) and not (
                base == MODULE or torch_api.module_class(base) is not None or base.startswith("builtins.")
            ):
                top = base.partition(".")[0]
                if top not in ("abc", "typing", "typing_extensions", "enum", "collections", "torch"):
                    return f"its base class `{base}` cannot be read"
        return None

    # -- after construction ----------------------------------------------------------------------------------------

    def _later(self, name: str) -> tuple[tuple[Assignment, ...], str | None, str | None]:
        """Every assignment, those of later methods and of subclasses too; what changes or replaces it later."""
        run = self.run
        if run is None:
            return (), None, None
        changed: str | None = None
        replaced: str | None = None
        found: list[Assignment] = [one for one in self.record.assignments.values() if one.name == name]
        for owner, method, function, built in self._methods(name):
            inside = list(stores(function, name))
            # a method of construction that assigns the attribute and then fills it builds it anew
            if not (built and inside) and changes_in_place(self.linker, owner, function, name):
                changed = changed or f"`{method}` changes it in place"
            if stores_computed_name(function):
                found.append(_somewhere(name, owner, function, Holds.UNKNOWN))
            if not inside:
                continue
            noted = _run_later(run, owner, function, name, self._volatile - {name})
            found += noted
            if len(noted) < len(inside):  # what could not be followed may be anything
                found.append(_somewhere(name, owner, function, Holds.UNKNOWN))
            if any(_changes(one) for one in noted) or len(noted) < len(inside):
                changed = changed or f"`{method}` assigns it again"
                if not only_updates(function, name):
                    replaced = replaced or f"`{method}` assigns it something new"
        for sub in self.subclasses:
            found += self._of_subclass(sub, name)
        return tuple(dict.fromkeys(found)), changed, replaced

    @cached_property
    def _volatile(self) -> frozenset[str]:
        """The attributes whose value changes after construction: what is computed from them then is not rebuilt."""
        assert self.run is not None
        return frozenset(
            name
            for name in self.run.attributes
            if name[0] != "?" and "{" not in name and self._changes_later(name)
        )

    def _changes_later(self, name: str) -> bool:
        for owner, _, function, built in self._methods(name):
            inside = any(True for _ in stores(function, name))
            if inside or (not built and changes_in_place(self.linker, owner, function, name)):
                return True
        return any(self._outside(name))

    def _methods(self, name: str) -> Iterator[tuple[ClassRef, str, ir.Function, bool]]:
        """The methods that name the attribute and run after construction; whether they run during it as well."""
        mentions = re.compile(rf"\.\s*{re.escape(name)}\b|\bsetattr\b")
        found = [
            (owner, method, facts)
            for owner in (*self.linker.classes(self.cls), *self.subclasses)
            for method, definitions in owner.facts.methods.items()
            for facts in definitions
            if method not in ("__init__", "__setattr__")
        ]
        ran = {
            facts
            for owner, _, facts in found
            if (owner.file.path, facts.qualname) in self.record.construction
        }
        called = {
            word
            for owner, _, facts in found
            if facts not in ran
            for word in self.linker.names_in(owner.file, facts.span, OWN_NAMES)
        }
        for owner, method, facts in found:
            if (facts in ran and method not in called) or not mentions.search(owner.file.source(facts.span)):
                continue
            function = owner.file.function(facts)
            if function is not None:
                yield owner, method, function, facts in ran

    def _of_subclass(self, sub: ClassRef, name: str) -> Iterator[Assignment]:
        """What the construction of a subclass assigns."""
        record = Record()
        mine = {(one.file, one.place) for one in self.record.assignments.values()}
        if any(name in owner.file.text for owner in self.linker.classes(sub) if owner != self.cls):
            if construct(self.linker, sub, record) is None:
                yield _somewhere(name, sub, None, Holds.UNKNOWN)
            for one in record.assignments.values():
                if one.name == name and (one.file, one.place) not in mine:
                    yield replace(one, later=True)

    # -- from outside ----------------------------------------------------------------------------------------------

    def _outside(self, name: str) -> tuple[str | None, str | None]:
        """Where another part of the project assigns the attribute, or changes its value, on some object."""
        assigned = changed = None
        for path, uses in self.sources.uses(self.cls.file, name):
            own = {one.place.line for one in self.record.assignments.values() if one.file == path}
            for line in (one for one in uses.assigned if one not in own and assigned is None):
                assigned = f"{_shown(path)}:{line} assigns `.{name}` from outside"
            for line in (one for one in uses.changed if one not in own and changed is None):
                changed = f"{_shown(path)}:{line} changes `.{name}` from outside"
        return assigned, changed


def _used(name: str, family: Iterable[ClassRef]) -> frozenset[str]:
    """What is looked up on the attribute in the methods of the class, its bases and its subclasses."""
    pattern = re.compile(rf"\.\s*{re.escape(name)}\s*\.\s*(\w+)")
    texts = (
        cls.file.source(facts.span)
        for cls in family
        for definitions in cls.facts.methods.values()
        for facts in definitions
    )
    return frozenset(word for text in texts for word in pattern.findall(text))


def _shown(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _run_later(
    run: Run, owner: ClassRef, function: ir.Function, name: str, volatile: frozenset[str]
) -> list[Assignment]:
    """Run a method from the state that construction left; what it assigns to the attribute."""
    assert run.record is not None
    before = dict(run.record.assignments)
    state, budget = run.attributes, run.budget
    frame = Frame(owner.file, owner, function.name, owner.qualname, {}, receiver=SelfObject())
    value = FunctionValue(owner.file, function, owner, None, SelfObject())
    run.budget = _LATER_BUDGET
    try:
        run.attributes = {
            one: tuple(_aged(slot) for slot in slots) if one in volatile else slots
            for one, slots in state.items()
        }
        functions.invoke(run, frame, value, UNKNOWN_ARGUMENTS)
    except (OutOfBudgetError, RecursionError):
        pass
    finally:
        noted = [one for one in run.record.assignments.values() if one.name == name and one.later]
        run.record.assignments = before
        run.attributes, run.budget = state, budget
    return noted


def _aged(slot: Slot) -> Slot:
    """What an attribute holds once it has changed: nobody knows what."""
    atoms = (
        replace(atom, origin=Origin.UNKNOWN) if isinstance(atom, TENSOR_LIKE) else atom for atom in slot.value
    )
    return replace(slot, value=tuple(atoms))


def _changes(assignment: Assignment) -> bool:
    """Whether a later assignment brings a value that construction would not give again."""
    plain = assignment.holds <= {Holds.NONE}
    return not plain and not (
        assignment.holds <= {Holds.TENSOR, Holds.NONE} and assignment.origin is Origin.REBUILT
    )


def _somewhere(name: str, owner: ClassRef, function: ir.Function | None, holds: Holds) -> Assignment:
    """An assignment that is known to be there, and not what it assigns."""
    line = owner.facts.line if function is None else function.line
    method = "__init__" if function is None else function.name
    return Assignment(
        name,
        owner.file.path,
        owner.qualname,
        method,
        Place(line, 1, line, 1),
        (line, line),
        frozenset({holds}),
        later=True,
    )


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, ir.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, tuple):
        for part in node:
            yield from _strings(part)


def _kind_of(decorators: tuple[str, ...]) -> str:
    return "property" if any(word.endswith(("property", "setter")) for word in decorators) else "method"
