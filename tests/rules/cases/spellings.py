"""Unusual spellings of usual things: what is looked for quickly must not be missed."""

import torch
from torch import Tensor, nn


class NonAsciiNames(nn.Module):
    def __init__(self):
        super().__init__()
        self.θ = torch.zeros(2)  # expect: TL101
        self.größe = torch.zeros(2)  # expect: TL101


class Größe(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101


class Ω(nn.Module):
    def __init__(self):
        super().__init__()
        self.λ = [nn.Linear(1, 1)]  # expect: TL105


class OverLines(nn.Module):
    def __init__(self):
        super().__init__()
        (
            self.a,  # expect: TL101 (a)
            self.b,  # expect: TL101 (b)
        ) = torch.zeros(2), torch.zeros(2)


class LongAnnotation(nn.Module):
    def __init__(self):
        super().__init__()
        self.a: dict[  # expect: TL103
            str,
            Tensor,
        ] = {"x": torch.zeros(1)}


class OnlyFor(nn.Module):
    def __init__(self):
        super().__init__()
        for self.a in [torch.zeros(1)]:  # expect: TL101
            pass


class OnlyWith(nn.Module):
    def __init__(self):
        super().__init__()
        with manager() as self.a:  # expect: TL101
            pass


class manager:
    def __enter__(self):
        return torch.zeros(1)

    def __exit__(self, *details):
        pass


class OnlySetattr(nn.Module):
    def __init__(self):
        super().__init__()
        setattr(  # expect: TL101
            self,
            "a",
            torch.zeros(1),
        )


class Semicolons(nn.Module):
    def __init__(self): super().__init__(); self.a = torch.zeros(1); self.b = 3  # expect: TL101 (a)


class BaseOverLines(
    nn.Module,
):
    def __init__(self):
        super().__init__()
        self.a = torch.zeros(1)  # expect: TL101


class Backslash \
        (nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.zeros(1)  # expect: TL101


class	Tab(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.zeros(1)  # expect: TL101


class OnlyAugmented(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = 0
        self.a += torch.zeros(1)  # expect: TL101


class OnlyGrown(nn.Module):
    layers: list

    def __init__(self):
        super().__init__()
        self.layers = list()  # expect: TL105
        self.grow()

    def grow(self):
        (self.layers
            .append(nn.Linear(1, 1)))


class Parenthesised((nn.Module)):
    def __init__(self):
        super().__init__()
        (self).a = (torch.zeros(1))  # expect: TL101
        (self.b) = torch.zeros(1)  # expect: TL101


class SpacedDots(nn . Module):
    def __init__(self):
        super().__init__()
        self . a = torch . zeros(1)  # expect: TL101


class UnpackedByStar(nn.Module):
    def __init__(self):
        super().__init__()
        *self.a, self.b = torch.zeros(3)  # expect: TL103 (a), TL101 (b)


class InLambda(nn.Module):
    def __init__(self):
        super().__init__()
        (lambda value: setattr(self, "a", value))(torch.zeros(1))  # expect: TL101


class InComprehension(nn.Module):
    def __init__(self):
        super().__init__()
        [setattr(self, name, torch.zeros(1)) for name in ("a", "b")]  # expect: TL101 (a), TL101 (b)


class Augmented(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.zeros(1)  # expect: TL101
        self.a += 1
        self.b = [torch.zeros(1)]  # expect: TL103
        self.b *= 2
        self.c = [1]
        self.c += [2]
