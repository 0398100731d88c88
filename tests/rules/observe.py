"""What torch itself says about the classes of a file: it builds each and looks at what is registered.

On purpose it shares nothing with `torchlint.runtime`, which is to be judged by the same marks: it asks torch for all
that is registered and looks for the rest, and of a container that is partly registered it judges only what is lost.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import nn

_INTERNAL = frozenset(vars(nn.Module()))
_CONTAINERS = (list, tuple, set, frozenset, deque)


@dataclass(frozen=True)
class Unregistered:
    """An attribute of a live module that holds what torch has registered nowhere; `kinds` says what."""

    attribute: str
    kinds: frozenset[str]


def built(module: ModuleType, examples: Mapping[str, Any]) -> Iterator[tuple[str, nn.Module]]:
    """An instance of every `nn.Module` of a file, and what its functions `make_…` return.

    `examples` maps the name of a class to a list of keyword arguments, one for each instance; the others are
    built without arguments.
    """
    for name, cls in _classes(module):
        if issubclass(cls, nn.Module):
            for arguments in examples.get(name, [{}]):
                torch.manual_seed(0)
                yield name, cls(**arguments)
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if (
            name.startswith("make_")
            and not inspect.signature(function).parameters
            and function.__module__ == module.__name__
        ):
            instance = function()
            if isinstance(instance, nn.Module):
                yield name, instance


def _classes(owner: Any, prefix: str = "") -> Iterator[tuple[str, type]]:
    module_name = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
    for name, value in list(vars(owner).items()):
        mine = inspect.isclass(value) and value.__module__ == module_name
        if mine and value.__qualname__ == f"{prefix}{name}":  # otherwise an alias
            yield value.__qualname__, value
            yield from _classes(value, f"{prefix}{name}.")


def qualname(cls: type) -> str:
    """As torchlint writes it: `function.Class` for a class in a function."""
    return cls.__qualname__.replace(".<locals>", "")


def unregistered(instance: nn.Module) -> Iterator[Unregistered]:
    """The attributes that hold tensors, parameters or modules which torch has registered nowhere."""
    registered = {id(instance)}
    registered.update(id(tensor) for tensor in instance.state_dict(keep_vars=True).values())
    registered.update(id(tensor) for _, tensor in instance.named_parameters(remove_duplicate=False))
    registered.update(id(tensor) for _, tensor in instance.named_buffers(remove_duplicate=False))
    registered.update(id(module) for _, module in instance.named_modules(remove_duplicate=False))
    for name, value in vars(instance).items():
        if name in _INTERNAL:
            continue
        lost = [leaf for leaf in _leaves(value, set()) if id(leaf) not in registered]
        if lost:
            container = isinstance(value, (*_CONTAINERS, dict))
            yield Unregistered(name, frozenset(_kind(leaf, container) for leaf in lost))


def _leaves(value: Any, seen: set[int]) -> Iterator[Any]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, (torch.Tensor, nn.Module)):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item, seen)
    elif isinstance(value, _CONTAINERS):
        for item in value:
            yield from _leaves(item, seen)


def _kind(leaf: Any, container: bool) -> str:
    if isinstance(leaf, nn.Module):
        return "modules" if container else "module"
    if isinstance(leaf, nn.Parameter):
        return "parameters" if container else "parameter"
    return "tensors" if container else "tensor"


CODES = {
    "tensor": frozenset({"TL101", "TL102", "TL106"}),
    "tensors": frozenset({"TL103"}),
    "parameters": frozenset({"TL104"}),
    "modules": frozenset({"TL105"}),
}
"""Which codes may be said of an attribute that holds this."""
