"""The lattice: what a value can be, as far as registration in an `nn.Module` cares.

A value is a tuple of alternatives (`Value`), each a frozen atom; `Unknown` among them means "or anything else", and is
never reported. Tensors, parameters and modules carry an identity, one for each evaluation that made them, so that
"this list holds what is also registered there" can be told from "this list holds something else".
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from torchlint.facts import ir
    from torchlint.project.files import ProjectFile
    from torchlint.project.interpret.state import Frame
    from torchlint.project.linking import ClassRef


class Origin(Enum):
    """Where the content of a tensor comes from, which decides whether it must be saved."""

    REBUILT = "rebuilt"
    RANDOM = "random"
    GIVEN = "given"
    UNKNOWN = "unknown"


_LEAST_FIRST = (Origin.RANDOM, Origin.UNKNOWN, Origin.GIVEN)


def worst(*origins: Origin) -> Origin:
    """The origin of what is computed from these: the least reproducible of them."""
    for origin in _LEAST_FIRST:
        if origin in origins:
            return origin
    return Origin.REBUILT


class Tensor(Struct, frozen=True):
    """A tensor that is not a Parameter. `lost` is the identity of the Parameter that an operation turned into it;
    `frozen`: that one takes no gradient.
    """

    identity: int
    requires_grad: bool = False
    origin: Origin = Origin.UNKNOWN
    lost: int = 0
    frozen: bool = False


class Parameter(Struct, frozen=True):
    """An `nn.Parameter`."""

    identity: int
    requires_grad: bool = True
    origin: Origin = Origin.UNKNOWN


class Buffer(Struct, frozen=True):
    """An `nn.Buffer`, or the content of a registered buffer."""

    identity: int
    origin: Origin = Origin.UNKNOWN


class Module(Struct, frozen=True):
    """An instance of an `nn.Module`; `cls` is its class: of the project, a dotted name of torch, or unknown."""

    identity: int
    cls: ClassRef | str | None = None
    origin: Origin = Origin.UNKNOWN


class Container(Struct, frozen=True):
    """A list, tuple, set, dict or iterator; its content is in the heap under `identity`."""

    identity: int
    kind: str


class HoldsTensors(Struct, frozen=True):
    """An object that is no module and holds tensors, such as a `torch.distributions` object."""

    what: str


class Instance(Struct, frozen=True):
    """An instance of a class of the project that is no module."""

    identity: int
    cls: ClassRef


class SelfObject(Struct, frozen=True):
    """The module under construction."""


class SuperObject(Struct, frozen=True):
    """`super()`: the module under construction, methods looked up after `after` in its method resolution order."""

    after: ClassRef
    receiver: SelfObject | Instance


class FunctionValue(Struct, frozen=True, eq=False):
    """A function of the project, with the frame that it closes over."""

    file: ProjectFile
    function: ir.Function
    owner: ClassRef | None
    closure: Frame | None
    receiver: Atom | None = None


class ClassValue(Struct, frozen=True):
    """A class of the project, itself."""

    cls: ClassRef


class External(Struct, frozen=True):
    """A name outside the project: `torch.zeros`, `math.sqrt`, a class of torch."""

    dotted: str


class Namespace(Struct, frozen=True):
    """A Python module of the project."""

    file: ProjectFile


class Bound(Struct, frozen=True):
    """A method of a value that is not of the project: `tensor.unsqueeze`, `layers.append`."""

    receiver: Atom
    name: str


class Partial(Struct, frozen=True):
    """`functools.partial(target, ...)`, or another wrapper that calls `target`."""

    target: tuple[Atom, ...]


class Literal(Struct, frozen=True):
    """A literal number, string or None, or a plain value that is no tensor (`...`); `origin` is that of the value."""

    value: object
    origin: Origin = Origin.REBUILT


class Unknown(Struct, frozen=True):
    """Anything at all. `origin` is that of a tensor made of it: GIVEN for what an argument may be."""

    origin: Origin = Origin.GIVEN


Atom: TypeAlias = (
    Tensor
    | Parameter
    | Buffer
    | Module
    | Container
    | HoldsTensors
    | Instance
    | SelfObject
    | SuperObject
    | FunctionValue
    | ClassValue
    | External
    | Namespace
    | Bound
    | Partial
    | Literal
    | Unknown
)
Value: TypeAlias = tuple[Atom, ...]

UNKNOWN: Value = (Unknown(),)
NONE: Value = (Literal(None),)
PLAIN: Value = (Literal(...),)
NOTHING: Value = ()

TENSOR_LIKE = (Tensor, Parameter, Buffer)
_LIMIT = 12


def join(*values: Value) -> Value:
    """The alternatives of all values, each once, in order; beyond a dozen the rest is dropped for Unknown."""
    alone = first = values[0]
    for value in values:
        if value and value is not alone and value != alone:
            if alone:
                return _merged(values)
            alone = value
    if len(alone) < 2 or (alone is first and NOTHING not in values):
        return alone
    return _merged(values)


def _merged(values: tuple[Value, ...]) -> Value:
    merged = dict.fromkeys(atom for value in values for atom in value)
    if len(merged) > _LIMIT:
        kept = _representatives(merged)
        return tuple(kept)
    return tuple(merged)


def _representatives(atoms: Iterable[Atom]) -> list[Atom]:
    """A short list that still shows each kind of alternative."""
    seen: dict[type, int] = {}
    kept: list[Atom] = []
    for atom in atoms:
        count = seen.get(type(atom), 0)
        if count < 3:
            kept.append(atom)
        seen[type(atom)] = count + 1
    return kept


def plain(origin: Origin) -> Value:
    """A plain value of this origin."""
    return PLAIN if origin is Origin.REBUILT else (Literal(..., origin),)


def tainted(value: Value, origin: Origin) -> Value:
    """What is rebuilt in a value, as something of this origin."""
    if origin is Origin.REBUILT:
        return value
    return tuple(
        replace(atom, origin=origin)
        if isinstance(atom, (*TENSOR_LIKE, Literal, Unknown)) and atom.origin is Origin.REBUILT
        else atom
        for atom in value
    )


def takes_gradient(atom: Parameter | Tensor) -> bool:
    """Whether a parameter takes a gradient, or the one that a tensor was computed from."""
    return atom.requires_grad if isinstance(atom, Parameter) else not atom.frozen


def is_none(atom: Atom) -> bool:
    """Whether an alternative is None itself."""
    return isinstance(atom, Literal) and atom.value is None
