"""What has changed since results were kept: the sources that would not say the same again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchlint.cache.stored import Stored
from torchlint.files.source import SourceError, read_bytes
from torchlint.project.questions import Search, answer, files_of_project, matcher
from torchlint.project.reads import NO_FILE, Source, Stamp, modified_of, names_in, stamp_of


class UnlistableError(Exception):
    """The files of a project cannot be told without saying what is wrong with its configuration."""


@dataclass(frozen=True)
class _Project:
    """A project as it is now: the places of its files, those to be searched again, whether its files are the same."""

    places: dict[str, int]
    again: list[str]
    same: bool


class Changes:
    """Looks at the disk. `broken` are the sources (positions) that have changed.

    `list_files` gives the files below a folder that a run would check, and may raise UnlistableError. What is still the
    same is noted in `stored` with its new times; `noted` is whether there was any such.
    """

    def __init__(self, stored: Stored, list_files: Callable[[str], Sequence[str]]) -> None:
        self._stored = stored
        self._list_files = list_files
        self._changed: dict[str, bytes | None] = {}
        """The new contents of files; None for one that cannot be read (any more)."""
        self._new: dict[str, Stamp | None] = {}
        self.noted = False
        self._look_at_files()
        self._by_project = self._look_at_projects()
        self.broken = {
            position for position, source in enumerate(stored.sources) if self._has_changed(source)
        }
        for path, stamp in self._new.items():  # whatever is not broken holds with the new contents, too
            self._note(path, stamp)

    def _look_at_files(self) -> None:
        files = self._stored.files
        for path, stamp in files.items():
            try:
                status = os.stat(path)
            except (OSError, ValueError):
                if stamp is not None:
                    self._changed[path] = None
                continue
            if stamp is not None and stamp.is_of(status):
                continue
            data = _read(path)
            now = None if data is None else stamp_of(status, data)
            if (None if now is None else now.digest) != (None if stamp is None else stamp.digest):
                self._changed[path], self._new[path] = data, now
            elif now != stamp:
                self._note(path, now)
        for path in self._changed:
            del files[path]

    def _note(self, path: str, stamp: Stamp | None) -> None:
        self._stored.files[path] = stamp
        self.noted = True

    def _look_at_projects(self) -> dict[tuple[str, bool], _Project | None]:
        """What became of each project that was searched; None for one that has to be searched anew."""
        found: dict[tuple[str, bool], _Project | None] = {}
        for project, before in [*self._stored.listings.items()]:
            try:
                files = files_of_project(self._list_files, *project)
            except UnlistableError:
                found[project] = None
                del self._stored.listings[project]
                continue
            known = set(before)
            again = [path for path in files if path not in known or path not in self._stored.files]
            found[project] = _Project(
                {path: place for place, path in enumerate(files)}, again, files == before
            )
            if files != before:
                self._stored.listings[project] = files
                self.noted = True
        return found

    def _has_changed(self, source: Source) -> bool:
        if isinstance(source.what, Search):
            return self._finds_others(source.what)
        if source.kind == "folder":
            return self._has_others(source.what)
        if source.what in self._stored.files:
            return False
        # it has changed, or nobody knows how it was
        return source.kind == "file" or self._answers_otherwise(source.what)

    def _answers_otherwise(self, path: str) -> bool:
        data = self._changed.get(path)
        if data is None:
            return True
        questions = self._stored.questions
        return any(
            answer(questions[number // 2], data) != bool(number % 2) for number in self._stored.answers[path]
        )

    def _has_others(self, folder: str) -> bool:
        before, names = self._stored.folders[folder]
        now = modified_of(folder)
        if before and before == now:
            return False
        entries = names_in(folder)
        if any(
            (name in entries if name != NO_FILE else bool(entries)) != found for name, found in names.items()
        ):
            return True
        if before != now:
            self._stored.folders[folder] = now, names
            self.noted = True
        return False

    def _finds_others(self, search: Search) -> bool:
        project = self._by_project.get((search.folder, search.deep))
        found = self._stored.searches[search]
        if project is None or any(path not in project.places for path in found):
            return True
        places = [project.places[path] for path in found]
        if not project.same and places != sorted(places):  # what is said first may be another
            return True
        again = project.again
        if search.takes_any and found:
            again = [path for path in again if path == found[0]]
        if not again:
            return False
        matches = matcher(search.kind, search.names)
        return any(self._matches(path, matches) != (path in found) for path in again)

    def _matches(self, path: str, matches: Callable[[bytes], bool]) -> bool:
        if path not in self._changed:
            self._add(path)
        data = self._changed[path]
        return data is not None and matches(data)

    def _add(self, path: str) -> None:
        """Take in a file that was not there before."""
        data = None
        try:
            status = os.stat(path)
            data = _read(path)
        except (OSError, ValueError):
            pass
        else:
            if data is not None:
                self._new[path] = stamp_of(status, data)
        self._changed[path] = data


def _read(path: str) -> bytes | None:
    try:
        return read_bytes(Path(path))
    except SourceError:
        return None
