"""Tensors from numpy arrays; arrays themselves are no tensors. (torch builds this only where numpy is installed.)"""

import numpy as np
import torch
from torch import nn


class Arrays(nn.Module):
    def __init__(self):
        super().__init__()
        self.array = np.zeros(3)
        self.tensor = torch.from_numpy(np.zeros(3))  # expect: TL101
        self.converted = torch.tensor(np.zeros(3)).float()  # expect: TL101
        self.back = torch.zeros(3).numpy()
        self.scaled = torch.as_tensor(self.array) * 2  # expect: TL101
        self.listed = [torch.from_numpy(row) for row in np.eye(2)]  # expect: TL103
        self.arrays = [np.zeros(2), np.ones(2)]
        self.mean = np.mean([1.0, 2.0])
        self.register_buffer("fine", torch.from_numpy(np.ones(3)))
