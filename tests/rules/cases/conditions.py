"""What a condition says of the attributes that an assignment depends on."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn


class RegisteredByTheSetter(nn.Module):
    """The first size registers the tables; only then can another one replace them."""

    def __init__(self, size=4):
        super().__init__()
        self.size = size

    @property
    def size(self):
        return self._size

    @size.setter
    def size(self, value):
        self._size = value
        if not hasattr(self, "table"):
            self.register_buffer("table", self._build(value), persistent=False)
        elif value != self.table.size(0):
            self.table = self._build(value)

    def _build(self, value):
        return torch.arange(value)


class MadeOnce(nn.Module):
    def __init__(self):
        super().__init__()
        self._make()
        self._make()

    def _make(self):
        if not hasattr(self, "mask"):
            self.mask = torch.ones(2)  # expect: TL101


class MadeOnOneWay(nn.Module):
    """Whether it is there hangs on an argument: both branches count."""

    def __init__(self, early=False):
        super().__init__()
        if early:
            self.register_buffer("mask", torch.ones(2))
        if not hasattr(self, "mask"):
            self.mask = torch.zeros(2)  # expect: TL101


class NamedOnTheClass(nn.Module):
    scale = 1

    def __init__(self):
        super().__init__()
        if hasattr(self, "scale"):
            self.table = torch.zeros(2)  # expect: TL101


class SetByAnyName(nn.Module):
    def __init__(self, **options):
        super().__init__()
        for name, value in options.items():
            setattr(self, name, value)
        if hasattr(self, "size"):
            self.table = torch.zeros(self.size)  # expect: TL101


class Plain:
    def net(self, size):
        return nn.Linear(size, size)


class Scaled:
    def net(self, size):
        return nn.Linear(size, size), nn.Parameter(torch.ones(size))


class Tables:
    def net(self, size):
        return [torch.ones(size)]


def head_for(kind):
    if kind == "plain":
        return Plain()
    return Scaled() if kind == "scaled" else Tables()


class AsksForTheKindOfObject(nn.Module):
    def __init__(self, kind="plain"):
        super().__init__()
        self.head = head_for(kind)
        if isinstance(self.head, Scaled):
            self.net, self.scale = self.head.net(2)
        elif isinstance(self.head, (Plain, str)):
            self.net = self.head.net(2)
        elif not isinstance(self.head, Plain):
            self.tables = self.head.net(2)  # expect: TL103


class OneLayerOrTwo(nn.Module):
    """What comes back hangs on the very condition that the caller asks."""

    def __init__(self, both=False):
        super().__init__()
        self.both = both
        if self.both:
            self.forth, self.back = self._layers()
        else:
            self.forth = self._layers()

    def _layers(self):
        forth = nn.Linear(2, 2)
        if not self.both:
            return forth
        return forth, nn.Linear(2, 2)


def activation(name):
    if name == "relu":
        return torch.relu
    if name == "tanh":
        return torch.tanh
    return nn.SiLU


class ActivationByName(nn.Module):
    def __init__(self, size: int = 2):
        super().__init__()
        self.activation = activation("silu")(size)


class ClassInPlaceOfAnObject(nn.Module):
    """Annotated as an object, and called like a class."""

    def __init__(self, loss: nn.L1Loss = nn.L1Loss, other: nn.L1Loss = nn.L1Loss, **options):
        super().__init__()
        self.loss = loss()
        self.other = other(**options)
        self.value = nn.L1Loss()(torch.ones(2), torch.zeros(2))  # expect: TL101


class NarrowedByRaise(nn.Module):
    def __init__(self, value: Tensor | float = 1.0):
        super().__init__()
        if isinstance(value, Tensor):
            raise TypeError("a number, please")
        self.value = value


class NarrowedByConversion(nn.Module):
    def __init__(self, value: Tensor | float = 1.0):
        super().__init__()
        if isinstance(value, Tensor):
            value = value.item()
        self.value = value


class NarrowedByReturn(nn.Module):
    def __init__(self, value: Tensor | None = None):
        super().__init__()
        if value is not None:
            self.register_buffer("value", value)
            return
        self.value = value


class NarrowedByNot(nn.Module):
    def __init__(self, value: Any = 1.0):
        super().__init__()
        if not torch.is_tensor(value):
            self.value = value
        else:
            self.register_buffer("value", value)


class Guarded(nn.Module):
    def __init__(self, table=None):
        super().__init__()
        if hasattr(self, "table"):
            self.table = torch.zeros(2)
        self.register_buffer("table", table)


class GivenDict(nn.Module):
    """What is no ModuleDict is made one."""

    def __init__(self, layers: dict[str, nn.Module] | None = None):
        super().__init__()
        self.layers = layers if isinstance(layers, nn.ModuleDict) else nn.ModuleDict(layers or {})


class CheckedLater(nn.Module):
    """Asking whether an argument is a tensor does not make one of it."""

    def __init__(self, domain=2):
        super().__init__()
        self.domain = domain
        if torch.is_tensor(self.domain):
            self.size = self.domain.numel()


class MadeOfAPartial(nn.Module):
    """A function by its own name is no `partial`: it is not called here."""

    def __init__(self, width=2, activation: str | Callable = nn.functional.relu):
        super().__init__()
        if isinstance(activation, partial):
            activation = activation(width)
        self.activation = activation


class MadeOfATensorsPartial(nn.Module):
    def __init__(self, width=2, table=partial(torch.zeros, 3)):
        super().__init__()
        if isinstance(table, partial):
            table = table(width)
        self.table = table  # expect: TL101


EXAMPLES = {
    "AsksForTheKindOfObject": [{}, {"kind": "scaled"}, {"kind": "tables"}],
    "OneLayerOrTwo": [{}, {"both": True}],
    "MadeOnOneWay": [{}, {"early": True}], "SetByAnyName": [{"size": 2}],
    "NarrowedByConversion": [{}, {"value": torch.ones(1)}],
    "NarrowedByReturn": [{}, {"value": torch.ones(1)}],
    "NarrowedByNot": [{}, {"value": torch.ones(1)}],
}
