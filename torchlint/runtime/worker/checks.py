"""What torch does with each attribute: saved or not, trained or not, moved or not.

A check that fails is followed by a fresh build.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.optim.sgd import sgd

from .observation import PACKED, PLAIN, Attribute, Observed, leaves, observe, registered_names
from .timing import OUT_OF_TIME, TooLong, limited_until

Build = Callable[[int], nn.Module]
"""Builds the module anew, under this seed."""

Inputs = Callable[[], tuple[Any, ...]]
"""Makes what `forward` is called with."""

Known: TypeAlias = "dict[tuple[int, int], float | None]"
"""How far apart the tensors of each pair are that were compared, by their identities."""

FIRST_SEED, OTHER_SEED = 0, 1
_STEP = 0.5
_LAST, _LAST_PART = 2.0, 0.1
"""The seconds, and the part of all the time, that are kept back for the last check."""
_CHUNK = 1 << 20
"""The number of elements that are compared at once: their copies stay in the cache of the processor."""


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


def inspect(build: Build, inputs: Inputs | None = None, until: float | None = None) -> Inspection:
    """Build the module, and see what torch does with each of its attributes. Raises what the first build raises.

    Where `inputs` are known, the gradients of the optimizer step come from a real backward.
    """
    return inspect_built(build(FIRST_SEED), build, inputs, until)


def inspect_built(
    module: nn.Module, build: Build, inputs: Inputs | None = None, until: float | None = None
) -> Inspection:
    """See what torch does with each attribute of a module that has just been built under the first seed.

    It is not the same afterwards. When the time has come (`until`, of `time.monotonic`), the checks that are left are
    not made; raises TooLong if that is so before the first.
    """
    last = until
    if until is not None:  # some is kept back for the last check, on which verdicts depend
        until -= min(_LAST, _LAST_PART * max(0.0, until - time.monotonic()))
    with limited_until(until):
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
    failures: dict[str, str] = {}
    in_time = True
    for name, check in checks.items():
        found = {}
        try:
            if in_time or name == "device":
                with limited_until(until if in_time else last):
                    found = check(module)
            else:
                failures[name] = OUT_OF_TIME
        except TooLong:
            failures[name] = OUT_OF_TIME
            in_time = False
        except Exception as error:  # it is the user's code that runs: whatever it raises is an answer
            failures[name] = described(error)
        for attribute, fields in found.items():
            if attribute in seen:
                seen[attribute] = replace(seen[attribute], **fields)
        if in_time and (name in failures or inputs is not None) and name in ("optimizer_step", "dtype"):
            try:
                with limited_until(until):
                    module = build(FIRST_SEED)
            except TooLong:
                in_time = False
            except Exception as error:
                failures.update(
                    {later: described(error) for later in checks if later not in (*failures, name)}
                )
                break
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
        any(other.dtype == leaf.dtype and _compared(leaf, other, True) == 0 for other in saved)
        for leaf in packed.leaves.values()
    )


def _reloaded(module: nn.Module, other: nn.Module) -> dict[str, dict[str, Any]]:
    other.load_state_dict(module.state_dict())
    found = {}
    known: Known = {}
    first, second = observe(module), observe(other)
    for name, before, after in _pairs(first, second):
        difference = _difference(before, after, known)
        found[name] = {"reload": difference, "survives": None if difference is None else difference == 0}
    return found


def _stepped(module: nn.Module, inputs: Inputs | None) -> dict[str, dict[str, Any]]:
    """One step of SGD; without inputs every parameter has a gradient of ones, as if each output depended on it."""
    attributes = observe(module)
    before = _copies(attributes)
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
    known: Known = {}
    afterwards = observe(module)
    for name, tensors in _by_name(afterwards).items():
        differences = [
            _apart(before[name][at], leaf, known, whether=True)
            for at, leaf in tensors.items()
            if at in before.get(name, {})
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


def _copies(attributes: Iterable[Attribute]) -> dict[str, dict[str, torch.Tensor]]:
    """The tensors as they are now, by attribute; those that several have are copied once."""
    copied: dict[int, torch.Tensor] = {}
    found = {}
    for name, tensors in _by_name(attributes).items():
        for leaf in tensors.values():
            if id(leaf) not in copied:
                copied[id(leaf)] = leaf if _is_lazy(leaf) else leaf.detach().clone()
        found[name] = {at: copied[id(leaf)] for at, leaf in tensors.items()}
    return found


def _is_lazy(tensor: torch.Tensor) -> bool:
    return bool(nn.parameter.is_lazy(tensor))


def _difference(
    first: dict[str, torch.Tensor], second: dict[str, torch.Tensor], known: Known
) -> float | None:
    """The largest absolute difference between tensors; None where they cannot be compared."""
    largest = 0.0
    for at, one in first.items():
        apart = _apart(one, second[at], known)
        if apart is None or apart == float("inf"):
            return apart
        largest = max(largest, apart)
    return largest


def _apart(one: torch.Tensor, other: torch.Tensor, known: Known, whether: bool = False) -> float | None:
    """The largest absolute difference of two tensors, or, with `whether`, any if there is one.

    `known` are those of the pairs that were compared before; they must all be alive still.
    """
    pair = id(one), id(other)
    if pair not in known:
        known[pair] = _compared(one, other, whether)
    return known[pair]


def _compared(one: torch.Tensor, other: torch.Tensor, whether: bool) -> float | None:
    if _is_lazy(one) or _is_lazy(other):
        return None
    try:
        if _is_plain(one) and _is_plain(other) and one.shape == other.shape:
            if one.dtype == other.dtype and torch.equal(one, other):
                return 0.0
            largest = 0.0
            flat = one.detach().reshape(-1), other.detach().reshape(-1)
            for start in range(0, one.numel(), _CHUNK):
                largest = max(largest, _largest(*(all_[start : start + _CHUNK] for all_ in flat)))
                if largest and whether:
                    break
            return largest
        return _largest(one, other)
    except (RuntimeError, NotImplementedError, TypeError):  # a kind of tensor that cannot do this
        return None


def _is_plain(tensor: torch.Tensor) -> bool:
    return (
        type(tensor) in (torch.Tensor, nn.Parameter)
        and tensor.layout is torch.strided
        and not tensor.is_quantized
        and not tensor.is_nested
    )


def _largest(one: torch.Tensor, other: torch.Tensor) -> float:
    one, other = dense(one), dense(other)
    if one.shape != other.shape:
        return float("inf")
    if one.numel() == 0:
        return 0.0
    apart = (one - other).abs()
    equal = (one == other) | (one.isnan() & other.isnan())  # infinities, too, equal themselves
    return float(apart.masked_fill(equal, 0).nan_to_num(float("inf")).max())


def dense(tensor: torch.Tensor) -> torch.Tensor:
    """The numbers of any kind of tensor, for comparison."""
    tensor = tensor.detach()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    return tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)
