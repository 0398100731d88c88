"""What looks like unregistered state and is not. Next to nothing to report here."""

import contextlib
import enum
import functools
import logging
from collections import Counter, namedtuple
from dataclasses import dataclass, field
from typing import Any, Callable, NamedTuple

import torch
from torch import nn


class Config(NamedTuple):
    size: int = 2
    scale: float = 1.0


@dataclass
class Settings:
    size: int = 2
    names: list = field(default_factory=list)


class Mode(enum.Enum):
    TRAIN = 1
    EVAL = 2


Point = namedtuple("Point", "x y")


class PlainValues(nn.Module):
    def __init__(self, size: int = 2, name: str = "net", callback: Callable | None = None):
        super().__init__()
        self.config = Config()
        self.settings = Settings()
        self.mode = Mode.TRAIN
        self.point = Point(1, 2)
        self.counter = Counter()
        self.logger = logging.getLogger(name)
        self.callback = callback
        self.partial = functools.partial(nn.Linear, 2)
        self.lock = contextlib.nullcontext()
        self.function = lambda x: torch.zeros(x)
        self.size = size * 2 + 1
        self.shape = (size, size)
        self.slices = [slice(0, 1), slice(1, 2)]
        self.nothing = None
        self.text = f"{torch.zeros(1)}"
        self.dim = torch.zeros(2, 3).ndim
        self.kind = type(torch.zeros(1))
        self.strides = torch.zeros(2, 3).stride()
        self.equal = torch.allclose(torch.zeros(1), torch.zeros(1))
        self.count = torch.cuda.device_count()
        self.contiguous = torch.zeros(2).is_contiguous()
        self.hash = hash(name)
        self.method = torch.zeros(2).add
        self.rng = torch.get_rng_state().numel()
        self.elements = torch.zeros(2).nelement()
        self.floating = torch.zeros(2).is_floating_point()
        self.version = torch.__version__
        self.scalar = torch.zeros(2).sum().item() / 2
        self.minimum = min(torch.zeros(2).tolist())
        self.pi = torch.pi
        self.infinity = torch.inf


class NumbersFromTensors(nn.Module):
    def __init__(self, ratio=0.5):
        super().__init__()
        rates = [x.item() for x in torch.linspace(0, ratio, 3)]
        self.rates = rates
        self.last = rates[-1]
        self.blocks = nn.ModuleList([nn.Dropout(rates[i]) for i in range(3)])
        self.max = max(rates)
        self.index = int(torch.argmax(torch.zeros(3)))
        self.lengths = [len(t) for t in torch.zeros(2, 3)]
        self.sizes = tuple(torch.zeros(2, 3).size())
        height, width = torch.zeros(2, 3).shape
        self.height, self.width = height, width
        self.first = torch.zeros(2, 3).shape[0]


class NoneFirst(nn.Module):
    """A plain None that a registered name replaces."""

    def __init__(self):
        super().__init__()
        self.weight = None
        self.build()

    def build(self):
        self.weight = nn.Parameter(torch.zeros(2))


class DeletedThenRegistered(nn.Module):
    def __init__(self):
        super().__init__()
        linear = nn.Linear(2, 2)
        weight = linear.weight
        del linear._parameters["weight"]
        linear.register_parameter("weight_raw", nn.Parameter(weight.data))
        self.linear = linear


class ReturnedParameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.init.normal_(nn.Parameter(torch.empty(2)))
        self.b = nn.init.constant_(nn.Parameter(torch.empty(2)), 1.0)
        self.c = torch.nn.init.trunc_normal_(nn.Parameter(torch.empty(2)), std=0.02)
        self.d = identity(nn.Parameter(torch.empty(2)))
        self.e = nn.Parameter(torch.empty(2)).requires_grad_(True)


def identity(x):
    return x


class ChoosesParameter(nn.Module):
    def __init__(self, learn=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2)) if learn else None
        self.bias = nn.Parameter(torch.zeros(2), requires_grad=learn)


class AnyArgument(nn.Module):
    def __init__(self, value: Any = 2.0, other=3.0):
        super().__init__()
        self.value = value
        self.scaled = value * other
        self.shifted = 1 - other


class FactoryOfModules(nn.Module):
    def __init__(self, kind="relu"):
        super().__init__()
        self.activation = {"relu": nn.ReLU, "tanh": nn.Tanh}[kind]()
        self.chosen = {"a": nn.Linear(1, 1), "b": nn.Linear(2, 2)}["a"]
        self.norm = (nn.LayerNorm if kind else nn.Identity)(2)
        self.layer = getattr(nn, "Linear")(1, 1)


class StaticTables(nn.Module):
    """Names of the class, not of the instance."""

    sizes = [1, 2, 3]
    table = None

    @classmethod
    def fill(cls):
        cls.table = torch.zeros(2)

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)
        type(self).calls = 1


class GetattrFallback(nn.Module):
    def __init__(self):
        super().__init__()
        self.data_ = {}
        self.size = getattr(self, "missing", 3)

    def __getattr__(self, name):
        return super().__getattr__(name)


class Lazy(nn.Module):
    """A cached property: nothing during construction."""

    def __init__(self):
        super().__init__()
        self.size = 2

    @functools.cached_property
    def table(self):
        return torch.zeros(self.size)


class NeverCalled(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)
        self.hook = self.set_table

    def set_table(self):
        self.table = torch.zeros(2)

    def reset(self):
        self.cache = [torch.zeros(1)]


class ExtraState(nn.Module):
    """torch's own way to save what is no tensor."""

    def __init__(self):
        super().__init__()
        self.steps = 0

    def get_extra_state(self):
        return {"steps": self.steps}

    def set_extra_state(self, state):
        self.steps = state["steps"]


class ParametrizedLater(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
        self.other = torch.nn.utils.spectral_norm(nn.Linear(2, 2))


class TorchFactories(nn.Module):
    """Modules that functions of torch give."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, batch_first=True), 1)
        self.embedding = nn.Embedding.from_pretrained(torch.zeros(2, 2))
        self.scripted = nn.Linear(1, 1).train().cpu().float()


class DeletedInLoop(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.zeros(1)
        self.b = torch.zeros(1)
        for name in ("a", "b"):
            delattr(self, name)


class PoppedFromDict(nn.Module):
    def __init__(self):
        super().__init__()
        self.scratch = torch.zeros(1)
        self.__dict__.pop("scratch")


class TemporaryNone(nn.Module):
    def __init__(self):
        super().__init__()
        self.scratch = torch.zeros(1)
        self.size = self.scratch.numel()
        self.scratch = None


class LocalOnly(nn.Module):
    def __init__(self):
        super().__init__()
        table = torch.zeros(2)
        layers = [nn.Linear(1, 1)]
        total = sum(p.numel() for layer in layers for p in layer.parameters())
        self.total = total + table.numel()


class SetOnSubmodule(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        with torch.no_grad():
            self.linear.weight[:] = torch.eye(2)
        nn.init.zeros_(self.linear.bias)
        self.linear.weight.requires_grad = False
        setattr(self.linear, "scale", 3)


class ScriptConstants(nn.Module):
    __constants__ = ["size"]

    def __init__(self):
        super().__init__()
        self.size = torch.jit.annotate(int, 3)


class HiddenOnPurpose(nn.Module):
    def __init__(self):
        super().__init__()
        teacher = nn.Linear(1, 1)
        self.teacher = [teacher]  # unreported: one module in a list is the idiom for hiding it

    def forward(self, x):
        self.teacher[0] = self.teacher[0].to(x.device)
        return self.teacher[0](x)


EXAMPLES = {"ChoosesParameter": [{}, {"learn": False}]}
