"""The bytes of the files of any project: kept, and quick to be searched for a word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from torchlint.files.source import SourceError
from torchlint.project.questions import encoded, files_of_project
from torchlint.project.reads import Reads

Project: TypeAlias = "tuple[str, bool]"
"""The folder of a project, and whether those below belong to it."""
_TELLING = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789jkqvwxz"
_COMMON = bytes(set(range(256)) - set(_TELLING))
_FEWEST = 2
"""How many telling letters a word needs to be looked for by them."""
_BEGINNING = 4
_MANY = 8
"""So many words that begin alike make it worth while to look for how they begin first."""
_MOST_BYTES = 64 * 1024 * 1024
"""How much of the files is kept in memory; the rest is read again for each search."""
_MOST_LETTERS = 16 * 1024 * 1024
"""How many of their telling letters are."""


class Contents:
    """`list_files` gives the files below a folder; `overlay` has contents by absolute path.

    Capitals, digits and rare letters are few and tell names of classes apart: those of each file are kept, in their
    order, and only where those of a word are among them, the file itself is searched.
    """

    def __init__(
        self, list_files: Callable[[str], Sequence[str]], overlay: Mapping[str, bytes], reads: Reads
    ) -> None:
        self._list_files = list_files
        self._overlay = overlay
        self._reads = reads
        self._kept: dict[str, bytes] = {}
        self._room = _MOST_BYTES
        self._room_for_letters = _MOST_LETTERS
        self._files: dict[Project, tuple[str, ...]] = {}
        self._telling: dict[Project, Sequence[tuple[str, bytes | None]]] = {}
        self._having: dict[Project, dict[bytes, tuple[str, ...]]] = {}

    def files(self, project: Project) -> tuple[str, ...]:
        """The files (absolute) of a project."""
        if project not in self._files:
            known = self._reads.remembered.listed(project)
            self._files[project] = files_of_project(self._list_files, *project) if known is None else known
        return self._files[project]

    def read(self, path: str) -> bytes:
        """The content of a file (absolute). Raises SourceError."""
        data = self._overlay.get(path, self._kept.get(path))
        if data is None:
            data = self._reads.read(path)
            if len(data) <= self._room:
                self._room -= len(data)
                self._kept[path] = data
        return data

    def readable(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Files with their contents, but those that cannot be read."""
        for path in paths:
            try:
                yield path, self.read(path)
            except SourceError:
                continue  # reported where it is checked

    def having(self, project: Project, names: Iterable[str]) -> Sequence[str]:
        """The files (absolute) of a project that have one of some words in them, in order."""
        words = sorted(map(encoded, names))
        found = self._having.setdefault(project, {})
        for word in _beginnings(word for word in words if word not in found):
            if word not in found:
                found[word] = tuple(self._search(project, word, found))
        if len(words) == 1:
            return found[words[0]]
        having = {path for word in words for path in found[word]}
        return [path for path in self.files(project) if path in having]

    def is_quick(self, project: Project, name: str) -> bool:
        """Whether `having` can tell which files have a word without a look at each."""
        word = encoded(name)
        return word in self._having.get(project, ()) or len(_telling(word)) >= _FEWEST

    def _search(self, project: Project, word: bytes, known: Mapping[bytes, Sequence[str]]) -> Iterator[str]:
        """The files that have a word in them; `known` are those that have others."""
        inside = (found for part, found in known.items() if part in word)
        everything = self.files(project)
        paths: Sequence[str] = min((everything, *inside), key=len)
        telling = _telling(word)
        if len(telling) >= _FEWEST and len(paths) * _MANY > len(everything):
            paths = [path for path, some in self._letters(project) if some is None or telling in some]
        return (path for path, data in self.readable(paths) if word in data)

    def _letters(self, project: Project) -> Sequence[tuple[str, bytes | None]]:
        """The files of a project with their telling letters, those aside that there is no room for."""
        if project not in self._telling:
            found: list[tuple[str, bytes | None]] = []
            for path in self.files(project):
                letters = None
                if self._room_for_letters > 0:
                    letters = b"".join(_telling(data) for _, data in self.readable((path,)))
                    self._room_for_letters -= len(letters)
                found.append((path, letters))
            self._telling[project] = found
        return self._telling[project]


def _beginnings(words: Iterable[bytes]) -> list[bytes]:
    """Words (sorted), and before those that begin alike what they begin with, if that is quicker to look for."""
    alike: dict[bytes, list[bytes]] = {}
    for word in words:
        alike.setdefault(word[:_BEGINNING], []).append(word)
    found: list[bytes] = []
    for group in alike.values():
        first, last = group[0], group[-1]
        length = next((at for at in range(len(first)) if last[at : at + 1] != first[at : at + 1]), len(first))
        if len(group) > _MANY or len(_telling(first[:length])) > _FEWEST:
            found.append(first[:length])
        found += group
    return list(dict.fromkeys(found))


def _telling(word: bytes) -> bytes:
    return word.translate(None, _COMMON)
