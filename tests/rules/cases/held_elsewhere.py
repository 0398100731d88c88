"""Lists and dicts of what torch knows from elsewhere, of what only a caller may choose, and of one hidden module."""

from __future__ import annotations

import torch
from torch import nn


class SlicesIntoSequential(nn.Module):
    """The list is cut up, and all of it lands in the module."""

    def __init__(self, sizes=(2, 3, 4)):
        super().__init__()
        self.linears = []
        for index in range(len(sizes) - 1):
            self.linears.append(nn.Linear(sizes[index], sizes[index + 1]))
        steps = []
        for linear in self.linears[:-1]:
            steps += [linear, nn.ReLU()]
        steps.append(self.linears[-1])
        self.body = nn.Sequential(*steps)


class Slices(nn.Module):
    def __init__(self):
        super().__init__()
        tables = [torch.zeros(1), torch.ones(1)]
        self.first = tables[0]  # expect: TL101
        self.rest = tables[1:]  # expect: TL103
        self.layers = [nn.Linear(1, 1), nn.ReLU()][:1]  # expect: TL105


class FoundByName(nn.Module):
    def __init__(self, names=("body", "body.0")):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 1))
        self.places: dict[str, list[nn.Module]] = {}
        self.places["all"] = [self.get_submodule(name) for name in names]
        self.weights = [self.body.get_parameter("0.weight")]


class NumbersOrTensors(nn.Module):
    """A tensor only where a caller chooses one."""

    def __init__(self, decay: float | torch.Tensor = 0.5, scale: float = 2.0, weight: torch.Tensor | None = None):
        super().__init__()
        self.options = {"decay": decay, "scale": scale}
        self.pair = (decay, scale)
        self.used = {"weight": torch.ones(1) if weight is None else weight, "scale": scale}  # expect: TL103


class OptionsOfEach(nn.Module):
    """What is under a key of such dicts may be a module, and is a flag."""

    def __init__(self, metrics: list[dict[str, float | str | nn.Module]] | None = None):
        super().__init__()
        metrics = [{"metric": nn.L1Loss(), "flag": True}] if metrics is None else metrics
        self.flags = [metric.get("flag", False) for metric in metrics]


class HiddenOnTheSpot(nn.Module):
    """One module, made in the list, of which the class only ever wants the first."""

    def __init__(self, size=2):
        super().__init__()
        self.teacher = [nn.Linear(size, size)]  # unreported: hidden on purpose
        self.size = self.teacher[0].out_features

    def forward(self, x):
        return self.teacher[0](x)


class ListOfOne(nn.Module):
    def __init__(self, size=2):
        super().__init__()
        self.layers = [nn.Linear(size, size)]  # expect: TL105
        self.first = self.layers[0].out_features

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("limits", torch.tensor([0.5, 0.9]))
        self.label = "@%.2f" % self.limits[0]
        self.name = "score" + self._range()
        self.table = 2 % self.limits  # expect: TL101

    def _range(self):
        if len(self.limits) > 1:
            return "@%.2f:%.2f" % (self.limits[0], self.limits[-1])
        return "@%.2f" % self.limits[0]


class Stackable:
    """torch's functions ask it what to do."""

    def __init__(self, sizes):
        self.sizes = sizes

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return cls([size for one in args[0] for size in one.sizes])


def stacked(items) -> Stackable:
    items = list(items)
    return torch.stack(items)


class HoldsStackable(nn.Module):
    def __init__(self):
        super().__init__()
        self.stacked = stacked([Stackable([1]), Stackable([2])])
        self.table = torch.stack([torch.ones(1)])  # expect: TL101


class Block(nn.Module):
    def __init__(self, inner: nn.Module | None = None):
        super().__init__()
        self.inner = nn.Linear(1, 1) if inner is None else inner


class PicksFromOthers(nn.Module):
    """What `isinstance` finds in another module is registered there."""

    def __init__(self, name="inner"):
        super().__init__()
        self.blocks = nn.ModuleDict({"a": Block(), "b": Block(nn.Identity())})
        self.linears = []
        self.weights = {}
        self.own = []  # expect: TL105
        for key, block in self.blocks.items():
            inner = getattr(block, name)
            if isinstance(inner, nn.Linear):
                self.linears.append(inner)
            weight = getattr(inner, "weight", None)
            if isinstance(weight, nn.Parameter):
                self.weights[key] = weight
            self.own.append(nn.Dropout())


class MakesAListOfOne(nn.Module):
    """What is given to the constructor is nowhere yet."""

    def __init__(self, layers):
        super().__init__()
        if isinstance(layers, nn.Module):
            layers = [layers]
        self.layers = layers + [nn.Linear(1, 1)]  # expect: TL105


class HandsItsTensorOn(nn.Module):
    """A module keeps a tensor that is set on it as it is: nobody registers it."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(2, 2)
        self.order = torch.arange(2)  # expect: TL101
        self.body.order = self.order


class Penalised(nn.Module):
    """The parameters of its own layers, with what they are to be penalised by."""

    def __init__(self, penalty=0.1):
        super().__init__()
        self.layer = nn.Linear(1, 1)
        self.penalised = []
        self.penalise(self.layer.parameters(), penalty)

    def penalise(self, weights, penalty):
        weights = [weights] if isinstance(weights, nn.Parameter) else list(weights)
        self.penalised.append((weights, penalty))


def copied(value):
    """Whatever it is."""
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: copied(one) for key, one in value.items()}
    return value


class KeepsOptions(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.options = {name: copied(value) for name, value in options.items()}
        self.tables = {"ones": copied(torch.ones(1))}  # expect: TL103


EXAMPLES = {"MakesAListOfOne": [{"layers": nn.ReLU()}]}
