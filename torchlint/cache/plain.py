"""Results as one file: lines of JSON under a checksum, the first with all but the groups of outcomes.

Strings that stand in many places, paths above all, are written once, and go by their place in a table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from torchlint.cache.stored import Group, Stored
from torchlint.files.source import SourceError, read_bytes
from torchlint.project.questions import Question, Search
from torchlint.project.reads import Source, Stamp, digest_of

_MAGIC = b"torchlint results 3 "
_PLAIN = json.JSONEncoder(separators=(",", ":"), check_circular=False)
"""Of plain data there are no circles; looking for them takes a fifth of the time."""
_KINDS = ("file", "answers", "folder", "search")


def load(path: Path) -> Stored | None:
    """What a file holds; None where there is none, or where it is not whole, or something else."""
    try:
        head, _, body = read_bytes(path).partition(b"\n")
        if head != _MAGIC + digest_of(body).encode():
            return None
        main, *groups = body.split(b"\n")
        return _to_stored(json.loads(main)["main"], [group for group in groups if group])
    except (SourceError, ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None


def to_parts(stored: Stored) -> list[bytes]:
    """The content of the file. Only sources are kept that an outcome comes from."""
    stored.groups = [group for group in stored.groups if group.used]
    for group in stored.groups:
        group.tidy()
    positions = sorted({position for group in stored.groups for position in group.sources.values()})
    renumbered = {position: number for number, position in enumerate(positions)}
    lines = [_encoded({"main": _main(stored, [stored.sources[position] for position in positions])})]
    for group in stored.groups:
        table = [part for bit, position in group.sources.items() for part in (bit, renumbered[position])]
        lines.append(_encoded([table, {path: f"{used:x}" for path, used in group.used.items()}]))
    body = b"\n".join(lines)
    return [_MAGIC, digest_of(body).encode(), b"\n", body]


def _main(stored: Stored, sources: list[Source]) -> dict[str, Any]:
    by_kind: dict[str, list[Any]] = {kind: [] for kind in _KINDS}
    for source in sources:
        by_kind[source.kind].append(source.what)
    searches: list[Search] = by_kind["search"]
    needed = {*by_kind["file"], *by_kind["answers"]}
    files = [(path, stamp) for path, stamp in stored.files.items() if searches or path in needed]
    answers = {path: sorted(stored.answers[path]) for path in by_kind["answers"]}
    asked = sorted({number // 2 for numbers in answers.values() for number in numbers})
    renumbered = {number: place for place, number in enumerate(asked)}
    strings, numbered = _Table(), {search: number for number, search in enumerate(searches)}
    projects = dict.fromkeys((search.folder, search.deep) for search in searches)
    return {
        "files": [(strings.place(path), *(stamp or ())) for path, stamp in files],
        "folders": [(strings.place(folder), *stored.folders[folder]) for folder in by_kind["folder"]],
        "questions": [stored.questions[number] for number in asked],
        "answers": [
            (strings.place(path), [renumbered[number // 2] * 2 + number % 2 for number in numbers])
            for path, numbers in answers.items()
        ],
        "searches": [
            (one.kind, one.names, strings.place(one.folder), one.deep, strings.places(stored.searches[one]))
            for one in searches
        ],
        "listings": [
            (strings.place(folder), deep, strings.places(stored.listings[folder, deep]))
            for folder, deep in projects
        ],
        "sources": [
            (
                _KINDS.index(kind),
                numbered[what] if isinstance(what, Search) else strings.place(what),
            )
            for kind, what in sources
        ],
        "outcomes": [
            (strings.place(path), strings.place(settings), content)
            for path, (settings, content) in stored.outcomes.items()
        ],
        "strings": [*strings.of],
    }


class _Table:
    """Strings by their places."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

    def place(self, string: str) -> int:
        """The place of a string, the next one if it is new."""
        return self.of.setdefault(string, len(self.of))

    def places(self, strings: Iterable[str]) -> list[int]:
        """The places of some strings."""
        return [*map(self.place, strings)]


def _encoded(value: Any) -> bytes:
    # paths may hold bytes that are no UTF-8, as lone surrogates: ASCII can say them
    return _PLAIN.encode(value).encode("ascii")


def _to_stored(main: Any, groups: Sequence[bytes]) -> Stored:
    strings: list[str] = main["strings"]
    searches = {
        Search(kind, tuple(names), strings[folder], deep): tuple(strings[place] for place in found)
        for kind, names, folder, deep, found in main["searches"]
    }
    named: list[Sequence[str | Search]] = [strings, strings, strings, [*searches]]
    return Stored(
        {strings[place]: Stamp(*stamp) if stamp else None for place, *stamp in main["files"]},
        {strings[place]: (modified, names) for place, modified, names in main["folders"]},
        [Question(kind, tuple(names)) for kind, names in main["questions"]],
        {strings[place]: set(numbers) for place, numbers in main["answers"]},
        searches,
        {
            (strings[place], deep): tuple(strings[one] for one in files)
            for place, deep, files in main["listings"]
        },
        [Source(_KINDS[kind], named[kind][place]) for kind, place in main["sources"]],
        [],
        {strings[place]: (strings[settings], content) for place, settings, content in main["outcomes"]},
        partial(_to_groups, groups),
    )


def _to_groups(lines: Sequence[bytes]) -> list[Group]:
    return [_to_group(*json.loads(line)) for line in lines]


def _to_group(table: list[int], used: dict[str, str]) -> Group:
    return Group(dict(_pairs(table)), {path: int(bits, 16) for path, bits in used.items()})


def _pairs(flat: list[int]) -> Iterator[tuple[int, int]]:
    return zip(flat[::2], flat[1::2], strict=True)
