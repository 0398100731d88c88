"""A tensor meant to be trained, on a plain attribute of a module: the optimizer never sees it.

## What it does
Reports a tensor on a plain attribute of an `nn.Module` that the code treats as trainable: made with
`requires_grad=True`, initialised by `torch.nn.init`, or given to an optimizer.

## Why is this bad?
Only an `nn.Parameter` is returned by `parameters()`. The usual `Optimizer(model.parameters())` never
updates this tensor, `state_dict()` does not save it, and `.to()` and `.cuda()` leave it behind: the model
trains without it, silently.

## Example
```python
import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, dim=4):
        super().__init__()
        self.query = torch.randn(dim, requires_grad=True)

    def forward(self, x):
        return x * self.query
```

## Use instead
```python
import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, dim=4):
        super().__init__()
        self.query = nn.Parameter(torch.randn(dim))

    def forward(self, x):
        return x * self.query
```

## Fix safety
Unsafe: the `state_dict` gains a key, and the tensor is trained from then on.

## Runtime evidence
The tensor is not among `named_parameters()`, and a step of `torch.optim.SGD(model.parameters())` leaves it
as it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from torchlint.findings import Finding
from torchlint.project.module_state import Assignment, Holds, Kind, ModuleState, Registration
from torchlint.rules.fixing import (
    FixRequest,
    NoFixError,
    Proposal,
    Subject,
    check_later,
    construction,
    unsafe,
    written_name,
)
from torchlint.rules.rule import finding, left_behind, offenders

CODE = "TL102"
NAME = "unregistered-parameter"


def check(state: ModuleState) -> Iterable[Finding]:
    """Tensors on plain attributes that are meant to be trained."""
    for attribute in offenders(
        state,
        lambda entry: entry.registration is Registration.PLAIN and entry.kind is Kind.TENSOR,
        lambda entry: entry.trained and not entry.lost_parameter,
    ):
        moves = left_behind(attribute, "it", "`.to()` and `.cuda()` do not move it")
        message = (
            f"`self.{attribute.name}` is a plain tensor that is meant to be trained, but `parameters()` does not "
            f"return it: the optimizer never updates it, `state_dict()` does not save it, and {moves}. "
            f"Make it a parameter: `self.{attribute.name} = nn.Parameter(…)`"
        )
        yield finding(state, attribute, CODE, NAME, message)


def fix(request: FixRequest) -> Proposal:
    """Make each tensor that construction assigns an `nn.Parameter`."""
    from torchlint.rewrite import ParameterStore, make_parameters

    subjects = (request.subject, *request.peers)
    tensors = [one for subject in subjects for one in _tensors(subject)]
    stores = [ParameterStore(one.place, written_name(one)) for one in tensors]
    edits = make_parameters(request.syntax, stores)
    name = request.subject.attribute.name
    reason = f"the `state_dict` gains the key `{name}`, and the tensor is trained from then on"
    return Proposal(unsafe("Make it an `nn.Parameter`", reason, edits))


def _tensors(subject: Subject) -> list[Assignment]:
    """Where construction assigns a tensor."""
    # a plain tensor that is assigned to the name of a parameter is a TypeError
    check_later(subject, frozenset({Holds.PARAMETER, Holds.NONE}), "parameter")
    found = []
    for one in construction(subject):
        if not one.holds <= {Holds.TENSOR, Holds.PARAMETER, Holds.NONE}:
            raise NoFixError("it may also be something else than a tensor")
        if one.complex:
            raise NoFixError(
                "it is complex, and a dtype cast of the whole module would drop its imaginary part"
            )
        if one.integer:
            raise NoFixError("it holds no floating-point numbers, and takes no gradient")
        if Holds.TENSOR in one.holds:
            if Holds.NONE in one.holds:
                raise NoFixError("the same assignment may also be None")
            found.append(one)
    return found
