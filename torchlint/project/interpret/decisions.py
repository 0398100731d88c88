"""What decides that code is reached: a branch or loop that chance decides on makes what happens in it random.

Only looked at where a record is kept, for a fix.
"""

from __future__ import annotations

from collections.abc import Callable

from torchlint.facts import ir
from torchlint.project.interpret import expressions
from torchlint.project.interpret.state import Frame, Run
from torchlint.project.values import Origin, Value, worst

_DECIDED_DEPTH = 4
"""Conditions in calls nested deeper are not looked at for chance."""


def of_test(run: Run, frame: Frame, test: ir.Expr) -> Origin:
    """What decides on a branch: REBUILT where each construction goes the same way."""
    if run.record is None or len(run.stack) > _DECIDED_DEPTH:
        return Origin.REBUILT
    return of(run, expressions.evaluate(run, frame, test))


def of(run: Run, value: Value) -> Origin:
    """The same of what a test gives, or of what a loop goes over."""
    found = Origin.REBUILT if run.record is None else worst(run.taint([value], sizes=True), run.origin(value))
    return Origin.REBUILT if found is Origin.GIVEN else found


def inside(run: Run, decided: Origin, block: Callable[[], bool]) -> bool:
    """Run a branch or the body of a loop, with what decides that it runs."""
    outer, run.decided = run.decided, worst(run.decided, decided)
    record = run.record
    if record is None:
        alive = block()
    else:
        before, record.branches = record.branches, (*record.branches, run.fresh())
        alive = block()
        record.branches = before
    run.decided = outer
    return alive
