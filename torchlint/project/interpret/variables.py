"""Module-level variables: the statements that assign them are run once in a construction, and kept for the next.

A table of activations or of attention functions is looked into by a hundred constructors. Where running its statements
made all that is in it, it is made again from a recipe (see `results`), for as many steps as finding it took.
"""

from __future__ import annotations

from msgspec import Struct

from torchlint.project.interpret import functions, results, statements
from torchlint.project.interpret.state import Frame, Run, Way
from torchlint.project.linking import AssignedRef
from torchlint.project.reads import Kept
from torchlint.project.values import NOTHING, UNKNOWN, Origin, Value, join


class Variable(Struct, frozen=True):
    """A variable as it can be made again; `others` are the variables that were read to find it."""

    recipe: results.Recipe
    others: tuple[AssignedRef, ...]


def read(run: Run, target: AssignedRef) -> Value:
    """What a module-level variable can be."""
    if target.file.makes_no_tensors:
        return UNKNOWN
    key = (target.file.path, target.name)
    budget = run.budget
    # UNKNOWN stands for a variable that is defined by itself
    value: Value = run.linker.reads.recall(run.globals, key, UNKNOWN, _find, run, target)
    if run.reading is not None:
        run.reading[target] = run.reading.get(target, 0) + budget - run.budget
    return value


def _find(run: Run, target: AssignedRef) -> Value:
    if run.record is not None or run.watched is not None or run.decided is not Origin.REBUILT:
        return _assign(run, target)
    linker = run.linker
    for whose in (None, run.cls.file):
        kept = linker.variables.get((target, whose))
        if kept is not None and kept.value.recipe.fits(run, functions.DEPTH):
            variable: Variable = linker.reads.use(kept)
            for other in variable.others:
                read(run, other)
            recipe = variable.recipe
            run.way.join(Way(len(run.stack) + recipe.height, set(recipe.files), set(recipe.keys)))
            run.spend(recipe.steps)
            return recipe.make(run)
    first, budget = run.fresh(), run.budget
    way, reading = run.way, run.reading
    run.way, run.reading = Way(len(run.stack)), {}
    try:
        found = linker.reads.find(_assign, run, target)
    finally:
        here, others = run.way, run.reading
        run.way, run.reading = way, reading
        way.join(here)
    value: Value = found.value
    steps = budget - run.budget - sum(others.values())
    made = results.keep(run, value, first, here, steps, functions=True)
    if made is not None and found.waits < 0:
        linker.variables[target, made.own] = Kept(Variable(made, tuple(others)), found.used)
    return value


def _assign(run: Run, target: AssignedRef) -> Value:
    value: Value = NOTHING
    for span in target.spans:
        frame = Frame(target.file, None, "", "", {})
        statements.execute(run, frame, target.file.statement(span))
        value = join(value, frame.env.get(target.name, NOTHING))
    return value or UNKNOWN
