"""What a project builds a class with, for the arguments of which the class itself does not say what they are.

`self.mask = mask` is a tensor where somebody writes `MaskedLinear(4, 4, torch.ones(4, 4))`. The functions and
constructors that build the class are followed, those of its own file first; for an argument that is used as only a
tensor or a container of modules is, those of the whole project.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from torchlint.facts import ir
from torchlint.facts.body import walk
from torchlint.facts.model import FunctionFacts, Span
from torchlint.project.files import ProjectFile
from torchlint.project.interpret import functions, statements
from torchlint.project.interpret.construction import follow
from torchlint.project.interpret.state import UNKNOWN_ARGUMENTS, Arguments, Frame, OutOfBudgetError, Run
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.sources import shown
from torchlint.project.values import (
    Atom,
    ClassValue,
    Container,
    Module,
    Origin,
    Parameter,
    SelfObject,
    Tensor,
    Unknown,
    Value,
    is_none,
)

_MOST_FILES = 6
_MOST_CALLERS = 6
"""How many functions of a file are followed, methods of one module for one."""
_DEEPEST = 8
"""How many definitions before a call may be around it."""
_STEPS = 8_000
_HOPS = 1
"""How many modules may hand an argument on."""
_KINDS = ("list", "tuple", "set", "dict")


class Given(NamedTuple):
    """What an argument is given: a tensor or Parameter (`container` is empty), or a container of `of`; and where.

    `always`: not only by some of those who build the class.
    """

    parameter: str
    of: type[Tensor] | type[Parameter] | type[Module]
    container: str
    place: str
    always: bool = True

    @property
    def is_parameter(self) -> bool:
        """Whether it is a Parameter itself."""
        return self.of is Parameter and not self.container


def arguments(run: Run, others: Iterable[Given] = ()) -> Arguments:
    """What the constructor of the class of a run may be called with, as far as any call shows, and `others`."""
    keywords = {one.parameter: _made(run, one) for one in (*others, *given(run.linker, run.cls))}
    return Arguments(keywords=keywords, exact=False) if keywords else UNKNOWN_ARGUMENTS


def _made(run: Run, what: Given) -> Value:
    identity = run.fresh()
    atom = what.of(identity, origin=Origin.GIVEN)
    if what.is_parameter:
        return (atom,) if what.always else (Tensor(run.fresh(), origin=Origin.GIVEN), atom)
    run.given_at[identity] = what.place
    return (Unknown(), *(run.container(what.container, (atom,)) if what.container else (atom,)))


def given(linker: Linker, cls: ClassRef) -> tuple[Given, ...]:
    """The arguments of a class that some call shows to be tensors, or containers of what torch should know."""
    if not cls.facts.handed:
        return ()
    return linker.reads.recall(linker.given, cls, (), _find_given, linker, cls)


def _find_given(linker: Linker, cls: ClassRef) -> tuple[Given, ...]:
    found = _said_of(linker, cls, {one.parameter: one.everywhere for one in cls.facts.handed}, _HOPS)
    declared = {one.parameter for one in cls.facts.handed if one.declared}
    told = (_some_parameter(said) if name in declared else _agreed(said) for name, said in found.items())
    return tuple(one for one in told if one is not None)


def _said_of(
    linker: Linker, cls: ClassRef, wanted: Mapping[str, bool], hops: int
) -> dict[str, list[Given | None]]:
    """What all who build a class say of some arguments; each with whether to look in the whole project."""
    found: dict[str, list[Given | None]] = {name: [] for name in wanted}
    function = cls.file.function(cls.facts.methods["__init__"][-1])
    names = (
        [] if function is None else [one.name for one in function.parameters[1:] if one.kind == "positional"]
    )

    def note(run: Run) -> set[str]:
        """Add what a run says; the arguments that it hands on without knowing them."""
        silent: set[str] = set()
        for call in run.built_with:
            passed = dict(call.arguments.keywords)
            if call.arguments.exact:
                passed.update(zip(names, call.arguments.positional, strict=False))
            for name in found.keys() & passed.keys():
                said = [*_said(run, name, passed[name], f"{shown(call.path)}:{call.line}")]
                found[name] += said
                if not said and any(isinstance(atom, Unknown) for atom in passed[name]):
                    silent.add(name)
        return silent

    for file in _files(linker, cls, wanted, found) if function is not None else ():
        for run in islice(_runs(linker, cls, file), _MOST_CALLERS):
            silent = note(run)
            if silent and hops and run.cls != cls:
                others = _handed_on(linker, cls, run.cls, any(wanted[name] for name in silent), hops - 1)
                if others:
                    again = Run(linker, run.cls, watched=cls)
                    follow(again, arguments(again, others))
                    note(again)
    return found


def _handed_on(
    linker: Linker, cls: ClassRef, owner: ClassRef, everywhere: bool, hops: int
) -> tuple[Given, ...]:
    """What those who build a module say of the arguments that its constructor gives to another class as they are."""
    if "__init__" not in owner.facts.methods:
        return ()
    function = owner.file.function(owner.facts.methods["__init__"][-1])
    if function is None:
        return ()
    free = {one.name for one in function.parameters[1:] if _says_nothing(one)}
    given = {
        value.id
        for node in walk(function.body)
        if isinstance(node, ir.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) == cls.facts.name
        for value in (*node.args, *(value for _, value in node.keywords))
        if isinstance(value, ir.Name)
    }
    wanted = free & given - {one.parameter for one in owner.facts.handed}
    if not wanted:
        return ()
    said = _said_of(linker, owner, dict.fromkeys(sorted(wanted), everywhere), hops)
    return tuple(one for one in map(_agreed, said.values()) if one is not None)


def _says_nothing(parameter: ir.Parameter) -> bool:
    """Whether neither an annotation nor a default says what an argument is."""
    plain = parameter.kind in ("positional", "keyword") and parameter.annotation is None
    return plain and parameter.default in (None, ir.NONE)


def _some_parameter(said: Sequence[Given | None]) -> Given | None:
    """Of what is declared to be a tensor: that it is a Parameter, if somebody passes one."""
    parameters = [one for one in said if one is not None and one.is_parameter]
    return parameters[0]._replace(always=len(parameters) == len(said)) if parameters else None


def _agreed(said: Sequence[Given | None]) -> Given | None:
    """What all calls say alike, if it is nothing that torch registers."""
    first = said[0] if said else None
    if first is None or first.is_parameter or any(one is None or one[:3] != first[:3] for one in said):
        return None
    return first


def _said(run: Run, name: str, value: Value, place: str) -> Iterator[Given | None]:
    """What a value says about an argument: nothing where it is unknown, None where it is no state."""
    atoms = [atom for atom in value if not is_none(atom)]
    if any(isinstance(atom, Unknown) for atom in atoms):  # what builds it may hand on what it is given itself
        atoms = [atom for atom in atoms if not run.given_at.keys().isdisjoint(run.identities((atom,)))]
    for atom in atoms:
        yield _as_given(run, name, atom, place)


def _as_given(run: Run, name: str, atom: Atom, place: str) -> Given | None:
    if isinstance(atom, Tensor):
        return None if atom.identity in run.registered else Given(name, Tensor, "", place)
    if isinstance(atom, Parameter):
        return Given(name, Parameter, "", place)
    if not isinstance(atom, Container) or atom.kind not in _KINDS:
        return None
    cell = run.heap[atom.identity]
    leaves = [leaf for leaf in cell.content if not is_none(leaf)]
    if cell.wraps and any(isinstance(leaf, Module) for leaf in leaves):
        return None  # `Distiller([teacher])`: hidden from torch on purpose
    for kind in (Tensor, Parameter, Module):
        if leaves and all(isinstance(leaf, kind) and leaf.identity not in run.registered for leaf in leaves):
            return Given(name, kind, atom.kind, place)
    return None


# -- who builds it -----------------------------------------------------------------------------------------------------


def _files(
    linker: Linker, cls: ClassRef, wanted: Mapping[str, bool], found: Mapping[str, Sequence[Given | None]]
) -> Iterator[ProjectFile]:
    """Where to look: in the file of the class, and elsewhere for what is `found` nothing of there."""
    yield cls.file
    left = any(everywhere and not found[name] for name, everywhere in wanted.items())
    if linker.sources is not None and left:
        others = (path for path in linker.sources.building(cls.file, cls.facts.name) if path != cls.file.path)
        for path in islice(others, _MOST_FILES):
            file = linker.store.load(path)
            if file is not None:
                yield file


def _runs(linker: Linker, cls: ClassRef, file: ProjectFile) -> Iterator[Run]:
    """What builds the class in a file, followed."""
    if file is cls.file:
        yield from _of_alternatives(linker, cls)
    methods: dict[str, list[FunctionFacts]] = {}
    for span, qualname, facts in _building(file, cls.facts.name):
        owner = ClassRef(file, qualname) if qualname else None
        if facts is None:
            yield _of_statement(linker, cls, file, span)
        elif owner is None or not linker.is_module(owner):
            yield from _of_function(linker, cls, file, facts, owner)
        elif owner != cls:
            methods.setdefault(qualname, []).append(facts)
    for qualname, building in methods.items():
        yield _of_module(linker, cls, ClassRef(file, qualname), building)


def _building(file: ProjectFile, name: str) -> list[tuple[Span, str, FunctionFacts | None]]:
    """The functions, methods and assignments of a file that call something of this name, the first few of them."""
    text, definitions = file.text, file.definitions
    found: dict[int, None] = {}
    at = text.find(f"{name}(")
    while at >= 0 and len(found) < _MOST_CALLERS:
        before = text[max(0, at - 6) : at]
        if before != "class " and not before[-1:].isidentifier():
            line = bisect_right(file.ends, at) + 1
            last = bisect_right(definitions, line, key=lambda one: one[0].first)
            for number in range(last - 1, max(last - 1 - _DEEPEST, -1), -1):
                if definitions[number][0].last >= line:
                    found[number] = None
        at = text.find(f"{name}(", at + 1)
    return [definitions[number] for number in found]


def _of_alternatives(linker: Linker, cls: ClassRef) -> Iterator[Run]:
    """The class methods of the class itself, which may be other ways to build it: `cls(torch.eye(3))`."""
    for methods in cls.facts.methods.values():
        facts = methods[-1]
        if "classmethod" in facts.decorators:
            run = Run(linker, cls, watched=cls, budget=_STEPS)
            _call(run, cls, facts, ClassValue(cls))
            yield run


def _of_module(linker: Linker, cls: ClassRef, owner: ClassRef, building: Iterable[FunctionFacts]) -> Run:
    """The construction of another module, and what its methods do after it."""
    run = Run(linker, owner, watched=cls)
    follow(run, arguments(run))
    for one in building:
        if one.name != "__init__" and not run.built_with:
            run.budget = _STEPS
            _call(run, owner, one, SelfObject())
    return run


def _call(run: Run, owner: ClassRef, facts: FunctionFacts, receiver: SelfObject | ClassValue) -> None:
    function = owner.file.function(facts)
    if function is not None:
        with suppress(OutOfBudgetError, RecursionError):
            functions.call_method(run, owner, function, receiver)


def _of_function(
    linker: Linker, cls: ClassRef, file: ProjectFile, facts: FunctionFacts, owner: ClassRef | None
) -> Iterator[Run]:
    """A function, or a method of an `owner` that is no module, such as a test case."""
    function = file.function(facts)
    if function is not None:
        run = Run(linker, cls, watched=cls, budget=_STEPS)
        with suppress(OutOfBudgetError, RecursionError):  # what was built before counts
            functions.frame_of(run, file, function, owner)
        yield run


def _of_statement(linker: Linker, cls: ClassRef, file: ProjectFile, span: Span) -> Run:
    run = Run(linker, cls, watched=cls, budget=_STEPS)
    with suppress(OutOfBudgetError, RecursionError):
        statements.execute(run, Frame(file, None, "", "", {}), file.statement(span))
    return run
