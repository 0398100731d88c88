"""Arguments with annotations and defaults, and narrowing by tests."""

from __future__ import annotations

from typing import Optional, Union

import torch
from torch import Tensor, nn

EXAMPLES = {
    "NamedOrMade": [{"layers": ["relu", nn.Tanh()]}],
    "DocumentedByItsResult": [{"weight": torch.ones(1)}],
    "Given": [{"weight": torch.ones(2)}],
    "Optional_": [{}, {"weight": torch.ones(2)}],
    "Bare": [{"weight": 1.0}],
    "Number": [{}],
    "Narrowed": [{"value": torch.ones(2)}, {"value": 2.0}],
    "NarrowedAway": [{"value": 2.0}],
    "Converted": [{"value": [1.0]}],
    "Kept": [{"value": 1.0}],
    "GivenModules": [{"layers": [nn.Linear(1, 1)]}],
    "EachOf": [],
    "AllOf": [{"layers": [nn.Linear(1, 1), nn.Tanh()]}],
    "AllTables": [{"tables": [torch.ones(1)]}],
    "GivenList": [{"weights": [torch.ones(1)]}],
    "GivenParameter": [{"weight": nn.Parameter(torch.ones(1))}],
    "GivenModule": [{"layer": nn.Linear(1, 1)}],
    "NoneTest": [{}, {"weight": torch.ones(2)}],
    "Quoted": [{"weight": torch.ones(2)}],
    "Sphinx": [{"shifts": torch.ones(2), "probe": torch.ones(2), "scale": 1.0}],
}


class Given(nn.Module):
    def __init__(self, weight: Tensor):
        super().__init__()
        self.weight = weight  # expect: TL101


class Quoted(nn.Module):
    def __init__(self, weight: "torch.Tensor"):
        super().__init__()
        self.weight = weight  # expect: TL101


class Optional_(nn.Module):
    def __init__(self, weight: Tensor | None = None, bias: Optional[Tensor] = None):
        super().__init__()
        self.weight = weight  # expect: TL101
        self.register_buffer("bias", bias)


class NoneTest(nn.Module):
    def __init__(self, weight: Optional[Tensor] = None):
        super().__init__()
        if weight is None:
            self.weight = None
        else:
            self.weight = weight * 2  # expect: TL101


class Bare(nn.Module):
    """Nothing says what it is."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight


class Number(nn.Module):
    def __init__(self, scale: float = 1.0, shift: Union[int, float] = 0):
        super().__init__()
        self.scale = scale
        self.shift = shift
        self.both = scale + shift


class Narrowed(nn.Module):
    def __init__(self, value):
        super().__init__()
        if isinstance(value, torch.Tensor):
            self.value = value.clone()  # expect: TL101
        else:
            self.value = value


class NarrowedAway(nn.Module):
    def __init__(self, value):
        super().__init__()
        if torch.is_tensor(value):
            value = value.item()
        self.value = value


class Converted(nn.Module):
    def __init__(self, value):
        super().__init__()
        if not isinstance(value, Tensor):
            value = torch.tensor(value)
        self.value = value  # expect: TL101


class Kept(nn.Module):
    """Only later arithmetic makes it a tensor, if at all."""

    def __init__(self, value: float):
        super().__init__()
        self.value = value
        self.squared = value**2

    def forward(self, x: Tensor):
        return x * self.value


class GivenModules(nn.Module):
    def __init__(self, layers: list[nn.Module]):
        super().__init__()
        self.layers = nn.ModuleList(layers)


class EachOf(nn.Module):
    """The annotation of `*layers` is that of each of them."""

    def __init__(self, *layers: nn.Module, rest: int = 0):
        super().__init__()
        self.layers = layers  # expect: TL105
        self.rest = rest


class AllOf(EachOf):
    def __init__(self, layers):
        super().__init__(*layers)


class AllTables(nn.Module):
    def __init__(self, tables):
        super().__init__()
        self.keep(*tables)

    def keep(self, *tables: Tensor):
        self.tables = tables  # expect: TL103
        self.sizes = [len(table) for table in tables]


class GivenList(nn.Module):
    def __init__(self, weights: list[Tensor]):
        super().__init__()
        self.weights = weights  # expect: TL103


class GivenParameter(nn.Module):
    def __init__(self, weight: nn.Parameter):
        super().__init__()
        self.weight = weight


class GivenModule(nn.Module):
    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer


class DefaultTensor(nn.Module):
    def __init__(self, weight=torch.ones(2)):
        super().__init__()
        self.weight = weight  # expect: TL101


class ClassAnnotation(nn.Module):
    """A class-level annotation does not register anything."""

    table: Tensor
    mask: Tensor

    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101
        self.register_buffer("mask", torch.ones(2))


class Sphinx(nn.Module):
    """Shifts.

    :param None, torch.Tensor shifts: where to
    :param probe (torch.Tensor): what is shifted
    :param float, torch.Tensor scale: how much
    """

    def __init__(self, shifts, probe, scale):
        super().__init__()
        self.shifts = shifts  # expect: TL101
        self.probe = probe  # expect: TL101
        self.scale = scale


class NamedOrMade(nn.Module):
    """What is given by its name is made from that, and a module all the same."""

    def __init__(self, layers: list[nn.Tanh | str]):
        super().__init__()
        self.layers = [resolved(layer) for layer in layers]  # expect: TL105


def resolved(layer):
    if layer is None or not isinstance(layer, str):
        return layer
    for name, cls in vars(nn).items():
        if name.lower() == layer:
            return cls()
    raise ValueError(layer)


class DocumentedByItsResult(nn.Module):
    """What an argument is documented as, its default may show to be a mistake.

    Args:
        kind (torch.Tensor, optional): the kind of what it makes. Defaults to torch.float32.
        weight (torch.Tensor, optional): by which it is multiplied.
    """

    def __init__(self, kind=torch.float32, weight=None):
        super().__init__()
        self.kind = kind
        self.weight = weight  # expect: TL101
