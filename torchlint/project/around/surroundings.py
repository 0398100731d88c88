"""What the rest of a project says about one attribute of a class: all that a fix has to respect.

The class, its bases and its subclasses in other files are read closely; every other file of the project is searched for
assignments from outside (`model.pe = …`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec.structs import replace

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.project.around import taken
from torchlint.project.around.from_outside import FromOutside
from torchlint.project.around.heirs import Heirs
from torchlint.project.around.later import AfterConstruction, Later
from torchlint.project.around.rerun import somewhere
from torchlint.project.around.uses import used_on
from torchlint.project.interpret.record import Record
from torchlint.project.interpret.state import perhaps_not
from torchlint.project.linking import MODULE, ClassRef, Linker
from torchlint.project.module_state import Assignment, Holds, ModuleState, Surroundings
from torchlint.project.predict import construct, state_of
from torchlint.project.sources import ProjectSources, shown

_SPECIAL = ("__setattr__", "__slots__", "__getattr__", "__getattribute__", "register_buffer", "register_parameter",
            "register_module", "add_module")  # fmt: skip
_OWN_ITEMS = ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict")
_SCRIPTED = ("ScriptModule", "script_method")


class Study:
    """A class looked at closely. Raises nothing: `state` is None where its construction cannot be followed."""

    def __init__(
        self, linker: Linker, cls: ClassRef, path: str, sources: ProjectSources, heirs: Heirs
    ) -> None:
        self.linker = linker
        self.cls = cls
        self.sources = sources
        self.heirs = heirs
        self.record = Record()
        self._surroundings: dict[str, Surroundings] = {}
        self._heirs: dict[ClassRef, tuple[bool, Record]] = {}
        """For each subclass whether its construction could be followed, and the record of that."""
        run = construct(linker, cls, self.record)
        self.run = run
        self.state: ModuleState | None = None if run is None else state_of(run, path)

    def surroundings(self, name: str) -> Surroundings:
        """All about one attribute of the class; looked for once, however many findings ask for it."""
        if name not in self._surroundings:
            self._surroundings[name] = self._look_around(name)
        return self._surroundings[name]

    def _look_around(self, name: str) -> Surroundings:
        family = (*self.linker.classes(self.cls), *self.subclasses)
        later = self._after.of(name) if self._after else Later([])
        siblings = self._siblings(name)
        for sub in self.subclasses:
            later.assignments += self._of_subclass(sub, name)
        outside, changed_outside, past = self._outside(name)
        return Surroundings(
            class_attribute=_first(
                taken.class_attribute(self.linker, self.cls, family, one) for one in siblings
            )
            or self._elsewhere.on_class(name),
            intercepted=self._intercepted(name, family),
            hidden=_first(self._hidden(one, family) for one in siblings) or later.shared,
            unreadable=self._unreadable(),
            changed=later.changed
            or _first(self._after.of(one).changed for one in siblings[1:] if self._after)
            or changed_outside
            or outside,
            surely=later.surely,
            replaced=later.replaced,
            outside=outside or past or taken.gone_through(family),
            risky=later.captured or self._by_chance(name) or taken.marked(family, name),
            contained=self._contained(),
            used=used_on(name, family),
            used_inside=used_on(name, family, items=True),
            assignments=tuple(dict.fromkeys(later.assignments)),
        )

    def _contained(self) -> str | None:
        for base in self.linker.mro(self.cls):
            if isinstance(base, str) and torch_api.canonical(base) in _OWN_ITEMS:
                return f"`{base.rpartition('.')[2]}`, its base class, takes every module on it for one of its items"
        return None

    def _by_chance(self, name: str) -> str | None:
        if self.run is None or name not in self.record.chance or perhaps_not(name) not in self.run.attributes:
            return None
        return (
            "chance decides whether it is there at all, and a `state_dict` of one kind does not fit the other"
        )

    @cached_property
    def _after(self) -> AfterConstruction | None:
        if self.run is None:
            return None
        return AfterConstruction(self.linker, self.run, self._elsewhere)

    @cached_property
    def _elsewhere(self) -> FromOutside:
        return FromOutside(self.linker, self.cls, self.subclasses, self.sources)

    @cached_property
    def subclasses(self) -> tuple[ClassRef, ...]:
        """The subclasses in the files of the project."""
        return self.heirs.of(self.cls)

    def _siblings(self, name: str) -> tuple[str, ...]:
        """The attribute, and others that the same statement assigns by a name that it computes."""
        noted = self.record.assignments.values()
        places = {(one.file, one.place) for one in noted if one.name == name}
        others = (one.name for one in noted if (one.file, one.place) in places)
        return tuple(dict.fromkeys((name, *others)))

    def _intercepted(self, name: str, family: Iterable[ClassRef]) -> str | None:
        for cls in family:
            facts = cls.facts
            for special in _SPECIAL:
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

    def _hidden(self, name: str, family: tuple[ClassRef, ...]) -> str | None:
        if name in self.record.hidden:
            return f"`{name}` is also put past torch, with `object.__setattr__` or `__dict__`"
        return taken.looked_up(family, name)

    def _unreadable(self) -> str | None:
        for base in self.linker.mro(self.cls):
            if base is None:
                return "one of its base classes cannot be read"
            if isinstance(base, str) and not (
                base == MODULE or torch_api.module_class(base) is not None or base.startswith("builtins.")
            ):
                top = base.partition(".")[0]
                if top not in ("abc", "typing", "typing_extensions", "enum", "collections", "torch"):
                    return f"its base class `{base}` cannot be read (is it installed where torchlint runs?)"
        return None

    def _of_subclass(self, sub: ClassRef, name: str) -> Iterator[Assignment]:
        """What the construction of a subclass assigns."""
        mine = {(one.file, one.place): one for one in self.record.assignments.values() if one.name == name}
        if any(name in owner.file.text for owner in self.linker.classes(sub) if owner != self.cls):
            if sub not in self._heirs:
                record = Record()
                self._heirs[sub] = construct(self.linker, sub, record) is not None, record
            followed, record = self._heirs[sub]
            if not followed:
                yield somewhere(name, sub, None, Holds.UNKNOWN)
            for one in record.assignments.values():
                if one.name == name and (one.file, one.place) not in mine:
                    yield replace(one, later=True)
                elif one.name == name and one.again and not mine[one.file, one.place].again:
                    yield replace(one, owner=sub.qualname, again=False)  # something was assigned before

    # -- from outside ----------------------------------------------------------------------------------------------

    def _outside(self, name: str) -> tuple[str | None, str | None, str | None]:
        """Where another part of the project assigns the attribute, changes its value, or looks past torch for it."""
        assigned = changed = past = None
        for path, uses in self._elsewhere.uses(name):
            own = {one.place.line for one in self.record.assignments.values() if one.file == path}
            for line in (one for one in uses.assigned if one not in own):
                assigned = assigned or f"{shown(path)}:{line} assigns `.{name}` from outside"
            for line in (one for one in uses.changed if one not in own):
                changed = changed or f"{shown(path)}:{line} changes `.{name}` from outside"
            for line in uses.past:
                past = past or f"{shown(path)}:{line} looks for it in `__dict__`, where nothing registered is"
        for path, uses in self._elsewhere.uses_of_any:
            for line in uses.assigned:
                assigned = assigned or f"{shown(path)}:{line} sets attributes whose names it computes"
            for line in uses.past:
                past = past or f"{shown(path)}:{line} looks into `__dict__`, where nothing registered is"
        return assigned, changed, past


def _first(clauses: Iterable[str | None]) -> str | None:
    return next((clause for clause in clauses if clause is not None), None)


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, ir.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, tuple):
        for part in node:
            yield from _strings(part)
