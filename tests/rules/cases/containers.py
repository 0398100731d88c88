"""Containers of tensors, parameters and modules."""

import collections
from collections import OrderedDict, defaultdict, deque
from itertools import chain

import torch
from torch import nn


class Displays(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = [torch.zeros(1)]  # expect: TL103
        self.b = (torch.zeros(1),)  # expect: TL103
        self.c = {"x": torch.zeros(1)}  # expect: TL103
        self.d = {torch.zeros(1)}  # expect: TL103
        self.e = [[torch.zeros(1)], [torch.ones(1)]]  # expect: TL103
        self.f = {"x": [nn.Linear(1, 1)]}  # expect: TL105
        self.g = [(nn.Linear(1, 1), 3)]  # expect: TL105
        self.h = [1, torch.zeros(1)]  # expect: TL103
        self.i = [nn.Parameter(torch.zeros(1))]  # expect: TL104


class Calls(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = list([torch.zeros(1)])  # expect: TL103
        self.b = tuple([nn.Linear(1, 1)])  # expect: TL105
        self.c = dict(x=nn.Linear(1, 1))  # expect: TL105
        self.d = OrderedDict(x=torch.zeros(1))  # expect: TL103
        self.e = deque([torch.zeros(1)])  # expect: TL103
        self.f = OrderedDict([("x", nn.Linear(1, 1))])  # expect: TL105
        self.g = list(map(torch.zeros, [1, 2]))  # expect: TL103
        self.h = list(zip([nn.Linear(1, 1)], [nn.Linear(1, 1)]))  # expect: TL105
        self.i = sorted([3, 1])
        self.j = list(range(3))
        self.k = [*[nn.Linear(1, 1)], nn.Linear(1, 1)]  # expect: TL105
        self.l = {**{"x": nn.Linear(1, 1)}}  # expect: TL105
        self.m = list(chain([nn.Linear(1, 1)], [nn.Linear(1, 1)]))  # expect: TL105
        self.n = dict(zip(["x"], [nn.Linear(1, 1)]))  # expect: TL105
        self.o = dict.fromkeys(["x"], torch.zeros(1))  # expect: TL103


class Growing(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = []  # expect: TL105
        self.a.append(nn.Linear(1, 1))
        self.b = []  # expect: TL105
        self.b.insert(0, nn.Linear(1, 1))
        self.c = []
        self.c = self.c + [nn.Linear(1, 1)]  # expect: TL105
        self.d = {}  # expect: TL105
        self.d.update({"x": nn.Linear(1, 1)})
        self.e = {}  # expect: TL103
        self.e.setdefault("x", torch.zeros(1))
        self.f = defaultdict(list)  # expect: TL103
        self.f["x"].append(torch.zeros(1))
        self.g = [None] * 2  # expect: TL103
        self.g[0] = torch.zeros(1)
        self.h = set()  # expect: TL103
        self.h.add(torch.zeros(1))
        self.i = collections.deque()  # expect: TL103
        self.i.appendleft(torch.zeros(1))
        self.j = {}  # expect: TL105
        self.j |= {"x": nn.Linear(1, 1)}


class LocalList(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        for _ in range(2):
            layers.append(nn.Linear(1, 1))
        self.layers = layers  # expect: TL105
        append = layers.append
        append(nn.Linear(1, 1))


class GrownAfter(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        self.layers = layers  # expect: TL105
        layers.append(nn.Linear(1, 1))


class GrownByMethod(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = []  # expect: TL105
        self.names = []
        for index in range(2):
            self.add(str(index))

    def add(self, name):
        self.names.append(name)
        self.layers.append(nn.Linear(1, 1))


class Harmless(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = []
        self.b = {}
        self.c = [nn.Linear, nn.Conv2d]
        self.d = {"relu": nn.ReLU, "tanh": torch.tanh}
        self.e = [torch.float32, torch.device("cpu")]
        self.f = [torch.zeros(1).shape]
        self.g = ["weight", "bias"]
        self.h = {"size": 3}
        self.i = [3] * 4
        self.j = [lambda x: x]
        self.k = tuple(int(s) for s in torch.zeros(2, 3).shape)
        layers = [nn.Linear(1, 1)]
        self.l = layers.pop()
        self.m = nn.ModuleList(layers)
        self.n = [layer.in_features for layer in [nn.Linear(1, 1)]]
        for index, layer in enumerate([nn.Linear(1, 1)]):
            self.add_module(str(index), layer)
        self.o = [name for name, _ in nn.Linear(1, 1).named_parameters()]


class Emptied(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(1, 1)]
        self.body = nn.Sequential(*self.layers)  # the same layers, registered
        self.scratch = [torch.zeros(1)]
        self.scratch = None


class Element(nn.Module):
    def __init__(self):
        super().__init__()
        tables = [torch.zeros(1), torch.ones(1)]
        self.first = tables[0]  # expect: TL101
        by_name = {"x": torch.zeros(1), "size": 3}
        self.by_name = by_name["x"]  # expect: TL101
        self.size = by_name["size"]
        layers = [nn.Linear(1, 1)]
        self.layer = layers[0]


class HiddenTeacher(nn.Module):
    """A given module in a list of one: the usual way to keep it out."""

    def __init__(self, teacher: nn.Module):
        super().__init__()
        self.teacher = [teacher]  # unreported: hidden on purpose


class NestedModuleLists(nn.Module):
    def __init__(self):
        super().__init__()
        self.good = nn.ModuleList([nn.ModuleList([nn.Linear(1, 1)])])
        self.bad = [nn.ModuleList([nn.Linear(1, 1)])]  # expect: TL105


class ByItem(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = {}  # expect: TL105
        self.a["x"] = nn.Linear(1, 1)
        self.a["y"] = nn.ReLU()
        self.b = dict()  # expect: TL105
        for name in ("q", "k"):
            self.b[name] = nn.Linear(1, 1)
        self.c = {"w": nn.Parameter(torch.zeros(1))}  # expect: TL104
        self.c["v"] = nn.Parameter(torch.ones(1))
        self.d = dict(x=nn.Linear(1, 1))  # expect: TL105
        for i in range(2):
            self.d[f"layer{i}"] = nn.Linear(1, 1)

    def forward(self, x):
        return self.b["k"](self.a["y"](self.a["x"](x[..., :1]))) + self.c["v"] + self.d["layer1"](x[..., :1])


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = [[nn.Linear(1, 1), nn.ReLU()], [nn.Linear(1, 1)]]  # expect: TL105
        self.b = [[nn.Linear(1, 1) for _ in range(2)] for _ in range(3)]  # expect: TL105
        self.c = [(nn.Linear(1, 1), nn.ReLU())]  # expect: TL105
        self.d = ((nn.Linear(1, 1),), [nn.ReLU()])  # expect: TL105

    def forward(self, x):
        x = x[..., :1]
        for first, second in self.c:
            x = second(first(x))
        for row in (*self.a, *self.b, *self.d):
            for layer in row:
                x = layer(x)
        return x


EXAMPLES = {"HiddenTeacher": [{"teacher": nn.Linear(1, 1)}]}
