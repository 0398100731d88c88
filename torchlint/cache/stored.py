"""The results of earlier runs, and what they come from, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from torchlint.project.questions import Question, Search
from torchlint.project.reads import Notes, Remembered, Source, Stamp

_Thing = TypeVar("_Thing")


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
class Stored(Remembered):
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
    closed: Callable[[], list[Group]] | None = None
    """Gives groups that are not in `groups` yet: they are needed only where something has changed."""

    def __post_init__(self) -> None:
        self._positions = {source: position for position, source in enumerate(self.sources)}
        self._numbers = {question: number for number, question in enumerate(self.questions)}

    def open_groups(self) -> None:
        """Take in what has been left as it stood. Raises ValueError."""
        closed, self.closed = self.closed, None
        self.groups += [] if closed is None else closed()

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
