"""Dicts that construction fills item by item."""

import torch
from torch import nn


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = {}  # expect: TL105
        self.heads["left"] = nn.Linear(2, 2)
        self.heads["right"] = nn.Linear(2, 2)

    def forward(self, x):
        return self.heads["left"](x) + self.heads["right"](x)


class Called(nn.Module):
    def __init__(self):
        super().__init__()
        self.scales = dict()  # expect: TL104
        for name in ("left", "right"):
            self.scales[name] = nn.Parameter(torch.ones(2))

    def forward(self, x):
        return x * self.scales["left"] * self.scales["right"]


class Dotted(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = {}  # expect: TL105
        self.heads["a.b"] = nn.Linear(2, 2)

    def forward(self, x):
        return self.heads["a.b"](x)


class Asked(nn.Module):
    def __init__(self, names=("left", "right")):
        super().__init__()
        self.heads = {}  # expect: TL105
        for name in names:
            self.heads[name] = nn.Linear(2, 2)

    def forward(self, x):
        return self.heads["left"](x)
