"""What the other code of a project does to an attribute of a class: `model.pe = …`, `model.pe.zero_()`.

Names of attributes alone are often the same, so only a file that knows the class may mean it: one that names the class,
a subclass, or something that names one of these (a function that builds it, a module that has it inside).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from torchlint import torch_api
from torchlint.facts.model import FunctionFacts
from torchlint.project.around.changes import Changes
from torchlint.project.files import ProjectFile
from torchlint.project.linking import MODULE, ClassRef, Linker
from torchlint.project.outside_uses import OutsideUses
from torchlint.project.questions import COMPUTED, looks_up
from torchlint.project.sources import ProjectSources, shown

_HOPS = 2
_MOST_NAMES = 100


@dataclass
class FromOutside:
    """Looks through the files of the project; `family` is the class, its bases and its subclasses."""

    linker: Linker
    cls: ClassRef
    subclasses: tuple[ClassRef, ...]
    sources: ProjectSources

    @cached_property
    def family(self) -> tuple[ClassRef, ...]:
        """The class, its bases and its subclasses."""
        return (*self.linker.classes(self.cls), *self.subclasses)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(cls.facts.name for cls in (self.cls, *self.subclasses))

    @cached_property
    def _users(self) -> frozenset[str]:
        """The class, its subclasses, and what is defined in the project with the help of one of them."""
        ignored = torch_api.class_names(MODULE) | {"main"}
        names, new = set(self._names), set(self._names)
        for _ in range(_HOPS):
            found = self.sources.defined_with(self.cls.file, new) - ignored - names
            new = {name for name in found if not name.startswith("test")}
            if not new or len(new) > _MOST_NAMES:
                break
            names |= new
        return frozenset(names)

    @cached_property
    def _knowing(self) -> tuple[str, ...]:
        """The files (absolute) that may have to do with objects of the class."""
        return self.sources.speaking(self.cls.file, self._users)

    def uses(self, name: str) -> Iterator[tuple[str, OutsideUses]]:
        """What the files (absolute) that know the class do to an attribute of this name."""
        return self.sources.uses(self.cls.file, self._knowing, name)

    @cached_property
    def uses_of_any(self) -> tuple[tuple[str, OutsideUses], ...]:
        """What the files that name the class do to attributes whose names they compute; its own methods aside."""
        found = []
        naming = self.sources.speaking(self.cls.file, self._names)
        for path, uses in self.sources.uses(self.cls.file, naming, COMPUTED):
            spans = [
                facts.span
                for cls in self.family
                if cls.file.path == path
                for definitions in cls.facts.methods.values()
                for facts in definitions
            ]
            assigned, past = (
                [line for line in lines if not any(one.first <= line <= one.last for one in spans)]
                for lines in (uses.assigned, uses.past)
            )
            found.append((path, OutsideUses(assigned=assigned, past=past)))
        return tuple(found)

    def touched(self, name: str) -> bool:
        """Whether something outside may assign an attribute of this name, or change its value."""
        return any(uses.assigned or uses.changed for _, uses in self.uses(name)) or any(
            uses.assigned for _, uses in self.uses_of_any
        )

    def on_class(self, name: str) -> str | None:
        """Where the attribute is assigned on a class: a clause, or None."""
        classes = {cls.facts.name for cls in self.family}
        files = {cls.file.path for cls in self.family}

        known = (
            path
            for path in self.sources.owning(self.cls.file, classes, name)
            if path in files or self.sources.looked_up_on(path, classes, name)
        )
        for path, uses in self.sources.uses(self.cls.file, known, name):
            for line, owner in uses.owners:
                if owner in classes or (path in files and owner in ("cls", "__class__")):
                    return f"{shown(path)}:{line} assigns `{name}` on a class"
        return None

    def changed_in_place(self, name: str) -> str | None:
        """Which function changes an attribute of this name in place, under whatever name: a clause, or None."""
        looks = Changes(self.linker, self.family)
        for path in self.sources.looking_up(self._knowing, name):
            file = self.linker.store.load(path)
            for scope, facts in () if file is None else _functions(file):
                assert file is not None
                function = file.function(facts) if looks_up(file.source(facts.span), name) else None
                if function and looks.from_outside(ClassRef(file, scope), function, name):
                    return f"`{function.name}` of {shown(path)} changes `.{name}` in place"
        return None


def _functions(file: ProjectFile) -> Iterator[tuple[str, FunctionFacts]]:
    """The functions and methods of a file, with the class that they stand in."""
    for facts in file.facts.functions.values():
        yield "", facts
    for qualname, cls in file.facts.classes.items():
        for definitions in cls.methods.values():
            for facts in definitions:
                yield qualname, facts
