"""A list, tuple or dict of plain tensors: none of them is saved or moved.

## What it does
Reports a container on an attribute of an `nn.Module` that holds tensors which are registered nowhere.

## Why is this bad?
torch does not look into lists, tuples and dicts. The tensors in them are missing from `state_dict()` and
stay where they are on `.to()` and `.cuda()`.

## Example
```python
import torch
from torch import nn


class Pyramid(nn.Module):
    def __init__(self):
        super().__init__()
        self.grids = [torch.arange(2.0**level) for level in range(3)]

    def forward(self, x):
        return x + sum(grid.sum() for grid in self.grids)
```

## Use instead
Register each tensor as a buffer, or stack them into one.

```python
import torch
from torch import nn


class Pyramid(nn.Module):
    def __init__(self):
        super().__init__()
        for level in range(3):
            self.register_buffer(f"grid_{level}", torch.arange(2.0**level), persistent=False)

    def forward(self, x):
        return x + sum(getattr(self, f"grid_{level}").sum() for level in range(3))
```

## Fix safety
There is no automatic fix: how the tensors are read has to change too.

## Runtime evidence
`state_dict()` has no key for the tensors, and `.to("meta")` leaves them where they were.
"""

from __future__ import annotations

from collections.abc import Iterable

from torchlint.findings import Finding
from torchlint.project.module_state import Kind, ModuleState, Registration
from torchlint.rules.rule import finding, kept_out, left_behind, offenders

CODE = "TL103"
NAME = "tensor-container"
UNFIXABLE = "torch has no container of buffers: each tensor needs a name of its own"


_SEVERAL = "Register each as a buffer (`self.register_buffer(…)`), or stack them into one"
_ONE = "Register the tensor itself as a buffer: `self.register_buffer(…)`"


def check(state: ModuleState) -> Iterable[Finding]:
    """Containers of tensors."""
    for attribute in offenders(
        state, lambda entry: entry.registration is Registration.PLAIN and entry.kind is Kind.TENSORS
    ):
        them, their = ("it", "its") if attribute.comma else ("them", "their")
        moves = left_behind(attribute, them, f"`.to()` and `.cuda()` leave {them} on {their} old device")
        message = (
            f"{kept_out(attribute, 'tensor')}: `state_dict()` leaves {them} out, and {moves}. "
            f"{_ONE if attribute.comma else _SEVERAL}"
        )
        yield finding(state, attribute, CODE, NAME, message)
