"""The state of a module: each attribute, what it is and whether torch has it registered.

One type for what is predicted from the source and for what is observed on a live module, so that the two can be
compared field by field.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from torchlint.findings import Place
from torchlint.project.values import Origin


class Kind(Enum):
    """What an attribute holds."""

    TENSOR = "tensor"
    PARAMETER = "parameter"
    BUFFER = "buffer"
    MODULE = "module"
    TENSORS = "container of tensors"
    PARAMETERS = "container of parameters"
    MODULES = "container of modules"
    OBJECT = "object holding tensors"
    OTHER = "other"


class Registration(Enum):
    """Where torch keeps an attribute; PLAIN is nowhere."""

    PARAMETER = "parameter"
    BUFFER = "buffer"
    MODULE = "module"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class AttributeState:
    """One attribute. Where the source allows several outcomes (branches), each is an entry of its own.

    `container` is list, tuple, dict or set for the container kinds. `trained`: meant to be
    (`requires_grad`, `nn.init`, given to an optimizer). `lost_parameter`: an operation on an `nn.Parameter`
    made this plain tensor of it. `alias`: torch has the same object registered elsewhere in the module.
    `moved`: the class moves it itself, in an `_apply` of its own.
    """

    name: str
    kind: Kind
    registration: Registration
    origin: Origin = Origin.UNKNOWN
    container: str | None = None
    trained: bool = False
    lost_parameter: bool = False
    alias: bool = False
    moved: bool = False
    owner: str | None = None
    method: str | None = None
    place: Place | None = None
    lines: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ModuleState:
    """The attributes of one class after construction, in the order of their first assignment."""

    path: str
    class_name: str
    attributes: tuple[AttributeState, ...]
