"""What another file's module takes along."""

import torch
from torch import nn


class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.anchors = torch.ones(3)  # unreported: moved by the module that it is a part of
        self.sizes = torch.ones(3)  # expect: TL101
