"""Modules that are not the one under construction: their methods, and what is registered in them."""

from __future__ import annotations

from torchlint import torch_api
from torchlint.project.interpret.state import Run
from torchlint.project.values import (
    PLAIN,
    UNKNOWN,
    Bound,
    Buffer,
    Module,
    Parameter,
    Value,
    join,
)

MODULE_CHAIN = {"to", "cuda", "cpu", "float", "double", "half", "bfloat16", "eval", "train", "requires_grad_", "apply",
                 "type", "share_memory", "to_empty", "xpu", "compile"}  # fmt: skip

_ONE: dict[str, type[Parameter] | type[Buffer] | type[Module]] = {
    "get_submodule": Module,
    "get_parameter": Parameter,
    "get_buffer": Buffer,
}


def module_method(run: Run, atom: Module, name: str) -> Value:
    """`module.name(...)` on a module that is not the one under construction."""
    if name in MODULE_CHAIN:
        return (atom,)
    return registered_content(run, name)


def registered_content(run: Run, name: str) -> Value:
    """`parameters()`, `named_buffers()`, `children()`, `get_submodule(…)`…: what they give is registered."""
    if name in _ONE:
        one: Value = (_ONE[name](run.fresh()),)
        run.register(one)
        return one
    kind = name.removeprefix("named_")
    value: Value
    if kind == "parameters":
        value = (Parameter(run.fresh()),)
    elif kind == "buffers":
        value = (Buffer(run.fresh()),)
    elif kind in ("children", "modules"):
        value = (Module(run.fresh()),)
    else:
        return UNKNOWN
    run.register(value)
    if kind != name:
        value = run.container("tuple", join(PLAIN, value), [PLAIN, value])
    return run.container("generator", value)


def module_attribute(run: Run, atom: Module, name: str) -> Value:
    """`module.weight` of a module of torch: registered there; else a method, or unknown."""
    known = torch_api.module_class(atom.cls) if isinstance(atom.cls, str) else None
    value: Value = (Bound(atom, name),)
    if known is not None and name in known.parameters:
        value = (Parameter(run.fresh()),)
    elif known is not None and name in known.buffers:
        value = (Buffer(run.fresh()),)
    elif known is not None and name in known.modules:
        value = (Module(run.fresh()),)
    run.register(tuple(found for found in value if not isinstance(found, Bound)))
    return value
