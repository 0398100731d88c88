"""Which candidates of the sieve are worth a prediction, now that the names of other files are known."""

from __future__ import annotations

import re

from torchlint.project.interpret.conditions import harmless
from torchlint.project.interpret.growth import may_grow
from torchlint.project.interpret.inherited import OWN_NAMES
from torchlint.project.linking import ClassRef, Linker

_WORDS = re.compile(r"\w+")
_CONSTRUCTORS = ("__init__", "__post_init__", "__setattr__", "reset_parameters")


def worth_predicting(linker: Linker, cls: ClassRef) -> bool:
    """Whether a class may leave state unregistered, in a method of its own or of a base in the same file.

    Two things the sieve could not know: what the names it depends on stand for, and whether a constructor in another
    file calls the methods that store something.
    """
    family = [base for base in linker.classes(cls) if base.file is cls.file]
    open_ended = [base for base in family if base.facts.candidate and not harmless(linker, base)]
    if not open_ended:
        return False
    reached: frozenset[str] | None = None
    for base in open_ended:
        stores = base.facts.stores
        if not stores or "*" in stores or "__init__" in stores:
            return True
        reached = _reached(linker, cls) if reached is None else reached
        if reached & set(stores) or may_grow(base):
            return True
    return False


def _reached(linker: Linker, cls: ClassRef) -> frozenset[str]:
    """The names of the methods that construction may call on `self`, and those that these call."""
    key = linker.classes(cls)
    return linker.reads.recall(linker.reached_methods, key, frozenset(), _find_reached, linker, key)


def _find_reached(linker: Linker, classes: tuple[ClassRef, ...]) -> frozenset[str]:
    owners = [(owner, owner.facts.methods) for owner in classes]
    known = {name for _, methods in owners for name in methods}
    reached: set[str] = set()
    pending = list(_CONSTRUCTORS)
    while pending:
        name = pending.pop()
        if name in reached:
            continue
        reached.add(name)
        for owner, methods in owners:
            for facts in methods.get(name, ()):
                # in the class's own file any word may name a method; elsewhere what is looked up on `self`
                pattern = _WORDS if owner.file is classes[0].file else OWN_NAMES
                pending.extend(known & linker.names_in(owner.file, facts.span, pattern))
    return frozenset(reached)
