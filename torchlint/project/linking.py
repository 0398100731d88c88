"""Names to definitions across files, and classes to their method resolution order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import Struct

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.facts.model import ClassFacts, Definition, FunctionFacts, ImportFacts, Span
from torchlint.project.c3 import merged
from torchlint.project.files import FileStore, ProjectFile
from torchlint.project.known import KNOWN_MODULES
from torchlint.project.reads import Kept

if TYPE_CHECKING:
    from torchlint.project.callers import Given
    from torchlint.project.interpret.results import Recipe
    from torchlint.project.interpret.variables import Variable
    from torchlint.project.sources import ProjectSources

MODULE = "torch.nn.Module"
_BUILTIN_BASES = {"object", "dict", "list", "tuple", "set", "str", "int", "float", "type", "Exception", "ValueError",
                  "RuntimeError", "BaseException", "bytes", "frozenset", "KeyError", "TypeError"}  # fmt: skip
# packages of the standard library and others whose classes are never modules
_NO_MODULES = {"builtins", "abc", "typing", "enum", "collections", "typing_extensions", "dataclasses", "threading",
               "unittest", "argparse", "logging", "json", "contextlib", "functools", "numpy", "pydantic", "pathlib",
               "multiprocessing", "sklearn", "pandas", "io", "string", "http", "ast", "ctypes", "types"}  # fmt: skip
# what their functions give is known by their names, whether they are installed or not
_ARRAYS = {"numpy", "scipy"}


class ClassRef(NamedTuple):
    """A class of the project (or of an installed package). A tuple, for it is the key of most of what is kept."""

    file: ProjectFile
    qualname: str

    @property
    def facts(self) -> ClassFacts:
        """Its header."""
        return self.file.facts.classes[self.qualname]

    @property
    def dotted(self) -> str:
        """Its importable name."""
        return f"{self.file.module}.{self.qualname}"


class FunctionRef(Struct, frozen=True):
    """A module-level function."""

    file: ProjectFile
    facts: FunctionFacts


class ModuleRef(Struct, frozen=True):
    """A Python module: a file, or the folder of a namespace package."""

    path: str


class AssignedRef(Struct, frozen=True):
    """A module-level variable."""

    file: ProjectFile
    name: str
    spans: tuple[Span, ...]


class ExternalRef(Struct, frozen=True):
    """A name that leads out of what can be read: torch, or a package that is not installed."""

    dotted: str


Target: TypeAlias = "ClassRef | FunctionRef | ModuleRef | AssignedRef | ExternalRef"
Base: TypeAlias = "ClassRef | str | None"
"""A base class: of the project, a dotted name outside of it, or None for an expression that says nothing."""


class Linker:
    """Resolves names and classes. `module_bases` are dotted names to be taken for `nn.Module`.

    `sources` are searched for what builds a class; without them, only its own file is looked at.
    """

    def __init__(
        self,
        store: FileStore,
        module_bases: tuple[str, ...] = (),
        sources: ProjectSources | None = None,
    ) -> None:
        self.store = store
        self.sources = sources
        self.module_bases = frozenset(module_bases)
        self.reads = store.reads
        self._names: dict[tuple[str, str], Kept[Target | None]] = {}
        self.results: dict[object, Kept[Recipe]] = {}
        """Results of functions that give the same for the same arguments, whoever calls them."""
        self.variables: dict[tuple[AssignedRef, ProjectFile | None], Kept[Variable]] = {}
        """Module-level variables that are the same in every construction."""
        self.inherited: dict[tuple[tuple[ClassRef, ...], ClassRef, str], Kept[frozenset[str] | None]] = {}
        self.given: dict[ClassRef, Kept[tuple[Given, ...]]] = {}
        """What classes are built with."""
        self.moved_of_others: dict[str, Kept[tuple[tuple[ProjectFile, frozenset[str]], ...]]] = {}
        """What modules move on others in the project of a file, by the files of these modules."""
        self.harmless_names: dict[tuple[str, str], Kept[bool]] = {}
        self.reached_methods: dict[tuple[ClassRef, ...], Kept[frozenset[str]]] = {}
        self._names_in: dict[tuple[re.Pattern[str], ProjectFile, Span], frozenset[str]] = {}
        self._scoped_names: dict[tuple[ProjectFile, str, str], Kept[Target | None]] = {}
        self._classes: dict[ClassRef, Kept[tuple[ClassRef, ...]]] = {}
        self._followed: dict[AssignedRef, Kept[Target | None]] = {}
        self._mros: dict[ClassRef, Kept[tuple[Base, ...]]] = {}
        self._bases: dict[ClassRef, Kept[tuple[Base, ...]]] = {}

    # -- names -----------------------------------------------------------------------------------------------------

    def lookup(self, file: ProjectFile, name: str) -> Target | None:
        """What a module-level name of a file stands for; None if the file does not define it."""
        # None stands while star and circular imports are followed
        return self.reads.recall(self._names, (file.path, name), None, self._lookup, file, name)

    def _lookup(self, file: ProjectFile, name: str) -> Target | None:
        definitions = file.facts.names.get(name, ())
        spans = tuple(definition.assigned for definition in definitions if definition.assigned)
        fallback: Target | None = None
        # `try: import fast as x / except ImportError: x = slow` defines a name twice: the first that leads somewhere
        for definition in definitions if _is_guarded(definitions) else reversed(definitions):
            target = self._definition(file, name, definition, spans)
            if target is not None and not isinstance(target, ExternalRef):
                return target
            if target is not None and (fallback is None or _is_torch(target.dotted)):
                fallback = target
        if fallback is not None:
            return fallback
        for star in file.facts.stars:
            target = self._imported(file, ImportFacts(star.module, name, star.level), star=True)
            if target is not None:
                return target
        return None

    def _definition(
        self, file: ProjectFile, name: str, definition: Definition, spans: tuple[Span, ...]
    ) -> Target | None:
        if definition.imported:
            return self._imported(file, definition.imported)
        if definition.function:
            return FunctionRef(file, definition.function)
        if definition.class_name:
            return self._own(ClassRef(file, definition.class_name))
        return AssignedRef(file, name, spans)

    def _own(self, cls: ClassRef) -> Target:
        """A class of the project; torch's own Module, Parameter and Tensor, read in torch's sources, are torch's."""
        if cls.file.module.partition(".")[0] == "torch":
            dotted = torch_api.canonical(cls.dotted)
            if dotted == MODULE or torch_api.object_class(dotted) in ("tensor", "parameter", "buffer"):
                return ExternalRef(dotted)
        return cls

    def dotted(self, file: ProjectFile, dotted: str) -> Target | None:
        """What `import`ing a (possibly relative) dotted name of a local import binds."""
        level = len(dotted) - len(dotted.lstrip("."))
        module, _, name = dotted[level:].rpartition(".")
        if not level and not module:
            return self._imported(file, ImportFacts(name, None, 0))
        target = self._imported(file, ImportFacts(module, name, level))
        return target if target is not None or level else self._imported(file, ImportFacts(dotted, None, 0))

    def _imported(self, file: ProjectFile, fact: ImportFacts, *, star: bool = False) -> Target | None:
        if not fact.level and _is_torch(fact.module):
            if fact.name is None:
                return ExternalRef(fact.module)
            external = f"{fact.module}.{fact.name}"
            return None if star and not _torch_defines(external) else ExternalRef(external)
        if not fact.level and fact.module.partition(".")[0] in _ARRAYS:
            return None if star else ExternalRef(".".join(filter(None, (fact.module, fact.name))))
        if fact.level:
            path = self.store.find_relative(file, fact.level, fact.module)
        else:
            path = self.store.find(fact.module, file)
        if path is None:
            external = fact.module if fact.name is None else f"{fact.module}.{fact.name}"
            return None if star else ExternalRef("." * fact.level + external)
        if fact.name is None:
            return ModuleRef(path)
        target = self.member(ModuleRef(path), fact.name, star=star)
        if target is None and not star and not fact.level:
            return ExternalRef(f"{fact.module}.{fact.name}")
        return target

    def member(self, module: ModuleRef, name: str, *, star: bool = False) -> Target | None:
        """`module.name`: a definition of the file, or a submodule."""
        if star:
            return self._by_star(module.path, name) if module.path.endswith(".py") else None
        if module.path.endswith(".py"):
            file = self.store.load(module.path)
            if file is not None:
                # a submodule before the star imports: looking for its name in all of those may read a whole package
                known = name in file.facts.names
                path = None if known else self.store.submodule(module.path, name)
                target = ModuleRef(path) if path else self.lookup(file, name)
                if target is not None:
                    return target
        path = self.store.submodule(module.path, name)
        return None if path is None else ModuleRef(path)

    def _by_star(self, path: str, name: str) -> Target | None:
        """What a star import of a file (absolute) gives a name; None if nothing."""
        if not self.store.may_define(path, name):
            return None
        file, tell = self.store.load_for_star(path, name)
        target = None
        if file is not None:
            exports = file.facts.exports
            if not name.startswith("_") if exports is None else name in exports:
                target = self.lookup(file, name)
        tell(target is not None)
        return target

    def resolve(self, file: ProjectFile, scope: str, expression: ir.Expr) -> Target | None:
        """A dotted expression in the scope of a class or function (`scope` is the qualified name around it)."""
        if isinstance(expression, ir.Name):
            return self._scoped(file, scope, expression.id)
        if isinstance(expression, ir.Attribute):
            base = self.resolve(file, scope, expression.base)
            if isinstance(base, ModuleRef):
                return self.member(base, expression.attr)
            if isinstance(base, ExternalRef):
                return ExternalRef(f"{base.dotted}.{expression.attr}")
            if isinstance(base, ClassRef):
                inner = f"{base.qualname}.{expression.attr}"
                return ClassRef(base.file, inner) if inner in base.file.facts.classes else None
        if isinstance(expression, ir.Subscript):  # Generic[T], PyroModule[nn.Linear]
            return self.resolve(file, scope, expression.base)
        return None

    def _scoped(self, file: ProjectFile, scope: str, name: str) -> Target | None:
        if scope and name not in file.inner_names:
            scope = ""
        key = (file, scope, name)
        known = self._scoped_names.get(key)
        if known is None:
            known = self.reads.find(self._find_scoped, file, scope, name)
            # an alias may be on the way still, and so may all that is found in a circle
            if known.waits < 0 and known.value is not None and not isinstance(known.value, AssignedRef):
                self._scoped_names[key] = known
        return self.reads.use(known)

    def _find_scoped(self, file: ProjectFile, scope: str, name: str) -> Target | None:
        while scope:
            inner = f"{scope}.{name}"
            if inner in file.facts.classes:
                return ClassRef(file, inner)
            fact = file.facts.local_imports.get(scope, {}).get(name)
            if fact is not None:
                return self._imported(file, fact)
            scope = scope.rpartition(".")[0]
        return self.follow(self.lookup(file, name))

    def follow(self, target: Target | None) -> Target | None:
        """Follow module-level aliases (`Norm = nn.LayerNorm`) to what they name."""
        if isinstance(target, AssignedRef):  # which stands for an alias of itself
            return self.reads.recall(self._followed, target, target, self._follow, target)
        return target

    def _follow(self, target: Target | None) -> Target | None:
        for _ in range(5):
            if not isinstance(target, AssignedRef):
                return target
            aliased = None
            for span in target.spans:
                for statement in target.file.statement(span):
                    value = statement.value if isinstance(statement, ir.Assign) else None
                    if isinstance(value, (ir.Name, ir.Attribute)) and value != ir.Name(target.name):
                        aliased = aliased or self.resolve(target.file, "", value)
            if aliased is None:
                return target
            target = aliased
        return target

    # -- classes ---------------------------------------------------------------------------------------------------

    def bases(self, cls: ClassRef) -> tuple[Base, ...]:
        """The direct bases of a class."""
        return self.reads.recall(self._bases, cls, (), self._find_bases, cls)

    def _find_bases(self, cls: ClassRef) -> tuple[Base, ...]:
        scope = cls.qualname.rpartition(".")[0]
        found: list[Base] = []
        for expression in cls.facts.bases:
            found += self._base(cls.file, scope, expression)
        return tuple(base for base in found if base != cls)

    def _base(self, file: ProjectFile, scope: str, expression: ir.Expr) -> list[Base]:
        if isinstance(expression, ir.Call):  # with_metaclass(Meta, Base)
            called = expression.func
            name = called.attr if isinstance(called, ir.Attribute) else getattr(called, "id", "")
            if name == "with_metaclass":
                return [
                    base for argument in expression.args[1:] for base in self._base(file, scope, argument)
                ]
            return [None]
        if isinstance(expression, ir.IfExp):
            return self._base(file, scope, expression.body)
        if isinstance(expression, ir.Subscript) and isinstance(expression.base, (ir.Name, ir.Attribute)):
            name = getattr(expression.base, "attr", getattr(expression.base, "id", ""))
            if name == "PyroModule":  # PyroModule[nn.Linear] is a subclass of both
                return [*self._base(file, scope, expression.base), *self._base(file, scope, expression.index)]
        target = self.resolve(file, scope, expression)
        if isinstance(target, ClassRef):
            return [target]
        if isinstance(target, ExternalRef):
            return [torch_api.canonical(target.dotted) if _is_torch(target.dotted) else target.dotted]
        if isinstance(expression, ir.Name) and expression.id in _BUILTIN_BASES:
            return [f"builtins.{expression.id}"]
        return [None]

    def mro(self, cls: ClassRef) -> tuple[Base, ...]:
        """The method resolution order (C3), `cls` first; names outside the project stand for themselves."""
        # (cls,) stands for a class that inherits from itself
        return self.reads.recall(self._mros, cls, (cls,), self._find_mro, cls)

    def _find_mro(self, cls: ClassRef) -> tuple[Base, ...]:
        bases = self.bases(cls)
        lists: list[list[Base]] = [
            list(self.mro(base)) if isinstance(base, ClassRef) else [base] for base in bases
        ]
        return (cls, *merged([*lists, list(bases)]))

    def classes(self, cls: ClassRef) -> tuple[ClassRef, ...]:
        """The classes of the project in the method resolution order."""
        return self.reads.recall(self._classes, cls, (cls,), self._find_classes, cls)

    def _find_classes(self, cls: ClassRef) -> tuple[ClassRef, ...]:
        return tuple(base for base in self.mro(cls) if isinstance(base, ClassRef))

    def names_in(self, file: ProjectFile, span: Span, pattern: re.Pattern[str]) -> frozenset[str]:
        """All that a pattern finds in the text of a function, looked for once."""
        key = (pattern, file, span)
        if key not in self._names_in:
            self._names_in[key] = frozenset(pattern.findall(file.source(span)))
        return self._names_in[key]

    def is_module(self, cls: ClassRef) -> bool | None:
        """Whether a class is an `nn.Module`; None if a base that can't be read leaves it open."""
        unknown = False
        for base in self.mro(cls):
            name = base.dotted if isinstance(base, ClassRef) else base
            if name is None:
                unknown = True
            elif name in self.module_bases:
                return True
            elif isinstance(base, str):
                kind = self.is_external_module(base)
                if kind:
                    return True
                unknown |= kind is None
        return None if unknown else False

    def is_external_module(self, dotted: str) -> bool | None:
        """Whether a class outside the project is an `nn.Module`; None if nothing is known of it."""
        if _is_torch(dotted):
            return torch_api.module_class(dotted) is not None
        if dotted in KNOWN_MODULES or dotted in self.module_bases:
            return True
        top = dotted.partition(".")[0]
        return False if top in _NO_MODULES else None


def _is_torch(dotted: str) -> bool:
    return dotted == "torch" or dotted.startswith("torch.")


def _torch_defines(dotted: str) -> bool:
    return (
        torch_api.function(dotted) is not None
        or torch_api.module_class(dotted) is not None
        or torch_api.object_class(dotted) is not None
        or torch_api.is_namespace(dotted)
    )


def _is_guarded(definitions: tuple[Definition, ...]) -> bool:
    return len(definitions) > 1 and definitions[0].imported is not None
