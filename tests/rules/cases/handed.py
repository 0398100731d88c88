"""Arguments kept as they are: only who builds the class shows what they are."""

from typing import Optional

import torch
from torch import nn
from torch.nn import functional as F


class Masked(nn.Linear):
    def __init__(self, size, mask):
        super().__init__(size, size)
        self.mask = mask  # expect: TL101

    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


class Stack(nn.Module):
    def __init__(self, size=3):
        super().__init__()
        rows = self.rows(size)
        self.layers = nn.Sequential(Masked(size, rows), nn.ReLU(), Masked(size, mask=rows.t()))

    def rows(self, size):
        return torch.ones(size, size).tril()


class Chain(nn.Module):
    def __init__(self, flows=None):
        super().__init__()
        self.flows = flows  # expect: TL105

    def forward(self, x):
        for flow in self.flows:
            x = flow(x)
        return x


class ByName(nn.Module):
    def __init__(self, size, losses):
        super().__init__()
        self.size = size
        self.losses = losses  # expect: TL105

    def forward(self, x, name):
        return self.losses[name](x) * self.size


class Basis(nn.Module):
    def __init__(self, vectors, scale=None):
        super().__init__()
        self.vectors = vectors  # expect: TL104
        self.scale = scale

    def forward(self, x):
        return sum(vector @ x for vector in self.vectors) * self.scale


class Learner:
    def build(self):
        return ByName(3, losses={"a": nn.PReLU(), "b": nn.PReLU()})


def basis(size: int) -> nn.Module:
    vectors = [nn.Parameter(torch.zeros(size)) for _ in range(2)]
    return Basis(vectors, 0.5)


chain = Chain([nn.Linear(3, 3), nn.Linear(3, 3)])


class Affine(nn.Module):
    """Several at once."""

    def __init__(self, matrix, shift, size=None):
        super().__init__()
        self.matrix, self.shift = matrix, shift  # expect: TL101 (matrix), TL101 (shift)
        self.size, self.length = size, size

    def forward(self, x):
        return torch.matmul(self.matrix, x) + self.shift.unsqueeze(0)


def affine():
    return Affine(torch.eye(3), torch.ones(3), 3)


class Rotation(nn.Module):
    def __init__(self, matrix):
        super().__init__()
        self.matrix = matrix  # expect: TL101

    @classmethod
    def identity(cls, size):
        return cls(torch.eye(size))

    def forward(self, x):
        return x @ self.matrix


# -- none of these -----------------------------------------------------------------------------------------------------


class Factor(nn.Module):
    """A number here and a tensor there: whoever passes a tensor chose to."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


class Tied(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, x):
        return F.linear(x, self.weight)


class Head(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return torch.relu(self.body[0](x))


class Documented(nn.Module):
    """Counts.

    Args:
        counts (list of int): how many.
    """

    def __init__(self, counts):
        super().__init__()
        self.counts = counts

    def forward(self, x):
        return x * self.counts


class Called(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.activation = activation

    def forward(self, x):
        return self.activation(x)


class Later(nn.Module):
    def __init__(self, table):
        super().__init__()
        self.table = table
        self.register_buffer("kept", table)
        del self.table
        self.table = 3

    def forward(self, x):
        return x + self.table


class Added(nn.Module):
    def __init__(self, parts):
        super().__init__()
        self.parts = parts
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x):
        return [self.parts[name](x) for name in self.parts]


class Sampled(nn.Module):
    """Said to be tensors; who builds it passes parameters."""

    def __init__(self, mu: torch.Tensor, rho: "Optional[torch.Tensor]" = None):
        super().__init__()
        self.mu = mu
        self.rho = rho

    def forward(self, x):
        return x * self.rho + self.mu


class Noise(nn.Module):
    """Args:
    scale (torch.Tensor): how much of it there is.
    """

    def __init__(self, scale):
        super().__init__()
        self.scale = scale


class Shifted(nn.Module):
    """A parameter for one, a tensor for the other."""

    def __init__(self, shift: torch.Tensor):
        super().__init__()
        self.shift = shift  # expect: TL101


class Bayesian(nn.Module):
    def __init__(self, size=3):
        super().__init__()
        self.mu = nn.Parameter(torch.zeros(size))
        self.sampled = Sampled(self.mu, nn.Parameter(torch.ones(size)))
        self.noise = Noise(self.mu)
        self.fixed = Shifted(torch.ones(size))
        self.learned = Shifted(self.mu)


class CheckOffset:
    """A class that is no module, with a module written in it and built through `self` or `cls`' own name."""

    class Offset(nn.Module):
        def __init__(self, offset):
            super().__init__()
            self.offset = offset  # expect: TL101 (CheckOffset.Offset.offset)

        def forward(self, x):
            return x + self.offset

    class Scaled(nn.Module):
        def __init__(self, by):
            super().__init__()
            self.by = by

        def forward(self, x):
            return x * self.by

    def check(self):
        x = torch.ones(2, 3)
        return self.Offset(torch.ones(3))(x), self.Scaled(self.factor())(x)

    def factor(self):
        return 2.0


def factors():
    return Factor(2.0), Factor(torch.ones(3))


def others():
    embedding = nn.Embedding(3, 3)
    tied = Tied(embedding.weight)
    head = Head(nn.Sequential(nn.Linear(3, 3)))
    return tied, head, Documented(torch.ones(3)), Called(torch.relu), Later(torch.ones(3))


def added():
    return Added({"one": nn.Linear(3, 3)})


EXAMPLES = {
    "Affine": [{"matrix": torch.eye(3), "shift": torch.ones(3)}],
    "Rotation": [{"matrix": torch.eye(3)}],
    "Masked": [{"size": 3, "mask": torch.ones(3, 3)}],
    "Chain": [{"flows": [nn.Linear(3, 3)]}],
    "ByName": [{"size": 3, "losses": {"a": nn.PReLU()}}],
    "Basis": [{"vectors": [nn.Parameter(torch.zeros(3))]}],
    "Factor": [{"factor": 2.0}],
    "Tied": [{"weight": nn.Parameter(torch.zeros(3, 3))}],
    "Head": [{"body": nn.Sequential(nn.Linear(3, 3))}],
    "Documented": [{"counts": [1, 2]}],
    "Called": [{"activation": torch.relu}],
    "Later": [{"table": torch.ones(3)}],
    "Sampled": [{"mu": nn.Parameter(torch.zeros(3)), "rho": nn.Parameter(torch.ones(3))}],
    "Noise": [{"scale": nn.Parameter(torch.zeros(3))}],
    "Shifted": [{"shift": torch.ones(3)}],
    "CheckOffset.Offset": [{"offset": torch.ones(3)}],
    "CheckOffset.Scaled": [{"by": 2.0}],
    "Added": [{"parts": {"one": nn.Linear(3, 3)}}],
}
