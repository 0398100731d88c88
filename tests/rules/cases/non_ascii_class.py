"""The only class of the file has a name that is not ASCII."""

import torch
from torch import nn


class Größe(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(2)  # expect: TL101
