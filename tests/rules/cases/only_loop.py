"""No `=` on an attribute in the whole file."""

import torch
from torch import nn


class OnlyFor(nn.Module):
    def __init__(self):
        super().__init__()
        for self.table in [torch.zeros(1)]:  # expect: TL101
            pass
