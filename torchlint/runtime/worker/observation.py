"""What a live module holds: each attribute, what it is and where torch keeps it.

Only looked at, never changed: no method of the module but those of `nn.Module` that list its state is called.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

_INTERNAL = frozenset(vars(nn.Module()))
_SEQUENCES = (list, tuple, set, frozenset, deque)
_ITEMS: tuple[tuple[type, Callable[[Any], Iterable[tuple[Any, Any]]]], ...] = (
    (dict, lambda held: list(dict.items(held))),
    *((cls, lambda held, cls=cls: enumerate([*cls.__iter__(held)])) for cls in _SEQUENCES),
)
"""What is in a container by its own type: no method of a subclass runs, which may count anew, or raise."""
_OPAQUE = (type, types.FunctionType, types.MethodType, types.ModuleType, types.BuiltinFunctionType)
_QUANTIZED = ("__torch__.torch.classes.quantized.", "__torch__.torch.classes.rnn.")
_DEPTH = 6
_MOST = 10_000

# As in `torchlint.project.module_state.Kind`: the words that both sides of the comparison use.
TENSOR, PARAMETER, BUFFER, MODULE = "tensor", "parameter", "buffer", "module"
TENSORS, PARAMETERS, MODULES = "container of tensors", "container of parameters", "container of modules"
OBJECT, PACKED, PLAIN = "object holding tensors", "packed", "plain"


@dataclass(frozen=True)
class Observed:
    """One attribute of one module of the tree.

    `name` is its dotted name in the tree (`layers.0.weight`), `owner` the qualified name of the class of the module
    that has it. `registration` is where torch keeps it: parameter, buffer, module, packed (the weights of torch's
    quantized layers, which save these themselves), or plain for nowhere. `alias`: the name under which all that it
    holds is registered elsewhere. `persistent` is None for what is no buffer. `shape` and `dtype` are those of a
    tensor; None where it holds several, or is None or not initialised yet. `module_class` is the qualified name of
    the class of a module.
    """

    name: str
    owner: str
    kind: str
    registration: str
    persistent: bool | None = None
    container: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    alias: str | None = None
    module_class: str | None = None


@dataclass(frozen=True)
class Attribute:
    """An attribute as observed, with the tensors that it holds now, by their place in it (`` or `[0].weight`)."""

    observed: Observed
    leaves: dict[str, torch.Tensor]


def observe(root: nn.Module) -> list[Attribute]:
    """Every attribute of the module and its submodules that holds tensors, parameters, buffers or modules."""
    registered = registered_names(root)
    found = []
    for prefix, module in root.named_modules():
        for observed, value in _attributes(module):
            tensors = leaves(value)
            name = f"{prefix}.{observed.name}" if prefix else observed.name
            if observed.registration == PLAIN:
                observed = replace(observed, alias=_alias(value, tensors, registered))
            elif observed.registration == MODULE and (first := registered.get(id(value), name)) != name:
                observed = replace(observed, alias=first)
            found.append(Attribute(replace(observed, name=name), tensors))
    return found


def registered_names(root: nn.Module) -> dict[int, str]:
    """The name of each registered parameter, buffer and module, by identity."""
    names: dict[int, str] = {id(root): "self"}
    for listed in (root.named_modules(), root.named_parameters(), root.named_buffers()):
        for name, value in listed:
            names.setdefault(id(value), name)
    return names


def leaves(value: Any) -> dict[str, torch.Tensor]:
    """The tensors in a value, by their place in it; what a module in it has registered counts as well."""
    return {place: leaf for place, leaf in _walk(value, "", set(), 0) if isinstance(leaf, torch.Tensor)}


def _attributes(module: nn.Module) -> Iterator[tuple[Observed, Any]]:
    owner = _class_name(module)
    not_saved: Collection[str] = getattr(module, "_non_persistent_buffers_set", ())
    for name, parameter in _items(module, "_parameters"):
        yield _described(Observed(name, owner, PARAMETER, PARAMETER), parameter), parameter
    for name, buffer in _items(module, "_buffers"):
        observed = Observed(name, owner, BUFFER, BUFFER, persistent=name not in not_saved)
        yield _described(observed, buffer), buffer
    for name, child in _items(module, "_modules"):
        if child is not None:
            yield Observed(name, owner, MODULE, MODULE, module_class=_class_name(child)), child
    for name, value in _plain_items(module):
        kind = _kind(value)
        if kind is not None:
            where = PACKED if _is_packed(value) else PLAIN
            observed = Observed(name, owner, kind, where, container=_container(value, kind))
            yield _described(observed, value), value


def _plain_items(module: nn.Module) -> list[tuple[str, Any]]:
    """What the module has beside what torch registers."""
    if not isinstance(module, torch.jit.ScriptModule):
        return [(name, value) for name, value in own_items(module) if name not in _INTERNAL]
    # its dict is torch's own; its state is in a C++ object, which can be asked for each attribute of its type
    kind = getattr(module, "_concrete_type", None)
    names = [] if kind is None else list(kind.get_attributes())
    registered = {
        name for held in ("_parameters", "_buffers", "_modules") for name, _ in _items(module, held)
    }
    return [(name, getattr(module, name)) for name in names if name not in registered]


def own_items(value: Any) -> list[tuple[str, Any]]:
    """The attributes of an object itself: those of its dict and of its slots. No code of its class runs."""
    own = getattr(value, "__dict__", None)
    found = list(own.items()) if isinstance(own, dict) else []
    for cls in type(value).__mro__:
        if "__slots__" in vars(cls):
            for name, slot in vars(cls).items():
                if isinstance(slot, types.MemberDescriptorType):
                    try:
                        found.append((name, slot.__get__(value)))
                    except AttributeError:  # nothing is in it
                        continue
    return found


def is_made_up(value: Any) -> bool:
    """Whether it stands for an argument that nobody has shown: what is in it is no state of the user's."""
    return hasattr(type(value), "__torchlint_made_up__")


def _is_packed(value: Any) -> bool:
    """Whether it is the object in which a quantized layer of torch has its weights."""
    if not isinstance(value, torch.ScriptObject):
        return False
    return value._type().qualified_name().startswith(_QUANTIZED)


def _unpacked(value: Any) -> Any:
    return value.unpack() if hasattr(value, "unpack") else value.__getstate__()


def _class_name(value: Any) -> str:
    return type(value).__qualname__.replace(".<locals>", "")


def _items(module: nn.Module, name: str) -> list[tuple[str, Any]]:
    # of a scripted module it is a wrapper that only behaves like a dict
    return list(getattr(module, name, {}).items())


def _kind(value: Any) -> str | None:
    """What a plain attribute holds; None if nothing that torch would register."""
    if isinstance(value, nn.Parameter):
        return PARAMETER
    if isinstance(value, torch.Tensor):
        return TENSOR
    if isinstance(value, nn.Module):
        return MODULE
    held = [leaf for _, leaf in _walk(value, "", set(), 0, modules=True)]
    if not held:
        return None
    if not isinstance(value, (dict, *_SEQUENCES)):
        return OBJECT
    if any(isinstance(leaf, nn.Module) for leaf in held):
        return MODULES
    return PARAMETERS if any(isinstance(leaf, nn.Parameter) for leaf in held) else TENSORS


def _container(value: Any, kind: str) -> str | None:
    if kind not in (TENSORS, PARAMETERS, MODULES):
        return None
    for name, cls in (("dict", dict), ("tuple", tuple), ("set", (set, frozenset))):
        if isinstance(value, cls):
            return name
    return "list"


def _described(observed: Observed, value: Any) -> Observed:
    if not isinstance(value, torch.Tensor):
        return observed
    try:
        shape = tuple(int(size) for size in value.shape)
    except Exception:  # not initialised yet, or a nested tensor: it has no one shape
        shape = None
    return replace(observed, shape=shape, dtype=str(value.dtype).removeprefix("torch."))


def _alias(value: Any, tensors: dict[str, torch.Tensor], registered: dict[int, str]) -> str | None:
    """The registered name of the value, or of the first of what it holds, if all of that is registered."""
    held = [value] if isinstance(value, nn.Module) else [leaf for _, leaf in _walk(value, "", set(), 0, True)]
    names = [registered.get(id(leaf)) for leaf in (*held, *tensors.values())]
    return names[0] if names and None not in names else None


def _walk(
    value: Any, place: str, seen: set[int], depth: int, modules: bool = False
) -> Iterator[tuple[str, Any]]:
    """The tensors in a value; with `modules`, a module is given as it is, and not what it has registered."""
    if id(value) in seen or depth > _DEPTH or len(seen) > _MOST:
        return
    if (
        isinstance(value, (str, bytes, int, float, complex, torch.dtype, torch.device, *_OPAQUE))
        or value is None
        or is_made_up(value)
    ):
        return
    seen.add(id(value))
    inside: Iterator[tuple[str, Any]]
    if isinstance(value, torch.Tensor):
        yield place, value
        return
    if isinstance(value, nn.Module):
        if modules:
            yield place, value
            return
        inside = ((f".{name}", leaf) for name, leaf in (*value.named_parameters(), *value.named_buffers()))
    elif isinstance(value, (dict, *_SEQUENCES)):
        items = next(items for cls, items in _ITEMS if isinstance(value, cls))
        inside = ((f"[{key!r}]", item) for key, item in items(value))
    elif _is_packed(value):
        inside = ((f"[{number}]", item) for number, item in enumerate(_unpacked(value)))
    else:
        inside = ((f".{name}", item) for name, item in own_items(value))
    for name, item in inside:
        yield from _walk(item, place + name, seen, depth + 1, modules)
