"""Methods of base classes in other files that can leave nothing on the module: they need not be followed.

The constructor of a large framework's base class runs through a thousand lines of bookkeeping, once for each of its
subclasses. Where neither it nor what it calls on `self` registers anything or assigns a tensor or module, and none of
that is overridden by a method of the class's own file that stores something, its effect is plain values only.
"""

from __future__ import annotations

import re

from torchlint.project.linking import ClassRef, Linker

OWN_NAMES = re.compile(r"(?:\bself|\bsuper\([^)]*\))\s*\.\s*(\w+)")
_LEAVES_STATE = re.compile(
    r"\bregister_(?:buffer|parameter|module)\b|\badd_(?:module|state)\b|\b(?:Parameter|Buffer)\s*\(|\bsetattr\s*\(\s*self\b"
    r"|\b_(?:parameters|buffers|modules)\s*\[[^\]]*\]\s*=[^=]"
    r"|\bself\s*\.\s*\w+\s*(?::[^=\n]*)?=[^=\n][^\n]*(?:\btorch\s*\.|\bnn\s*\.|Tensor|Module|tensor)"
)


def leaves_nothing(linker: Linker, cls: ClassRef, method: str) -> bool:
    """Whether a method inherited from another file leaves nothing on an instance of `cls` that torch could miss."""
    classes = tuple(linker.classes(cls))
    outside = tuple(base for base in classes if base.file is not cls.file)
    if classes[len(classes) - len(outside) :] != outside:
        return False  # a mixin of another file hands on to a base of this one
    key = (outside, method)
    if key not in linker.inherited:
        linker.inherited[key] = _closure(linker, outside, method)
    reached = linker.inherited[key]
    if reached is None:
        return False
    for base in linker.classes(cls):
        if base.file is cls.file and (
            "*" in base.facts.stores or (reached - {"__init__"}) & set(base.facts.stores)
        ):
            return False
    return True


def _closure(linker: Linker, classes: tuple[ClassRef, ...], method: str) -> frozenset[str] | None:
    """The names that a method looks up on `self`, it and what it calls; None if one of them leaves state."""
    owners = [(owner.file, owner.facts.methods) for owner in classes]
    reached: set[str] = set()
    pending = [method]
    while pending:
        name = pending.pop()
        if name in reached:
            continue
        reached.add(name)
        for file, methods in owners:
            for facts in methods.get(name, ()):
                if linker.names_in(file, facts.span, _LEAVES_STATE):
                    return None
                pending.extend(linker.names_in(file, facts.span, OWN_NAMES))
    return frozenset(reached)
