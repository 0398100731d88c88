"""Methods of `nn.Module`, tensors and containers: of what no class of the project defines."""

from __future__ import annotations

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.project.interpret import (
    attributes,
    calls,
    containers,
    functions,
    module_calls,
    torch_calls,
)
from torchlint.project.interpret.state import Arguments, Frame, Registration, Run
from torchlint.project.linking import ClassRef
from torchlint.project.values import (
    NONE,
    PLAIN,
    TENSOR_LIKE,
    UNKNOWN,
    Bound,
    Container,
    FunctionValue,
    HoldsTensors,
    Literal,
    Module,
    Origin,
    SelfObject,
    Tensor,
    Unknown,
    Value,
    worst,
)

_GROWS = {"append", "extend", "insert", "add_module", "register_module", "update", "register_parameter"}
_VALUES = ("tensor", "param", "module", "default")  # the names of the second parameter
_REGISTERS: dict[str, Registration] = {
    "register_buffer": "buffer",
    "register_parameter": "parameter",
    "add_module": "module",
    "register_module": "module",
    "add_state": "buffer",  # torchmetrics
}


def call(run: Run, frame: Frame, atom: Bound, node: ir.Call, arguments: Arguments) -> Value:
    """A call of a bound method."""
    receiver = atom.receiver
    if isinstance(receiver, Unknown):
        receiver = Tensor(run.fresh(), origin=worst(Origin.GIVEN, receiver.origin))
    if isinstance(receiver, SelfObject):
        return _own_method(run, frame, atom.name, node, arguments)
    if isinstance(receiver, TENSOR_LIKE):
        return torch_calls.tensor_method(run, receiver, atom.name, arguments)
    if isinstance(receiver, Container):
        return containers.method(run, receiver, atom.name, arguments)
    if isinstance(receiver, Module):
        return _module_method(run, frame, receiver, atom.name, arguments)
    if isinstance(receiver, HoldsTensors):
        return (Tensor(run.fresh(), origin=Origin.RANDOM),)
    return PLAIN if isinstance(receiver, Literal) else UNKNOWN


def _module_method(run: Run, frame: Frame, receiver: Module, name: str, arguments: Arguments) -> Value:
    if name in _GROWS:
        # self.layers = nn.ModuleList(); self.layers.append(layer)
        run.hold(receiver, arguments.values())
        return (receiver,) if name in ("append", "extend") else NONE
    if isinstance(receiver.cls, ClassRef):
        for owner in run.linker.classes(receiver.cls):
            if name in owner.facts.methods:
                return calls.annotated_return(run, receiver.cls, name)
    return module_calls.module_method(run, receiver, name)


def _own_method(run: Run, frame: Frame, name: str, node: ir.Call, arguments: Arguments) -> Value:
    """A method that no class of the project defines: `nn.Module`'s own, or an unknown base's."""
    registration = _REGISTERS.get(name)
    if registration is not None:
        names = node.args[0] if node.args else dict(node.keywords).get("name")
        value = arguments.positional[1] if len(arguments.positional) > 1 else next(
            (arguments.keywords[key] for key in _VALUES if key in arguments.keywords), UNKNOWN
        )  # fmt: skip
        for attribute in attributes.name_of(run, frame, names) if names is not None else ():
            attributes.register(run, frame, attribute, registration, value, node.place, frame.lines)
        if names is None or not attributes.name_of(run, frame, names):
            run.register(value)
        return NONE
    if name == "__setattr__" and len(arguments.positional) == 2:
        targets = attributes.name_of(run, frame, node.args[0]) if node.args else ()
        if not targets:
            attributes.assign_somewhere(run, arguments.positional[1])
        for attribute in targets:
            attributes.assign(run, frame, attribute, arguments.positional[1], node.place, frame.lines)
        return NONE
    if name == "__delattr__" and node.args:
        for attribute in attributes.name_of(run, frame, node.args[0]):
            attributes.delete(run, attribute)
        return NONE
    if name == "__init__":
        if run.record is not None:
            run.record.initialised = True
        _torch_constructor(run, frame)
        return NONE
    return (
        (SelfObject(),) if name in module_calls.MODULE_CHAIN else module_calls.registered_content(run, name)
    )


def _torch_constructor(run: Run, frame: Frame) -> None:
    """The constructors of torch's layers with parameters call `reset_parameters`, which a class may override."""
    known = [torch_api.module_class(base) for base in run.linker.mro(run.cls) if isinstance(base, str)]
    if not any(module is not None and module.parameters for module in known):
        return
    for value in attributes.class_attribute(run, frame, run.cls, "reset_parameters", SelfObject()):
        if isinstance(value, FunctionValue):
            functions.invoke(run, frame, value, Arguments())
