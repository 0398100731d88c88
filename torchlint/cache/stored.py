"""The results of earlier runs, and what they come from: as one file, and in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, TypeVar

from torchlint.files.source import SourceError, read_bytes
from torchlint.project.questions import Question, Search
from torchlint.project.reads import Notes, Source, Stamp, digest_of

_Thing = TypeVar("_Thing")
_MAGIC = b"torchlint results 2 "


@dataclass
class Group:
    """Outcomes that were found together: `sources` by bits, as positions in `Stored.sources`; bits `used`, by path."""

    sources: dict[int, int]
    used: dict[str, int]
    whole: bool = True
    """Whether every source is one of an outcome that is still there."""

    def without(self, paths: Iterable[str]) -> None:
        """Drop outcomes."""
        for path in paths:
            self.whole &= self.used.pop(path, None) is None

    def tidy(self) -> None:
        """Drop the sources that no outcome comes from any more."""
        if not self.whole:
            used = reduce(or_, self.used.values(), 0)
            self.sources = {bit: position for bit, position in self.sources.items() if used >> bit & 1}
            self.whole = True


@dataclass
class Stored:
    """What is kept. `answers` are numbers: twice the position of the question in `questions`, plus one for yes.

    `outcomes` are by path, each with the settings that held and its content as plain data.
    """

    files: dict[str, Stamp | None] = field(default_factory=dict)
    folders: dict[str, tuple[int, dict[str, bool]]] = field(default_factory=dict)
    """For each folder when it was last changed, and what was looked for in it."""
    questions: list[Question] = field(default_factory=list)
    answers: dict[str, set[int]] = field(default_factory=dict)
    searches: dict[Search, tuple[str, ...]] = field(default_factory=dict)
    listings: dict[tuple[str, bool], tuple[str, ...]] = field(default_factory=dict)
    """The files of the projects that were searched."""
    sources: list[Source] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    outcomes: dict[str, tuple[str, Any]] = field(default_factory=dict)
    encoded_groups: list[bytes] = field(default_factory=list)
    """Groups as they stand in the file: they are needed only where something has changed."""

    def __post_init__(self) -> None:
        self._positions = {source: position for position, source in enumerate(self.sources)}
        self._numbers = {question: number for number, question in enumerate(self.questions)}

    def open_groups(self) -> None:
        """Decode what has been left as it stood. Raises ValueError."""
        self.groups += map(_to_group, self.encoded_groups)
        self.encoded_groups = []

    def without(self, broken: set[int]) -> None:
        """Drop what comes from any of these sources (positions)."""
        dropped: set[str] = set()
        for group in self.groups:
            bad = sum(1 << bit for bit, position in group.sources.items() if position in broken)
            lost = [path for path, used in group.used.items() if used & bad]
            group.without(lost)
            dropped.update(lost)
        for path in dropped:
            self.outcomes.pop(path, None)

    def drop(self, path: str) -> None:
        """Drop one outcome."""
        if self.outcomes.pop(path, None) is not None:
            for group in self.groups:
                group.without((path,))

    def forget(self, source: Source) -> None:
        """Drop what is known of a source that has changed; nothing is left that comes from it."""
        if source.kind == "answers":
            self.answers.pop(str(source.what), None)
        elif source.kind == "folder":
            self.folders.pop(str(source.what), None)
        elif source.kind == "search":
            assert isinstance(source.what, Search)
            self.searches.pop(source.what, None)

    def position(self, source: Source) -> int:
        """The position of a source."""
        return _place_of(source, self.sources, self._positions)

    def learn(self, notes: Notes) -> set[int]:
        """Add what a run knows of its sources. Returns the positions of those on which the two disagree."""
        broken: set[Source] = {Source(kind, path) for path in notes.unstable for kind in ("file", "answers")}
        for path, stamp in notes.files.items():
            if path in self.files and _content(self.files[path]) != _content(stamp):
                broken |= {Source("file", path), Source("answers", path)}
                broken.update(Source("search", search) for search in (*self.searches, *notes.searches))
            self.files[path] = stamp
        for path, answers in notes.answers.items():
            known = self.answers.setdefault(path, set())
            for question, yes in answers.items():
                number = self._number(question) * 2
                if number + (not yes) in known:
                    broken.add(Source("answers", path))
                known.add(number + yes)
        for folder, names in notes.folders.items():
            modified, before = self.folders.get(folder, (notes.modified[folder], {}))
            if any(before.get(name, found) != found for name, found in names.items()):
                broken.add(Source("folder", folder))
            # seen at two different times: what was looked for only once has to be looked for again
            self.folders[folder] = (
                modified if modified == notes.modified[folder] else 0,
                {**before, **names},
            )
        for project, listing in notes.listings.items():
            if self.listings.get(project, listing) != listing:
                broken.update(
                    Source("search", search)
                    for search in (*self.searches, *notes.searches)
                    if (search.folder, search.deep) == project
                )
            self.listings[project] = listing
        for search, paths in notes.searches.items():
            if self.searches.get(search, paths) != paths:
                broken.add(Source("search", search))
            self.searches[search] = paths
        return {self.position(source) for source in broken}

    def answer(self, path: str, question: Question) -> bool | None:
        """The answer to a question about a file; None where it is not known."""
        number = self._numbers.get(question)
        answers = self.answers.get(path)
        if number is None or answers is None:
            return None
        return True if number * 2 + 1 in answers else False if number * 2 in answers else None

    def told(self, path: str, kind: str, name: str) -> tuple[str, ...] | None:
        """What a question of a kind says after a name, if that is so; None where it is not known."""
        for number in self.answers.get(path, ()):
            question = self.questions[number // 2]
            if number % 2 and question.kind == kind and question.names[:1] == (name,):
                return question.names[1:]
        return None

    def found(self, search: Search) -> tuple[str, ...] | None:
        """The files that a search finds; None where it is not known."""
        return self.searches.get(search)

    def listed(self, project: tuple[str, bool]) -> tuple[str, ...] | None:
        """The files of a project; None where they are not known."""
        return self.listings.get(project)

    def _number(self, question: Question) -> int:
        return _place_of(question, self.questions, self._numbers)


def _place_of(thing: _Thing, things: list[_Thing], places: dict[_Thing, int]) -> int:
    """The place of a thing in a list, of which `places` is the inverse; a new one comes last."""
    if thing not in places:
        places[thing] = len(things)
        things.append(thing)
    return places[thing]


def _content(stamp: Stamp | None) -> str | None:
    return None if stamp is None else stamp.digest


def load(path: Path) -> Stored | None:
    """What a file holds; None where there is none, or where it is not whole, or something else."""
    try:
        head, _, body = read_bytes(path).partition(b"\n")
        if head != _MAGIC + digest_of(body).encode():
            return None
        main, *groups = body.split(b"\n")
        return _to_stored(json.loads(main), [group for group in groups if group])
    except (SourceError, ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None


def to_parts(stored: Stored) -> list[bytes]:
    """The content of the file. Only sources are kept that an outcome comes from."""
    stored.groups = [group for group in stored.groups if group.used]
    for group in stored.groups:
        group.tidy()
    positions = sorted({position for group in stored.groups for position in group.sources.values()})
    renumbered = {position: number for number, position in enumerate(positions)}
    lines = [_plain({"main": _main(stored, [stored.sources[position] for position in positions])})]
    for group in stored.groups:
        table = [part for bit, position in group.sources.items() for part in (bit, renumbered[position])]
        lines.append(_plain([table, {path: f"{used:x}" for path, used in group.used.items()}]))
    body = b"\n".join(lines)
    return [_MAGIC, digest_of(body).encode(), b"\n", body]


def _main(stored: Stored, sources: list[Source]) -> dict[str, Any]:
    by_kind: dict[str, list[Any]] = {"file": [], "answers": [], "folder": [], "search": []}
    for source in sources:
        by_kind[source.kind].append(source.what)
    needed = {*by_kind["file"], *by_kind["answers"]}
    files = {path: stamp for path, stamp in stored.files.items() if by_kind["search"] or path in needed}
    return {
        "files": files,
        "folders": {folder: stored.folders[folder] for folder in by_kind["folder"]},
        "questions": stored.questions,
        "answers": {path: sorted(stored.answers[path]) for path in by_kind["answers"]},
        "searches": [[*search, stored.searches[search]] for search in by_kind["search"]],
        "listings": [
            [*project, stored.listings[project]]
            for project in dict.fromkeys((search.folder, search.deep) for search in by_kind["search"])
        ],
        "sources": sources,
        "outcomes": stored.outcomes,
    }


def _plain(value: Any) -> bytes:
    # paths may hold bytes that are no UTF-8, as lone surrogates: ASCII can say them
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _to_stored(plain: Any, groups: list[bytes]) -> Stored:
    main = plain["main"]
    return Stored(
        {path: None if stamp is None else Stamp(*stamp) for path, stamp in main["files"].items()},
        {folder: (modified, names) for folder, (modified, names) in main["folders"].items()},
        [Question(kind, tuple(names)) for kind, names in main["questions"]],
        {path: set(answers) for path, answers in main["answers"].items()},
        {_to_search(*search): tuple(paths) for *search, paths in main["searches"]},
        {(folder, deep): tuple(paths) for folder, deep, paths in main["listings"]},
        [_to_source(kind, what) for kind, what in main["sources"]],
        [],
        {path: (settings, content) for path, (settings, content) in main["outcomes"].items()},
        groups,
    )


def _to_source(kind: str, what: Any) -> Source:
    return Source(kind, _to_search(*what) if kind == "search" else what)


def _to_search(kind: str, names: list[str], folder: str, deep: bool) -> Search:
    return Search(kind, tuple(names), folder, deep)


def _to_group(line: bytes) -> Group:
    table, used = json.loads(line)
    return Group(dict(_pairs(table)), {path: int(bits, 16) for path, bits in used.items()})


def _pairs(flat: list[int]) -> Iterator[tuple[int, int]]:
    return zip(flat[::2], flat[1::2], strict=True)
