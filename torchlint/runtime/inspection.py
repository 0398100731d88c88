"""What torch does with each attribute of a module, as observed in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torchlint.project.module_state import Kind
from torchlint.runtime.instead import INSTEAD
from torchlint.runtime.process import Limits, ask


@dataclass(frozen=True, slots=True)
class ObservedAttribute:
    """One attribute of the module tree under its dotted name, and what became of it; None: nothing can be said.

    `kind` is a value of `Kind`, `registration` one of `Registration`. `shape` and `dtype` are those of one tensor.
    `alias` is the name under which all of it is registered elsewhere; `module_class` is the class of a module.
    `saved`: in `state_dict()`; `trained`: changed by an optimizer step; `moved`: by `.to(device)`; `cast`: by
    `.to(torch.float64)`; `survives`: the same after save and load into an instance built under another seed,
    `reload`: the largest absolute difference.
    """

    name: str
    owner: str
    kind: str
    registration: str
    persistent: bool | None
    shape: tuple[int, ...] | None
    dtype: str | None
    alias: str | None
    module_class: str | None
    saved: bool | None
    trained: bool | None
    moved: bool | None
    cast: bool | None
    survives: bool | None
    reload: float | None

    @property
    def unregistered(self) -> bool:
        """Whether torch has it registered nowhere."""
        return self.registration == "plain" and self.alias is None

    @property
    def instead(self) -> str:
        """What to make of it where it is not registered."""
        return INSTEAD[Kind(self.kind)]


@dataclass(frozen=True, slots=True)
class Inspection:
    """A module as observed. `device` is the one that it was moved to; `failures`: which checks failed, and why."""

    target: str
    class_name: str
    device: str
    attributes: tuple[ObservedAttribute, ...]
    failures: tuple[tuple[str, str], ...]


def inspect(
    target: str,
    arguments: str = "",
    *,
    roots: Sequence[str] = (),
    recipe: str | None = None,
    inputs: str | None = None,
    python: str | None = None,
    limits: Limits | None = None,
) -> Inspection:
    """Build `package.module:Class` or `path/file.py:Class` and see what torch does. Raises RuntimeFailure.

    A `recipe` takes the place of the arguments; `inputs` are what its `forward` takes.
    """
    given = {"recipe": recipe, "inputs": inputs}
    found = ask(target, arguments, roots=roots, more=given, python=python, limits=limits)
    return read_inspection(target, found)


def read_inspection(target: str, found: Mapping[str, Any]) -> Inspection:
    """What the worker says of a module."""
    attributes = tuple(_attribute(one) for one in found["evidence"])
    return Inspection(
        target, found["class_name"], found["device"], attributes, tuple(found["failures"].items())
    )


def _attribute(evidence: Mapping[str, Any]) -> ObservedAttribute:
    observed = evidence["observed"]
    shape = observed["shape"]
    described = {
        name: observed[name]
        for name in ("name", "owner", "kind", "registration", "persistent", "dtype", "alias", "module_class")
    }
    checked = {name: evidence[name] for name in ("saved", "trained", "moved", "cast", "survives", "reload")}
    return ObservedAttribute(**described, **checked, shape=None if shape is None else tuple(shape))
