"""Settings in an object: what its class says is the default, and each object may hold something else."""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn


@dataclass
class Shape:
    size: int | None = None


@dataclass
class Settings(Shape):
    name: str = "plain"
    scaled: bool = False
    steps: list[int] = field(default_factory=lambda: [1, 2])
    table: Tensor | None = None
    kinds: ClassVar[int] = 3


class Options(NamedTuple):
    size: int | None = None


class Fixed:
    size = None
    width = 2

    def __init__(self, size):
        self.size = size
        self.rest = None

    def table(self):
        return None if self.size is None else torch.zeros(self.width)


class MustBeSet(nn.Module):
    """What comes after the check is reached, though the default would not get there."""

    def __init__(self, settings: Settings):
        super().__init__()
        if settings.size is None:
            raise ValueError("size")
        self.table = torch.eye(settings.size)  # expect: TL101


class ByOptions(nn.Module):
    def __init__(self, options: Options):
        super().__init__()
        if options.size is not None:
            self.table = torch.zeros(options.size)  # expect: TL101
        else:
            self.other = torch.zeros(2)  # expect: TL101


class ByPlainObject(nn.Module):
    def __init__(self, fixed: Fixed):
        super().__init__()
        if not fixed.size:
            return
        self.table = torch.zeros(fixed.width)  # expect: TL101
        self.made = fixed.table()  # expect: TL101
        self.size = fixed.size
        if fixed.rest is None:
            self.rest = torch.ones(2)  # expect: TL101


class Switched(nn.Module):
    def __init__(self, settings: Settings):
        super().__init__()
        self.settings = settings
        if self.settings.scaled:
            self.scale = torch.ones(2)  # expect: TL101
        if settings.name == "wide":
            self.wide = torch.ones(4)  # expect: TL101
        self.steps = torch.tensor(settings.steps)  # expect: TL101
        self.listed = settings.steps
        self.kinds = settings.kinds


class BuiltHere(nn.Module):
    """The arguments of the object that is built on the spot count, too."""

    def __init__(self):
        super().__init__()
        settings = Settings(size=2, name="wide")
        if settings.size is not None:
            self.table = torch.zeros(settings.size)  # expect: TL101


class EitherWay(nn.Module):
    """Registered, unless the settings bring none."""

    def __init__(self, settings: Settings):
        super().__init__()
        if settings.table is not None:
            self.register_buffer("table", settings.table)
        else:
            self.table = settings.table
        self.size = settings.size


class TakesAlong(nn.Module):
    """Whether a layer has a bias is not said by its class."""

    def __init__(self, layer: "Affine"):
        super().__init__()
        if layer.shift is None:
            self.shift = torch.zeros(2)  # expect: TL101


class Affine(nn.Module):
    def __init__(self, shift=None):
        super().__init__()
        self.shift = shift


EXAMPLES = {
    "MustBeSet": [{"settings": Settings(size=2)}],
    "ByOptions": [{"options": Options()}, {"options": Options(2)}],
    "ByPlainObject": [{"fixed": Fixed(2)}],
    "Switched": [
        {"settings": Settings()},
        {"settings": Settings(scaled=True, name="wide")},
    ],
    "EitherWay": [
        {"settings": Settings()},
        {"settings": Settings(table=torch.ones(2))},
    ],
    "TakesAlong": [{"layer": Affine()}],
}
