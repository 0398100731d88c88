"""Tensors that are meant to be trained (TL102) and parameters that are lost on the way (TL106)."""

import torch
from torch import nn
from torch.nn import init


class RequiresGrad(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.zeros(2, requires_grad=True)  # expect: TL102
        self.b = torch.zeros(2).requires_grad_()  # expect: TL102
        self.c = torch.zeros(2)  # expect: TL102
        self.c.requires_grad = True
        table = torch.zeros(2)
        table.requires_grad_(True)
        self.d = table  # expect: TL102
        self.e = torch.zeros(2, requires_grad=False)  # expect: TL101
        self.f = torch.tensor([1.0], requires_grad=True)  # expect: TL102
        self.g = torch.autograd.Variable(torch.zeros(2), requires_grad=True)  # expect: TL102


class Initialised(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.empty(2, 2)  # expect: TL102
        nn.init.kaiming_uniform_(self.a)
        self.b = torch.empty(2, 2)  # expect: TL102
        init.normal_(self.b)
        self.c = nn.init.xavier_uniform_(torch.empty(2, 2))  # expect: TL102
        self.weight = nn.Parameter(torch.empty(2, 2))
        nn.init.xavier_uniform_(self.weight)
        self.reset()

    def reset(self):
        nn.init.zeros_(self.weight)


class InitialisedByName(nn.Module):
    """Whatever its name, a function of `nn.init` gives back the tensor that it is given."""

    def __init__(self, how: str = "xavier_uniform_"):
        super().__init__()
        self.how = how
        fill = getattr(init, self.how)
        self.a = fill(torch.empty(2, 2))  # expect: TL102
        self.b = torch.empty(2, 2)  # expect: TL102
        getattr(nn.init, how)(self.b)
        self.rows = [fill(torch.empty(2, 2)) for _ in range(2)]  # expect: TL103
        self.weight = fill(nn.Parameter(torch.empty(2, 2)))
        self.gain = getattr(init, "calculate_gain")("relu")
        self.other_gain = getattr(init, f"calculate_{how and 'gain'}")("relu")


class Lost(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(2)) * 0.1  # expect: TL106
        self.b = 0.1 * nn.Parameter(torch.zeros(2))  # expect: TL106
        self.c = nn.Parameter(torch.zeros(2)).to(torch.float64)  # expect: TL106
        self.d = nn.Parameter(torch.zeros(2)).view(1, 2)  # expect: TL106
        self.e = nn.Parameter(torch.zeros(2, 2)).t()  # expect: TL106
        self.f = nn.Parameter(torch.zeros(2)).half()  # expect: TL106
        self.g = -nn.Parameter(torch.zeros(2))  # expect: TL106
        weight = nn.Parameter(torch.zeros(2))
        self.h = weight + 1  # expect: TL106
        self.i = nn.Parameter(torch.zeros(2))[0]  # expect: TL106


class Derived(nn.Module):
    """The parameter is kept: what is computed from it is a stale tensor, not a lost parameter."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.scale = self.weight.detach().clone()  # expect: TL101
        self.count = self.weight.numel()
        self.shape = self.weight.shape


class LostContainer(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = [nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))]  # expect: TL104
        self.b = (nn.Parameter(torch.zeros(1)),)  # expect: TL104
        self.c = {}  # expect: TL104
        self.c["x"] = nn.Parameter(torch.zeros(1))


class LostSubmodule(nn.Module):
    """`.to` and `.cuda` of a module give the module itself."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1).to(torch.float64)
        self.frozen = nn.Linear(1, 1).requires_grad_(False).eval()
        self.halved = nn.Linear(1, 1).half()
        self.same = nn.Parameter(torch.zeros(2)).requires_grad_()
