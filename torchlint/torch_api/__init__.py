"""What torch's API returns and registers, read from a generated table: torch itself is never imported.

The data is `torchlint/torch_api/table.py`, written by `scripts/generate_torch_api.py` from torch's own stubs
(`_VariableFunctions.pyi`, `_C/__init__.pyi`, `_C/_nn.pyi`, `nn/functional.pyi`), operator schemas
(`torch._C._jit_get_all_schemas()`), annotations, class sources and, in doubt, by running torch.
Every table is split on first use; importing this package costs only the loading of its strings.

All functions take dotted names in any spelling torch offers (`torch.nn.modules.linear.Linear`): `canonical`
is applied inside. A name that the table doesn't have gives `None` or `False`: nothing is known of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from torchlint.torch_api import table

Returns = Literal["tensor", "tensors", "argument", "maybe", "other"]
ObjectKind = Literal["tensor", "parameter", "buffer", "distribution", "object"]

TORCH_VERSION: str = table.TORCH_VERSION

_TENSOR_CLASS = "torch.Tensor."


@dataclass(frozen=True, slots=True)
class ModuleClass:
    """The names that an instance of one of torch's own modules registers on itself, in order.

    Conditional ones are included: `bias` of `nn.Linear(…, bias=False)` is registered too, as `None`.
    """

    parameters: tuple[str, ...]
    buffers: tuple[str, ...]
    modules: tuple[str, ...]
    forward_returns: Literal["tensor", "unknown"]


def function(dotted: str, arguments: int | None = None) -> Returns | None:
    """What calling this function of torch returns; `None` when that is not known.

    `arguments` is the number of arguments passed, positional and by keyword (`out=` not counted), when the
    call has no `*` or `**`: it decides between overloads where the stubs do (`torch.max(x)` is "tensor",
    `torch.max(x, 0)` stays "maybe", for it may be `torch.max(x, y)`).
    """
    name = canonical(dotted)
    if name.startswith(_TENSOR_CLASS):  # torch.Tensor.add(x, y): one argument more than x.add(y)
        return method(name.removeprefix(_TENSOR_CLASS), None if arguments is None else max(arguments - 1, 0))
    return _narrowed(name, _kinds(table.FUNCTIONS).get(name), arguments)


def method(name: str, arguments: int | None = None) -> Returns | None:
    """What calling this method of a Tensor returns; "argument" means the tensor itself (in-place methods).

    `arguments` as for `function`, without the tensor itself: `type` with 0 arguments is "other" (a string).
    """
    dotted = _TENSOR_CLASS + name
    return _narrowed(dotted, _kinds(table.METHODS).get(dotted), arguments)


def overloads(dotted: str) -> tuple[Returns, ...]:
    """What the overloads of a function or method (`torch.Tensor.max`) return; else its only answer."""
    name = canonical(dotted)
    known = _overloads().get(name)
    if known:
        return tuple(sorted(set(known.values()) - {"maybe"}))
    returns = function(name)
    return () if returns is None else (returns,)


def attribute(name: str) -> Literal["tensor", "other"] | None:
    """What a property of a Tensor is, `grad` and `T` being tensors, `shape` and `device` not."""
    return cast("Literal['tensor', 'other'] | None", _kinds(table.ATTRIBUTES).get(_TENSOR_CLASS + name))


def may_return_self(name: str) -> bool:
    """Whether this Tensor method can return the very same object: in place, or because nothing changes."""
    return method(name) == "argument" or _TENSOR_CLASS + name in _names(table.MAY_RETURN_SELF)


def is_random(dotted: str) -> bool:
    """Whether the result (of a function, or of a method given as `Tensor.normal_`) can depend on the seed."""
    return _qualified(dotted) in _names(table.RANDOM)


def is_uninitialised(dotted: str) -> bool:
    """Whether the result can hold memory as it was found: `torch.empty`, `Tensor.new_empty`."""
    return _qualified(dotted) in _names(table.UNINITIALISED)


def module_class(dotted: str) -> ModuleClass | None:
    """What an instance of this `nn.Module` subclass of torch registers; `None` if torch has no such class."""
    return _module_classes().get(canonical(dotted))


def class_names(dotted: str) -> frozenset[str]:
    """The attributes of this `nn.Module` subclass of torch itself, methods included; empty if torch has none such.

    Special methods are left out. Registering state under such a name is a `KeyError`.
    """
    name = canonical(dotted)
    if module_class(name) is None:
        return frozenset()
    known = _class_names()
    return known["torch.nn.Module"] | known.get(name, frozenset())


def object_class(dotted: str) -> ObjectKind | None:
    """What an instance of this class of torch is; `None` for modules and for what isn't a class of torch."""
    return cast("ObjectKind | None", _kinds(table.OBJECTS).get(canonical(dotted)))


def is_constant(dotted: str) -> bool:
    """Whether this name is a value that is no tensor: `torch.float32`, `torch.pi`, `torch.strided`."""
    return canonical(dotted) in _names(table.CONSTANTS)


def is_namespace(dotted: str) -> bool:
    """Whether this is a Python module of torch: `torch.nn`, `torch.linalg`."""
    return canonical(dotted) in _namespaces()


@cache
def canonical(dotted: str) -> str:
    """The public, shortest spelling of an object of torch; any other name comes back unchanged."""
    if dotted != "torch" and not dotted.startswith("torch."):
        return dotted
    aliases = _aliases()
    parts = dotted.split(".")
    for end in range(len(parts), 1, -1):
        target = aliases.get(".".join(parts[:end]))
        if target is not None:
            return canonical(".".join([target, *parts[end:]])) if end < len(parts) else target
    return dotted


def _qualified(dotted: str) -> str:
    return f"torch.{dotted}" if dotted.startswith("Tensor.") else canonical(dotted)


def _narrowed(name: str, returns: Returns | None, arguments: int | None) -> Returns | None:
    if arguments is None or returns is None:
        return returns
    narrowed = _overloads().get(name, {}).get(arguments, "maybe")
    return returns if narrowed == "maybe" else narrowed


def _records(text: str) -> Iterator[tuple[str, str]]:
    """Yield (group, dotted name): `=group` opens a group, `torch.nn:` a namespace, other tokens are names."""
    group = space = ""
    for token in text.split():
        if token[0] == "=":
            group = token[1:]
        elif token[-1] == ":":
            space = token[:-1] + "."
        else:
            yield group, space + token


@cache
def _kinds(text: str) -> dict[str, Returns]:
    return {name: cast("Returns", group) for group, name in _records(text)}


@cache
def _names(text: str) -> frozenset[str]:
    return frozenset(name for _, name in _records(text))


@cache
def _namespaces() -> frozenset[str]:
    return frozenset(table.NAMESPACES.split())


@cache
def _aliases() -> dict[str, str]:
    """Alias → canonical name; a name `as>real` is spelled differently in the canonical namespace."""
    aliases: dict[str, str] = {}
    for group, dotted in _records(table.ALIASES):
        alias, _, other = dotted.partition(">")
        name = other or alias.rpartition(".")[2]
        aliases[alias] = f"{group}.{name}" if group else name
    return aliases


@cache
def _class_names() -> dict[str, frozenset[str]]:
    """Read `=torch.nn.Module` and the names that follow it."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for token in table.CLASS_NAMES.split():
        if token[0] == "=":
            names = found.setdefault(token[1:], [])
        else:
            names.append(token)
    return {cls: frozenset(names) for cls, names in found.items()}


@cache
def _overloads() -> dict[str, dict[int, Returns]]:
    """Dotted name → number of arguments → returns; written `name>0tensor,1maybe`."""
    known: dict[str, dict[int, Returns]] = {}
    for _, record in _records(table.OVERLOADS):
        dotted, _, choices = record.partition(">")
        known[dotted] = {int(choice[0]): cast("Returns", choice[1:]) for choice in choices.split(",")}
    return known


@cache
def _module_classes() -> dict[str, ModuleClass]:
    """Read `Name weight /b mean /m layers /t + …`: parameters, buffers, submodules, forward -> Tensor."""
    known: dict[str, ModuleClass] = {}
    space = ""
    for record in table.MODULE_CLASSES.split("+"):
        name, *fields = record.split()
        if name[-1] == ":":
            space, (name, *fields) = name[:-1] + ".", fields
        groups: dict[str, list[str]] = {"": [], "/b": [], "/m": [], "/t": []}
        group = ""
        for field in fields:
            if field in groups:
                group = field
            else:
                groups[group].append(field)
        known[space + name] = ModuleClass(
            tuple(groups[""]),
            tuple(groups["/b"]),
            tuple(groups["/m"]),
            "tensor" if "/t" in fields else "unknown",
        )
    return known
