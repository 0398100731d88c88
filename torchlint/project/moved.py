"""The attributes that a project moves itself.

In an `_apply` of its own: `.to()` does not leave them behind. Or in a `to` of its own, which only helps who calls that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torchlint.facts import ir
from torchlint.facts.body import acts, walk
from torchlint.project.files import ProjectFile
from torchlint.project.interpret.state import Run
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.module_state import AttributeState, Kind
from torchlint.project.stores import receiver_of, stores

_DEFINED = "def _apply("
_CALLED = ("to", "cuda", "cpu")
"""What is called to move a module; torch moves the parts of one by `_apply`, and calls none of these on them."""


def moved(run: Run, names: Iterable[str]) -> set[str]:
    """Which of these attributes of a class are moved: by the class, or by a module that it is a part of."""
    wanted = set(names)
    if not wanted:
        return wanted
    linker, cls = run.linker, run.cls
    found = {
        name
        for owner in linker.classes(cls)
        for one in _definitions(owner, "_apply")
        for name in named(one.body)
    }
    if not wanted <= found:
        kept, path = linker.moved_of_others, cls.file.path
        known = re.compile(rf"\b(?:{'|'.join(owner.facts.name for owner in linker.classes(cls))})\b")
        for other, names_there in linker.reads.recall(kept, path, (), _elsewhere, linker, cls.file):
            if known.search(other.text):
                found |= names_there
    return wanted & found


def moved_by(run: Run, attribute: AttributeState) -> tuple[str, ...]:
    """Which methods of the class, that are called to move it, take care of an attribute that torch does not move."""
    return tuple(
        method
        for method in _CALLED
        for owner in run.linker.classes(run.cls)
        if any(_takes_along(one, attribute) for one in _definitions(owner, method))
    )


def _takes_along(function: ir.Function, attribute: AttributeState) -> bool:
    """Whether a method assigns a tensor anew; of what holds something, whether it has to do with it at all."""
    if attribute.kind is Kind.TENSOR:
        return any(True for _ in stores(function, attribute.name))
    return attribute.name in named(function.body)


def _definitions(cls: ClassRef, method: str) -> Iterator[ir.Function]:
    for facts in cls.facts.methods.get(method, ()):
        function = cls.file.function(facts)
        if function is not None:
            yield function


def named(node: object) -> Iterator[str]:
    """The attributes in some code, and the strings, which may name one."""
    for part in walk(node):
        if isinstance(part, ir.Attribute):
            yield part.attr
        elif isinstance(part, ir.Const) and isinstance(part.value, str):
            yield part.value


def _elsewhere(linker: Linker, file: ProjectFile) -> tuple[tuple[ProjectFile, frozenset[str]], ...]:
    """What some `_apply` of the project moves on other modules, by its file: `head.stride = fn(head.stride)`."""
    paths = (file.path,) if linker.sources is None else linker.sources.mentioning(file, _DEFINED)
    found: list[tuple[ProjectFile, frozenset[str]]] = []
    for path in paths:
        other = file if path == file.path else linker.store.load(path)
        if other is not None and _DEFINED in other.text:
            classes = [ClassRef(other, qualname) for qualname in other.facts.classes]
            functions = [function for cls in classes for function in _definitions(cls, "_apply")]
            found.append((other, frozenset(name for one in functions for name in _moved_on_others(one))))
    return tuple(found)


def _moved_on_others(function: ir.Function) -> Iterator[str]:
    own = ir.Name(receiver_of(function))
    for node in acts(function.body):
        if isinstance(node, ir.Assign) and node.value is not None:
            for target in node.targets:
                if (
                    isinstance(target, ir.Attribute)
                    and target.base != own
                    and target.attr in named(node.value)
                ):
                    yield target.attr
