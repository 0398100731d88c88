"""The subclasses of a class, in all files of its project."""

from __future__ import annotations

from torchlint.facts import ir
from torchlint.project.files import ProjectFile
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.sources import ProjectSources


class Heirs:
    """Finds subclasses; what a file defines is looked through once."""

    def __init__(self, linker: Linker, sources: ProjectSources) -> None:
        self._linker = linker
        self._sources = sources
        self._known: dict[ProjectFile, tuple[dict[str, list[str]], dict[str, list[str]]]] = {}

    def of(self, cls: ClassRef) -> tuple[ClassRef, ...]:
        """The subclasses, direct and indirect, by whatever name they know their base."""
        found: dict[ClassRef, None] = {}
        pending = [cls.facts.name]
        seen = set(pending)
        while pending:
            name = pending.pop()
            for path in self._sources.deriving(cls.file, name):
                file = self._linker.store.load(path)
                if file is None:
                    continue
                by_base, aliases = self._names(file)
                others = list(aliases.get(name, ()))
                for qualname in by_base.get(name, ()):
                    heir = ClassRef(file, qualname)
                    if heir != cls and heir not in found and cls in self._linker.mro(heir):
                        found[heir] = None
                        others.append(heir.facts.name)
                pending += [other for other in others if other not in seen]
                seen.update(others)
        return tuple(found)

    def _names(self, file: ProjectFile) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """The classes of a file by the last part of the name of each base, and its aliases."""
        if file not in self._known:
            by_base: dict[str, list[str]] = {}
            for qualname, facts in file.facts.classes.items():
                for name in {name for base in facts.bases for name in _names(base)}:
                    by_base.setdefault(name, []).append(qualname)
            self._known[file] = by_base, _aliases(file)
        return self._known[file]


def _names(base: ir.Expr) -> list[str]:
    """The names in the expression of a base: `Net`, `models.Net`, `Net[int]`, `with_metaclass(Meta, Net)`."""
    if isinstance(base, ir.Name):
        return [base.id]
    if isinstance(base, ir.Attribute):
        return [base.attr]
    if isinstance(base, ir.Subscript):
        return [*_names(base.base), *_names(base.index)]
    if isinstance(base, ir.Call):
        return [name for argument in base.args for name in _names(argument)]
    return [*_names(base.body), *_names(base.orelse)] if isinstance(base, ir.IfExp) else []


def _aliases(file: ProjectFile) -> dict[str, list[str]]:
    """Other names that a file gives to a name: `from models import Net as Base`, `Base = Net`."""
    found: dict[str, list[str]] = {}
    for alias, definitions in file.facts.names.items():
        for definition in definitions:
            name = None
            if definition.imported is not None:
                name = definition.imported.name
            elif definition.assigned is not None and definition.assigned.first == definition.assigned.last:
                line = file.lines[definition.assigned.first - 1]
                name = line.partition("=")[2].partition("#")[0].strip().rpartition(".")[2]
            if name is not None and name.isidentifier() and name != alias:
                found.setdefault(name, []).append(alias)
    return found
