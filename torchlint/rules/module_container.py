"""A list, tuple or dict of modules: their parameters are invisible.

## What it does
Reports a list, tuple or dict on an attribute of an `nn.Module` that holds modules registered nowhere else.

## Why is this bad?
torch does not look into Python's containers. The parameters of these modules are not returned by
`parameters()`, so the optimizer never updates them; `state_dict()` does not save them, `.to()` and
`.cuda()` do not move them, and `.eval()` does not reach them.

## Example
```python
import torch
from torch import nn


class Stack(nn.Module):
    def __init__(self, depth=2):
        super().__init__()
        self.layers = [nn.Linear(4, 4) for _ in range(depth)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
```

## Use instead
```python
import torch
from torch import nn


class Stack(nn.Module):
    def __init__(self, depth=2):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(depth)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
```

## Fix safety
Unsafe: the `state_dict` gains keys, and the modules' parameters are trained from then on. Modules without
parameters, such as `nn.Dropout`, are reached by `.eval()` from then on.

## Runtime evidence
`named_modules()` does not name them, and a step of the optimizer leaves their parameters as they were.
"""

from __future__ import annotations

from collections.abc import Iterable

from torchlint.findings import Finding
from torchlint.project.module_state import Holds, Kind, ModuleState, Registration
from torchlint.rules.container_fix import TorchContainer, container_fix
from torchlint.rules.fixing import FixRequest, Proposal
from torchlint.rules.rule import finding, kept_out, left_behind, offenders

CODE = "TL105"
NAME = "module-container"


def check(state: ModuleState) -> Iterable[Finding]:
    """Containers of modules."""
    for attribute in offenders(
        state, lambda entry: entry.registration is Registration.PLAIN and entry.kind is Kind.MODULES
    ):
        instead = "nn.ModuleDict" if attribute.container == "dict" else "nn.ModuleList"
        them, their = ("it", "its") if attribute.comma else ("them", "their")
        reach = f"`.to()`, `.cuda()` and `.eval()` do not reach {them}"
        lost = f"{their} parameters are never trained or saved, and "
        if attribute.stateless:
            lost, reach = (
                "",
                f"`.train()` and `.eval()` do not reach {them}, nor does `.modules()` return {them}",
            )
        elif attribute.moved_by:
            reach = f"`.eval()` does not reach {them}, and {left_behind(attribute, them, reach)}"
        message = (
            f"{kept_out(attribute, 'module')}: {lost}{reach}. "
            f"Use `{instead}(…)`{' to keep it a list' if attribute.comma else ''}"
        )
        yield finding(state, attribute, CODE, NAME, message)


def fix(request: FixRequest) -> Proposal:
    """Make it an `nn.ModuleList` or `nn.ModuleDict`."""
    container: TorchContainer = (
        "ModuleDict" if request.subject.attribute.container == "dict" else "ModuleList"
    )
    reason = "the `state_dict` gains the keys of these modules, and they are trained from then on"
    if request.subject.attribute.stateless:
        reason = "`.eval()` reaches these modules from then on"
    return container_fix(request, container, Holds.MODULE, reason)
