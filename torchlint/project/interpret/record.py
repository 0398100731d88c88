"""What a fix needs to know of a construction beyond its outcome: every assignment, in-place changes, what came before.

Kept only while a class with findings is looked at again; the interpreter writes it as it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from torchlint import torch_api
from torchlint.project.aliases import VIEWS
from torchlint.project.module_state import Assignment, Holds
from torchlint.project.stores import MOVES
from torchlint.project.values import (
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
    is_none,
    worst,
)

if TYPE_CHECKING:
    from torchlint.project.interpret.state import Store

_COMPLEX = {"polar", "complex", "view_as_complex", "cfloat", "cdouble", "chalf", "fft", "ifft", "fft2", "fftn", "rfft",
            "rfft2", "rfftn", "stft", "eig", "eigvals", "ihfft", "ifft2", "ifftn", "hilbert"}  # fmt: skip
_REAL = {
    "real",
    "imag",
    "abs",
    "angle",
    "view_as_real",
    "irfft",
    "irfft2",
    "irfftn",
    "hfft",
    "absolute",
    "isnan",
}
_DETACHED = ("detach", "data", "detach_", "argmax", "argsort", "argmin", "long", "int", "bool")
# memory that a tensor shares with itself: torch loads no checkpoint into it
_OVERLAPPING = ("expand", "expand_as", "broadcast_to", "broadcast_tensors", "meshgrid")
_INTEGER = ("long", "int", "short", "byte", "char", "bool", "argmax", "argmin", "argsort", "randint", "randperm",
            "one_hot", "tril_indices", "triu_indices", "nonzero", "bincount", "searchsorted", "bucketize")  # fmt: skip
_SAME_DTYPE = ("zeros_like", "ones_like", "full_like", "clone", "detach", "unsqueeze", "squeeze", "view", "reshape",
               "repeat", "expand", "flatten", "permute", "transpose", "t", "contiguous", "to", "cuda")  # fmt: skip
_INTEGER_DTYPES = ("long", "int", "short", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
                   "uint64")  # fmt: skip
_FLOAT_DTYPES = ("float", "double", "half", "float16", "float32", "float64", "bfloat16")
_COMPLEX_DTYPES = ("complex32", "complex64", "complex128", "cfloat", "cdouble", "chalf")


INDEX = "[]"
"""What indexing is called where the functions that made tensors are told apart by their names."""


class Record(Struct):
    """The log of a run."""

    assignments: dict[tuple[str, str, object], Assignment] = field(default_factory=dict)
    """By file, attribute and place, in the order of their first execution."""
    methods: set[tuple[str, str]] = field(default_factory=set)
    """The methods that ran on the module, by file and qualified name."""
    origins: dict[int, Origin] = field(default_factory=dict)
    """What in-place changes made of a tensor, by identity."""
    sources: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """The tensors that a tensor was computed from: it may share their memory, and their dtype."""
    complex: set[int] = field(default_factory=set)
    on_cpu: set[int] = field(default_factory=set)
    """Tensors that are asked for on the CPU by name, and what was computed from them."""
    integers: set[int] = field(default_factory=set)
    """Tensors that surely hold integers or truth values: no gradient can reach them."""
    graphs: set[int] = field(default_factory=set)
    """Tensors that a submodule with parameters computed, and what was computed from them."""
    without_graph: int = 0
    """How many `torch.no_grad()` blocks what runs stands in."""
    copies: set[int] = field(default_factory=set)
    """Tensors with memory of their own."""
    overlapping: set[int] = field(default_factory=set)
    """Tensors whose items may share memory with one another: what was expanded, and views of it."""
    empty: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Tensors made of uninitialised memory, and the branches that they were made in."""
    filled: set[int] = field(default_factory=set)
    """Those of them that were filled afterwards, on every way."""
    branches: tuple[int, ...] = ()
    """The branches and loops that what runs stands in."""
    hidden: set[str] = field(default_factory=set)
    """Attributes that are put past torch on purpose: `object.__setattr__`, `__dict__`."""
    chance: set[str] = field(default_factory=set)
    """Attributes that are assigned where chance, or something outside, led there."""
    initialised: bool = False
    """Whether `nn.Module.__init__` has run."""
    later: bool = False
    """Whether what runs is a method that construction does not call."""
    construction: frozenset[tuple[str, str]] = frozenset()
    """The methods that construction ran."""

    def finish(self) -> None:
        """Construction is over: what runs from now on runs later."""
        self.later, self.construction = True, frozenset(self.methods)

    def assigned(
        self,
        name: str,
        store: Store,
        value: Value,
        origin: Origin,
        trained: set[int],
        *,
        again: bool,
        call: bool = False,
    ) -> None:
        """Note an assignment of an attribute of the module; `again` if something was assigned before, on every way."""
        found = Assignment(
            name,
            store.file.path,
            store.owner.qualname,
            store.method,
            store.place,
            store.lines,
            frozenset(holds(atom) for atom in value) or frozenset({Holds.UNKNOWN}),
            origin=origin,
            early=not self.initialised,
            again=again,
            call=call,
            later=self.later,
            graph=any(_has_graph(atom, trained | self.graphs) for atom in value),
            overlapping=any(isinstance(atom, Tensor) and atom.identity in self.overlapping for atom in value),
            complex=any(isinstance(atom, TENSOR_LIKE) and atom.identity in self.complex for atom in value),
            integer=any(isinstance(atom, TENSOR_LIKE) and atom.identity in self.integers for atom in value),
            on_cpu=any(isinstance(atom, TENSOR_LIKE) and atom.identity in self.on_cpu for atom in value),
        )
        key = (store.file.path, name, store.place)
        known = self.assignments.get(key)
        if known is not None:
            found = replace(
                known,
                holds=known.holds | found.holds,
                origin=worst(known.origin, found.origin),
                early=known.early or found.early,
                again=known.again and found.again,
                graph=known.graph or found.graph,
                complex=known.complex or found.complex,
                integer=known.integer or found.integer,
                overlapping=known.overlapping or found.overlapping,
                on_cpu=known.on_cpu or found.on_cpu,
            )
        self.assignments[key] = found

    def made(self, tensors: Iterable[Atom], sources: Iterable[Atom], name: str, trained: set[int]) -> None:
        """Note what tensors were computed from, by a function or method."""
        given = tuple(sources)
        origin = tuple(atom.identity for atom in given if isinstance(atom, TENSOR_LIKE))
        last = name.rpartition(".")[2]
        wanted = any(isinstance(atom, Parameter) and atom.requires_grad for atom in given)
        parameter = wanted and not self.without_graph
        for tensor in tensors:
            if isinstance(tensor, TENSOR_LIKE) and tensor.identity not in origin:
                self.sources[tensor.identity] = origin
                mixed = last not in _REAL and any(one in self.complex for one in origin)
                if (
                    last in _COMPLEX
                    or mixed
                    or any(isinstance(getattr(one, "value", None), complex) for one in given)
                ):
                    self.complex.add(tensor.identity)
                if last in _INTEGER or (last in _SAME_DTYPE and origin and origin[0] in self.integers):
                    self.integers.add(tensor.identity)
                view = last in VIEWS or last == INDEX or torch_api.may_return_self(last)
                if last in _OVERLAPPING or (view and not self.overlapping.isdisjoint(origin)):
                    self.overlapping.add(tensor.identity)
                if not _detaches(last) and (
                    parameter or any(one in self.graphs or one in trained for one in origin)
                ):
                    self.graphs.add(tensor.identity)
                if not self.on_cpu.isdisjoint(origin) and last not in MOVES:
                    self.on_cpu.add(tensor.identity)
                if last == "clone" or last.startswith("new_"):
                    self.copies.add(tensor.identity)

    def placed(self, tensors: Iterable[Atom], device: Value, pinned: Value) -> None:
        """Note that tensors are to be on the CPU: `device="cpu"`, `pin_memory=True`."""
        if _is_just(device, "cpu") or _is_just(pinned, True):
            self.on_cpu.update(atom.identity for atom in tensors if isinstance(atom, TENSOR_LIKE))

    def typed(self, tensors: Iterable[Atom], dtypes: Sequence[str]) -> None:
        """Note the dtype that was asked for."""
        if any(dtype.rpartition(".")[2] in _COMPLEX_DTYPES for dtype in dtypes):
            self.complex.update(atom.identity for atom in tensors if isinstance(atom, TENSOR_LIKE))
        asked = [dtype.rpartition(".")[2] for dtype in dtypes]
        if any(dtype in _INTEGER_DTYPES for dtype in asked):
            self.integers.update(atom.identity for atom in tensors if isinstance(atom, TENSOR_LIKE))
        elif any(dtype in _FLOAT_DTYPES for dtype in asked):
            self.integers.difference_update(
                atom.identity for atom in tensors if isinstance(atom, TENSOR_LIKE)
            )

    def overwritten(self, atoms: Iterable[Atom]) -> None:
        """Note that tensors were filled from end to end, which counts where they cannot be used unfilled."""
        for atom in atoms:
            made_in = self.empty.get(atom.identity) if isinstance(atom, TENSOR_LIKE) else None
            if made_in is not None and made_in[: len(self.branches)] == self.branches:
                self.filled.add(atom.identity)  # type: ignore[union-attr]

    def changed(self, atoms: Iterable[Atom], origin: Origin) -> None:
        """Note that tensors were changed in place by something of this origin, and what they are views of with them."""
        pending = [atom.identity for atom in atoms if isinstance(atom, TENSOR_LIKE)]
        seen = set(pending)
        while pending:
            identity = pending.pop()
            self.origins[identity] = worst(self.origins.get(identity, Origin.REBUILT), origin)
            if identity not in self.copies:
                further = [one for one in self.sources.get(identity, ()) if one not in seen]
                seen.update(further)
                pending += further

    def origin(self, atom: Tensor | Parameter | Buffer) -> Origin:
        """The origin of a tensor, in-place changes counted."""
        own = Origin.REBUILT if atom.identity in self.filled else atom.origin
        changes = self.origins.get(atom.identity)
        return own if changes is None else worst(own, changes)


def holds(atom: Atom) -> Holds:
    """What an assignment of this alternative puts into an attribute."""
    if isinstance(atom, Tensor):
        return Holds.TENSOR
    if isinstance(atom, Parameter):
        return Holds.PARAMETER
    if isinstance(atom, Buffer):
        return Holds.BUFFER
    if isinstance(atom, Module):
        return Holds.MODULE
    if isinstance(atom, Container):
        return Holds.CONTAINER
    if isinstance(atom, Unknown):
        return Holds.UNKNOWN
    return Holds.NONE if is_none(atom) else Holds.OTHER


def _is_just(value: Value, wanted: object) -> bool:
    """Whether a value is this and can be nothing else."""
    return bool(value) and all(isinstance(atom, Literal) and atom.value == wanted for atom in value)


def _has_graph(atom: Atom, trained: set[int]) -> bool:
    """Whether a tensor carries a graph, or is a leaf that wants gradients."""
    return isinstance(atom, Tensor) and (atom.requires_grad or atom.identity in trained)


def _detaches(name: str) -> bool:
    """Whether what a function or method gives has no graph, whatever it is given."""
    return name in _DETACHED or name.endswith("_like") or name.startswith("new_")
