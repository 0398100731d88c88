"""Imports inside of functions and under conditions."""

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from .bases import PlainBase

try:
    from .does_not_exist import Base
except ImportError:
    from .bases import Base


class Fallback(Base):
    def __init__(self):
        super().__init__()
        self.registered = torch.ones(2)
        self.table = torch.zeros(2)  # expect: TL101


class LocalImport(nn.Module):
    def __init__(self, plain: "PlainBase" = None):
        super().__init__()
        from .bases import make_table, size_of

        self.plain = plain
        self.table = make_table()  # expect: TL101
        self.size = size_of(self.table)


def make_local():
    from .bases import Base as LocalBase

    class Net(LocalBase):
        def __init__(self):
            super().__init__()
            self.registered = torch.ones(2)
            self.table = torch.zeros(2)  # expect: TL101

    return Net()


class TakesPromises(nn.Module):
    def __init__(self, count=2):
        super().__init__()
        from .bases import make_both, make_layers

        self.layers = make_layers(count)
        self.numbered, self.first = make_layers(count, 1)
        self.both = make_both(count)  # expect: TL105
