"""Lists and dicts that construction leaves on the module and other methods fill: `self.blocks.append(nn.Linear(…))`.

A module or parameter in them is as invisible to torch as one put there by the constructor.
"""

from __future__ import annotations

import re

from torchlint.facts.sieve import GROWS
from torchlint.project.interpret import functions
from torchlint.project.interpret.state import OutOfBudgetError, Run
from torchlint.project.linking import ClassRef
from torchlint.project.values import Container

_GROWS_SOMETHING = re.compile(GROWS.format(r"\w+"))


def may_grow(cls: ClassRef) -> bool:
    """Whether a method that stores something, other than the constructor, may add to a container."""
    definitions = (facts for name in cls.facts.stores for facts in cls.facts.methods.get(name, ()))
    return any(_GROWS_SOMETHING.search(cls.file.source(facts.span)) for facts in definitions)


def grow(run: Run) -> bool:
    """Run the methods that add to a container of the module, each from the state that construction left.

    Only the content of containers is kept of it. False if there is no such method.
    """
    names = [
        name
        for name, slots in run.attributes.items()
        if any(
            slot.store is not None and isinstance(atom, Container) for slot in slots for atom in slot.value
        )
    ]
    if not names:
        return False
    adds = re.compile(GROWS.format("(?:" + "|".join(map(re.escape, names)) + ")"))
    grown = False
    for owner in run.linker.classes(run.cls):
        if owner.file is not run.cls.file:
            continue
        for name, definitions in owner.facts.methods.items():
            facts = definitions[-1]
            if name == "__init__" or not adds.search(owner.file.source(facts.span)):
                continue
            function = owner.file.function(facts)
            if function is None or {"staticmethod", "classmethod"} & set(facts.decorators):
                continue
            grown = True
            state = run.attributes
            run.budget = 8_000
            try:
                run.attributes = dict(state)
                functions.call_method(run, owner, function)
            except (OutOfBudgetError, RecursionError):
                continue
            finally:
                run.attributes = state
    return grown
