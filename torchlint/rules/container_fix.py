"""The fix that TL104 and TL105 share: a list or dict becomes one of torch's containers."""

from __future__ import annotations

from typing import Literal, TypeAlias

from torchlint.project.module_state import Assignment, Holds
from torchlint.rules.fixing import (
    FixRequest,
    NoFixError,
    Proposal,
    Subject,
    check_later,
    construction,
    unsafe,
    written_name,
)

_OPERATORS = {
    "ModuleList": frozenset({"__len__", "__setitem__", "__iadd__", "__add__"}),
    "ModuleDict": frozenset({"__len__", "__setitem__"}),
    "ParameterList": frozenset({"__len__", "__setitem__", "__iadd__"}),
    "ParameterDict": frozenset({"__len__", "__setitem__", "__ior__", "__or__"}),
}
"""The operators that torch's containers have of those that lists and dicts have."""
_GROWING = frozenset({"append", "extend", "insert", "__setitem__", "__add__", "__iadd__"})

TorchContainer: TypeAlias = Literal["ModuleList", "ModuleDict", "ParameterList", "ParameterDict"]


def container_fix(request: FixRequest, container: TorchContainer, item: Holds, reason: str) -> Proposal:
    """Wrap the containers of the attributes of one statement; `item` is what they may hold."""
    from torchlint.rewrite import ContainerStore, make_containers, used_afterwards

    stores = []
    for subject in (request.subject, *request.peers):
        for one in _containers(subject, container, item):
            alias = used_afterwards(request.syntax, one.place)
            if alias is not None:
                raise NoFixError(f"`{alias}` is used again afterwards, and would be another list")
            nested = Holds.CONTAINER in subject.attribute.content
            stores.append(ContainerStore(one.place, written_name(one), container, nested))
    edits = make_containers(request.syntax, stores)
    return Proposal(unsafe(f"Make it an `nn.{container}`", reason, edits))


def _containers(subject: Subject, container: TorchContainer, item: Holds) -> list[Assignment]:
    """Where construction assigns a container that torch's can stand for."""
    attribute = subject.attribute
    if subject.surroundings.contained is not None:
        raise NoFixError(subject.surroundings.contained)
    if attribute.container == "set":
        raise NoFixError("torch has no container for a set")
    if attribute.container == "dict":
        _check_keys(attribute.keys, container)
    _check_items(subject, item)
    if "__call__" in subject.surroundings.used:
        remedy = ": remove the comma that makes it a tuple" if attribute.comma else ""
        raise NoFixError(f"it is called, which no `nn.{container}` can be{remedy}")
    if "__class__" in subject.surroundings.used:
        raise NoFixError("a method asks for its type, which would be another")
    missing = subject.surroundings.used - _names_of(f"torch.nn.{container}") - _OPERATORS[container]
    if missing:
        raise NoFixError(f"`nn.{container}` has no `{min(missing)}`, which is used on it")
    # a list that is assigned to the name of a registered module is a TypeError
    check_later(subject, frozenset({Holds.NONE, Holds.MODULE}), f"`nn.{container}`")
    found = []
    for one in construction(subject):
        if not one.holds <= {Holds.CONTAINER, Holds.NONE}:
            raise NoFixError("it may also be something else than a container")
        if Holds.CONTAINER in one.holds:
            if Holds.NONE in one.holds:
                raise NoFixError("the same assignment may also be None")
            found.append(one)
    return found


def _check_items(subject: Subject, item: Holds) -> None:
    """What torch's containers may hold; lists of lists, where nothing is added to them later."""
    attribute = subject.attribute
    if attribute.content == {Holds.CONTAINER} and item is Holds.MODULE and attribute.container != "dict":
        if not attribute.inner <= {item}:
            raise NoFixError(f"the lists in it may also hold something else than {item.value}s")
        around = subject.surroundings
        missing = around.used_inside - _names_of("torch.nn.ModuleList") - _OPERATORS["ModuleList"]
        if missing:
            raise NoFixError(f"`nn.ModuleList` has no `{min(missing)}`, which is used on the lists in it")
        grown = around.used & _GROWING
        if grown:
            raise NoFixError(f"`{min(grown)}` may give it further lists")
    elif Holds.CONTAINER in attribute.content:
        raise NoFixError("its items are containers themselves")
    elif not attribute.content <= {item, Holds.NONE}:
        raise NoFixError(f"it may also hold something else than {item.value}s")


def _check_keys(keys: tuple[object, ...] | None, container: TorchContainer) -> None:
    if keys is None:
        raise NoFixError("its keys are not known, and torch only takes strings without a dot")
    taken = _names_of(f"torch.nn.{container}")
    for key in keys:
        if not isinstance(key, str) or not key or "." in key or key in taken:
            raise NoFixError(f"torch does not take {key!r} as a key")


def _names_of(dotted: str) -> frozenset[str]:
    """The names that a class of torch has."""
    from torchlint import torch_api  # its table takes a while to load, and most runs fix nothing

    return torch_api.class_names(dotted)
