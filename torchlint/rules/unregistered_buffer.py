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
Safe where construction computes the value again: the buffer gets `persistent=False`, the `state_dict` keeps
its keys, and old checkpoints load as before. Safe, too, where the value is random or changed later: it was
lost on every reload, so it is saved from now on, under one new key. Unsafe where the value is given from
outside, of unknown origin, or changed as far as one can see, but not surely (a strict load of old checkpoints
lacks the new key), where it may change its shape (what is saved then does not load), where it is complex (a
cast of the whole module drops the imaginary part), where it is asked for on the CPU by name (it may be needed
there, and a buffer moves), and where code elsewhere may assign something that is no
tensor. No fix where it could break the class: the name is taken, the assignment stands before
`super().__init__()`, something that is no tensor is assigned to it, it is to be saved and is expanded (torch
loads nothing into that). `persistent = "always"` or `"never"` decides by force.

## Runtime evidence
`state_dict()` has no such key, and `.to("meta")` leaves the tensor where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from torchlint.findings import Finding
from torchlint.project.module_state import (
    Assignment,
    AttributeState,
    Holds,
    Kind,
    ModuleState,
    Registration,
)
from torchlint.project.values import Origin, worst
from torchlint.rules.fixing import (
    FixOptions,
    FixRequest,
    NoFixError,
    Proposal,
    Subject,
    check_later,
    construction,
    made,
    written_name,
)
from torchlint.rules.rule import finding, left_behind, offenders, with_evidence

CODE = "TL101"
NAME = "unregistered-buffer"

_TENSOR = frozenset({Holds.TENSOR, Holds.BUFFER, Holds.NONE})
_LATER = _TENSOR | {Holds.PARAMETER}


def check(state: ModuleState) -> Iterable[Finding]:
    """Tensors on plain attributes that are not meant to be trained."""
    for attribute in offenders(
        state,
        lambda entry: entry.registration is Registration.PLAIN and entry.kind is Kind.TENSOR,
        lambda entry: not entry.trained and not entry.lost_parameter,
    ):
        persistent = attribute.origin is not Origin.REBUILT
        message = _message(attribute, _LOST[attribute.origin], persistent=persistent)
        yield finding(state, attribute, CODE, NAME, message)


def fix(request: FixRequest) -> Proposal:
    """Register the buffer where it is first assigned, and what the same statement assigns with it."""
    from torchlint.rewrite import BufferStore, BufferStyle, CannotRewrite, register_buffers

    style = BufferStyle.NN_BUFFER if request.options.nn_buffer else BufferStyle.REGISTER_BUFFER
    persistent, lost, why, key_risk = _persistence(request.subject, request.options)
    attribute = request.subject.attribute
    told = with_evidence(attribute, _message(attribute, lost, persistent=persistent))
    stores = []
    risks = [key_risk]
    try:
        for subject in (request.subject, *request.peers):
            keep, _, _, risk = _persistence(subject, request.options)
            risks += [risk, _risk(subject)]
            firsts = _first_assignments(subject, saved=keep)
            stores += [BufferStore(one.place, written_name(one), keep) for one in firsts]
        edits = register_buffers(request.syntax, stores, style)
    except (NoFixError, CannotRewrite) as error:
        raise NoFixError(error.reason, told) from error
    message = f"Register it as a buffer{'' if persistent else ' with `persistent=False`'}: {why}"
    risk = next((clause for clause in risks if clause is not None), None)
    return Proposal(replace(made(message, edits, risk), persistent=persistent), message=told)


def _first_assignments(subject: Subject, *, saved: bool) -> list[Assignment]:
    """What to rewrite: wherever nothing was assigned before. A registered name stays registered."""
    found = []
    for one in construction(subject):
        if one.graph:
            raise NoFixError("it is computed from a parameter and carries its graph: compute it in `forward`")
        if Holds.PARAMETER in one.holds:
            raise NoFixError("it may also be an `nn.Parameter`")
        if not one.holds <= _TENSOR:
            raise NoFixError("it may also be something else than a tensor")
        if one.overlapping and saved:
            raise NoFixError(
                "it is expanded, and torch loads no checkpoint into that: copy it, with `.clone()`"
            )

        if not one.again:
            found.append(one)
    return found


def _risk(subject: Subject) -> str | None:
    risk = check_later(subject, _LATER, "tensor")
    if any(one.on_cpu for one in subject.surroundings.assignments):
        return "it is made on the CPU by name, and what needs it there breaks where the module is moved"
    if any(one.complex for one in subject.surroundings.assignments):
        return "it is complex, and a dtype cast of the whole module drops the imaginary part of a buffer"
    return risk


def _persistence(subject: Subject, options: FixOptions) -> tuple[bool, str, str, str | None]:
    """Whether to save the buffer, what was lost without it, why, and what speaks against a new key."""
    name, changed = subject.attribute.name, subject.surroundings.changed
    origins = [one.origin for one in subject.surroundings.assignments if not one.later]
    origin = worst(subject.attribute.origin, *origins)
    rebuilt = origin is Origin.REBUILT and changed is None
    lost = _LOST[origin]
    if changed is not None and origin is Origin.REBUILT:
        lost = _LOST_CHANGE if subject.surroundings.surely else _LOST_ANY_CHANGE
    if options.persistent == "never":
        return False, lost, '`persistent = "never"` says so', None
    if rebuilt and options.persistent == "auto":
        return False, lost, "construction computes it again, so the `state_dict` keeps its keys", None
    key = f"so the `state_dict` gains the key `{name}`"
    missing = f"a strict load of older checkpoints misses the key `{name}`"
    if rebuilt:
        return True, lost, f'`persistent = "always"` says so, {key}', missing
    if changed is not None:
        around = subject.surroundings
        if origin is not Origin.RANDOM and not around.surely:
            return True, lost, f"{changed}, {key}", around.outside or around.risky or missing
        replaced = around.replaced
        shape = "and a `state_dict` in which it has another shape no longer loads"
        risk = None if replaced is None else f"{replaced}, {shape}"
        if origin is Origin.GIVEN and risk is None:
            risk = "what is passed in may be an `nn.Parameter`, which is trained no more as a buffer"
        return True, lost, f"{changed}, {key}", risk
    if origin is Origin.RANDOM:
        return True, lost, f"its value is random, {key}", None
    why = (
        "it is given from outside" if origin is Origin.GIVEN else "its value may differ in each construction"
    )
    return True, lost, f"{why}, {key}", missing


def _message(attribute: AttributeState, lost: str, *, persistent: bool) -> str:
    name, flag = attribute.name, "" if persistent else ", persistent=False"
    moves = left_behind(attribute, "it", "`.to()` and `.cuda()` leave it on its old device")
    return (
        f"`self.{name}` is a plain tensor, which torch does not register: {lost}, and {moves}. "
        f'Make it a buffer: `self.register_buffer("{name}", …{flag})`'
    )


_LOST_CHANGE = "`state_dict()` leaves it out, so what it changed to is lost on reload"
_LOST_ANY_CHANGE = "`state_dict()` leaves it out, so any change of it is lost on reload"
_LOST = {
    Origin.REBUILT: "`state_dict()` leaves it out",
    Origin.RANDOM: "`state_dict()` leaves it out, so its random value is lost on reload",
    Origin.GIVEN: "`state_dict()` leaves it out, so the value passed in is lost on reload",
    Origin.UNKNOWN: "`state_dict()` leaves it out, so its value is lost on reload",
}
