"""Which class is a module: spellings, aliases, mixins, multiple inheritance, generic and abstract bases."""

import abc
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
import torch.nn
import torch.nn as neural
from torch import nn as n
from torch.nn import Module as M
from torch.nn.modules.module import Module as Deep

T = TypeVar("T")
Base = n.Module
Layer = n.Linear


class A(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class B(neural.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class C(M):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class D(Deep):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class E(Base):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class F(Layer):
    def __init__(self):
        super().__init__(2, 2)
        self.table = torch.zeros(2)  # expect: TL101


class G(n.Sequential):
    def __init__(self):
        super().__init__(n.Linear(1, 1))
        self.table = torch.zeros(2)  # expect: TL101


class H(A):
    def __init__(self):
        super().__init__()
        self.more = torch.zeros(2)  # expect: TL101


class I(n.Module, Generic[T]):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class J(I[int]):
    def __init__(self):
        super().__init__()
        self.more = torch.zeros(2)  # expect: TL101


class K(n.Module, abc.ABC):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class L(n.Module, metaclass=abc.ABCMeta):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class Mixin:
    """No module itself, but always mixed into one."""

    def setup(self):
        self.mixed = torch.zeros(2)  # expect: TL101


class WithMixin(Mixin, n.Module):
    def __init__(self):
        super().__init__()
        self.setup()


class Loss(n.modules.loss._Loss):
    def __init__(self):
        super().__init__()
        self.weight = torch.ones(2)  # expect: TL101


class SubclassOfTorch(n.BatchNorm2d):
    def __init__(self):
        super().__init__(2)
        self.running_mean = torch.zeros(2)  # a buffer of the base
        self.weight = n.Parameter(torch.ones(2))
        self.factor = torch.ones(2)  # expect: TL101


class SubclassOfLinear(n.Linear):
    def __init__(self):
        super().__init__(2, 2, bias=False)
        self.bias = n.Parameter(torch.zeros(2))
        self.mask = torch.ones(2)  # expect: TL101


class ViaFunction(n.Module):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)

    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class NotOne:
    def __init__(self):
        self.table = torch.zeros(2)
        self.layers = [n.Linear(1, 1)]


class Data(torch.utils.data.Dataset):
    def __init__(self):
        self.items = torch.zeros(2)


@dataclass
class Record:
    table: torch.Tensor = None

    def __post_init__(self):
        self.table = torch.zeros(2)


class Function(torch.autograd.Function):
    pass


class Optimizer(torch.optim.SGD):
    def __init__(self, params):
        super().__init__(params, lr=0.1)
        self.table = torch.zeros(2)


class CallsBaseHook(n.Module):
    def __init__(self):
        super().__init__()
        self.build()

    def build(self):
        raise NotImplementedError


class FillsBaseHook(CallsBaseHook):
    def build(self):
        self.table = torch.zeros(2)  # expect: TL101


class NoInit(A):
    pass


class Diamond1(n.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("shared", None)


class Diamond2(n.Module):
    def __init__(self):
        super().__init__()
        self.other = 3


class Diamond(Diamond2, Diamond1):
    """The next in line after Diamond2 is Diamond1, which registers the name."""

    def __init__(self):
        super().__init__()
        self.shared = torch.zeros(2)


class RegistersLater(Diamond1):
    def __init__(self):
        super().__init__()
        self.shared = torch.ones(2)
        self.shared = self.shared * 2


class ResetByBase(n.Linear):
    """torch's constructor calls `reset_parameters`, which stands here."""

    def __init__(self):
        super().__init__(2, 2)

    def reset_parameters(self):
        super().reset_parameters()
        self.scale = torch.ones(1)  # expect: TL101


class NeverBuilt:
    """A mixin that is built by nobody: the constructor of torch comes before its own, and calls no other."""

    def __init__(self, sampler=None):
        self.sampler = torch.zeros(3)  # expect: TL101

    def train(self, mode=True):
        self.trained = torch.zeros(3)


class TorchFirst(n.Module, abc.ABC):
    def __init__(self):
        super().__init__()
        self.train()


class MixedIn(TorchFirst, NeverBuilt):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class BuildsMixin(TorchFirst, NeverBuilt):
    def __init__(self):
        super().__init__()
        NeverBuilt.__init__(self, sampler=3)
        self.table = torch.zeros(2)  # expect: TL101


class Inherits(n.Module, NeverBuilt):
    pass


@torch.jit.ignore
def helper():
    return 3


def decorator(cls):
    return cls


@decorator
class Decorated(n.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


EXAMPLES = {"CallsBaseHook": []}
