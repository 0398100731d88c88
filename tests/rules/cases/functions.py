"""Values that come from functions and methods."""

import copy
import functools

import torch
from torch import Tensor, nn


def table(size=2):
    return torch.zeros(size)


def pair():
    return torch.zeros(1), 3


def annotated(x) -> Tensor:
    return x.anything()


def nothing(size):
    print("no value", size, file=open("/dev/null", "w"))


def size_of(x):
    return x.shape[0]


def maybe(flag):
    if flag:
        return torch.zeros(2)
    return None


def recursive(n):
    return torch.zeros(1) if n == 0 else recursive(n - 1)


def generator():
    yield torch.zeros(1)
    yield torch.ones(1)


def attach(module):
    module.attached = torch.zeros(2)  # expect: TL101 (AttachedByFunction.attached)


make = table
lazy = functools.partial(torch.full, (2,))
shorthand = lambda n: torch.ones(n)  # noqa: E731


@functools.lru_cache
def cached():
    return torch.zeros(2)


class FromFunctions(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = table()  # expect: TL101
        self.b, self.c = pair()  # expect: TL101 (b)
        self.d = nothing(2)
        self.e = size_of(torch.zeros(2))
        self.f = maybe(True)  # expect: TL101
        self.g = recursive(2)  # expect: TL101
        self.h = list(generator())  # expect: TL103
        self.i = make(3)  # expect: TL101
        self.j = lazy(1.0)  # expect: TL101
        self.k = shorthand(2)  # expect: TL101
        self.l = cached()  # expect: TL101
        self.m = table
        self.n = pair()[0]  # expect: TL101
        self.o = pair()[1]
        self.p = copy.deepcopy(table())  # expect: TL101
        self.q = copy.copy(3)


class FromMethods(nn.Module):
    def __init__(self):
        super().__init__()
        self.size = 3
        self.a = self.build()  # expect: TL101
        self.b = self.build_static(2)  # expect: TL101
        self.c = FromMethods.build_static(2)  # expect: TL101
        self.d = self.build_class()  # expect: TL101
        self.e = self.number()
        self.f = self.prop  # expect: TL101
        self.setup()

    def build(self):
        return torch.zeros(self.size)

    @staticmethod
    def build_static(size):
        return torch.zeros(size)

    @classmethod
    def build_class(cls):
        return cls.build_static(1)

    def number(self):
        return self.a.sum().item()

    @property
    def prop(self):
        return torch.zeros(self.size)

    def setup(self):
        self.later()

    def later(self):
        self.g = torch.zeros(1)  # expect: TL101


class Inner(nn.Module):
    def __init__(self):
        super().__init__()

        def build(size):
            return torch.zeros(size)

        self.a = build(2)  # expect: TL101
        scale = torch.ones(1)

        def fill():
            self.b = scale * 2  # expect: TL101

        fill()
        self.c = (lambda n: torch.zeros(n))(2)  # expect: TL101


class AttachedByFunction(nn.Module):
    def __init__(self):
        super().__init__()
        attach(self)


class RegisteredByMethod(nn.Module):
    def __init__(self):
        super().__init__()
        self.register()
        self.table = torch.zeros(2)

    def register(self):
        self.register_buffer("table", None)


class NotCalled(nn.Module):
    """What forward leaves is the business of another rule."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, x):
        self.seen = x.detach() + torch.zeros(2)
        return self.linear(x)


class ByName(nn.Module):
    def __init__(self, activation="relu"):
        super().__init__()
        self.activation = getattr(torch, activation)
        self.value = getattr(torch, "zeros")(2)  # expect: TL101


class Overridden(FromMethods):
    """The method that the base calls is this one; what it leaves is no tensor here."""

    def later(self):
        self.g = 3


class CallsHook(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = self.build()

    def build(self):
        return None


class FillsHook(CallsHook):
    def build(self):
        return 4
