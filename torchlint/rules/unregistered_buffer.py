"""A tensor on a plain attribute of a module: not saved, not moved.

## What it does
Reports a tensor that construction leaves on an attribute of an `nn.Module` without registering it.

## Why is this bad?
torch only knows the tensors that are registered. A plain one is missing from `state_dict()`, so saving and
loading loses it, and it stays where it is on `.to()`, `.cuda()` and `.half()`: the first forward pass on
another device fails with "Expected all tensors to be on the same device". Nothing warns before that.

## Example
```python
import torch
from torch import nn


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = torch.arange(4.0)

    def forward(self, x):
        return x * self.factor
```

## Use instead
```python
import torch
from torch import nn


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("factor", torch.arange(4.0), persistent=False)

    def forward(self, x):
        return x * self.factor
```

## Fix safety
A buffer that construction computes again needs no place in the `state_dict` (`persistent=False`): old
checkpoints load as before. One that is random, changed later or given from outside must be saved, which
adds a key to the `state_dict`.

## Runtime evidence
`state_dict()` has no such key, and `.to("meta")` leaves the tensor where it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from torchlint.findings import Finding
from torchlint.project.module_state import Kind, ModuleState, Registration
from torchlint.project.values import Origin
from torchlint.rules.rule import finding, offenders

CODE = "TL101"
NAME = "unregistered-buffer"


def check(state: ModuleState) -> Iterable[Finding]:
    """Tensors on plain attributes that are not meant to be trained."""
    for attribute in offenders(
        state,
        lambda entry: entry.registration is Registration.PLAIN and entry.kind is Kind.TENSOR,
        lambda entry: not entry.trained and not entry.lost_parameter,
    ):
        name = attribute.name
        loss, persistent = _CONSEQUENCE[attribute.origin]
        message = (
            f"`self.{name}` is a plain tensor, which torch does not register: {loss}, and `.to()` and `.cuda()` "
            f"leave it on its old device. Make it a buffer: `self.register_buffer({name!r}, …{persistent})`"
        ).replace("'", '"')
        yield finding(state, attribute, CODE, NAME, message)


_CONSEQUENCE = {
    Origin.REBUILT: ("`state_dict()` leaves it out", ", persistent=False"),
    Origin.RANDOM: ("`state_dict()` leaves it out, so its random value is lost on reload", ""),
    Origin.GIVEN: ("`state_dict()` leaves it out, so the value passed in is lost on reload", ""),
    Origin.UNKNOWN: ("`state_dict()` leaves it out, so its value is lost on reload", ""),
}
