"""Classes and how they may be built → what was seen of their instances, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from torchlint.runtime.inspection import Inspection, read_inspection
from torchlint.runtime.process import Limits, RuntimeFailure, Servers

BUILDING = 0.5
"""The part of the time of a class that may go into the search for arguments."""

ClassName: TypeAlias = "tuple[str, str]"
"""A class: its file (absolute, links followed), and its qualified name in it."""


@dataclass(frozen=True, slots=True)
class ClassRequest:
    """A class to be built.

    `path` is absolute; `roots` are folders from which imports start. `calls`: arguments to try, as text. `recipe`: how
    the user says that it is built, `inputs` what its `forward` takes. `wanted`: its attributes that are in question.
    `watched`: lines of which is told whether construction ran them, by file (absolute, links followed).
    """

    path: str
    class_name: str
    roots: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    recipe: str | None = None
    inputs: str | None = None
    wanted: tuple[str, ...] = ()
    watched: Mapping[str, tuple[int, ...]] | None = None

    @property
    def name(self) -> ClassName:
        """Which class it is."""
        return os.path.realpath(self.path), self.class_name


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of one instance, built by the expression `build`.

    `classes`: of each module of the tree, by its dotted name, its class and their bases. `reached`: the watched lines
    that construction ran. `held`: by the same names, the type of each wanted attribute that is there. `untold`: the
    attributes that no finding is to be made of: one module hidden in a list on purpose, and what holds tensors only
    because an argument does that nobody has shown.
    """

    build: str
    inspection: Inspection
    classes: Mapping[str, tuple[ClassName, ...]]
    reached: frozenset[tuple[str, int]]
    held: Mapping[str, Mapping[str, str]]
    untold: frozenset[str] = frozenset()


Looks: TypeAlias = "tuple[Look, ...] | RuntimeFailure"


def look_at(
    requests: Sequence[ClassRequest],
    servers: Servers,
    *,
    python: str | None = None,
    limits: Limits | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Looks]:
    """What is seen of each class, or why nothing is."""
    limits = limits or Limits()
    asked = [
        {
            "target": f"{one.path}:{one.class_name}",
            "roots": one.roots,
            "calls": one.calls,
            "recipe": one.recipe,
            "inputs": one.inputs,
            "wanted": one.wanted,
            "watched": one.watched or {},
            "seconds": limits.timeout * BUILDING,
        }
        for one in requests
    ]
    replies = servers.ask_all(asked, python=python, limits=limits, progress=progress)
    return [
        reply if isinstance(reply, RuntimeFailure) else tuple(_look(found) for found in reply["looks"])
        for reply in replies
    ]


def _look(found: Mapping[str, Any]) -> Look:
    return Look(
        found["build"],
        read_inspection(found["build"], found["inspection"]),
        {
            prefix: tuple((file, name) for file, name in classes)
            for prefix, classes in found["classes"].items()
        },
        frozenset((file, line) for file, line in found["reached"]),
        found["held"],
        frozenset(found["untold"]),
    )
