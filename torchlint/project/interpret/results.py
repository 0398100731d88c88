"""Results of functions that are kept: given again as the same values, with identities of their own.

What makes a tensor or a module makes another one at each call, so a kept result is a recipe. Only what the call itself
made can be made again: a tensor of the module's file stays the one that it is. A result must not depend on which class
asked for it first, so a recipe says where it fits, and using it costs as many steps as finding it.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType

from msgspec import Struct
from msgspec.structs import replace

from torchlint.project.files import ProjectFile
from torchlint.project.interpret.state import Arguments, Cell, Run, Way
from torchlint.project.values import (
    NOTHING,
    Atom,
    Buffer,
    ClassValue,
    Container,
    External,
    FunctionValue,
    Instance,
    Literal,
    Module,
    Parameter,
    Tensor,
    Unknown,
    Value,
)

_PLAIN = (Literal, Unknown, External, ClassValue)
_MADE = (Tensor, Parameter, Buffer, Module, Instance, Container)
_DEPTH = 4


class Recipe(Struct, frozen=True):
    """A result, with the content of the containers in it and which of its tensors are to be trained."""

    value: Value
    cells: dict[int, Cell]
    trained: frozenset[int]
    steps: int
    """What it took to find."""
    height: int
    """How much higher than at the call the stack was."""
    files: frozenset[ProjectFile]
    keys: frozenset[str]
    own: ProjectFile | None
    """The file of the class, if it is one of the files."""

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing in the result that has an identity."""
        return all(isinstance(atom, _PLAIN) for atom in self.value)

    def fits(self, run: Run, most: int) -> bool:
        """Whether the call, followed here, would give the same: the stack may be `most` high."""
        own = run.cls.file if run.cls.file in self.files else None
        return own is self.own and len(run.stack) + self.height <= most and self.keys.isdisjoint(run.stack)

    def make(self, run: Run) -> Value:
        """The result, made anew."""
        return _Copy(run, self).value(self.value)


class _Copy:
    """One making of a recipe: what was one thing in the kept result is one thing in the new one."""

    def __init__(self, run: Run, recipe: Recipe) -> None:
        self.run = run
        self.recipe = recipe
        self.identities: dict[int, int] = {0: 0}

    def value(self, value: Value) -> Value:
        return tuple([self.atom(atom) for atom in value])

    def atom(self, atom: Atom) -> Atom:
        if not isinstance(atom, _MADE):
            return atom
        identity = self.identity(atom.identity)
        if isinstance(atom, Tensor):
            return replace(atom, identity=identity, lost=self.identity(atom.lost))
        if isinstance(atom, Container) and identity not in self.run.heap:
            self.fill(identity, self.recipe.cells[atom.identity])
        return replace(atom, identity=identity)

    def identity(self, old: int) -> int:
        if old not in self.identities:
            self.identities[old] = self.run.fresh()
            if old in self.recipe.trained:
                self.run.trained.add(self.identities[old])
        return self.identities[old]

    def fill(self, identity: int, kept: Cell) -> None:
        cell = self.run.heap[identity] = Cell(NOTHING, wraps=kept.wraps, changed=kept.changed)
        cell.content = self.value(kept.content)
        if kept.items is not None:
            cell.items = [self.value(item) for item in kept.items]
        if kept.by_key is not None:
            cell.by_key = {key: self.value(item) for key, item in kept.by_key.items()}


def signature(arguments: Arguments) -> object:
    """A hashable summary of arguments: the same for other instances of the same classes."""
    instances: dict[int, int] = {}

    def summary(value: Value) -> Value:
        if not any(isinstance(atom, Instance) for atom in value):
            return value
        return tuple(
            Instance(instances.setdefault(atom.identity, len(instances)), atom.cls)
            if isinstance(atom, Instance)
            else atom
            for atom in value
        )

    positional = tuple([summary(value) for value in arguments.positional])
    keywords = tuple([(name, summary(value)) for name, value in sorted(arguments.keywords.items())])
    return positional, keywords, arguments.exact


def keep(
    run: Run, value: Value, first: int, way: Way, steps: int, *, functions: bool = False
) -> Recipe | None:
    """A recipe for a result of which everything was made after the identity `first`; None if there is none.

    Nor is there one where the result depends on what was on the stack. With `functions` there may be functions in it
    (other than those that close over variables): as they are, so each is one thing in all that is made of the recipe.
    """
    if way.cut or not way.keys.isdisjoint(run.stack):
        return None
    own = run.cls.file if run.cls.file in way.files else None
    met = steps, way.deepest - len(run.stack), frozenset(way.files), frozenset(way.keys), own
    atoms: dict[int, Atom] = {}
    if not all(_collect(run, atom, first, atoms, 0, functions) for atom in value):
        return None
    if not atoms:
        return Recipe(value, {}, frozenset(), *met)
    if any(identity in run.registered or run.inside.get(identity) for identity in atoms):
        return None
    lasting = {identity for known in run.globals.values() for identity in _identities(run, known.value, 0)}
    if not lasting.isdisjoint(atoms):
        return None
    cells = {
        identity: _snapshot(run.heap[identity])
        for identity, atom in atoms.items()
        if isinstance(atom, Container)
    }
    return Recipe(value, cells, frozenset(run.trained.intersection(atoms)), *met)


def _snapshot(cell: Cell) -> Cell:
    items = None if cell.items is None else list(cell.items)
    return replace(cell, items=items, by_key=None if cell.by_key is None else dict(cell.by_key))


def _collect(run: Run, atom: Atom, first: int, found: dict[int, Atom], depth: int, functions: bool) -> bool:
    """Note what a result holds; False if it holds something that cannot be made again."""
    if isinstance(atom, _PLAIN):
        return True
    if isinstance(atom, FunctionValue):
        return functions and atom.closure is None and isinstance(atom.receiver, (ClassValue, NoneType))
    if not isinstance(atom, _MADE) or atom.identity <= first or depth > _DEPTH:
        return False
    if atom.identity in found:
        return True
    found[atom.identity] = atom
    if isinstance(atom, Tensor):
        return atom.lost == 0 or (atom.lost > first and atom.lost not in run.registered)
    if isinstance(atom, Container):
        return all(_collect(run, inner, first, found, depth + 1, functions) for inner in _content(run, atom))
    return True


def _content(run: Run, container: Container) -> Iterator[Atom]:
    cell = run.heap[container.identity]
    yield from cell.content
    for item in cell.items or ():
        yield from item
    for item in (cell.by_key or {}).values():
        yield from item


def _identities(run: Run, value: Value, depth: int) -> Iterator[int]:
    for atom in value:
        if isinstance(atom, _MADE):
            yield atom.identity
            if isinstance(atom, Container) and depth < _DEPTH:
                yield from _identities(run, run.heap[atom.identity].content, depth + 1)
