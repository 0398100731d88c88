"""A list or dict of parameters: the optimizer sees none of them.

## What it does
Reports a list, tuple or dict on an attribute of an `nn.Module` that holds `nn.Parameter`s registered
nowhere else.

## Why is this bad?
torch does not look into Python's containers. The parameters in them are not returned by `parameters()`, so
the optimizer never updates them; `state_dict()` does not save them and `.to()` and `.cuda()` do not move
them.

## Example
```python
import torch
from torch import nn


class Mixture(nn.Module):
    def __init__(self):
        super().__init__()
        self.gains = [nn.Parameter(torch.zeros(3)) for _ in range(2)]

    def forward(self, x):
        return sum(x * gain for gain in self.gains)
```

## Use instead
```python
import torch
from torch import nn


class Mixture(nn.Module):
    def __init__(self):
        super().__init__()
        self.gains = nn.ParameterList([nn.Parameter(torch.zeros(3)) for _ in range(2)])

    def forward(self, x):
        return sum(x * gain for gain in self.gains)
```

## Fix safety
Unsafe: the `state_dict` gains keys, and the parameters are trained from then on.

## Runtime evidence
`named_parameters()` does not name them, and a step of the optimizer leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Iterable

from torchlint.findings import Finding
from torchlint.project.module_state import Holds, Kind, ModuleState, Registration
from torchlint.rules.container_fix import TorchContainer, container_fix
from torchlint.rules.fixing import FixRequest, Proposal
from torchlint.rules.rule import finding, kept_out, left_behind, offenders

CODE = "TL104"
NAME = "parameter-container"


def check(state: ModuleState) -> Iterable[Finding]:
    """Containers of parameters."""
    for attribute in offenders(
        state, lambda entry: entry.registration is Registration.PLAIN and entry.kind is Kind.PARAMETERS
    ):
        instead = "nn.ParameterDict" if attribute.container == "dict" else "nn.ParameterList"
        them = "it" if attribute.comma else "them"
        untrained = "" if attribute.frozen else f"the optimizer never updates {them}, "
        moves = left_behind(attribute, them, f"`.to()` and `.cuda()` do not move {them}")
        message = (
            f"{kept_out(attribute, 'parameter')}: {untrained}`state_dict()` does not save {them}, and {moves}. "
            f"Use `{instead}(…)`{' to keep it a list' if attribute.comma else ''}"
        )
        yield finding(state, attribute, CODE, NAME, message)


def fix(request: FixRequest) -> Proposal:
    """Make it an `nn.ParameterList` or `nn.ParameterDict`."""
    container: TorchContainer = (
        "ParameterDict" if request.subject.attribute.container == "dict" else "ParameterList"
    )
    trained = "" if request.subject.attribute.frozen else ", and they are trained from then on"
    reason = f"the `state_dict` gains the keys of these parameters{trained}"
    return container_fix(request, container, Holds.PARAMETER, reason)
