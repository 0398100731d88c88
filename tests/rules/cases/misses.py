"""What is lost, and is easily overlooked."""

import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import Dict, List, Optional, Tuple

import torch
import torch.nn as nn
from torch import Tensor


class OverwrittenBuffer(nn.Module):
    """The registered name is deleted, and then a plain tensor takes it."""

    def __init__(self):
        super().__init__()
        self.register_buffer("table", torch.zeros(2))
        del self.table
        self.table = torch.ones(2)  # expect: TL101


class AfterDelete(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)
        del self.table
        self.table = torch.ones(2)  # expect: TL101


class DependsOnBuffer(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("steps", torch.arange(3))
        self.scaled = self.steps * 2  # expect: TL101
        self.copied = self.steps.clone()  # expect: TL101
        self.list_of = [self.steps + 1]  # expect: TL103
        self.inverse = 1.0 / (self.steps + 1)  # expect: TL101


class DependsOnParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.mask = torch.zeros_like(self.weight)  # expect: TL101
        self.norm = self.weight.data.norm()  # expect: TL101
        self.old = [p.clone().detach() for p in self.parameters()]  # expect: TL103
        self.positive = self.weight > 0  # expect: TL101


class FromSubmodule(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.start = self.linear.weight.data.clone()  # expect: TL101
        self.frozen = self.linear.weight.detach()  # expect: TL101
        self.output = self.linear(torch.zeros(2)).detach()  # expect: TL101


class ListAndRegistered(nn.Module):
    """Only one of the two layers is registered."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(1, 1)
        self.layers = [self.first, nn.Linear(1, 1)]  # expect: TL105


class LoopLocal(nn.Module):
    def __init__(self, depth=2):
        super().__init__()
        blocks = []
        for index in range(depth):
            block = nn.Linear(1, 1)
            if index % 2:
                block = nn.Sequential(block, nn.ReLU())
            blocks.append(block)
        self.blocks = tuple(blocks)  # expect: TL105


class DictOfLists(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = {}  # expect: TL105
        for name in ("a", "b"):
            self.heads[name] = []
            for _ in range(2):
                self.heads[name].append(nn.Linear(1, 1))


class Annotated(nn.Module):
    tables: List[Tensor]

    def __init__(self, scale: Optional[Tensor] = None, tables: Tuple[Tensor, ...] = ()):
        super().__init__()
        self.scale = torch.ones(1) if scale is None else scale  # expect: TL101
        self.tables: List[Tensor] = [torch.zeros(1)]  # expect: TL103
        self.cache: Dict[str, Tensor] = {}
        self.layers: List[nn.Module] = [nn.Linear(1, 1)]  # expect: TL105


class Conditional(nn.Module):
    def __init__(self, size=2, kind="a"):
        super().__init__()
        if kind == "a":
            value = torch.zeros(size)
        elif kind == "b":
            value = 3
        else:
            raise ValueError(kind)
        self.value = value  # expect: TL101
        assert kind in ("a", "b")
        if size > 1 and kind == "a":
            self.more = value + 1  # expect: TL101


class NestedCalls(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = self.outer(2)  # expect: TL101
        self.b = outer_function(3)[0]  # expect: TL103
        (self.c, self.d), self.e = self.nested()  # expect: TL101 (c), TL101 (e)
        self.f = dict(self.as_dict())["x"]  # expect: TL101

    def outer(self, n):
        return self.inner(n) + 1

    def inner(self, n):
        if n > 1:
            return torch.zeros(n)
        return torch.ones(n)

    def nested(self):
        return (torch.zeros(1), 2), torch.ones(1)

    def as_dict(self):
        result = {}
        result["x"] = torch.zeros(1)
        return result


def outer_function(n):
    values = [torch.zeros(i) for i in range(n)]
    return values, n


class Decorated(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = self.build()  # expect: TL101
        self.b = self.counted()  # expect: TL101

    @torch.no_grad()
    def build(self):
        return torch.zeros(2)

    @functools.lru_cache(maxsize=1)
    def counted(self):
        return torch.ones(2)


class SuperMethods(NestedCalls):
    def __init__(self):
        super().__init__()
        self.own = super().outer(1)  # expect: TL101

    def inner(self, n):
        return torch.full((n,), 3.0)


class StaticFromOther(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = Helper.table(2)  # expect: TL101
        self.made = Helper(3).make()  # expect: TL101
        self.size = Helper(3).size


class Helper:
    def __init__(self, size):
        self.size = size

    @staticmethod
    def table(size):
        return torch.zeros(size)

    def make(self):
        return torch.zeros(self.size)


class Iterated(nn.Module):
    def __init__(self):
        super().__init__()
        for index, value in enumerate([torch.zeros(1), torch.ones(1)]):
            if index == 0:
                self.first = value  # expect: TL101
        for (self.pair_a, self.pair_b) in zip([torch.zeros(1)], [3]):  # expect: TL101 (pair_a)
            pass
        self.rows = [row for row in torch.eye(2)]  # expect: TL103
        self.products = list(itertools.product([torch.zeros(1)], [torch.ones(1)]))  # expect: TL103
        self.mapped = list(map(lambda n: torch.zeros(n), range(2)))  # expect: TL103
        self.filtered = list(filter(None, [torch.ones(1)]))  # expect: TL103
        self.sorted = sorted([torch.ones(1)], key=float)  # expect: TL103
        self.largest = max([torch.zeros(1), torch.ones(1)])  # expect: TL101


class KeywordArguments(nn.Module):
    def __init__(self, **kwargs):
        super().__init__()
        options = {"size": 2, **kwargs}
        self.table = torch.zeros(options["size"])  # expect: TL101
        self.size = options["size"]


class ManyForms(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.zeros(2) or None if False else torch.ones(2)  # expect: TL101
        self.b = [torch.zeros(1), torch.ones(1)][0]  # expect: TL101
        self.c = (lambda: torch.zeros(1))()  # expect: TL101
        self.d = {"x": torch.zeros(1)}.get("x")  # expect: TL101
        self.e = next(iter([torch.zeros(1)]))  # expect: TL101
        self.f = torch.zeros(2).apply_(lambda x: x)  # expect: TL101
        self.g = functools.reduce(torch.add, [torch.zeros(1), torch.ones(1)])  # expect: TL101
        self.h = sum([torch.zeros(1), torch.ones(1)], torch.zeros(1))  # expect: TL101
        self.j = torch.zeros(2).__add__(1)  # expect: TL101
        self.k = abs(torch.zeros(2))  # expect: TL101
        self.m = (torch.zeros(2) + 1j).real  # expect: TL101
        self.n = torch.nested.nested_tensor([torch.zeros(1)])  # expect: TL101
        self.o = torch.zeros(2).type(torch.float64)  # expect: TL101
        self.p = torch.zeros(2).cpu()  # expect: TL101
        self.q = torch.randn(2).pin_memory() if False else torch.randn(2)  # expect: TL101
        self.r = torch.min(torch.zeros(2), torch.ones(2))  # expect: TL101
        self.s = torch.zeros(2, 2).max(1).values  # expect: TL101
        self.t = torch.sort(torch.zeros(2))[0]  # expect: TL101
        self.u = torch.topk(torch.zeros(3), 2).indices  # expect: TL101
        self.v = torch.linalg.eigh(torch.eye(2)).eigenvalues  # expect: TL101


class TensorSubclass(torch.Tensor):
    pass


class Subclassed(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2).as_subclass(TensorSubclass)  # expect: TL101


class MyParameter(nn.Parameter):
    pass


class BothParameter(TensorSubclass, nn.Parameter):
    pass


class OwnParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = MyParameter(torch.zeros(2))
        self.both = BothParameter(torch.zeros(2))
        self.listed = [MyParameter(torch.zeros(2))]  # expect: TL104


class MyLayer(nn.Module):
    def __init__(self, size=1):
        super().__init__()
        self.linear = nn.Linear(size, size)

    @classmethod
    def create(cls, size):
        return cls(size)


class OwnLayers(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = MyLayer()
        self.listed = [MyLayer() for _ in range(2)]  # expect: TL105
        self.created = [MyLayer.create(2)]  # expect: TL105
        self.from_function = [make_layer_of(2)]  # expect: TL105
        self.classes = [MyLayer]
        cls = MyLayer
        self.by_variable = [cls(2)]  # expect: TL105
        self.by_choice = [(MyLayer if cls else nn.Identity)()]  # expect: TL105
        self.copied = [copy_of(self.layer)]  # expect: TL105


def make_layer_of(size):
    return MyLayer(size)


def copy_of(module):
    import copy

    return copy.deepcopy(module)


class LazyModule(nn.modules.lazy.LazyModuleMixin, nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class ChecksItsArguments(nn.Module):
    """A tuple is a sequence, and all of these can be gone through: what comes after the checks is reached."""

    def __init__(self, ratio: tuple[float, float] = (0.5, 2.0), name="name", table=None):
        super().__init__()
        if not isinstance(ratio, Sequence) or len(ratio) != 2:
            raise TypeError("ratio")
        if not isinstance(name, Sequence):
            raise TypeError("name")
        table = torch.ones(2) if table is None else table
        if not isinstance(table, Iterable):
            raise TypeError("table")
        if isinstance({"a": 1}, Sequence):
            self.never = torch.zeros(1)
        if not isinstance({"a": 1}, Iterable):
            self.not_this_either = torch.zeros(1)
        self.ratio = torch.tensor(ratio)  # expect: TL101
        self.table = table  # expect: TL101


class Drawn(nn.Module):
    def __init__(self, noise=torch.distributions.Normal(0.0, 1.0)):
        super().__init__()
        self.given = noise.sample((2,))  # expect: TL101
        prior = torch.distributions.Uniform(0.0, 1.0)
        self.drawn = prior.sample(torch.Size([2]))  # expect: TL101
        self.event = prior.event_shape
