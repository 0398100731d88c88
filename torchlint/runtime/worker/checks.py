"""What torch does with each attribute: saved or not, trained or not, moved or not.

A check that fails is followed by a fresh build.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.optim.sgd import sgd

from .observation import PACKED, PLAIN, Attribute, Observed, leaves, observe, registered_names

Build = Callable[[int], nn.Module]
"""Builds the module anew, under this seed."""

Inputs = Callable[[], tuple[Any, ...]]
"""Makes what `forward` is called with."""

FIRST_SEED, OTHER_SEED = 0, 1
_STEP = 0.5


@dataclass(frozen=True)
class Evidence:
    """What was seen of one attribute; None where a check says nothing of it (`failures` says why, if it failed).

    `saved`: it is in `state_dict()`. `reload`: the largest absolute difference to the saved value after
    `load_state_dict` into an instance built under another seed; `survives`: there is none. `trained`: one optimizer
    step changed it. `moved`, `cast`: `.to(device)`, `.to(torch.float64)` reached it.
    """

    observed: Observed
    saved: bool | None = None
    reload: float | None = None
    survives: bool | None = None
    trained: bool | None = None
    moved: bool | None = None
    cast: bool | None = None


@dataclass(frozen=True)
class Inspection:
    """All that was seen of a module: `device` is where it was moved to, `failures` what could not be done, and why."""

    class_name: str
    device: str
    evidence: tuple[Evidence, ...]
    failures: dict[str, str]


def inspect(build: Build, inputs: Inputs | None = None) -> Inspection:
    """Build the module, and see what torch does with each of its attributes. Raises what the first build raises.

    Where `inputs` are known, the gradients of the optimizer step come from a real backward.
    """
    return inspect_built(build(FIRST_SEED), build, inputs)


def inspect_built(module: nn.Module, build: Build, inputs: Inputs | None = None) -> Inspection:
    """See what torch does with each attribute of a module that has just been built under the first seed.

    It is not the same afterwards.
    """
    attributes = observe(module)
    seen = {one.observed.name: Evidence(one.observed) for one in attributes}
    device = real_device()
    # those that change the module come last, and what they change is nothing that those after them look at
    checks: dict[str, Callable[[nn.Module], dict[str, dict[str, Any]]]] = {
        "state_dict": lambda module: _saved(module, attributes),
        "deepcopy": _copied,
        "reload": lambda module: _reloaded(module, build(OTHER_SEED)),
        "optimizer_step": lambda module: _stepped(module, inputs),
        "dtype": _cast,
        "device": lambda module: _moved(module, device),
    }
    failures = {}
    for name, check in checks.items():
        try:
            found = check(module)
        except Exception as error:  # it is the user's code that runs: whatever it raises is an answer
            failures[name] = described(error)
            found = {}
        if (name in failures or inputs is not None) and name in ("optimizer_step", "dtype"):
            try:
                module = build(FIRST_SEED)
            except Exception as error:
                failures.update(
                    {later: described(error) for later in checks if later not in (*failures, name)}
                )
                break
        for attribute, fields in found.items():
            if attribute in seen:
                seen[attribute] = replace(seen[attribute], **fields)
    qualname = type(module).__qualname__.replace(".<locals>", "")
    return Inspection(qualname, device, tuple(seen.values()), failures)


def warm_up() -> None:
    """Let torch import what it only imports when it is used, without a look at any device."""
    build: Build = lambda seed: nn.Linear(1, 1)  # noqa: E731
    _reloaded(build(0), build(0))
    _stepped(build(0), None)
    _moved(build(0), "meta")
    _cast(build(0))


def real_device() -> str:
    """The accelerator of this machine; without one `meta`, which visits the same tensors."""
    if torch.cuda.is_available():
        return "cuda"
    for name in ("mps", "xpu"):
        backend = getattr(torch.backends if name == "mps" else torch, name, None)
        if backend is not None and backend.is_available():
            return name
    return "meta"


def described(error: BaseException) -> str:
    """An exception on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def _saved(module: nn.Module, attributes: Iterable[Attribute]) -> dict[str, dict[str, Any]]:
    state = module.state_dict(keep_vars=True)
    kept = {id(value) for value in state.values()}
    found = {}
    for one in attributes:
        if one.leaves:
            held = all(id(leaf) in kept for leaf in one.leaves.values())
            if one.observed.registration == PACKED:
                held = _holds_equal(state, one)
            found[one.observed.name] = {"saved": held or one.observed.name in state}
    return found


def _holds_equal(state: dict[str, Any], packed: Attribute) -> bool:
    """Whether the state has tensors like those that a quantized layer has packed; they are unpacked anew each time."""
    prefix = packed.observed.name.rpartition(".")[0]
    inside = f"{prefix}." if prefix else ""
    saved = [
        leaf for key, value in state.items() if key.startswith(inside) for leaf in leaves(value).values()
    ]
    return all(
        any(other.dtype == leaf.dtype and _difference({"": leaf}, {"": other}) == 0 for other in saved)
        for leaf in packed.leaves.values()
    )


def _reloaded(module: nn.Module, other: nn.Module) -> dict[str, dict[str, Any]]:
    other.load_state_dict(module.state_dict())
    found = {}
    for name, before, after in _pairs(observe(module), observe(other)):
        difference = _difference(before, after)
        found[name] = {"reload": difference, "survives": None if difference is None else difference == 0}
    return found


def _stepped(module: nn.Module, inputs: Inputs | None) -> dict[str, dict[str, Any]]:
    """One step of SGD; without inputs every parameter has a gradient of ones, as if each output depended on it."""
    before = {name: copy_of(tensors) for name, tensors in _by_name(observe(module)).items()}
    parameters = [one for one in module.parameters() if one.requires_grad and not _is_lazy(one)]
    if parameters:
        if inputs is None:
            for parameter in parameters:
                parameter.grad = torch.ones_like(parameter)
        else:
            outputs = leaves(module(*inputs())).values()
            torch.autograd.backward([one.sum() for one in outputs if one.requires_grad])
        _sgd(parameters)
    found = {}
    for name, tensors in _by_name(observe(module)).items():
        differences = [
            _difference({"": before[name][at]}, {"": leaf})
            for at, leaf in tensors.items()
            if at in before[name]
        ]
        if differences and None not in differences:
            found[name] = {"trained": all(differences)}
    return found


def _sgd(parameters: list[nn.Parameter]) -> None:
    """What `torch.optim.SGD(parameters, _STEP).step()` does; that would first import the compiler of torch."""
    if any(not one.is_leaf for one in parameters):
        raise ValueError("can't optimize a non-leaf Tensor")
    stepped: list[torch.Tensor] = []
    gradients: list[torch.Tensor] = []
    for one in parameters:
        if one.grad is not None:
            stepped.append(one)
            gradients.append(one.grad)
    with torch.no_grad():
        sgd(
            stepped,
            gradients,
            [None] * len(stepped),
            foreach=False,
            weight_decay=0,
            momentum=0,
            lr=_STEP,
            dampening=0,
            nesterov=False,
            maximize=False,
        )


def _moved(module: nn.Module, device: str) -> dict[str, dict[str, Any]]:
    held, before = {id(one) for one in module.parameters()}, observe(module)
    # `.to("meta")` makes new parameters, `.cuda()` does not: a second name of a parameter follows a real move
    follows = {
        one.observed.name
        for one in before
        if one.observed.registration == PLAIN and all(id(leaf) in held for leaf in one.leaves.values())
    }
    elsewhere = {
        one.observed.name for one in before if all(leaf.device.type == device for leaf in one.leaves.values())
    }
    nn.Module.to(module, device)  # as a part of a larger module is moved: a `to` of its own is not asked then
    return {
        name: {"moved": name in follows or all(leaf.device.type == device for leaf in tensors.values())}
        for name, tensors in _by_name(observe(module)).items()
        if name not in elsewhere
    }


def _cast(module: nn.Module) -> dict[str, dict[str, Any]]:
    before = _by_name(observe(module))
    dtypes = {name: {at: leaf.dtype for at, leaf in tensors.items()} for name, tensors in before.items()}
    nn.Module.to(module, torch.float64)
    found = {}
    for name, tensors in _by_name(observe(module)).items():
        floating = [
            leaf.dtype == torch.float64
            for at, leaf in tensors.items()
            if (old := dtypes.get(name, {}).get(at)) is not None
            and old.is_floating_point
            and old != torch.float64
        ]
        if floating:
            found[name] = {"cast": all(floating)}
    return found


def _copied(module: nn.Module) -> dict[str, dict[str, Any]]:
    copied = copy.deepcopy(module)
    if len(registered_names(copied)) != len(registered_names(module)):
        raise RuntimeError("the copy has not the same registered state")
    return {}


def _by_name(attributes: Iterable[Attribute]) -> dict[str, dict[str, torch.Tensor]]:
    return {one.observed.name: one.leaves for one in attributes if one.leaves}


def _pairs(
    first: Iterable[Attribute], second: Iterable[Attribute]
) -> Iterable[tuple[str, dict[str, torch.Tensor], dict[str, torch.Tensor]]]:
    others = _by_name(second)
    for name, tensors in _by_name(first).items():
        if name in others and others[name].keys() == tensors.keys():
            yield name, tensors, others[name]


def copy_of(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors as they are now."""
    return {at: leaf if _is_lazy(leaf) else leaf.detach().clone() for at, leaf in tensors.items()}


def _is_lazy(tensor: torch.Tensor) -> bool:
    return bool(nn.parameter.is_lazy(tensor))


def _difference(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> float | None:
    """The largest absolute difference between tensors; None where they cannot be compared."""
    largest = 0.0
    for at, one in first.items():
        other = second[at]
        if _is_lazy(one) or _is_lazy(other):
            return None
        try:
            one, other = dense(one), dense(other)
            if one.shape != other.shape:
                return float("inf")
            if one.numel() == 0:
                continue
            apart = (one - other).abs()
            equal = (one == other) | (one.isnan() & other.isnan())  # infinities, too, equal themselves
            largest = max(largest, float(apart.masked_fill(equal, 0).nan_to_num(float("inf")).max()))
        except (RuntimeError, NotImplementedError, TypeError):  # a kind of tensor that cannot do this
            return None
    return largest


def dense(tensor: torch.Tensor) -> torch.Tensor:
    """The numbers of any kind of tensor, for comparison."""
    tensor = tensor.detach()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    return tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)
