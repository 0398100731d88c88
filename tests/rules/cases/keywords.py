"""What `**kwargs` holds, key by key."""

import torch
from torch import nn


class Options(nn.Module):
    def __init__(self, **kwargs):
        super().__init__()
        self.size = kwargs["size"]
        self.mask = kwargs.pop("mask")  # expect: TL101
        self.rest = kwargs.get("rest")
        self.fallback = kwargs.get("fallback", torch.ones(2))  # expect: TL101


class Fixed(Options):
    def __init__(self):
        super().__init__(mask=torch.ones(3), size=3)


class HandedOn(Options):
    def __init__(self, **kwargs):
        super().__init__(mask=torch.ones(3), size=3, **kwargs)


def table(size, mask=None, scale=None):
    return scale if mask is None else size


class FromDict(nn.Module):
    def __init__(self, size=2):
        super().__init__()
        options = {"size": size, "mask": torch.ones(size)}
        self.table = table(**options)
        self.scale = table(size, **dict(scale=torch.ones(size)))  # expect: TL101


class FilledOnOneWay(nn.Module):
    def __init__(self, size=2, scaled=False):
        super().__init__()
        options = {"mask": 1}
        if scaled:
            options["scale"] = torch.ones(size)
        self.scaled = scaled
        self.scale = table(size, **options) is not None


class TakenOut(nn.Module):
    def __init__(self, **kwargs):
        super().__init__()
        self.size = kwargs.pop("size", 2)
        self.kept = Holder(**kwargs)
        self.names = sorted(kwargs)
        self.first = kwargs.popitem() if kwargs else None


class Holder(nn.Module):
    def __init__(self, scale=None, **others):
        super().__init__()
        self.scale = scale
        self.others = others


class Quantized(nn.Linear):
    def __init__(self, *args, **kwargs):
        weight = kwargs.pop("weight_int")
        scale = kwargs.pop("scale", None)
        zero = kwargs.pop("zero", None)
        super().__init__(*args, **kwargs)
        self.weight_int = weight  # expect: TL101
        self.scale = scale  # expect: TL101
        self.zero = zero

    def forward(self, x):
        return torch.mm(x, self.weight_int.to(x.dtype)) * self.scale + self.zero

    @classmethod
    def of(cls, linear):
        weight = linear.weight.detach().to(torch.int8)
        return cls(3, 3, bias=False, weight_int=weight.t().contiguous(), scale=torch.ones(3), zero=0.0)


EXAMPLES = {
    "Options": [{"size": 2, "mask": torch.ones(2)}],
    "Quantized": [
        {
            "in_features": 3,
            "out_features": 3,
            "weight_int": torch.ones(3, 3, dtype=torch.int8),
            "scale": torch.ones(3),
            "zero": 0.0,
        }
    ],
}
