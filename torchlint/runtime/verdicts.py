"""What was observed of a live module, held against a finding: the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from torchlint.findings import Evidence, Finding, Verdict
from torchlint.runtime.inspection import Inspection, ObservedAttribute

_TO_TRAIN = ("TL102", "TL104", "TL105", "TL106")
"""The rules about state that an optimizer should see."""


def unverified(reason: str) -> Verdict:
    """There is nothing to be said."""
    return Verdict("unverified", reason)


def verdict(finding: Finding, found: Inspection, build: str) -> Verdict:
    """Whether torch agrees with a finding about an attribute of the module that was built."""
    assert finding.attribute is not None
    rows = [row for row in found.attributes if _is_meant(finding.attribute, row.name)]
    plain = [row for row in rows if row.unregistered]
    if not rows:
        # an option that was not taken, or another branch: nothing is known
        reason = f"`{build}` leaves nothing of torch's on `self.{finding.attribute}`"
        return Verdict("unverified", reason, build, found.device)
    row = plain[0] if plain else rows[0]
    evidence = Evidence(row.saved, row.reload, row.trained, row.moved, row.cast)
    if not plain:
        return Verdict("refuted", _registered(row), build, found.device, evidence)
    if row.moved:  # in an `_apply` of its own
        return Verdict("refuted", "the class moves it by itself", build, found.device, evidence)
    said = ", ".join(_said(row, found.device, to_train=finding.code in _TO_TRAIN))
    return Verdict("confirmed", said or "torch has it registered nowhere", build, found.device, evidence)


def _is_meant(attribute: str, name: str) -> bool:
    """Whether a name is that of the attribute, which may be a computed one (`table_{index}`)."""
    if "{" not in attribute:
        return name == attribute
    pattern = "[^.]+".join(map(re.escape, re.split(r"\{.*?\}", attribute)))
    return re.fullmatch(pattern, name) is not None


def _registered(row: ObservedAttribute) -> str:
    if row.registration == "plain":
        return f"what it holds is registered as `{row.alias}`"
    return f"torch has it registered as a {row.registration}"


def _said(row: ObservedAttribute, device: str, *, to_train: bool) -> Iterator[str]:
    move = {"cuda": "`.cuda()`"}.get(device, f'`.to("{device}")`')
    said: Sequence[tuple[bool | None, str]] = (
        (row.saved, "not in `state_dict()`"),
        (row.moved, f"left behind by {move}"),
        (row.cast, "not cast by `.to(torch.float64)`"),
        (row.trained if to_train else None, "not changed by an optimizer step"),
    )
    yield from (text for value, text in said if value is False)
    if row.reload:
        yield f"another one after save and load (largest difference {row.reload:.3g})"
