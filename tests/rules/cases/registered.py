"""What is registered already, wherever and however."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import Buffer, Parameter
from torch.nn.parameter import UninitializedParameter


class Buffers(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("a", torch.zeros(2))
        self.register_buffer(name="b", tensor=torch.zeros(2), persistent=False)
        self.c = nn.Buffer(torch.zeros(2))
        self.d = Buffer(torch.zeros(2), persistent=False)
        self._buffers["e"] = torch.zeros(2)
        self.register_buffer("f", None)
        self.f = torch.zeros(2)
        self.a = torch.ones(2)
        nn.Module.register_buffer(self, "g", torch.zeros(2))
        super().register_buffer("h", torch.zeros(2))


class BuffersInLoops(nn.Module):
    def __init__(self):
        super().__init__()
        for name in ("mean", "std"):
            self.register_buffer(name, None)
        self.mean = torch.zeros(2)
        self.std = torch.ones(2)
        for index in range(2):
            self.register_buffer(f"table_{index}", None)
        self.table_0 = torch.zeros(2)


class RegisteredBranches(nn.Module):
    def __init__(self, given=None):
        super().__init__()
        if given is None:
            self.register_buffer("table", torch.zeros(2))
        else:
            self.register_buffer("table", given)
        self.table = torch.ones(2)


class PlainFirst(nn.Module):
    """The plain attribute is deleted before the buffer takes its name."""

    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)
        table = self.table
        del self.table
        self.register_buffer("table", table)


class DeletedByName(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)
        delattr(self, "table")
        self.linear = nn.Linear(1, 1)


class Parameters(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Parameter(torch.zeros(2))
        self.b = torch.nn.parameter.Parameter(torch.zeros(2))
        self.register_parameter(name="c", param=nn.Parameter(torch.zeros(2)))
        self._parameters["d"] = nn.Parameter(torch.zeros(2))
        self.e = nn.init.xavier_uniform_(nn.Parameter(torch.zeros(2, 2)))
        self.f = nn.Parameter(torch.zeros(2), requires_grad=False)
        self.g = UninitializedParameter()
        self.h = nn.Parameter(torch.zeros(2)).requires_grad_(False)
        self.i, self.j = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.ones(1))
        setattr(self, "k", nn.Parameter(torch.zeros(2)))
        for name in ("l", "m"):
            setattr(self, name, nn.Parameter(torch.zeros(2)))
        self.n = nn.Parameter(torch.zeros(2)) if self.a.sum() == 0 else None


class ParametersLater(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.zeros(2)
        self.finish()

    def finish(self):
        self.weight = nn.Parameter(self.weight)


class ParameterHelper(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = self.make(2)
        self.b, self.c = self.make(1), self.make(3)

    def make(self, size):
        weight = nn.Parameter(torch.empty(size))
        nn.init.zeros_(weight)
        return weight


class Submodules(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(1, 1)
        self.b = nn.ModuleList([nn.Linear(1, 1)])
        self.c = nn.ModuleDict({"x": nn.Linear(1, 1)})
        self.d = nn.Sequential(OrderedDict(x=nn.Linear(1, 1)))
        self.e = nn.ParameterList([nn.Parameter(torch.zeros(1))])
        self.f = nn.ParameterDict({"x": nn.Parameter(torch.zeros(1))})
        self.add_module("g", nn.Linear(1, 1))
        self.register_module("h", nn.Linear(1, 1))
        self._modules["i"] = nn.Linear(1, 1)
        self.j = nn.ParameterList([torch.zeros(1)])  # becomes parameters


class ListsBesideRegistration(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = []
        self.layers = []
        self.tables = []
        for index in range(2):
            weight = nn.Parameter(torch.zeros(2))
            self.register_parameter(f"weight_{index}", weight)
            self.weights.append(weight)
            layer = nn.Linear(2, 2)
            setattr(self, f"layer_{index}", layer)
            self.layers.append(layer)
            self.register_buffer(f"table_{index}", torch.zeros(2))
            self.tables.append(getattr(self, f"table_{index}"))
        self.first = [self.layer_0]
        self.stages = nn.ModuleList([nn.Linear(1, 1)])
        self.reverse = list(reversed(self.stages))


class Aliases(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("table", torch.zeros(2))
        self.linear = nn.Linear(2, 2)
        self.same = self.table
        self.weight = self.linear.weight
        self.pair = (self.table, self.linear.bias)
        self.by_name = {"linear": self.linear}


class ConvertedList(nn.Module):
    """The list gives way to a ModuleList of the same name."""

    def __init__(self):
        super().__init__()
        self.layers = []
        for _ in range(2):
            self.layers.append(nn.Linear(1, 1))
        self.layers = nn.ModuleList(self.layers)
        self.weights = [nn.Parameter(torch.zeros(1))]
        self.weights = nn.ParameterList(self.weights)


class BuildsSequential(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        layers += [nn.Linear(1, 1)]
        layers.append(nn.ReLU())
        self.body = nn.Sequential(*layers)
        self.count = len(layers)


class InnerModule(nn.Module):
    """An attribute of a submodule is no attribute of `self`."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.linear.weight.data = torch.zeros(2, 2)
        self.linear.bias = None


class SetattrRegisters(nn.Module):
    def __setattr__(self, name, value):
        if isinstance(value, torch.Tensor) and not isinstance(value, nn.Parameter):
            self.register_buffer(name, value)
        else:
            super().__setattr__(name, value)

    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)


class PropertySetter(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.ones(1)

    @property
    def scale(self):
        return self.weight.data

    @scale.setter
    def scale(self, value):
        self.weight = nn.Parameter(value)


class PropertyLeaks(nn.Module):
    """The setter keeps it on a plain attribute: that is where it is lost."""

    def __init__(self):
        super().__init__()
        self.scale = torch.ones(1)

    @property
    def scale(self):
        return self._scale

    @scale.setter
    def scale(self, value):
        self._scale = value  # expect: TL101


class OrdersItsModules(nn.Sequential):
    """What is put where torch registers modules is registered."""

    def __init__(self):
        super().__init__(OrderedDict(second=nn.ReLU()))
        self._modules = OrderedDict(first=nn.Linear(1, 1), **self._modules)


def foreign():
    """A class that no reader of this file can tell."""

    def build(self):
        nn.Module.__init__(self)
        self.register_buffer("zeros", torch.ones(2))

    return type("Foreign", (nn.Module,), {"__init__": build})


class ReadsBeforeItAssigns(foreign()):
    """What is there before the first assignment comes from the base, which may have registered it."""

    def __init__(self):
        super().__init__()
        self.zeros = torch.zeros_like(self.zeros)
        self.ones = torch.ones_like(self.zeros)  # expect: TL101
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        return self.layer(x) + self.zeros + self.ones


class LoopOverNames(nn.Module):
    def __init__(self):
        super().__init__()
        for name, shape in {"weight": (2, 2), "bias": (2,)}.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))
        self.weight.data = torch.ones(2, 2)
        self.bias.data.fill_(0.0)
        with torch.no_grad():
            self.weight.copy_(torch.eye(2))
            self.bias[0] = 1.0


class InPlaceOnBuffer(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("table", torch.zeros(3))
        self.table[1:] = torch.ones(2)
        self.table += 1
        self.table.mul_(2)
        self.table = self.table.float()
        self.table.data = torch.zeros(3)


class BuffersByDict(nn.Module):
    def __init__(self):
        super().__init__()
        tables = {"sin": torch.zeros(2), "cos": torch.ones(2)}
        for name, table in tables.items():
            self.register_buffer(name, table)
        self.sin = self.sin * 2


class LayersByIndex(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [nn.Linear(1, 1) for _ in range(2)]
        for index, layer in enumerate(layers):
            self.add_module(f"layer{index}", layer)
        self.layers = layers
        self.last = layers[-1]


class LayersBySetattr(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(1, 1) for _ in range(2)]
        for index, layer in enumerate(self.layers):
            setattr(self, f"layer{index}", layer)


class LayersByAnyName(nn.Module):
    """Whatever the name comes to, torch registers a parameter or module under it."""

    def __init__(self):
        super().__init__()
        self.layers, self.norms, self.scales = [], [], []
        for index in range(2):
            layer, norm = nn.Linear(1, 1), nn.LayerNorm(1)
            setattr(self, "layer{}".format(index), layer)
            self.layers.append(layer)
            self.__setattr__("norm%d" % index, norm)
            self.norms.append(norm)
        for name in [name for name, _ in self.named_parameters()]:
            scale = nn.Parameter(torch.zeros(1))
            setattr(self, name.replace(".", "_") + "_scale", scale)
            self.scales.append(scale)


class TensorsByAnyName(nn.Module):
    """A tensor is not registered by being set, whatever its name."""

    def __init__(self, names=()):
        super().__init__()
        self.masks = [torch.ones(1)]  # expect: TL103
        for name in names:
            setattr(self, "mask_{}".format(name), self.masks[0])


class LayersRegisteredLater(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = [nn.Linear(1, 1)]
        self.weights = [nn.Parameter(torch.zeros(1))]
        self.modules_ = nn.ModuleList(self.blocks)
        self.parameters_ = nn.ParameterList(self.weights)


class InSequentialToo(nn.Module):
    def __init__(self):
        super().__init__()
        first, second = nn.Linear(1, 1), nn.Linear(1, 1)
        self.body = nn.Sequential(first, second)
        self.ends = (first, second)
        self.by_name = {"first": first}


class ModulesOfAnother(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
        self.layers = list(self.body.children())
        self.named = dict(self.body.named_modules())
        self.weights = [p for p in self.body.parameters()]
        self.first = [self.body[0]]
        self.some = [m for m in self.modules() if isinstance(m, nn.Linear)]


class ModulesBesideDict(nn.Module):
    """A list kept for the order, of modules that a ModuleDict registers."""

    def __init__(self):
        super().__init__()
        self.by_name = nn.ModuleDict()
        self.in_order = []
        for name in ("a", "b"):
            layer = nn.Linear(1, 1)
            self.by_name[name] = layer
            self.in_order.append(layer)


class ManyNamesRegisteredInALoop(nn.Module):
    """A class-level list of more names than other loops are followed for, item by item."""

    _cached = [
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
        "g",
        "h",
        "i",
        "j",
        "k",
        "l",
        "mean",
        "scale",
    ]

    def __init__(self, width: int = 3):
        super().__init__()
        for key in self._cached:
            self.register_buffer(key, None)
        self.mean = None
        self._update(width)
        self.other = torch.ones(width)  # expect: TL101

    def _update(self, width):
        self.mean = torch.zeros(width)
        self.scale = torch.randn(width)
