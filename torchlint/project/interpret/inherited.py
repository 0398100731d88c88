"""Methods of base classes in other files that can leave nothing on the module: they need not be followed.

The constructor of a large framework's base class runs through a thousand lines of bookkeeping, once for each of its
subclasses. Where neither it nor what it calls on `self` registers anything or assigns a tensor or module, and none of
that is overridden by a method of the class's own file that stores something, its effect is plain values only.
"""

from __future__ import annotations

import re

from torchlint.project.interpret import conditions
from torchlint.project.linking import ClassRef, Linker

OWN_NAMES = re.compile(r"(?:\bself|\bsuper\([^)]*\))\s*\.\s*(\w+)")
_ON_SELF = re.compile(r"(?:\bself|\bsuper\([^)]+\))\s*\.\s*(\w+)")
_ON_SUPER = re.compile(r"\bsuper\(\)\s*\.\s*(\w+)")
_LEAVES_STATE = re.compile(
    r"\bregister_(?:buffer|parameter|module)\b|\badd_(?:module|state)\b|\b(?:Parameter|Buffer)\s*\(|\bsetattr\s*\(\s*self\b"
    r"|\b_(?:parameters|buffers|modules)\s*\[[^\]]*\]\s*=[^=]"
    r"|\bself\s*\.\s*\w+\s*(?::[^=\n]*)?=[^=\n][^\n]*(?:\btorch\s*\.|\bnn\s*\.|Tensor|Module|tensor)"
)


def leaves_nothing(linker: Linker, cls: ClassRef, owner: ClassRef, method: str) -> bool:
    """Whether a method that `owner`, a class of another file, gives to `cls` leaves nothing that torch could miss."""
    classes = linker.classes(cls)
    outside = tuple(base for base in classes if base.file is not cls.file)
    if owner not in classes or any(base.file is cls.file for base in classes[classes.index(owner) :]):
        return False  # it may hand on to a base of this file
    key = (outside, owner, method)
    reached = linker.reads.recall(linker.inherited, key, None, _closure, linker, outside, owner, method)
    if reached is None:
        return False
    for base in classes:
        if base.file is cls.file:
            stores = base.facts.stores
            called = "*" in stores or any(name in reached and name != "__init__" for name in stores)
            if called and not conditions.harmless(linker, base):
                return False
    return True


def _closure(
    linker: Linker, classes: tuple[ClassRef, ...], owner: ClassRef, method: str
) -> frozenset[str] | None:
    """The names that a method looks up on `self`, it and what it calls; None if one of them leaves state.

    `super().method` is looked for in the classes after the one that says it, all else in all of them.
    """
    reached: set[tuple[str, int]] = set()
    pending = [(method, classes.index(owner))]
    while pending:
        name, after = pending.pop()
        if (name, after) in reached:
            continue
        reached.add((name, after))
        for position in range(after, len(classes)):
            base = classes[position]
            for facts in base.facts.methods.get(name, ()):
                if linker.names_in(base.file, facts.span, _LEAVES_STATE):
                    return None
                pending += [(own, 0) for own in linker.names_in(base.file, facts.span, _ON_SELF)]
                pending += [(own, position + 1) for own in linker.names_in(base.file, facts.span, _ON_SUPER)]
    return frozenset(name for name, _ in reached)
