"""The file of a baseline: JSON with one line for each entry, sorted, so that changes and merges can be read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from torchlint.baseline.known import Baseline, Known
from torchlint.files.source import SourceError, read_bytes
from torchlint.files.whole import write_whole

SCHEMA = 1
_KEYS = frozenset({"path", "class", "attribute", "code"})


class BaselineError(Exception):
    """A baseline that cannot be used or written: `path` of the file, `message` for the user."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def load(path: Path) -> Baseline:
    """Read a baseline. Raises BaselineError if it is missing, broken, or something else."""
    try:
        data = read_bytes(path)
    except SourceError as error:
        hint = "; `--write-baseline` writes it" if not os.path.lexists(path) else ""
        raise BaselineError(str(path), f"the baseline: {error.message}{hint}") from error
    try:
        return parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BaselineError(str(path), "is not a baseline of torchlint: it is not UTF-8") from error
    except ValueError as error:
        raise BaselineError(str(path), f"is not a baseline of torchlint: {error}") from error


def parse(text: str) -> Baseline:
    """Read the text of a baseline. Raises ValueError that says what is wrong with it."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"invalid JSON in line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(document, dict) or set(document) != {"schema", "known"}:
        raise ValueError("it is not an object with the keys `schema` and `known`")
    schema, entries = document["schema"], document["known"]
    if schema != SCHEMA or isinstance(schema, bool):
        raise ValueError(f"its schema is {json.dumps(schema)}, and this version reads {SCHEMA}")
    if not isinstance(entries, list):
        raise ValueError("`known` is not a list")
    counts: dict[Known, int] = {}
    for number, entry in enumerate(entries, 1):
        known, count = _read_entry(entry, number)
        # a merge of two branches may leave an entry twice: it is the same finding
        counts[known] = max(count, counts.get(known, 0))
    return Baseline(counts)


def render(baseline: Baseline) -> str:
    """The text of a baseline; the same for the same baseline. Pure ASCII."""
    entries = sorted(baseline.counts.items(), key=lambda item: _order(item[0]))
    lines = [f"    {json.dumps(_entry(known, count))}" for known, count in entries if count]
    known = "[\n{}\n  ]".format(",\n".join(lines)) if lines else "[]"
    return f'{{\n  "schema": {SCHEMA},\n  "known": {known}\n}}\n'


def write(path: Path, baseline: Baseline) -> None:
    """Write a baseline, whole or not at all. Raises BaselineError."""
    try:
        write_whole(path, render(baseline).encode("ascii"))
    except SourceError as error:
        raise BaselineError(str(path), f"the baseline: {error.message}") from error


def _entry(known: Known, count: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "path": known.path,
        "class": known.class_name,
        "attribute": known.attribute,
        "code": known.code,
    }
    return entry if count == 1 else {**entry, "count": count}


def _read_entry(entry: object, number: int) -> tuple[Known, int]:
    if not isinstance(entry, dict) or not _KEYS <= set(entry) <= _KEYS | {"count"}:
        raise ValueError(f"entry {number} is not an object with the keys {', '.join(sorted(_KEYS))}")
    path, class_name, attribute, code = (entry[key] for key in ("path", "class", "attribute", "code"))
    texts = isinstance(path, str) and isinstance(code, str)
    if not texts or not all(value is None or isinstance(value, str) for value in (class_name, attribute)):
        raise ValueError(f"entry {number} holds something else than text")
    count = entry.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ValueError(f"entry {number}: `count` is not a number from 1 on")
    return Known(path, class_name, attribute, code), count


def _order(known: Known) -> tuple[str, str, str, str]:
    return known.path, known.class_name or "", known.attribute or "", known.code
