"""A class built by a known call → all of its state in numbers, to be compared with that of another version of it."""

from __future__ import annotations

import ctypes
import hashlib
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from .building import Builder, Built
from .checks import FIRST_SEED, Inputs, dense, described
from .observation import leaves, observe, own_items
from .overlay import lay_over
from .targets import find
from .timing import TooLong
from .verifying import inputs_of

_SETTINGS = (bool, int, float, complex, str, bytes)
_PLACE = re.compile(r"\[(?:'([^']*)'|([^\]]*))\]")


def snapshot(request: Mapping[str, Any]) -> dict[str, Any]:
    """Build the class by the call `expression`; `{"raises"}` if that, or the import of its file, fails.

    The request has `target`, `roots`, `recipe`, `expression`, `inputs`, `overlay` (a file for `overlay.lay_over`, or
    None) and `again`: whether to build in other circumstances, so that what depends on these is told from the rest.
    """
    if request["overlay"] is not None:
        lay_over(request["overlay"])
    # what is not initialised is filled, so that it has a value to compare
    # (`torch.use_deterministic_algorithms` does the same, and imports the compiler)
    torch._C._set_deterministic_algorithms(True, warn_only=True)  # type: ignore[attr-defined, unused-ignore]
    kept = [object() for _ in range(random.Random(0).randrange(5_000, 9_999))] if request["again"] else []
    try:
        module, cls = find(request["target"], request["roots"])
        name = request["target"].rpartition(":")[2]
        builder = Builder(cls, name, vars(module), request["seconds"])
        built = _built(builder, name, request)
        return _snapshot(built, inputs_of(request["inputs"], vars(module)))
    except (MemoryError, TooLong):
        raise
    except SystemExit as error:
        return {"raises": f"SystemExit: {error.code!r}"}
    except Exception as error:  # the user's code may raise anything
        return {"raises": described(error)}
    finally:
        del kept


def _built(builder: Builder, name: str, request: Mapping[str, Any]) -> Built:
    if request["recipe"] is not None:
        return builder.from_recipe(request["recipe"], request["roots"])
    head = f"{name.rpartition('.')[2]}("
    return builder.by(request["expression"].removeprefix(head).removesuffix(")"))


def _snapshot(built: Built, inputs: Inputs | None) -> dict[str, Any]:
    """What there is, by dotted name.

    `registered`: where torch keeps each attribute. `values`: a digest of each tensor (None: it cannot be read),
    whatever holds it. `settings`: numbers, strings and the like. `keys`: those of `state_dict()`, None if it raises.
    `outputs`: a digest of each tensor that `forward` returns, or what it `raises`; None if its inputs are not known.
    """
    module = built.first()
    registered, values = {}, {}
    for one in observe(module):
        observed = one.observed
        kept = "transient buffer" if observed.persistent is False else observed.registration
        registered[observed.name] = kept
        for place, leaf in one.leaves.items():
            values[observed.name + _dotted(place)] = _digest(leaf)
    return {
        "registered": registered,
        "values": values,
        "settings": dict(_settings(module)),
        "keys": _keys(module),
        "outputs": None if inputs is None else _outputs(module, inputs),
    }


def _settings(module: nn.Module) -> Iterator[tuple[str, str]]:
    for prefix, child in module.named_modules():
        for name, value in own_items(child):
            if type(value) in _SETTINGS:
                yield f"{prefix}.{name}" if prefix else name, repr(value)


def _keys(module: nn.Module) -> list[str] | None:
    try:
        return list(module.state_dict())
    except Exception:  # the user's code may have its own
        return None


def _outputs(module: nn.Module, inputs: Inputs) -> dict[str, str | None] | None:
    torch.manual_seed(FIRST_SEED)
    try:
        given = inputs()
    except Exception:
        return None
    try:
        return {place: _digest(leaf) for place, leaf in leaves(module(*given)).items()}
    except Exception as error:
        return {"raises": described(error)}


def _dotted(place: str) -> str:
    """The place of a tensor in a container, as if it were one of torch's."""
    return _PLACE.sub(lambda match: f".{match[1] if match[2] is None else match[2]}", place)


def _digest(tensor: torch.Tensor) -> str | None:
    """Equal for tensors of the same shape, type and content; None where the content cannot be read."""
    if nn.parameter.is_lazy(tensor):
        return "not initialised"
    try:
        plain = tensor.detach()
        if plain.is_quantized or plain.layout is not torch.strided:
            plain = dense(plain)
        plain = plain.cpu().resolve_conj().resolve_neg().contiguous()
        size = plain.numel() * plain.element_size()
        if size and (plain.data_ptr() == 0 or plain.untyped_storage().nbytes() < size):
            return None
        content = ctypes.string_at(plain.data_ptr(), size) if size else b""
        head = f"{tuple(tensor.shape)} {tensor.dtype} "
        return hashlib.sha256(head.encode() + content).hexdigest()
    except Exception:  # a kind of tensor that cannot do this
        return None
