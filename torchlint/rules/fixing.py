"""What a rule's fix is given and gives back, and what stands in the way of any registration."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from torchlint.findings import Edit, Fix
from torchlint.project.module_state import Assignment, AttributeState, Holds, Surroundings

if TYPE_CHECKING:
    from torchlint.rewrite import Syntax


@dataclass(frozen=True, slots=True)
class FixOptions:
    """How the user wants buffers registered."""

    persistent: Literal["auto", "always", "never"] = "auto"
    nn_buffer: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """One attribute, and what stands around it. `file` is the absolute path of the file of the finding."""

    attribute: AttributeState
    surroundings: Surroundings
    file: str


@dataclass(frozen=True, slots=True)
class FixRequest:
    """What a fix is made from. `peers` are assigned in the same statement and found by the same rule."""

    subject: Subject
    peers: tuple[Subject, ...]
    syntax: Syntax
    options: FixOptions


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fix, and the message of the finding where the fix knows better."""

    fix: Fix
    message: str | None = None


class NoFixError(Exception):
    """There is no fix; `reason` says why, in a clause. `message` is for the finding, if a closer look changes that."""

    def __init__(self, reason: str, message: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message


def construction(subject: Subject) -> tuple[Assignment, ...]:
    """The assignments of construction, all in the class of the finding.

    Raises NoFixError for what stands in the way of any registration.
    """
    attribute, around = subject.attribute, subject.surroundings
    for clause in (around.class_attribute, around.intercepted, around.hidden):
        if clause is not None:
            raise NoFixError(clause)
    mine = tuple(one for one in around.assignments if not one.later)
    for one in mine:
        if one.owner != attribute.owner:
            raise NoFixError(f"`{one.owner}` assigns it as well")
        if one.file != subject.file:
            raise NoFixError(f"{os.path.basename(one.file)}:{one.place.line} assigns it as well")
        if one.call:
            raise NoFixError(f"`{one.method}` also registers it itself")
        if one.early:
            raise NoFixError("it may be assigned before `super().__init__()` has run")
    if not mine:
        raise NoFixError("its assignment could not be followed")
    return mine


def written_name(assignment: Assignment) -> str | None:
    """The name of the attribute if it is written out; None if it is computed (`f"table_{i}"`)."""
    return None if "{" in assignment.name else assignment.name


def check_later(subject: Subject, allowed: frozenset[Holds], what: str) -> str | None:
    """Whether later assignments keep to what torch allows for a registered name; the risk, if they may not.

    Raises NoFixError where one surely does not: torch would answer it with a TypeError.
    """
    risk = None
    for one in subject.surroundings.assignments:
        if not one.later or one.holds <= allowed:
            continue
        where = f"`{one.owner}.{one.method}`"
        if one.holds - allowed - {Holds.UNKNOWN}:
            raise NoFixError(f"{where} assigns it something that is no {what}")
        risk = f"{where} assigns it something that may be no {what}"
    around = subject.surroundings
    return risk or around.outside or around.risky or around.unreadable


def unsafe(message: str, reason: str, edits: tuple[Edit, ...]) -> Fix:
    """A fix that changes more than its finding; `reason` is a clause."""
    return Fix("unsafe", f"{message}; but {reason}", edits, reason)


def made(message: str, edits: tuple[Edit, ...], risk: str | None) -> Fix:
    """A fix, unsafe if there is a risk."""
    return Fix("safe", message, edits) if risk is None else unsafe(message, risk, edits)
