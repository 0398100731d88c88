"""An object that is no module, and holds tensors.

## What it does
Reports an attribute with an object, such as a distribution or a dataclass, in which there are tensors that torch does
not register. Only a run with `--verify` does: it sees the object on the live module.

## Why is this bad?
torch does not look into the object: `state_dict()` leaves its tensors out, and `.to()` and `.cuda()` leave them on
their old device.

## Example
```python
import torch
from torch import nn


class Latent(nn.Module):
    def __init__(self):
        super().__init__()
        self.prior = torch.distributions.Normal(torch.zeros(4), torch.ones(4))
```

## Use instead
```python
import torch
from torch import nn


class Latent(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("loc", torch.zeros(4), persistent=False)
        self.register_buffer("scale", torch.ones(4), persistent=False)

    @property
    def prior(self):
        return torch.distributions.Normal(self.loc, self.scale)
```

## Fix safety
There is no automatic fix: how the object is made again from buffers is yours to decide.

## Runtime evidence
The tensors in the object are not in `state_dict()`, and `.to("meta")` leaves them behind.
"""

from __future__ import annotations

CODE = "TL109"
NAME = "tensor-in-object"
RUNTIME_ONLY = True
UNFIXABLE = "how the object is made again from buffers is yours to decide"
