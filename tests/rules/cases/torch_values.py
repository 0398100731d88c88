"""Which operations of torch give a tensor, and which do not."""

import math
import random

import torch
import torch as T
import torch.nn.functional as F
from torch import nn, tensor, zeros
from torch.nn import Module


class Makers(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = zeros(2)  # expect: TL101
        self.b = tensor([1.0, 2.0])  # expect: TL101
        self.c = T.ones(2)  # expect: TL101
        self.d = torch.Tensor(2)  # expect: TL101
        self.e = torch.FloatTensor([1.0])  # expect: TL101
        self.f = torch.LongTensor([1])  # expect: TL101
        self.g = torch.as_tensor([1.0])  # expect: TL101
        self.h = torch.linspace(0, 1, 3)  # expect: TL101
        self.i = torch.empty(2).normal_()  # expect: TL101
        self.j = torch.randint(0, 2, (3,))  # expect: TL101
        self.k = torch.zeros_like(self.a)  # expect: TL101
        self.l = torch.cat([self.a, self.c])  # expect: TL101
        self.m = torch.tril(torch.ones(3, 3))  # expect: TL101
        self.n = torch.from_file  # a function, not called


class Methods(nn.Module):
    def __init__(self):
        super().__init__()
        base = torch.arange(6.0)
        self.a = base.view(2, 3).t().contiguous()  # expect: TL101
        self.b = base.new_zeros(3)  # expect: TL101
        self.c = base.to(torch.float64)  # expect: TL101
        self.d = base.float()[None, :]  # expect: TL101
        self.e = base[1:]  # expect: TL101
        self.f = base > 2  # expect: TL101
        self.g = -base  # expect: TL101
        self.h = 1.0 / base.clamp(min=1)  # expect: TL101
        self.i = base @ base  # expect: TL101
        self.j = base.T  # expect: TL101
        self.k = base.data  # expect: TL101
        self.l = ~(base > 2)  # expect: TL101
        self.m = 2**base  # expect: TL101
        self.n = base.sum()  # expect: TL101


class NoTensors(nn.Module):
    def __init__(self):
        super().__init__()
        base = torch.arange(6.0)
        self.a = base.item if False else None
        self.b = base.sum().item()
        self.c = base.shape
        self.d = base.size(0)
        self.e = base.dtype
        self.f = base.device
        self.g = base.tolist()
        self.h = base.numel()
        self.i = base.dim()
        self.j = base.is_cuda
        self.k = len(base)
        self.l = float(base[0])
        self.m = int(base.argmax())
        self.n = bool((base > 0).all())
        self.o = torch.device("cpu")
        self.p = torch.float32
        self.q = torch.Size([1, 2])
        self.r = torch.is_tensor(base)
        self.s = torch.Generator()
        self.t = torch.finfo(torch.float32).max
        self.u = torch.equal(base, base)
        self.v = str(base)
        self.w = list(base.shape)
        self.x = torch.iinfo(torch.int64)
        self.y = math.prod(base.shape)
        self.z = torch.get_default_dtype()


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = F.softmax(torch.zeros(3), dim=0)  # expect: TL101
        self.b = F.one_hot(torch.arange(3))  # expect: TL101
        self.c = F.pad(torch.ones(2), (1, 1))  # expect: TL101
        self.activation = F.relu
        self.d = torch.nn.functional.normalize(torch.ones(2), dim=0)  # expect: TL101
        self.e = torch.fft.fftfreq(4)  # expect: TL101
        self.f = torch.special.expit(torch.zeros(1))  # expect: TL101
        self.g = torch.linalg.inv(torch.eye(2))  # expect: TL101


class Arithmetic(Module):
    def __init__(self, scale=2.0):
        super().__init__()
        self.a = scale * torch.ones(2)  # expect: TL101
        self.b = torch.ones(2) * scale  # expect: TL101
        self.c = scale * 2
        self.d = math.sqrt(scale) + random.random()
        self.e = sum(torch.ones(2) for _ in range(3))  # expect: TL101
        self.f = torch.ones(2) == torch.ones(2)  # expect: TL101
        self.g = scale == 2.0
        self.h = torch.ones(2) is None
        self.i = [0.0] * 3
        self.j = [torch.zeros(1)] * 3  # expect: TL103
        self.k = [torch.zeros(1)] + [torch.ones(1)]  # expect: TL103


class InPlace(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.empty(2).uniform_(0, 1)  # expect: TL101
        table = torch.zeros(2, 2)
        table[0] = 1.0
        table.fill_diagonal_(1)
        self.table = table  # expect: TL101
        self.mask = torch.ones(2, dtype=torch.bool).logical_not_()  # expect: TL101


class SpecialTensors(nn.Module):
    def __init__(self):
        super().__init__()
        self.sparse = torch.eye(2).to_sparse()  # expect: TL101
        self.complex = torch.polar(torch.ones(2), torch.zeros(2))  # expect: TL101
        self.window = torch.hann_window(4)  # expect: TL101
        self.combined = torch.combinations(torch.arange(3))  # expect: TL101
        self.grid = torch.cartesian_prod(torch.arange(2), torch.arange(2))  # expect: TL101
        self.parts = torch.zeros(4).split(2)  # expect: TL103
        self.unbound = torch.zeros(4).unbind()  # expect: TL103
        self.nonzero = torch.ones(2).nonzero()  # expect: TL101
        self.unique = torch.unique(torch.ones(2))  # expect: TL101
