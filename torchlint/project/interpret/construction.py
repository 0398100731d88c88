"""A construction, followed from the constructor of the class."""

from __future__ import annotations

from torchlint.project.interpret import attributes, functions
from torchlint.project.interpret.state import Arguments, Frame, OutOfBudgetError, Run
from torchlint.project.values import FunctionValue, SelfObject

_STEPS_PER_LINE = 10


def follow(run: Run, arguments: Arguments) -> bool:
    """Run the constructor of the class with these arguments; False where that takes too long."""
    run.budget += _STEPS_PER_LINE * len(run.cls.file.lines)
    attributes.seed(run)
    frame = Frame(run.cls.file, run.cls, "__init__", run.cls.qualname, {}, receiver=SelfObject())
    try:
        run.enclosing = _enclosing(run)
        for value in attributes.class_attribute(run, frame, run.cls, "__init__", SelfObject()):
            if isinstance(value, FunctionValue):
                functions.invoke(run, frame, value, arguments)
    except (OutOfBudgetError, RecursionError):
        return False
    return True


def _enclosing(run: Run) -> Frame | None:
    """For a class in a function: the variables of that function, run with nothing known of its arguments."""
    scope = run.cls.facts.scope
    facts = run.cls.file.facts.functions.get(scope[0]) if len(scope) == 1 else None
    function = None if facts is None else run.cls.file.function(facts)
    return None if function is None else functions.frame_of(run, run.cls.file, function)
