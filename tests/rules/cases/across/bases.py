"""Bases and functions for the files around this one."""

import torch
from torch import Tensor, nn

from . import circular  # imports this file again


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("registered", None)
        self.register_tables()

    def register_tables(self):
        pass


class PlainBase:
    """No module."""

    def __init__(self):
        self.table = torch.zeros(2)


class LeakyBase(nn.Module):
    def __init__(self):
        super().__init__()
        self.lost = torch.zeros(2)  # expect: TL101
        self.build()

    def build(self):
        self.built = torch.zeros(2)  # expect: TL101


class MovingBase(nn.Module):
    """Takes along whatever its subclasses keep in `tables`."""

    def __init__(self):
        super().__init__()
        self.tables = []

    def _apply(self, fn, *args, **kwargs):
        self.tables = [fn(table) for table in self.tables]
        return super()._apply(fn, *args, **kwargs)


class Mixin:
    def register_tables(self):
        self.register_buffer("mixed", torch.zeros(2))


class Cooperative:
    """A mixin that hands its arguments on to whatever comes next."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


def make_table(size=2):
    return torch.zeros(size)


def make_layers(count: int, first: int | None = None) -> tuple[nn.Module, int]:
    """What it says that it returns holds for one way to call it."""
    layers = nn.ModuleList(nn.Linear(1, 1) for _ in range(count))
    if first is None:
        return layers
    return layers, first


def make_both(count: int) -> tuple[list[nn.Module], int]:
    return [nn.Linear(1, 1) for _ in range(count)], count


def make_annotated(x) -> Tensor:
    return x


def size_of(table):
    return table.shape[0]


TABLE = torch.zeros(2)
SIZE = 2


def _private():
    return torch.zeros(1)


def _user():
    return circular.Circular
