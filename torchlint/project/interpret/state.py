"""What the interpreter carries along: attributes, heap, frames."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Literal as Choice

from msgspec import Struct, field
from msgspec.structs import replace

from torchlint.findings import Place
from torchlint.project.files import ProjectFile
from torchlint.project.interpret.record import Record
from torchlint.project.linking import AssignedRef, ClassRef, Linker
from torchlint.project.reads import Kept
from torchlint.project.values import (
    NOTHING,
    TENSOR_LIKE,
    Atom,
    Buffer,
    Container,
    Literal,
    Module,
    Origin,
    Parameter,
    Tensor,
    Unknown,
    Value,
    join,
    plain,
    tainted,
    worst,
)

Registration = Choice["plain", "parameter", "buffer", "module"]


class Store(Struct, frozen=True):
    """An assignment to an attribute of the module: where it stands and who wrote it."""

    file: ProjectFile
    owner: ClassRef
    method: str
    place: Place
    lines: tuple[int, int]


class Slot(Struct, frozen=True):
    """One possibility for an attribute."""

    registration: Registration
    value: Value
    store: Store | None


State = dict[str, tuple[Slot, ...]]


class Cell(Struct):
    """The content of a container: what any item can be and, while it is known, each item."""

    content: Value
    items: list[Value] | None = None
    by_key: dict[object, Value] | None = None
    """While they are known; what any other key may stand for, if there may be others, is under `...`."""
    wraps: bool = False
    """A display of one variable, `[teacher]`: the idiom that hides a module from torch on purpose."""
    changed: bool = False
    """Whether anything was put into it or taken out after it was made: maybe only on one way through the code."""


class OutOfBudgetError(Exception):
    """The construction is too long to follow."""


class Way(Struct):
    """What was met while a function was followed, on which its result may depend: see `results.Recipe`."""

    deepest: int
    """The largest height of the stack."""
    files: set[ProjectFile] = field(default_factory=set)
    """Where the functions that were called are."""
    keys: set[str] = field(default_factory=set)
    """Those functions, as they stand on the stack."""
    cut: bool = False
    """Whether the stack was too high, or had a function too often."""

    def join(self, other: Way) -> None:
        """Add what was met on a part of the way."""
        self.deepest = max(self.deepest, other.deepest)
        self.files |= other.files
        self.keys |= other.keys
        self.cut |= other.cut


class Run(Struct):
    """One construction of one class, followed from its `__init__`."""

    linker: Linker
    cls: ClassRef
    attributes: State = field(default_factory=dict)
    heap: dict[int, Cell] = field(default_factory=dict)
    trained: set[int] = field(default_factory=set)
    """Tensors that are meant to be trained: initialised by `nn.init`, given to an optimizer, `requires_grad`."""
    registered: set[int] = field(default_factory=set)
    inside: dict[int, set[int]] = field(default_factory=dict)
    """What a module was built from, by identity: registering the one registers the others."""
    patterns: dict[str, None] = field(default_factory=dict)
    """The attributes whose names are made in a loop: `table_{index}`."""
    missed: set[str] = field(default_factory=set)
    """The attributes that were read before anything that can be seen made them."""
    stack: list[str] = field(default_factory=list)
    globals: dict[tuple[str, str], Kept[Value]] = field(default_factory=dict)
    way: Way = field(default_factory=lambda: Way(0))
    reading: dict[AssignedRef, int] | None = None
    """While a module-level variable is found: the others that were read, with the steps that each took."""
    budget: int = 60_000
    decided: Origin = Origin.REBUILT
    """What decided that the code that runs was reached."""
    enclosing: Frame | None = None
    """The function around the class: its methods see its variables."""
    record: Record | None = None
    """What a fix needs to know; None in a run that only looks for findings."""
    watched: ClassRef | None = None
    """A class of which it is noted what it is built with."""
    built_with: list[BuiltWith] = field(default_factory=list)
    given_at: dict[int, str] = field(default_factory=dict)
    """Where the arguments stand that some call shows to be tensors or containers, by identity."""
    _counter: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def fresh(self) -> int:
        """A new identity."""
        return next(self._counter)

    def spend(self, steps: int = 1) -> None:
        """Count work done. Raises OutOfBudgetError when there is too much of it."""
        self.budget -= steps
        if self.budget < 0:
            raise OutOfBudgetError

    def container(self, kind: str, content: Value, items: list[Value] | None = None) -> Value:
        """A new container."""
        identity = self.fresh()
        self.heap[identity] = Cell(content, items)
        return (Container(identity, kind),)

    def add(self, identity: int, value: Value) -> None:
        """Put a value into a container."""
        cell = self.heap[identity]
        value = tainted(value, self.decided)
        cell.content = join(cell.content, value)
        cell.by_key, cell.changed = None, True
        if cell.items is not None:
            if len(cell.items) < 32:
                cell.items.append(value)
            else:
                cell.items = None

    def put(self, identity: int, key: Value, value: Value) -> None:
        """Put a value into a container, under a key or in the place of an item."""
        cell, value = self.heap[identity], tainted(value, self.decided)
        cell.content, cell.items, cell.changed = join(cell.content, value), None, True
        name = key[0] if len(key) == 1 else None
        if cell.by_key is not None and isinstance(name, Literal) and name.value is not ...:
            cell.by_key[name.value] = join(cell.by_key.get(name.value, NOTHING), value)
        else:
            cell.by_key = None

    def register(self, value: Value) -> None:
        """Note that torch knows these tensors, parameters or modules, and what the modules hold."""
        for identity in self.identities(value):
            pending = [identity]
            while pending:
                current = pending.pop()
                if current not in self.registered:
                    self.registered.add(current)
                    pending.extend(self.inside.get(current, ()))

    def hold(self, module: Module, values: Iterable[Value]) -> None:
        """A module takes these in: they are registered where it is."""
        for value in values:
            self.inside.setdefault(module.identity, set()).update(self.identities(value))
            if module.identity in self.registered:
                self.register(value)

    def taint(self, values: Iterable[Value], *, sizes: bool = False) -> Origin:
        """How far what is computed from these differs from one construction to the next, tensors aside.

        RANDOM or UNKNOWN where chance or something outside of the program had a part in it, else REBUILT. Arguments of
        the constructor have none, those of a method that runs later do, except as `sizes`.
        """
        found = self._plain_origin(values)
        if found is Origin.GIVEN and sizes:
            return Origin.REBUILT
        later = self.record is not None and self.record.later
        return Origin.UNKNOWN if found is Origin.GIVEN and later else found

    def _plain_origin(self, values: Iterable[Value], depth: int = 0) -> Origin:
        later = self.record is not None and self.record.later
        found = Origin.REBUILT
        for value in values:
            for atom in value:
                if isinstance(atom, Literal) or (
                    isinstance(atom, Unknown) and (later or atom.origin is not Origin.GIVEN)
                ):
                    found = worst(found, atom.origin)
                elif isinstance(atom, Container) and depth < 4:
                    inside = self._plain_origin([self.heap[atom.identity].content], depth + 1)
                    found = worst(found, inside)
        return found

    def origin(self, *values: Value) -> Origin:
        """The origin of what is computed from these tensors: the least reproducible of theirs."""
        found = Origin.REBUILT
        for value in values:
            for atom in value:
                if isinstance(atom, TENSOR_LIKE):
                    known = atom.origin if self.record is None else self.record.origin(atom)
                    if known is not found:
                        found = worst(found, known)
        return found

    def read_from(self, values: Iterable[Value]) -> Value:
        """A plain value that was computed from these."""
        given = list(values)
        return plain(worst(self.origin(*given), self._plain_origin(given)))

    def identities(self, value: Value, depth: int = 0) -> Iterator[int]:
        """The tensors, parameters and modules in a value, containers looked into."""
        for atom in value:
            if isinstance(atom, (Tensor, Parameter, Buffer, Module)):
                yield atom.identity
            elif isinstance(atom, Container) and depth < 4:
                yield from self.identities(self.heap[atom.identity].content, depth + 1)


class Arguments(Struct, frozen=True):
    """The arguments of a call. `exact` is False where `*args` or `**kwargs` hide some; what they may be is then in
    `keywords["**"]` or the last positional value.
    """

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    exact: bool = True

    def values(self) -> Iterator[Value]:
        """All of them."""
        yield from self.positional
        yield from self.keywords.values()

    def bound_to(self, receiver: Atom | None) -> Arguments:
        """The same with the receiver of a method in front."""
        return self if receiver is None else replace(self, positional=[(receiver,), *self.positional])


class BuiltWith(Struct, frozen=True):
    """The arguments of a call that builds an object, and where it stands: an absolute path and a line."""

    arguments: Arguments
    path: str
    line: int


UNKNOWN_ARGUMENTS = Arguments(exact=False)
"""A call that nobody has seen: what the parameters' annotations and defaults say."""


class Frame(Struct, eq=False):
    """A call in progress."""

    file: ProjectFile
    owner: ClassRef | None
    """The class whose body holds the function that runs: `super()` and findings go by it."""
    method: str
    scope: str
    env: dict[str, Value]
    closure: Frame | None = None
    receiver: Atom | None = None
    given: frozenset[str] = frozenset()
    """The parameters of a constructor: nobody has them yet."""
    returns: list[Value] = field(default_factory=list)
    yields: Value = NOTHING
    exits: list[State] = field(default_factory=list)
    jumps: list[tuple[dict[str, Value], State]] = field(default_factory=list)
    loops: int = 0
    chance: Origin = Origin.REBUILT
    """What decided that the function was not left early."""
    doc: str | None = None
    discards: bool = False
    """The result of the call that runs is not used."""
    lines: tuple[int, int] = (0, 0)
    """The statement that runs: a suppression comment counts on any of its lines."""


def perhaps_not(name: str) -> str:
    """The entry of a state that says: on some way, nothing was assigned to this attribute."""
    return f"?{name}"


def join_states(states: Iterable[State]) -> State:
    """The attributes after branches meet: each can be what any branch left."""
    first, *others = states
    if all(other is first for other in others):
        return first
    merged: State = dict(first)
    for other in others:
        merged.update({perhaps_not(name): () for name in merged.keys() ^ other.keys() if name[0] != "?"})
        for name, slots in other.items():
            mine = merged.get(name)
            if mine is None:
                merged[name] = slots
            elif mine is not slots and mine != slots:
                merged[name] = tuple(dict.fromkeys((*mine, *slots)))
    return merged


def join_environments(environments: list[dict[str, Value]]) -> dict[str, Value]:
    """The local variables after branches meet."""
    first, *others = environments
    merged = dict(first)
    for other in others:
        for name, value in other.items():
            mine = merged.get(name)
            merged[name] = value if mine is None else join(mine, value)
    return merged


def lookup(frame: Frame, name: str) -> Value | None:
    """A local variable of the frame or of the functions around it."""
    current: Frame | None = frame
    while current is not None:
        if name in current.env:
            return current.env[name]
        current = current.closure
    return None
