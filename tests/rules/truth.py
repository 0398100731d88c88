"""Holds the marks of a file against torch: what is marked is unregistered on a live module, all else not."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.rules.marks import Mark, marks
from tests.rules.observe import CODES, Unregistered, built, qualname, unregistered

ROOT = Path(__file__).parents[2]


def contradictions(path: Path, known: Mapping[str, list[Mark]], examples: Mapping[str, Any]) -> list[str]:
    """Where torch disagrees with the marks of a file; `known` has the marks of each class of all files."""
    module = importlib.import_module(_module_name(path))
    found: list[str] = []
    seen: set[tuple[Path, int, str | None, str | None]] = set()
    for label, instance in built(module, {**getattr(module, "EXAMPLES", {}), **examples}):
        for observed in unregistered(instance):
            where, kinds = f"{label}.{observed.attribute}", ", ".join(sorted(observed.kinds))
            fitting = [mark for mark in _marks_of(instance, known) if _same(mark, observed)]
            seen.update((mark.path, mark.line, mark.code, mark.attribute) for mark in fitting)
            codes = {mark.code for mark in fitting}
            if not fitting:
                found.append(f"{where} is unregistered ({kinds}), and not marked")
            elif None not in codes and not all(codes & CODES[kind] for kind in observed.kinds):
                found.append(f"{where} holds {kinds}, and is marked {sorted(codes)}")
    for mark in marks(path):
        key = (mark.path, mark.line, mark.code, mark.attribute)
        if mark.attribute is not None and key not in seen:
            found.append(
                f"line {mark.line}: {mark.class_name}.{mark.attribute} is marked, and is not unregistered"
            )
    return found


def _module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _marks_of(instance: object, known: Mapping[str, list[Mark]]) -> list[Mark]:
    """The marks of the classes of an instance."""
    return [
        mark for cls in type(instance).__mro__ for mark in known.get(f"{cls.__module__}:{qualname(cls)}", [])
    ]


def _same(mark: Mark, observed: Unregistered) -> bool:
    assert mark.attribute is not None
    pattern = re.sub(r"\\\{.*?\\\}", ".*", re.escape(mark.attribute))  # `r{i}` stands for r0, r1, ...
    return re.fullmatch(pattern, observed.attribute) is not None


def marks_by_class(paths: list[Path]) -> dict[str, list[Mark]]:
    """The marks of files, by the class that they are in."""
    found: dict[str, list[Mark]] = {}
    for path in paths:
        module = _module_name(path)
        for mark in marks(path):
            if mark.class_name is not None:
                found.setdefault(f"{module}:{mark.class_name}", []).append(mark)
    return found
