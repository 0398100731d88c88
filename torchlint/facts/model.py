"""The facts of one file: plain data, a pure function of the file's content.

What a file has by the hundred, and all else in the analysis that is made in great numbers, is a `msgspec.Struct`: a
frozen dataclass takes six times as long to make, and each half a millisecond to define when a run starts.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct, field

from torchlint.facts.ir import Expr


class Span(NamedTuple):
    """The first and last line (from 1) of a definition, decorators included."""

    first: int
    last: int


class FunctionFacts(Struct, frozen=True):
    """The header of a function; its body is lowered on demand from `span` (`lower.lower_function`)."""

    name: str
    qualname: str
    span: Span
    decorators: tuple[str, ...]
    """The decorators as dotted names, calls without their arguments; `x.setter` stays as it is."""
    returns: Expr | None

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from every other function of its file."""
        return self.qualname, self.span.first


class Handed(Struct, frozen=True):
    """A parameter of `__init__` that is kept on an attribute as it is, and of which its file does not say what it is.

    `everywhere`: it is used, or called, as a tensor or a container of modules is, and whoever builds the module is
    worth looking for in the whole project. `declared`: it is said to be a tensor; whether it is a Parameter is not.
    """

    parameter: str
    everywhere: bool
    declared: bool = False


class ClassFacts(Struct, frozen=True):
    """The header of a class. `candidate` is the sieve's word: its methods may leave state unregistered."""

    name: str
    qualname: str
    line: int
    bases: tuple[Expr, ...]
    decorators: tuple[str, ...]
    methods: dict[str, tuple[FunctionFacts, ...]]
    """Every definition of a name, in order: a property and its setter share one."""
    names: dict[str, Expr | None]
    """Names bound in the class body by assignment, with their value where it is simple; None if only annotated."""
    annotations: dict[str, Expr]
    candidate: bool
    doc: str | None
    """The docstring, if it may say that an argument is a tensor."""
    scope: tuple[str, ...]
    """Qualified names of the functions around the class, outermost first."""
    stores: tuple[str, ...] = ()
    """Its methods that may leave state unregistered; `*` for all of them."""
    conditions: tuple[str, ...] | None = None
    """Names of the file: a candidate is harmless after all if each stands for a class where it is called (`Gate()`),
    for nothing that holds state where it is subscripted (`ACTIVATIONS[name]`), for a base of the class where a dot
    follows it (`Base.` of `Base.method(self)`). None: a candidate whatever they are."""
    handed: tuple[Handed, ...] = ()
    """The arguments of its constructor that it keeps as they are, and of which only its callers show what they are."""


class ImportFacts(Struct, frozen=True):
    """`import module` (name None) or `from module import name`; `level` counts the dots of a relative import."""

    module: str
    name: str | None
    level: int


class Definition(Struct, frozen=True):
    """What a module-level name is bound to: exactly one of the fields is set."""

    imported: ImportFacts | None = None
    function: FunctionFacts | None = None
    class_name: str | None = None
    assigned: Span | None = None


class FileFacts(Struct, frozen=True):
    """The index of a file."""

    path: str
    names: dict[str, tuple[Definition, ...]]
    """Module-level names, each with its definitions in order (`try`/`except ImportError` gives several)."""
    stars: tuple[ImportFacts, ...]
    classes: dict[str, ClassFacts]
    functions: dict[str, FunctionFacts]
    exports: tuple[str, ...] | None
    """`__all__` where it is a literal."""
    local_imports: dict[str, dict[str, ImportFacts]] = field(default_factory=dict)
    """Imports inside a function, by the function's qualified name: classes in functions need them."""
