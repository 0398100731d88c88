"""Values that reach the attribute through locals and control flow."""

import contextlib

import torch
from torch import nn


class Locals(nn.Module):
    def __init__(self):
        super().__init__()
        a, (b, c) = torch.zeros(1), (torch.ones(1), 3)
        self.a = a  # expect: TL101
        self.b = b  # expect: TL101
        self.c = c
        first, *rest = [torch.zeros(1), torch.zeros(2)]
        self.first = first  # expect: TL101
        self.rest = rest  # expect: TL103


class Swapped(nn.Module):
    def __init__(self):
        super().__init__()
        a, b = torch.zeros(1), 2
        a, b = b, a
        self.a = a
        self.b = b  # expect: TL101


class Rebound(nn.Module):
    def __init__(self):
        super().__init__()
        x = torch.zeros(2)
        x = x.tolist()
        self.x = x
        y = 3
        y = torch.full((2,), y)
        self.y = y  # expect: TL101


class Joined(nn.Module):
    def __init__(self, kind=1):
        super().__init__()
        if kind:
            table = torch.zeros(2)
        else:
            table = torch.ones(2)
        self.table = table  # expect: TL101


class JoinedWithNone(nn.Module):
    def __init__(self, size=2):
        super().__init__()
        table = None
        if size:
            table = torch.zeros(size)
        self.table = table  # expect: TL101


class Looped(nn.Module):
    def __init__(self):
        super().__init__()
        total = torch.zeros(1)
        for _ in range(3):
            total = total + 1
        self.total = total  # expect: TL101
        for self.last in [torch.zeros(1), torch.ones(1)]:  # expect: TL101
            pass


class InWith(nn.Module):
    def __init__(self):
        super().__init__()
        with torch.no_grad():
            self.x = torch.zeros(2)  # expect: TL101
        with contextlib.suppress(ValueError):
            table = torch.ones(2)
        self.table = table  # expect: TL101
        with torch.device("cpu") as device:
            self.device = device


class InTry(nn.Module):
    def __init__(self):
        super().__init__()
        try:
            self.x = torch.zeros(2)  # expect: TL101
        except RuntimeError:
            self.x = None
        finally:
            self.done = True
        try:
            table = torch.zeros(1)
        except RuntimeError:
            raise
        else:
            self.table = table  # expect: TL101


class InWhile(nn.Module):
    def __init__(self):
        super().__init__()
        size = 1
        while size < 4:
            table = torch.zeros(size)
            size *= 2
        self.table = table  # expect: TL101


class Comprehended(nn.Module):
    def __init__(self):
        super().__init__()
        self.listed = [torch.zeros(i) for i in range(3)]  # expect: TL103
        self.generated = tuple(torch.zeros(i) for i in range(3))  # expect: TL103
        self.mapped = {i: torch.zeros(i) for i in range(3)}  # expect: TL103
        self.sizes = [torch.zeros(i).shape for i in range(3)]
        self.stacked = torch.stack([torch.zeros(2) for _ in range(3)])  # expect: TL101


class Chosen(nn.Module):
    def __init__(self, given=None, flag=True):
        super().__init__()
        self.ternary = torch.zeros(2) if flag else torch.ones(2)  # expect: TL101
        self.either = given or torch.zeros(2)  # expect: TL101
        self.numbers = 1.0 if flag else 2.0


class Matched(nn.Module):
    def __init__(self, kind="a"):
        super().__init__()
        match kind:
            case "a":
                self.table = torch.zeros(2)  # expect: TL101
            case _:
                self.table = None


class Unpacked(nn.Module):
    def __init__(self):
        super().__init__()
        self.values, self.indices = torch.zeros(3).max(dim=0)  # expect: TL101 (values), TL101 (indices)
        self.q, self.r = torch.linalg.qr(torch.eye(2))  # expect: TL101 (q), TL101 (r)
        self.x, self.y = torch.meshgrid(torch.arange(2), torch.arange(2), indexing="ij")  # expect: TL101 (x), TL101 (y)
        self.left, self.right = torch.zeros(4).chunk(2)  # expect: TL101 (left), TL101 (right)


class Starred(nn.Module):
    def __init__(self):
        super().__init__()
        [self.a, self.b] = torch.zeros(1), torch.zeros(2)  # expect: TL101 (a), TL101 (b)
        (self.c, *self.rest) = [torch.zeros(1), torch.zeros(2)]  # expect: TL101 (c), TL103 (rest)


class EarlyReturn(nn.Module):
    def __init__(self, simple=False):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        if simple:
            return
        self.table = torch.zeros(2)  # expect: TL101
