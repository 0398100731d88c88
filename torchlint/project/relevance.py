"""Which candidates of the sieve are worth a prediction, now that the names of other files are known."""

from __future__ import annotations

import re

from torchlint import torch_api
from torchlint.project.interpret import containers, expressions
from torchlint.project.interpret.growth import may_grow
from torchlint.project.interpret.inherited import OWN_NAMES
from torchlint.project.interpret.state import Run
from torchlint.project.linking import AssignedRef, ClassRef, ExternalRef, FunctionRef, Linker
from torchlint.project.values import (
    ClassValue,
    Container,
    External,
    FunctionValue,
    Instance,
    Literal,
    Unknown,
    Value,
)

_WORDS = re.compile(r"\w+")
_CONSTRUCTORS = ("__init__", "__post_init__", "__setattr__", "reset_parameters")
_HARMLESS = (ClassValue, External, FunctionValue, Instance, Literal, Unknown)


def worth_predicting(linker: Linker, cls: ClassRef) -> bool:
    """Whether a class may leave state unregistered, in a method of its own or of a base in the same file.

    Two things the sieve could not know: what the names it depends on stand for, and whether a constructor in another
    file calls the methods that store something.
    """
    family = [base for base in linker.classes(cls) if base.file is cls.file]
    open_ended = [base for base in family if base.facts.candidate and not _harmless(linker, base)]
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


def _harmless(linker: Linker, cls: ClassRef) -> bool:
    conditions = cls.facts.conditions
    return conditions is not None and all(_holds_nothing(linker, cls, name) for name in conditions)


def _holds_nothing(linker: Linker, cls: ClassRef, name: str) -> bool:
    """Whether a name of the file stands for a class, or for something that holds no tensors and no modules."""
    key = (cls.file.path, name)
    known = linker.harmless_names.get(key)
    if known is None:
        known = linker.harmless_names[key] = _judge(linker, cls, name)
    return known


def _judge(linker: Linker, cls: ClassRef, name: str) -> bool:
    target = linker.follow(linker.lookup(cls.file, name))
    if target is None:
        return not containers.is_builtin(name)
    if isinstance(target, ClassRef):
        bases = [base for base in linker.mro(target) if isinstance(base, str)]
        return not any(torch_api.object_class(base) in ("tensor", "parameter", "buffer") for base in bases)
    if isinstance(target, ExternalRef):
        if target.dotted.partition(".")[0] != "torch":
            return True
        return (
            torch_api.module_class(target.dotted) is not None
            or torch_api.object_class(target.dotted) == "object"
        )
    if isinstance(target, FunctionRef):
        return False
    run = Run(linker, cls)
    return isinstance(target, AssignedRef) and _plain(run, expressions.of_target(run, target))


def _plain(run: Run, value: Value, depth: int = 0) -> bool:
    for atom in value:
        if isinstance(atom, Container) and depth < 4:
            if not _plain(run, run.heap[atom.identity].content, depth + 1):
                return False
        elif not isinstance(atom, _HARMLESS):
            return False
    return True


def _reached(linker: Linker, cls: ClassRef) -> frozenset[str]:
    """The names of the methods that construction may call on `self`, and those that these call."""
    key = tuple(linker.classes(cls))
    if key not in linker.reached_methods:
        owners = [(owner, owner.facts.methods) for owner in key]
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
                    pattern = _WORDS if owner.file is cls.file else OWN_NAMES
                    pending.extend(known & linker.names_in(owner.file, facts.span, pattern))
        linker.reached_methods[key] = frozenset(reached)
    return linker.reached_methods[key]
