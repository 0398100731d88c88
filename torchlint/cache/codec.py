"""Outcomes as plain data, and back. What is not as it should be is a ValueError: the cache may be anything."""

from __future__ import annotations

from typing import Any, TypeVar

from torchlint.checker.outcome import FileOutcome
from torchlint.findings import Edit, Finding, Fix, Place

_Value = TypeVar("_Value")


def encode(outcome: FileOutcome) -> list[Any] | str:
    """What is kept of an outcome: its error, or its findings and what was noticed."""
    if outcome.error is not None:
        return outcome.error
    noticed = sorted((one[1:] for one in outcome.noticed), key=repr)
    return (
        [[_finding(finding) for finding in outcome.findings], noticed] if outcome.findings or noticed else []
    )


def is_encodable(outcome: FileOutcome) -> bool:
    """Whether an outcome comes back, and as it was: JSON takes two halves of a character for one."""
    if outcome.error is not None and not outcome.lasting:
        return False
    return "\\ud" not in repr((outcome.findings, outcome.error))  # which is how it shows such a half


def decode(path: str, plain: Any) -> FileOutcome:
    """The outcome of a file, without its bytes. Raises ValueError."""
    if plain == []:
        return FileOutcome(path)
    if isinstance(plain, str):
        return FileOutcome(path, error=plain, lasting=True)
    findings, noticed = _list(plain, 2)
    pairs = [_list(one, 2) for one in _list(noticed)]
    return FileOutcome(
        path,
        tuple(_to_finding(path, one) for one in _list(findings)),
        noticed=frozenset((path, _optional(str, one), _optional(str, other)) for one, other in pairs),
    )


def _finding(finding: Finding) -> list[Any]:
    fix = finding.fix
    return [
        finding.code,
        finding.name,
        _place(finding.place),
        finding.class_name,
        finding.method,
        finding.attribute,
        finding.message,
        list(finding.statement),
        finding.unfixable,
        None if fix is None else _fix(fix),
    ]


def _fix(fix: Fix) -> list[Any]:
    edits = [[_place(edit.place), edit.content] for edit in fix.edits]
    return [fix.applicability, fix.message, edits, fix.reason, fix.persistent]


def _place(place: Place) -> list[int]:
    return [place.line, place.column, place.end_line, place.end_column]


def _to_finding(path: str, plain: Any) -> Finding:
    code, name, place, class_name, method, attribute, message, statement, unfixable, fix = _list(plain, 10)
    first, last = _list(statement, 2)
    return Finding(
        _is(str, code),
        _is(str, name),
        path,
        _to_place(place),
        _optional(str, class_name),
        _optional(str, method),
        _optional(str, attribute),
        _is(str, message),
        (_is(int, first), _is(int, last)),
        None if fix is None else _to_fix(fix),
        unfixable=_optional(str, unfixable),
    )


def _to_fix(plain: Any) -> Fix:
    applicability, message, edits, reason, persistent = _list(plain, 5)
    if applicability not in ("safe", "unsafe"):
        raise ValueError(applicability)
    pairs = [_list(edit, 2) for edit in _list(edits)]
    return Fix(
        applicability,
        _is(str, message),
        tuple(Edit(_to_place(place), _is(str, content)) for place, content in pairs),
        _optional(str, reason),
        _optional(bool, persistent),
    )


def _to_place(plain: Any) -> Place:
    line, column, end_line, end_column = _list(plain, 4)
    return Place(_is(int, line), _is(int, column), _is(int, end_line), _is(int, end_column))


def _is(kind: type[_Value], plain: Any) -> _Value:
    if not isinstance(plain, kind):
        raise ValueError(plain)
    return plain


def _optional(kind: type[_Value], plain: Any) -> _Value | None:
    return None if plain is None else _is(kind, plain)


def _list(plain: Any, length: int | None = None) -> list[Any]:
    if not isinstance(plain, list) or (length is not None and len(plain) != length):
        raise ValueError(plain)
    return plain
