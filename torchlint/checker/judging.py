"""The classes of a file, held against the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from torchlint.facts import ir
from torchlint.project.callers import given
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.predict import has_module_evidence, predict
from torchlint.project.relevance import worth_predicting

if TYPE_CHECKING:
    from torchlint.checker.propose import Draft
    from torchlint.facts.model import ClassFacts
    from torchlint.findings import Finding
    from torchlint.project.files import ProjectFile
    from torchlint.rules import Rule


def judge(
    linker: Linker, file: ProjectFile, path: str, rules: Sequence[Rule], *, sieve: bool
) -> Iterator[tuple[Finding, Draft]]:
    """What rules find in the classes of a file, each with what its fix is made from; `path` as findings name it."""
    for qualname, facts in file.facts.classes.items():
        cls = ClassRef(file, qualname)
        if not _may_matter(linker, cls, facts) or linker.is_module(cls) is False:
            continue
        if sieve and not worth_predicting(linker, cls) and not given(linker, cls):
            continue
        if is_module(linker, cls):
            state = predict(linker, cls, path)
            for rule in rules:
                for finding in () if rule.check is None else rule.check(state):
                    yield finding, (rule, linker, cls)


def is_module(linker: Linker, cls: ClassRef) -> bool:
    """Whether a class is an `nn.Module`: by its bases, or, where one cannot be read, by what it does."""
    known = linker.is_module(cls)
    return has_module_evidence(linker, cls) if known is None else known


def _may_matter(linker: Linker, cls: ClassRef, facts: ClassFacts) -> bool:
    if facts.candidate or facts.handed:
        return True
    # what a base of the same file leaves open, a subclass may decide
    return _may_inherit_here(cls.file, facts.bases) and any(
        base.file is cls.file and base.facts.candidate for base in linker.classes(cls)
    )


def _may_inherit_here(file: ProjectFile, bases: Sequence[ir.Expr]) -> bool:
    """Whether a base may be a class of the same file: not if each is a name that is only ever imported."""
    for base in bases:
        while isinstance(base, ir.Attribute):
            base = base.base
        found = file.facts.names.get(base.id, ()) if isinstance(base, ir.Name) else ()
        if not found or not all(definition.imported for definition in found):
            return True
    return False
