"""What an annotation says of a value."""

from __future__ import annotations

from typing import Literal

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.project.interpret.state import Frame, Run
from torchlint.project.linking import MODULE, AssignedRef, ClassRef, ExternalRef, Target
from torchlint.project.values import (
    NONE,
    NOTHING,
    PLAIN,
    UNKNOWN,
    Buffer,
    HoldsTensors,
    Instance,
    Module,
    Origin,
    Parameter,
    Tensor,
    Value,
    join,
    plain,
)

_PLAIN_NAMES = {"int", "float", "str", "bool", "bytes", "complex", "range", "type", "slice"}
_CONTAINERS = {
    "list": "list", "List": "list", "Sequence": "list", "MutableSequence": "list", "Iterable": "list",
    "tuple": "tuple", "Tuple": "tuple", "Collection": "list", "Iterator": "list", "set": "set", "Set": "set",
    "dict": "dict", "Dict": "dict", "Mapping": "dict", "MutableMapping": "dict", "OrderedDict": "dict",
    "frozenset": "set", "FrozenSet": "set", "deque": "list", "Deque": "list", "DefaultDict": "dict",
}  # fmt: skip
_WRAPPERS = {"Optional", "Union", "Annotated", "Final", "ClassVar", "Required", "NotRequired"}
_SHAPED = {
    "Float",
    "Int",
    "Bool",
    "Integer",
    "Num",
    "Shaped",
    "Complex",
    "UInt8",
    "Int64",
    "Float32",
    "Inexact",
    "Real",
}


_MADE: dict[str, type[Tensor] | type[Parameter] | type[Buffer]] = {
    "tensor": Tensor,
    "parameter": Parameter,
    "buffer": Buffer,
}


def annotated(run: Run, frame: Frame, expression: ir.Expr | None, depth: int = 0) -> Value:
    """The values that an annotation allows; Unknown where it says nothing that matters here."""
    if expression is None or depth > 6:
        return UNKNOWN
    if isinstance(expression, ir.Const):
        if expression.value is None:
            return NONE
        return PLAIN if expression.value is not ... else UNKNOWN
    if isinstance(expression, ir.Binary) and expression.op == "BitOr":
        return join(
            annotated(run, frame, expression.left, depth + 1),
            annotated(run, frame, expression.right, depth + 1),
        )
    if isinstance(expression, ir.Subscript):
        return _subscript(run, frame, expression, depth)
    if isinstance(expression, (ir.Name, ir.Attribute)):
        return _named(run, frame, expression, depth)
    return UNKNOWN


def _subscript(run: Run, frame: Frame, expression: ir.Subscript, depth: int) -> Value:
    name = last_name(expression.base)
    index = expression.index
    parts = index.items if isinstance(index, ir.Sequence) else (index,)
    if name in _WRAPPERS:
        if name == "Annotated":
            parts = parts[:1]
        value = join(NOTHING, *(annotated(run, frame, part, depth + 1) for part in parts))
        return join(value, NONE) if name == "Optional" else value
    if name in _CONTAINERS:
        if _CONTAINERS[name] == "dict":
            parts = parts[1:]
        items = [annotated(run, frame, part, depth + 1) for part in parts]
        exact = _CONTAINERS[name] == "tuple" and ir.Const(...) not in parts
        return run.container(_CONTAINERS[name], join(NOTHING, *items), items if exact else None)
    if name in ("Callable", "Type", "type", "Literal"):
        return PLAIN if name == "Literal" else UNKNOWN
    if name in _SHAPED and parts:  # jaxtyping: Float[Tensor, "batch dim"]
        return annotated(run, frame, parts[0], depth + 1)
    return annotated(run, frame, expression.base, depth + 1)


def _named(run: Run, frame: Frame, expression: ir.Name | ir.Attribute, depth: int) -> Value:
    name = last_name(expression)
    target = run.linker.resolve(frame.file, frame.scope, expression)
    if target is None:
        if name in _PLAIN_NAMES:
            return PLAIN
        return (
            run.container(_CONTAINERS[name], UNKNOWN) if name in _CONTAINERS and name.islower() else UNKNOWN
        )
    if isinstance(target, AssignedRef):  # TensorOrFloat = Union[Tensor, float]
        return join(NOTHING, *_alias(run, frame, target, depth)) or UNKNOWN
    return of_class(run, target)


def _alias(run: Run, frame: Frame, target: AssignedRef, depth: int) -> list[Value]:
    inner = Frame(target.file, None, "", "", {})
    return [
        annotated(run, inner, statement.value, depth + 1)
        for span in target.spans[-1:]
        for statement in target.file.statement(span)
        if isinstance(statement, ir.Assign) and statement.value is not None
    ]


def of_class(run: Run, target: Target) -> Value:
    """An instance of a class, given from outside."""
    if isinstance(target, ExternalRef):
        dotted = torch_api.canonical(target.dotted) if target.dotted.startswith("torch.") else target.dotted
        kind = torch_api.object_class(dotted)
        if kind == "tensor":
            return (Tensor(run.fresh(), origin=Origin.GIVEN),)
        if kind == "parameter":
            return (Parameter(run.fresh(), origin=Origin.GIVEN),)
        if kind == "distribution":
            return (HoldsTensors(dotted),)
        if kind is not None:
            return PLAIN
        if dotted == MODULE or run.linker.is_external_module(dotted):
            return (Module(run.fresh(), dotted, Origin.GIVEN),)
        if dotted.startswith("numpy."):
            return plain(Origin.GIVEN)
        return PLAIN if dotted.partition(".")[0] in ("pathlib", "logging", "enum") else UNKNOWN
    if isinstance(target, ClassRef):
        is_module = run.linker.is_module(target)
        if is_module:
            return (Module(run.fresh(), target, Origin.GIVEN),)
        if is_module is False:
            kind = tensor_class(run, target)
            if kind is not None:
                return (_MADE[kind](run.fresh(), origin=Origin.GIVEN),)
            return (Instance(run.fresh(), target),)
    return UNKNOWN


def tensor_class(run: Run, cls: ClassRef) -> Literal["tensor", "parameter", "buffer"] | None:
    """Whether a class of the project is a subclass of `torch.Tensor`, `nn.Parameter` or `nn.Buffer`."""
    kinds = [torch_api.object_class(base) for base in run.linker.mro(cls) if isinstance(base, str)]
    # `class Weight(MyTensor, nn.Parameter)` is both, and torch registers it
    return next((kind for kind in ("parameter", "buffer", "tensor") if kind in kinds), None)


def last_name(expression: ir.Expr) -> str:
    """`Tensor` of `torch.Tensor`."""
    if isinstance(expression, ir.Attribute):
        return expression.attr
    return expression.id if isinstance(expression, ir.Name) else ""
