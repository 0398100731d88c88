import torch

from ..bases import Base, LeakyBase, Mixin, MovingBase, make_annotated, make_table, size_of
from ..bases import SIZE, TABLE, Cooperative
from .. import RenamedBase
from tests.rules.cases.across import bases
from tests.rules.cases.across.bases import PlainBase as Plain
import tests.rules.cases.across.bases as absolute

__all__ = ["Layer", "Absolute"]


class Layer(Base):
    def __init__(self):
        super().__init__()
        self.registered = torch.zeros(2)
        self.table = make_table()  # expect: TL101
        self.annotated = make_annotated(torch.zeros(1))  # expect: TL101
        self.size = size_of(self.table)
        self.constant = TABLE  # expect: TL101
        self.number = SIZE


class Renamed(RenamedBase):
    def __init__(self):
        super().__init__()
        self.registered = torch.zeros(2)
        self.table = torch.zeros(2)  # expect: TL101


class Absolute(absolute.Base):
    def __init__(self):
        super().__init__()
        self.table = bases.make_table(3)  # expect: TL101


class Heir(LeakyBase):
    def build(self):
        self.built = 3


class Mixed(Mixin, Base):
    def __init__(self):
        super().__init__()
        self.mixed = torch.ones(2)


class Moving(MovingBase):
    def __init__(self):
        super().__init__()
        self.tables = [torch.zeros(2)]  # unreported: moved by the base


class NoModule(Plain):
    def __init__(self):
        super().__init__()
        self.other = torch.zeros(2)


class Hook(Base):
    def register_tables(self):
        self.hooked = torch.zeros(2)  # expect: TL101
        self.register_buffer("fine", torch.zeros(2))


class Norm(torch.nn.Module):
    def __init__(self, size=2):
        super().__init__()
        self.register_buffer("running", None)


class LazyNorm(Cooperative, Norm):
    """The mixin of another file leads back to a base of this one."""

    def __init__(self, size=2):
        super().__init__(size)
        self.running = torch.zeros(size)
