"""What has been read from the disk, and for the sake of what: the ground on which a result may be kept between runs.

Everything that the analysis takes from outside is one of four sources: a file, an answer to a question about a file,
the names in a folder, a search through a project. Whatever is kept in memory is kept as `Kept`, with the sources that
were used to find it; whoever uses it has used these, too.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from torchlint.files.source import SourceError, read_bytes
from torchlint.project.questions import Question, Search

K = TypeVar("K")
V = TypeVar("V")

NO_FILE = ""
"""In place of the name of a file: whether there is anything in a folder."""
_EMPTY: frozenset[str] = frozenset()
COARSEST = 2_000_000_000
"""The granularity of the times that a file system keeps, in nanoseconds, at its worst (FAT)."""


class Stamp(NamedTuple):
    """A file as it was read. Times are in nanoseconds; 0 where the file was so new that it may change unnoticed.

    `changed` is the time of the last change of any kind, which nobody can set (on Windows, that of creation).
    """

    size: int
    modified: int
    changed: int
    digest: str

    def is_of(self, status: os.stat_result) -> bool:
        """Whether a file that looks like this is surely the same."""
        now = status.st_size, status.st_mtime_ns, status.st_ctime_ns
        return now == (self.size, self.modified, self.changed)


class Source(NamedTuple):
    """Something that was read. `kind` is `file`, `answers`, `folder` (with a path each) or `search`."""

    kind: str
    what: str | Search


class Remembered:
    """What earlier runs have found, as far as it still holds; None where it is not known. Here: nothing."""

    def answer(self, path: str, question: Question) -> bool | None:
        """The answer to a question about a file (absolute)."""
        return None

    def told(self, path: str, kind: str, name: str) -> tuple[str, ...] | None:
        """What comes after a name in a question of a kind that is answered by yes."""
        return None

    def found(self, search: Search) -> tuple[str, ...] | None:
        """The files (absolute) that a search finds."""
        return None

    def listed(self, project: tuple[str, bool]) -> tuple[str, ...] | None:
        """The files (absolute) of a project."""
        return None


class Used(Protocol):
    """A result that says which sources it comes from, as bits."""

    @property
    def used(self) -> int:
        """Their positions in `Reads.sources`."""


class Notes(NamedTuple):
    """What is known of the sources of some results: as `Reads` has it, and picklable. `sources` are by their bits."""

    sources: dict[int, Source]
    files: dict[str, Stamp | None]
    unstable: frozenset[str]
    answers: dict[str, dict[Question, bool]]
    folders: dict[str, dict[str, bool]]
    modified: dict[str, int]
    searches: dict[Search, tuple[str, ...]]
    listings: dict[tuple[str, bool], tuple[str, ...]]


class Kept(Generic[V]):
    """A value that is kept, and the sources that were used to find it, as bits.

    `waits` is the depth of what is still being found and has been asked for on the way here (a circle), else -1. Such a
    value depends on where the circle was entered: it is not kept for longer than that. `home` is where it is kept.
    """

    __slots__ = ("home", "used", "value", "waits")

    def __init__(self, value: V, used: int = 0, waits: int = -1) -> None:
        self.value = value
        self.used = used
        self.waits = waits
        self.home: tuple[dict[Any, Kept[Any]], Any] | None = None


class _Frame:
    """Something that is being found; `waits` as of `Kept`, `members` what waits for this here."""

    __slots__ = ("members", "waits")

    def __init__(self) -> None:
        self.members: list[Kept[Any]] = []
        self.waits = -1


class Reads:
    """All that a session has read. With `stamped`, each file is remembered as it was.

    What is `remembered` is not looked up again.
    """

    def __init__(self, *, stamped: bool = False, remembered: Remembered | None = None) -> None:
        self.stamped = stamped
        self.remembered = remembered or Remembered()
        self.files: dict[str, Stamp | None] = {}
        """The files that were read; None for one that could not be."""
        self.unstable: set[str] = set()
        """The files that were not the same each time."""
        self.answers: dict[str, dict[Question, bool]] = {}
        self.folders: dict[str, dict[str, bool]] = {}
        """Which names were looked for in a folder, and found."""
        self.modified: dict[str, int] = {}
        """When each folder was last changed, as `Stamp.modified`."""
        self.searches: dict[Search, tuple[str, ...]] = {}
        self.listings: dict[tuple[str, bool], tuple[str, ...]] = {}
        """The files of the projects that were searched, by their folder and whether those below belong to them."""
        self.sources: list[Source] = []
        """The sources; the position of one is its bit."""
        self.now: set[Kept[Any]] = set()
        """What has been used for what is being found."""
        self._listings: dict[str, frozenset[str]] = {}
        self._known: dict[Source, Kept[None]] = {}
        self._frames: list[_Frame] = []

    # -- sources ------------------------------------------------------------------------------------------------------

    def read(self, path: str) -> bytes:
        """The content of a file (absolute). Raises SourceError; that it could not be read is remembered, too."""
        if not self.stamped:
            return read_bytes(path)
        before = self.files.get(path)
        try:
            status = os.stat(path)
            data = read_bytes(path)
        except (OSError, ValueError, SourceError):
            if path in self.files and before is not None:
                self.unstable.add(path)
            self.files[path] = None
            return read_bytes(path)  # with the message for the user
        if before is None or not before.is_of(status):
            stamp = stamp_of(status, data)
            if path in self.files and (before is None or before.digest != stamp.digest):
                self.unstable.add(path)
            self.files[path] = stamp
        return data

    def of(self, kind: str, what: str | Search) -> Kept[None]:
        """A source, to be used."""
        source = Source(kind, what)
        known = self._known.get(source)
        if known is None:
            known = self._known[source] = Kept(None, 1 << len(self.sources))
            self.sources.append(source)
        return known

    def file(self, path: str) -> None:
        """All of a file (absolute) has been used."""
        self.now.add(self.of("file", path))

    def answered(self, path: str, question: Question, answer: bool) -> bool:
        """A question about a file (absolute) has been answered."""
        self.answers.setdefault(path, {})[question] = answer
        self.now.add(self.of("answers", path))
        return answer

    def has(self, folder: str, name: str) -> bool:
        """Whether a name is in a folder (or whether it is a folder with anything in it, for NO_FILE)."""
        if folder not in self._listings:
            self.modified[folder] = modified_of(folder) if self.stamped else 0
            self._listings[folder] = names_in(folder)
        entries = self._listings[folder]
        found = self.folders.setdefault(folder, {})[name] = name in entries if name else bool(entries)
        self.now.add(self.of("folder", folder))
        return found

    def searched(self, search: Search, files: tuple[str, ...], found: tuple[str, ...]) -> tuple[str, ...]:
        """The files of a project have been searched."""
        self.searches[search] = found
        self.listings[search.folder, search.deep] = files
        self.now.add(self.of("search", search))
        return found

    def notes(self, results: Iterable[Used]) -> Notes:
        """What is known of the sources of some results."""
        used = 0
        for result in results:
            used |= result.used
        bits = {bit: source for bit, source in enumerate(self.sources) if used >> bit & 1}
        by_kind: dict[str, list[Any]] = {"file": [], "answers": [], "folder": [], "search": []}
        for source in bits.values():
            by_kind[source.kind].append(source.what)
        paths = {*by_kind["file"], *by_kind["answers"]}
        if by_kind["search"]:  # every file was searched
            paths |= self.files.keys()
        return Notes(
            bits,
            {path: self.files[path] for path in paths if path in self.files},
            frozenset(self.unstable),
            {path: dict(self.answers[path]) for path in by_kind["answers"]},
            {folder: dict(self.folders[folder]) for folder in by_kind["folder"]},
            {folder: self.modified[folder] for folder in by_kind["folder"]},
            {search: self.searches[search] for search in by_kind["search"]},
            {
                (search.folder, search.deep): self.listings[search.folder, search.deep]
                for search in by_kind["search"]
            },
        )

    def unnoted(self, find: Callable[..., V], *given: Any) -> V:
        """`find(*given)`, of which the caller will say what has been used."""
        outer, self.now = self.now, set()
        try:
            return find(*given)
        finally:
            self.now = outer

    # -- what is kept --------------------------------------------------------------------------------------------------

    def recall(self, table: dict[K, Kept[V]], key: K, meanwhile: V, find: Callable[..., V], *given: Any) -> V:
        """What is kept in a table, or else `find(*given)`, kept from now on. `meanwhile` stands while it is found."""
        kept = table.get(key)
        if kept is None:
            kept = table[key] = Kept(meanwhile, 0, len(self._frames))
            kept.home = table, key
            try:
                self._find(kept, find, given)
            except BaseException:
                del table[key]
                raise
        elif kept.waits >= 0:
            self._wait(kept.waits)
        self.now.add(kept)
        return kept.value

    def use(self, kept: Kept[V]) -> V:
        """What is kept somewhere else."""
        if kept.waits >= 0:
            self._wait(kept.waits)
        self.now.add(kept)
        return kept.value

    def find(self, find: Callable[..., V], *given: Any) -> Kept[V]:
        """`find(*given)`, to be kept (unless it `waits`); it counts as used."""
        kept: Kept[Any] = Kept(None, 0, len(self._frames))
        self._find(kept, find, given)
        return kept

    def _find(self, kept: Kept[V], find: Callable[..., V], given: tuple[Any, ...]) -> None:
        depth = len(self._frames)
        frame = _Frame()
        self._frames.append(frame)
        outer, self.now = self.now, set()
        try:
            kept.value = find(*given)
        finally:
            used = 0
            for one in self.now:
                used |= one.used
            kept.used = used
            self._frames.pop()
            self.now = outer
            outer.add(kept)  # what was read counts, even if nothing came of it
            self._close(kept, frame, depth)

    def _close(self, kept: Kept[Any], frame: _Frame, depth: int) -> None:
        """What has been found in a circle has used all that anything in the circle has; only its head is kept."""
        if 0 <= frame.waits < depth:
            kept.waits = frame.waits
            below = self._frames[frame.waits]
            below.members += [kept, *frame.members]
            for one in frame.members:
                one.waits = frame.waits
            self._wait(frame.waits)
            return
        kept.waits = -1
        for one in frame.members:
            one.used |= kept.used
            one.waits = -1
            if one.home is not None and one.home[0].get(one.home[1]) is one:
                del one.home[0][one.home[1]]

    def _wait(self, depth: int) -> None:
        if self._frames and depth < len(self._frames):
            top = self._frames[-1]
            top.waits = depth if top.waits < 0 else min(top.waits, depth)


def installed_folders() -> tuple[str, ...]:
    """The folders of this interpreter that hold installed packages (not the working directory)."""
    return tuple(path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages"))


def names_in(folder: str) -> frozenset[str]:
    """The names in a folder; none where there is no such folder."""
    try:
        return frozenset(os.listdir(folder or "."))
    except (OSError, ValueError):
        return _EMPTY


def modified_of(folder: str) -> int:
    """When a folder was last changed, in nanoseconds; 0 where it is so new that it may change unnoticed."""
    try:
        return _settled(os.stat(folder or "."))
    except (OSError, ValueError):
        return 0


def _settled(status: os.stat_result) -> int:
    last = max(status.st_mtime_ns, status.st_ctime_ns)
    return status.st_mtime_ns if time.time_ns() - last > COARSEST else 0


def stamp_of(status: os.stat_result, data: bytes) -> Stamp:
    """A file as it was read: `status` is from before that."""
    return Stamp(len(data), _settled(status), status.st_ctime_ns, digest_of(data))


def digest_of(data: bytes) -> str:
    """What tells a content from every other."""
    from hashlib import blake2b  # only where results are kept between runs

    return blake2b(data, digest_size=16).hexdigest()
