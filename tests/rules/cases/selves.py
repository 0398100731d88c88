"""`self` under another name, nested classes, classes in functions, strange places."""

import torch
from torch import nn


class OtherName(nn.Module):
    def __init__(this):
        super().__init__()
        this.table = torch.zeros(2)  # expect: TL101


class AliasOfSelf(nn.Module):
    def __init__(self):
        super().__init__()
        me = self
        me.table = torch.zeros(2)  # expect: TL101
        module = net = self
        net.other = torch.zeros(2)  # expect: TL101
        module.register_buffer("fine", torch.zeros(2))


class Outer(nn.Module):
    class Inner(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.zeros(2)  # expect: TL101

    def __init__(self):
        super().__init__()
        self.inner = Outer.Inner()
        self.table = torch.ones(2)  # expect: TL101


def make_net():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.zeros(2)  # expect: TL101

    return Net()


def make_closure():
    table = torch.zeros(2)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = table  # expect: TL101

    return Net()


if True:

    class Conditional(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.zeros(2)  # expect: TL101


TABLE = torch.zeros(2)
SIZE = 3


class FromGlobals(nn.Module):
    shared = torch.ones(2)  # on the class, not set during construction

    def __init__(self):
        super().__init__()
        self.table = TABLE  # expect: TL101
        self.size = SIZE
        self.copy = self.shared * 2  # expect: TL101


class OldSuper(nn.Module):
    def __init__(self):
        super(OldSuper, self).__init__()
        self.table = torch.zeros(2)  # expect: TL101


class OldInit(nn.Module):
    def __init__(self):
        nn.Module.__init__(self)
        self.table = torch.zeros(2)  # expect: TL101


class OtherObject:
    def __init__(self):
        self.table = torch.zeros(2)


class Holder(nn.Module):
    """Attributes of other objects are not attributes of the module."""

    def __init__(self):
        super().__init__()
        other = OtherObject()
        other.table = torch.ones(2)
        self.number = 3


class InitSubmodule(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)
        self.linear.table = torch.zeros(1)


class SetattrForms(nn.Module):
    def __init__(self):
        super().__init__()
        setattr(self, "a", torch.zeros(2))  # expect: TL101
        for name in ("b", "c"):
            setattr(self, name, torch.zeros(2))  # expect: TL101 (b), TL101 (c)
        setattr(self, "d", 3)
        self.__setattr__("e", torch.zeros(2))  # expect: TL101 (e)
        super().__setattr__("f", torch.zeros(2))  # expect: TL101 (f)
        for index in range(2):
            setattr(self, f"g{index}", torch.zeros(2))  # expect: TL101 (g0), TL101 (g1)
        for index in range(len("ab")):
            setattr(self, f"h{index}", torch.zeros(2))  # expect: TL101 (h{index})


class Bypasses(nn.Module):
    def __init__(self):
        super().__init__()
        object.__setattr__(self, "a", torch.zeros(2))  # unreported: a bypass
        self.__dict__["b"] = torch.zeros(2)  # unreported: a bypass
        vars(self)["c"] = torch.zeros(2)  # unreported (c): a bypass
        self.__dict__.update(d=torch.zeros(2))  # unreported (d): a bypass


class TwoFindings(nn.Module):
    """One finding for each attribute and code, at its first assignment."""

    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101
        self.table = torch.ones(2)
        self.table = self.table + 1


class FirstOffender(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = None
        self.table = torch.ones(2)  # expect: TL101


class OverwrittenByNumber(nn.Module):
    def __init__(self):
        super().__init__()
        self.size = torch.zeros(2)
        self.size = 2


class Walrus(nn.Module):
    def __init__(self):
        super().__init__()
        if (table := torch.zeros(2)) is not None:
            self.table = table  # expect: TL101


class Moves(nn.Module):
    """Moves its tensor itself, through a helper of `_apply`."""

    def __init__(self):
        super().__init__()
        self.tables = [torch.zeros(2)]  # unreported: moved by the class itself
        self.lost = torch.zeros(2)  # expect: TL101

    def _apply(self, fn, *args, **kwargs):
        self.tables = [fn(table) for table in self.tables]
        return super()._apply(fn, *args, **kwargs)


class MovedByItsOwner(nn.Module):
    def __init__(self):
        super().__init__()
        self.stride = torch.ones(3)  # unreported: moved by the module that it is a part of
        self.grids = [torch.empty(0)]  # unreported: likewise
        self.scale = torch.ones(1)  # expect: TL101


class MovesItsParts(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = MovedByItsOwner()

    def _apply(self, fn, *args, **kwargs):
        super()._apply(fn, *args, **kwargs)
        head = self.head
        head.stride = fn(head.stride)
        head.grids = list(map(fn, head.grids))
        return self


class MovesByTo(nn.Module):
    """An overridden `to` does not help: a parent that moves never calls it."""

    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101

    def to(self, *args, **kwargs):
        self.table = self.table.to(*args, **kwargs)
        return super().to(*args, **kwargs)


def attach(module):
    # all three are given to it in ways of their own
    module.rows = torch.ones(3)  # expect: TL101 (HandedByName.rows), TL101 (HandedInAList.rows), TL101 (HandedForAResult.rows)
    return 3


class HandedByName(nn.Module):
    def __init__(self):
        super().__init__()
        attach(module=self)


class HandedInAList(nn.Module):
    def __init__(self):
        super().__init__()
        attach(*[self])


class HandedForAResult(nn.Module):
    def __init__(self):
        super().__init__()
        size = attach(self)
        del size
