"""A finding and what was seen of live modules → a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torchlint.findings import Evidence, Finding, Verdict, VerdictStatus
from torchlint.runtime.inspection import ObservedAttribute
from torchlint.runtime.process import RuntimeFailure
from torchlint.runtime.verification import ClassName, Look, Looks
from torchlint.runtime.worker.timing import OUT_OF_TIME

_NOTHING = frozenset({"NoneType"})
_MAYBE_ANOTHER = frozenset(
    {"NoneType", "bool", "int", "float", "complex", "str", "list", "tuple", "dict", "set"}
)
"""What an attribute may hold when an option was not taken; that it held no tensor then proves nothing."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """An instance of the class of a finding, somewhere in a tree: `exact` if it is of no subclass."""

    look: Look
    prefix: str
    exact: bool


def verdict(finding: Finding, cls: ClassName, own: Looks, others: Sequence[Look]) -> Verdict:
    """What the live modules say of a finding about the class `cls`; `own` are the looks at the class itself.

    Confirmed if any instance has the attribute unregistered; refuted only by an instance of the very class.
    """
    looks = (*(() if isinstance(own, RuntimeFailure) else own), *others)
    answers = [
        answer for seen in _instances(cls, looks) if (answer := _judged(finding, cls, seen)) is not None
    ]
    for status in ("confirmed", "refuted"):
        for answer in answers:
            if answer.status == status:
                return answer
    if isinstance(own, RuntimeFailure):
        return Verdict("unverified", own.message)
    if answers:
        return answers[0]
    return Verdict("unverified", "no instance of the class was seen")


def live_name(class_name: str, attribute: str) -> str:
    """The name that an attribute has on an instance: Python adds that of the class to `__private` ones."""
    if attribute.startswith("__") and not attribute.endswith("__"):
        return f"_{class_name.rpartition('.')[2].lstrip('_')}{attribute}"
    return attribute


def _instances(cls: ClassName, looks: Sequence[Look]) -> Iterator[_Seen]:
    for look in looks:
        for prefix, classes in look.classes.items():
            if cls in classes:
                yield _Seen(look, prefix, classes[0] == cls)


def _judged(finding: Finding, cls: ClassName, seen: _Seen) -> Verdict | None:
    """What one instance says; None if nothing."""
    look = seen.look
    assert finding.attribute is not None
    attribute = live_name(cls[1], finding.attribute)
    name = f"{seen.prefix}.{attribute}" if seen.prefix else attribute
    first, last = finding.statement
    reached = any(file == cls[0] and first <= line <= last for file, line in look.reached)
    if not seen.exact and not reached:
        return None  # what a subclass does may have nothing to do with this assignment
    found = next((one for one in look.inspection.attributes if one.name == name), None)
    if found is None:
        return _without_tensor(
            attribute, look, look.held.get(seen.prefix, {}).get(attribute), reached, seen.exact
        )
    answer = confirmation(found, look)
    if answer.status == "refuted" and not reached:
        # another branch has registered something else under the name
        return _without_tensor(attribute, look, None, reached, seen.exact)
    return answer if answer.status == "confirmed" or seen.exact else None


def confirmation(found: ObservedAttribute, look: Look) -> Verdict:
    """The verdict on what a live module has unregistered."""
    status, reason = _compared(found, look)
    return Verdict(status, reason, look.build, look.inspection.device, evidence_of(found))


def _compared(found: ObservedAttribute, look: Look) -> tuple[VerdictStatus, str]:
    built = f"in `{look.build}`"
    if found.registration != "plain":
        if found.registration != "module" and found.shape is None and found.dtype is None:
            return "unverified", f"{built} it is None: the option was not taken"
        return "refuted", f"{built} torch has it registered as a {found.registration}"
    if found.alias is not None:
        return "refuted", f"{built} torch has the same object registered as `{found.alias}`"
    if found.moved:
        return "refuted", f"{built} the class moves it itself: it went along to {look.inspection.device}"
    facts = ", ".join(_facts(found, look))
    missed = [check for check, why in look.inspection.failures if why == OUT_OF_TIME]
    if found.moved is None and "device" in missed:  # a class that moves it itself is right
        return "unverified", f"{built} it is {facts}, but the time ran out before it was moved"
    without = f" (the time ran out for: {', '.join(missed)})" if missed else ""
    return "confirmed", f"{built} it is {facts}{without}"


def _facts(found: ObservedAttribute, look: Look) -> Iterator[str]:
    if found.saved is None:
        yield "registered nowhere"
    else:
        yield "saved under another name" if found.saved else "not in `state_dict()`"
    if found.moved is False:
        yield f"left behind by `.to({look.inspection.device!r})`"
    if found.trained is False and found.kind in (
        "parameter",
        "container of parameters",
        "container of modules",
    ):
        yield "not changed by an optimizer step"
    if found.survives is False:
        off = (
            "" if found.reload is None or math.isinf(found.reload) else f" (off by up to {found.reload:.3g})"
        )
        yield f"another one after a reload{off}"


def evidence_of(found: ObservedAttribute) -> Evidence:
    """The evidence in the terms of a verdict."""
    finite = found.reload is not None and math.isfinite(found.reload)
    return Evidence(found.saved, found.reload if finite else None, found.trained, found.moved, found.cast)


def _without_tensor(
    attribute: str, look: Look, held: str | None, reached: bool, exact: bool
) -> Verdict | None:
    """An instance that holds no tensor under this name."""
    if not exact:
        return None
    if not reached:
        reason = f"`{look.build}` does not run the assignment"
    elif held is None:
        reason = f"`{look.build}` has no such attribute when it is built"
        return Verdict("refuted", reason, look.build, look.inspection.device)
    elif held in _NOTHING:
        reason = f"in `{look.build}` it is None"
    elif held in _MAYBE_ANOTHER:
        reason = f"in `{look.build}` it is a {held} without tensors"
    else:
        return Verdict(
            "refuted",
            f"in `{look.build}` it is a {held}, in which there is no tensor",
            look.build,
            look.inspection.device,
        )
    return Verdict("unverified", reason, look.build, look.inspection.device)
