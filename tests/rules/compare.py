"""Compares a module of torch before and after a fix."""

from __future__ import annotations

import copy
import io
import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from tests.rules.observe import qualname
from torchlint.findings import Finding

_INTERNAL = frozenset(vars(nn.Module()))
_REGISTRY = {
    "TL101": "_buffers",
    "TL102": "_parameters",
    "TL104": "_modules",
    "TL105": "_modules",
    "TL106": "_parameters",
}


Fixed: TypeAlias = Mapping[tuple[str, str], list[Finding]]
"""The findings that were fixed, by the module and the qualified name of their class."""


def about(instance: nn.Module, fixed: Fixed) -> dict[str, Finding]:
    """The attributes of an instance that were fixed in its class or in a base, where it has them."""
    found = {}
    for cls in type(instance).__mro__:
        for finding in fixed.get((cls.__module__, qualname(cls)), ()):
            pattern = re.sub(r"\\\{.*?\\\}", ".*", re.escape(finding.attribute or ""))
            found.update({name: finding for name in names(instance) if re.fullmatch(pattern, name)})
    return found


def names(instance: nn.Module) -> Iterator[str]:
    """All attributes that an instance holds, registered or not."""
    yield from (name for name in vars(instance) if name not in _INTERNAL)
    for registry in ("_buffers", "_parameters", "_modules"):
        yield from getattr(instance, registry)


def differences(before: nn.Module, after: nn.Module, fixed: Fixed) -> Iterator[str]:
    """What a fix has changed and should not have, or has not changed and should have."""
    if set(names(before)) != set(names(after)):
        yield f"attributes: {set(names(before)) ^ set(names(after))}"
    for name in set(names(before)) & set(names(after)):
        if not same(getattr(before, name), getattr(after, name)):
            yield f"{name} has another value: {getattr(before, name)}, {getattr(after, name)}"
    mine = about(after, fixed)
    for name, finding in mine.items():
        registry = _REGISTRY[finding.code]
        if getattr(after, name) is not None and name not in getattr(after, registry):
            yield f"{name} is not registered in {registry}"
    if not any(map(is_lazy, (*after.parameters(), *after.buffers()))):  # these have no state_dict yet
        yield from _state_dict_differences(before, after, fixed)
    yield from _moves(after, mine)
    yield from _copies(before, after)
    yield from _forward_differences(before, after)


def _state_dict_differences(before: nn.Module, after: nn.Module, fixed: Fixed) -> Iterator[str]:
    """The keys are the old ones and those of what a fix made persistent; old checkpoints load if there are none."""
    old, new = set(before.state_dict()), set(after.state_dict())
    gains = set()
    for prefix, module in after.named_modules():
        for name, finding in about(module, fixed).items():
            value = getattr(module, name)
            if finding.code != "TL101" or "persistent=False" not in finding.message:
                key = f"{prefix}.{name}".lstrip(".")
                gained = {one for one in new if one == key or one.startswith(f"{key}.")}
                gains |= gained
                if not gained and not _empty(value):
                    yield f"{key} is not saved"
    if new - old != gains - old:
        yield f"keys of the state_dict: {(new - old) ^ (gains - old)}"
    if old - new:
        yield f"keys of the state_dict lost: {old - new}"
    if new == old:
        after.load_state_dict(before.state_dict(), strict=True)


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, nn.Module) and not value.state_dict())


def _moves(after: nn.Module, fixed: dict[str, Finding]) -> Iterator[str]:
    """`.to(torch.float64)` and `.to("meta")` take what was registered along."""
    for target, moved in ((torch.float64, _is_double), (torch.device("meta"), lambda tensor: tensor.is_meta)):
        try:
            other = copy.deepcopy(after).to(target)
        except Exception:  # what cannot be copied or moved, fixed or not; copying is compared below
            continue
        for name in fixed:
            for tensor in _tensors(getattr(other, name)):
                if not moved(tensor):
                    yield f"{name} stays behind on .to({target})"


def _is_double(tensor: torch.Tensor) -> bool:
    return not tensor.is_floating_point() or tensor.dtype is torch.float64


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, nn.Module):
        yield from value.state_dict().values()


def _copies(before: nn.Module, after: nn.Module) -> Iterator[str]:
    for what, duplicate in (("deepcopy", copy.deepcopy), ("pickle", _pickled)):
        worked = _outcome(lambda duplicate=duplicate: duplicate(before))
        works = _outcome(lambda duplicate=duplicate: duplicate(after))
        if not isinstance(worked, Exception) and isinstance(works, Exception):
            yield f"{what} fails: {works}"


def _pickled(instance: nn.Module) -> Any:
    return torch.load(io.BytesIO(_saved(instance)), weights_only=False)


def _saved(instance: nn.Module) -> bytes:
    buffer = io.BytesIO()
    torch.save(instance, buffer, pickle_module=pickle)
    return buffer.getvalue()


def _forward_differences(before: nn.Module, after: nn.Module) -> Iterator[str]:
    """The output of `forward`, for the inputs that it takes, is the same to the last bit."""
    if type(before).forward is nn.Module.forward:
        return
    for shape in ((), (4,), (2, 4), (1, 3, 4)):
        argument = torch.arange(1.0, 1.0 + torch.Size(shape).numel()).reshape(shape)
        outcomes = []
        for instance in (before, after):
            torch.manual_seed(1)
            outcomes.append(_outcome(lambda instance=instance, argument=argument: instance(argument.clone())))
        first, second = outcomes
        if isinstance(first, Exception) or isinstance(second, Exception):
            if type(first) is not type(second) and isinstance(second, Exception):
                yield f"forward fails: {second!r}"
        elif not same(first, second):
            yield f"forward gives another output for {shape}"


def _outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Exception as error:
        return error


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal to the last bit; a list and an `nn.ModuleList` of the same items are."""
    one, other = _plain(one), _plain(other)
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return _same_tensor(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, nn.Module) and isinstance(other, nn.Module):
        new = other.state_dict()
        return all(key in new and same(value, new[key]) for key, value in one.state_dict().items())
    return type(one).__name__ == type(other).__name__


def _same_tensor(one: torch.Tensor, other: torch.Tensor) -> bool:
    if is_lazy(one) or is_lazy(other):
        return is_lazy(one) and is_lazy(other)
    if one.is_nested or other.is_nested:
        return one.is_nested == other.is_nested and all(map(same, one.unbind(), other.unbind()))
    if (one.dtype, one.shape, one.device, one.layout) != (
        other.dtype,
        other.shape,
        other.device,
        other.layout,
    ):
        return False
    if one.is_meta or one.is_quantized:
        return True
    if one.layout is not torch.strided:
        one, other = one.to_dense(), other.to_dense()
    one, other = (tensor.detach().as_subclass(torch.Tensor) for tensor in (one, other))
    return torch.equal(torch.nan_to_num(one), torch.nan_to_num(other))


def _plain(value: Any) -> Any:
    if isinstance(value, (nn.ModuleList, nn.ParameterList)):
        return list(value)
    if isinstance(value, (nn.ModuleDict, nn.ParameterDict)):
        return dict(value.items())
    return value
