"""An operation on an `nn.Parameter` gives a plain tensor: the parameter is lost.

## What it does
Reports an attribute that is assigned the result of an operation on a new `nn.Parameter`, such as
`nn.Parameter(…).to(device)`, `.cuda()` or `nn.Parameter(…) * 0.1`, where the parameter itself is kept
nowhere.

## Why is this bad?
Every operation on a parameter returns an ordinary tensor. torch does not register it: `parameters()` does
not return it, so the optimizer never updates it, `state_dict()` does not save it and `.to()` and `.cuda()`
do not move it. Unless the parameter was made with `requires_grad=False`, it also carries a graph, so
`copy.deepcopy(model)` fails.

## Example
```python
import torch
from torch import nn


class Bias(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.ones(4)) * 0.1

    def forward(self, x):
        return x + self.bias
```

## Use instead
```python
import torch
from torch import nn


class Bias(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.ones(4) * 0.1)

    def forward(self, x):
        return x + self.bias
```

## Fix safety
Unsafe: the `state_dict` gains a key, and the parameter is trained from then on (unless it takes no gradient).

## Runtime evidence
The attribute is not among `named_parameters()`, and a step of the optimizer leaves it as it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from torchlint.findings import Finding
from torchlint.project.module_state import Holds, Kind, ModuleState, Registration
from torchlint.rules.fixing import FixRequest, NoFixError, Proposal, check_later, construction, unsafe
from torchlint.rules.rule import finding, left_behind, offenders

CODE = "TL106"
NAME = "lost-parameter"


def check(state: ModuleState) -> Iterable[Finding]:
    """Plain tensors computed from a parameter that is kept nowhere."""
    for attribute in offenders(
        state,
        lambda entry: entry.registration is Registration.PLAIN and entry.kind is Kind.TENSOR,
        lambda entry: entry.lost_parameter,
    ):
        untrained = "" if attribute.frozen else "the optimizer never updates it, "
        moves = left_behind(attribute, "it", "`.to()` and `.cuda()` do not move it")
        message = (
            f"`self.{attribute.name}` is the result of an operation on an `nn.Parameter`, and no longer a parameter "
            f"itself: {untrained}`state_dict()` does not save it, and {moves}. "
            "Move the operation inside the parentheses of `nn.Parameter(…)`"
        )
        yield finding(state, attribute, CODE, NAME, message)


def fix(request: FixRequest) -> Proposal:
    """Move the operation inside, wherever construction assigns the attribute."""
    from torchlint.rewrite import move_operation_inside

    subject = request.subject
    check_later(subject, frozenset({Holds.PARAMETER, Holds.NONE}), "parameter")
    places = []
    for one in construction(subject):
        if not one.holds <= {Holds.TENSOR, Holds.PARAMETER, Holds.NONE}:
            raise NoFixError("it may also be something else than a tensor")
        if one.integer and not subject.attribute.frozen:
            raise NoFixError("it holds no floating-point numbers, and takes no gradient")
        if Holds.TENSOR in one.holds:
            places.append(one.place)
    edits = tuple(edit for place in places for edit in move_operation_inside(request.syntax, place))
    trained = "" if subject.attribute.frozen else ", and the parameter is trained from then on"
    reason = f"the `state_dict` gains the key `{subject.attribute.name}`{trained}"
    return Proposal(unsafe("Move the operation inside `nn.Parameter`", reason, edits))
