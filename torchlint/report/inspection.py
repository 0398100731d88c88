"""What was observed of a live module: a table, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from torchlint.report.text import PLAIN, Style, counted, harmless, width

if TYPE_CHECKING:
    from torchlint.runtime.inspection import Inspection, ObservedAttribute


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a terminal can show: how many columns, and which encoding it has."""

    width: int
    encoding: str = "utf-8"


def inspection_table(
    inspected: Inspection, style: Style = PLAIN, terminal: Terminal | None = None
) -> Iterator[str]:
    """A line for each attribute that holds tensors, then what is not registered, and which checks failed."""
    rows = [row for row in inspected.attributes if row.registration != "module" or row.alias is not None]
    yield f"{style.path(harmless(inspected.class_name))}: what torch does with its state"
    if rows:
        moved = f"moved ({inspected.device})"
        header = ("name", "shape", "dtype", "what", "saved", "trained", moved, "cast", "survives")
        cells = [_cells(row) for row in rows]
        strong = [row.unregistered for row in rows]
        if terminal is None:
            yield from _aligned([header, *cells], [False, *strong], style)
        else:
            from torchlint.report.inspection_rich import drawn

            ascii_only = not terminal.encoding.lower().replace("-", "").startswith("utf")
            yield from drawn(
                header, cells, strong, width=terminal.width, color=style.color, ascii_only=ascii_only
            )
        yield "saved: in state_dict(); trained: changed by an optimizer step; moved: by .to(device); cast: by"
        yield ".to(torch.float64); survives: the same after saving and loading into another instance; -: does not apply"
    for check, why in inspected.failures:
        yield f"{style.note('not checked')}: {check}: {harmless(why)}"
    lost = [row.name for row in rows if row.unregistered]
    if lost:
        yield f"{style.error('unregistered')}: {counted(len(lost), 'attribute')}: {harmless(', '.join(lost))}"
    else:
        yield style.success("All state is registered.")


def inspection_json(inspected: Inspection) -> str:
    """The same as one JSON object, a stable contract like that of findings."""
    values = asdict(inspected)
    for attribute, row in zip(values["attributes"], inspected.attributes, strict=True):
        attribute["unregistered"] = row.unregistered
        if attribute["reload"] == float("inf"):  # JSON has no infinity
            attribute["reload"] = None
    values["failures"] = dict(values["failures"])
    return json.dumps({"schema": 1, **values}, indent=2)


def shape_of(row: ObservedAttribute) -> str:
    """`(2, 3)`; `-` for what has no one shape."""
    if row.shape is None:
        return "-"
    return f"({', '.join(map(str, row.shape))}{',' if len(row.shape) == 1 else ''})"


def what(row: ObservedAttribute) -> str:
    """What an attribute is, in words."""
    if row.alias is not None:
        return f"second name of {row.alias}"
    if row.registration == "plain":
        return f"plain {row.kind}"
    if row.registration == "packed":
        return "packed parameters"
    return "buffer, not saved" if row.persistent is False else row.kind


def difference(row: ObservedAttribute) -> str:
    """The largest difference after a reload, as far as a person wants to know it."""
    if row.reload is None:
        return "-"
    return "∞" if row.reload == float("inf") else f"{row.reload:.3g}"


def _cells(row: ObservedAttribute) -> tuple[str, ...]:
    checks = tuple(_mark(value) for value in (row.saved, row.trained, row.moved, row.cast, row.survives))
    return (harmless(row.name), shape_of(row), row.dtype or "-", harmless(what(row)), *checks)


def _mark(value: bool | None) -> str:
    return "-" if value is None else "✓" if value else "✗"


def _aligned(rows: Sequence[Sequence[str]], strong: Sequence[bool], style: Style) -> Iterator[str]:
    sizes = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row, stands_out in zip(rows, strong, strict=True):
        line = "  ".join(
            cell + " " * (size - _width(cell)) for cell, size in zip(row, sizes, strict=True)
        ).rstrip()
        yield style.error(line) if stands_out else line


def _width(text: str) -> int:
    return sum(map(width, text))
