"""What a condition says of the attributes that an assignment depends on."""

import torch
from torch import nn


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


EXAMPLES = {"MadeOnOneWay": [{}, {"early": True}], "SetByAnyName": [{"size": 2}]}
