"""The conditions under which a candidate of the sieve is harmless after all: what names of other files stand for."""

from __future__ import annotations

from torchlint import torch_api
from torchlint.project.interpret import containers, expressions
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

_HARMLESS = (ClassValue, External, FunctionValue, Instance, Literal, Unknown)


def harmless(linker: Linker, cls: ClassRef) -> bool:
    """Whether a class that the sieve let through on conditions leaves nothing unregistered: all of them hold."""
    conditions = cls.facts.conditions
    return conditions is not None and all(_holds(linker, cls, condition) for condition in conditions)


def _holds(linker: Linker, cls: ClassRef, condition: str) -> bool:
    if condition.endswith("."):
        return linker.follow(linker.lookup(cls.file, condition[:-1])) in linker.classes(cls)
    return _holds_nothing(linker, cls, condition)


def _holds_nothing(linker: Linker, cls: ClassRef, name: str) -> bool:
    """Whether a name of the file stands for a class, or for something that holds no tensors and no modules."""
    key = (cls.file.path, name)
    return linker.reads.recall(linker.harmless_names, key, False, _judge, linker, cls, name)


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
