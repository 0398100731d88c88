"""The state of a module: each attribute, what it is and whether torch has it registered.

One type for what is predicted from the source and for what is observed on a live module, so that the two can be
compared field by field.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

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
    """Where torch keeps an attribute; PLAIN is nowhere.

    PACKED is for the weights of torch's quantized layers: in no registry, but torch's own layer saves them.
    """

    PARAMETER = "parameter"
    BUFFER = "buffer"
    MODULE = "module"
    PACKED = "packed"
    PLAIN = "plain"


class Holds(Enum):
    """What an assignment puts into an attribute."""

    TENSOR = "tensor"
    NONE = "None"
    PARAMETER = "parameter"
    BUFFER = "buffer"
    MODULE = "module"
    CONTAINER = "container"
    OTHER = "other"
    UNKNOWN = "unknown"


class Assignment(Struct, frozen=True):
    """One assignment of an attribute, wherever it stands: what a fix has to rewrite, or what stands in its way.

    `file` is absolute. `holds`: all that it may put there. `early`: it may run before `nn.Module.__init__`. `again`:
    something was assigned before, whatever way led here. `call`: it is `register_buffer` or the like. `later`: it runs
    after construction. `graph`: the tensor wants gradients, or was computed from one that does.
    `complex`, `integer`: a tensor of such numbers, surely. `overlapping`: its items may share memory. `on_cpu`: it is
    asked for there by name.
    """

    name: str
    file: str
    owner: str
    method: str
    place: Place
    lines: tuple[int, int]
    holds: frozenset[Holds]
    origin: Origin = Origin.UNKNOWN
    early: bool = False
    again: bool = False
    call: bool = False
    later: bool = False
    graph: bool = False
    complex: bool = False
    integer: bool = False
    overlapping: bool = False
    on_cpu: bool = False


class Surroundings(Struct, frozen=True):
    """What stands around one attribute. Every text is a clause for a message, None where there is no such thing.

    `class_attribute`: the name exists on a class already. `intercepted`: a class takes assignments into its own hands.
    `hidden`: the attribute is also put past torch on purpose. `unreadable`: a base class that could not be read.
    `changed`: where its value changes after construction; `surely`: not only as far as one can see from here.
    `replaced`: where something new is assigned to it then.
    `outside`: where something else assigns it. `risky`: what else speaks against a fix that nobody reads.
    `contained`: a base class that takes registered modules for its items. `used`: the attributes and methods of it
    that the class and its subclasses use; `used_inside`: those of its items. `assignments`: all of construction and of
    later methods, subclasses included.
    """

    class_attribute: str | None = None
    intercepted: str | None = None
    hidden: str | None = None
    unreadable: str | None = None
    changed: str | None = None
    surely: bool = False
    replaced: str | None = None
    outside: str | None = None
    risky: str | None = None
    contained: str | None = None
    used: frozenset[str] = frozenset()
    used_inside: frozenset[str] = frozenset()
    assignments: tuple[Assignment, ...] = ()


class AttributeState(Struct, frozen=True):
    """One attribute. Where the source allows several outcomes (branches), each is an entry of its own.

    `container` is list, tuple, dict or set for the container kinds. `trained`: meant to be (`requires_grad`,
    `nn.init`, given to an optimizer). `lost_parameter`: an operation on an `nn.Parameter` made this plain tensor of
    it. `frozen`: the parameters that it was made of, or that it holds, take no gradient. `stateless`: the modules
    that it holds have no parameters, buffers or submodules. `alias`: torch has the same object registered elsewhere
    in the module. `moved`: the class moves it itself, in an `_apply` of its own; `moved_by`: in these other methods
    of its own (`to`), which torch does not call where it is a part of another module. `comma`: it is a tuple because
    of a comma behind its only item (`self.x = x,`). `content`: what the items of a container may be; `inner` what
    those of the lists in it may be; `keys` those of a dict, where they are known. `persistent`: whether a buffer is
    saved; None where that is unknown, and for what is no buffer. `given_at`: the place of a call that shows what it
    is, where the class does not say so.
    """

    name: str
    kind: Kind
    registration: Registration
    origin: Origin = Origin.UNKNOWN
    container: str | None = None
    content: frozenset[Holds] = frozenset()
    inner: frozenset[Holds] = frozenset()
    keys: tuple[object, ...] | None = None
    trained: bool = False
    lost_parameter: bool = False
    frozen: bool = False
    stateless: bool = False
    alias: bool = False
    moved: bool = False
    moved_by: tuple[str, ...] = ()
    comma: bool = False
    given_at: str | None = None
    persistent: bool | None = None
    owner: str | None = None
    method: str | None = None
    place: Place | None = None
    lines: tuple[int, int] | None = None


class ModuleState(Struct, frozen=True):
    """The attributes of one class after construction, in the order of their first assignment.

    `assignments` are known of a class that was looked at closely, for a fix: those of construction, in the order
    of their execution.
    """

    path: str
    class_name: str
    attributes: tuple[AttributeState, ...]
    assignments: tuple[Assignment, ...] = ()
