"""Methods run again, from the state that construction left: what they assign to an attribute."""

from __future__ import annotations

from msgspec.structs import replace

from torchlint.facts import ir
from torchlint.findings import Place
from torchlint.project.interpret import functions
from torchlint.project.interpret.state import UNKNOWN_ARGUMENTS, Frame, OutOfBudgetError, Run, Slot
from torchlint.project.linking import ClassRef
from torchlint.project.module_state import Assignment, Holds
from torchlint.project.values import (
    TENSOR_LIKE,
    FunctionValue,
    Literal,
    Origin,
    SelfObject,
    Unknown,
    tainted,
)

_LATER_BUDGET = 8_000


def run_later(
    run: Run, owner: ClassRef, function: ir.Function, name: str, volatile: frozenset[str]
) -> list[Assignment]:
    """Run a method from the state that construction left; what it assigns to the attribute."""
    assert run.record is not None
    before, run.record.assignments = run.record.assignments, {}
    state, budget = run.attributes, run.budget
    frame = Frame(owner.file, owner, function.name, owner.qualname, {}, receiver=SelfObject())
    value = FunctionValue(owner.file, function, owner, None, SelfObject())
    run.budget = _LATER_BUDGET
    try:
        run.attributes = {
            one: tuple(_aged(slot, changed=one in volatile) for slot in slots) for one, slots in state.items()
        }
        functions.invoke(run, frame, value, UNKNOWN_ARGUMENTS)
    except (OutOfBudgetError, RecursionError):
        pass
    finally:
        noted = [one for one in run.record.assignments.values() if one.name == name]
        run.record.assignments = before
        run.attributes, run.budget = state, budget
    return noted


def _aged(slot: Slot, *, changed: bool) -> Slot:
    """What an attribute holds later: nobody knows what, once it has changed; else what construction left, for good."""
    if not changed:
        settled = (
            Unknown(Origin.REBUILT) if isinstance(atom, Unknown) and atom.origin is Origin.GIVEN else atom
            for atom in slot.value
        )
        return replace(slot, value=tuple(settled))
    atoms = (
        replace(atom, origin=Origin.UNKNOWN) if isinstance(atom, TENSOR_LIKE) else atom for atom in slot.value
    )
    plain = tuple(
        replace(atom, value=...) if isinstance(atom, Literal) and atom.value is not None else atom
        for atom in atoms
    )
    return replace(slot, value=tainted(plain, Origin.GIVEN))


def somewhere(name: str, owner: ClassRef, function: ir.Function | None, holds: Holds) -> Assignment:
    """An assignment that is known to be there, and not what it assigns."""
    line = owner.facts.line if function is None else function.line
    method = "__init__" if function is None else function.name
    return Assignment(
        name,
        owner.file.path,
        owner.qualname,
        method,
        Place(line, 1, line, 1),
        (line, line),
        frozenset({holds}),
        later=True,
    )
