"""The other files of a project, searched for what they do with a class: each read once, and parsed if need be."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from torchlint.files.source import SourceError, decode
from torchlint.project.files import ProjectFile
from torchlint.project.outside_uses import OutsideUses, outside_uses
from torchlint.project.questions import Question, Search, answer, files_of_project, matcher
from torchlint.project.reads import Kept, Reads

_MARKERS = (".git", "pyproject.toml", "setup.py", "setup.cfg", "torchlint.toml", ".torchlint.toml")
_LOOKUP = re.compile(r"(\w*)\.(\w+)\b(?!\s*\()")
_GETATTR = re.compile(r"\bgetattr\([^()]*,\s*['\"](\w+)['\"]")
_DEFINITION = re.compile(rb"^(?:class|(?:async[ \t]+)?def)[ \t]+(\w+)", re.MULTILINE)
_WORD = re.compile(rb"[^\W\d][\w\x80-\xff]*")
_LEVELS = 6
_BEGINNING = 4
_MOST_BYTES = 64 * 1024 * 1024
"""How much of the files is kept in memory; the rest is read again for each search."""


class ProjectSources:
    """The files of any project. `list_files` gives those below a folder.

    `overlay` has contents by absolute path, in place of those on the disk. What is read is noted in `reads`.
    """

    def __init__(
        self,
        list_files: Callable[[str], Sequence[str]],
        overlay: Mapping[str, bytes],
        reads: Reads | None = None,
    ) -> None:
        self.reads = Reads() if reads is None else reads
        self._list_files = list_files
        self._overlay = overlay
        self._contents: dict[str, bytes] = {}
        self._room = _MOST_BYTES
        self._paths: dict[tuple[str, bool], tuple[str, ...]] = {}
        self._texts: dict[tuple[str, bool], list[tuple[str, bytes]]] = {}
        self._beginning_with: dict[tuple[tuple[str, bool], bytes], list[str]] = {}
        self._found: dict[Search, tuple[str, ...]] = {}
        self._looked_up: dict[str, frozenset[str]] = {}
        self._folders: dict[str, Kept[tuple[str, bool]]] = {}
        self._uses: dict[str, Mapping[str, OutsideUses]] = {}
        self._defined: dict[str, Mapping[bytes, Sequence[str]]] = {}

    def mentioning(self, file: ProjectFile, word: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that have a word in them."""
        return self._search("mentioning", file, word)

    def building(self, file: ProjectFile, name: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that call something of this name."""
        return self._search("building", file, name)

    def deriving(self, file: ProjectFile, name: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that may derive a class from this name, or rename it.

        A quick look, so that only these are parsed.
        """
        return self._search("deriving", file, name)

    def looking_up(self, file: ProjectFile, name: str, known: Callable[[str], bool]) -> Iterator[str]:
        """The files (absolute) of the project of a file that look an attribute of this name up on something.

        Only those that are `known` to have to do with it.
        """
        naming = self._search("naming", file, name)
        return (path for path in naming if known(path) and name in self.looked_up(path))

    def calls_on_others(self, file: ProjectFile, method: str) -> bool:
        """Whether a file of a file's project calls a method of this name on anything but `self`."""
        return bool(self._search("calling", file, method))

    def looked_up_on(self, path: str, owners: Iterable[str], name: str) -> bool:
        """Whether a file (absolute) names the attribute behind one of these names: `Net.x`, `setattr(Net, "x", …)`."""
        return self._answer(path, Question("looks_up", (name, *sorted(owners))))

    def speaks_of(self, path: str, words: Iterable[str]) -> bool:
        """Whether a file (absolute) has one of these words in it."""
        return self._answer(path, Question("speaks", tuple(sorted(words))))

    def defined_with(self, file: ProjectFile, names: Iterable[str]) -> set[str]:
        """The functions and classes at the top of files of a file's project whose text has one of these names in it."""
        return {
            defined
            for name in names
            for path in self.mentioning(file, name)
            for defined in self._definitions(path).get(name.encode("utf-8", "surrogatepass"), ())
        }

    def _definitions(self, path: str) -> Mapping[bytes, Sequence[str]]:
        """The functions and classes at the top of a file (absolute), by each word that stands in them."""
        self.reads.file(path)
        if path not in self._defined:
            found: dict[bytes, list[str]] = {}
            _, *parts = _DEFINITION.split(self._read(path))
            for name, body in zip(parts[::2], parts[1::2], strict=True):
                for word in set(_WORD.findall(body)):
                    found.setdefault(word, []).append(name.decode("utf-8", "replace"))
            self._defined[path] = found
        return self._defined[path]

    def looked_up(self, path: str) -> frozenset[str]:
        """The attributes that a file (absolute) looks up, without a call, on anything but `self` or `cls`."""
        self.reads.file(path)
        if path not in self._looked_up:
            try:
                text = _text(path, self._read(path))
            except SourceError:
                text = ""
            found = {name for receiver, name in _LOOKUP.findall(text) if receiver not in ("self", "cls")}
            self._looked_up[path] = frozenset(found.union(_GETATTR.findall(text)))
        return self._looked_up[path]

    def uses(
        self, file: ProjectFile, name: str, known: Callable[[str], bool]
    ) -> Iterator[tuple[str, OutsideUses]]:
        """What the files (absolute) of a file's project do to an attribute of this name, on anything but `self`.

        COMPUTED as name asks for attributes whose names are computed. Only files are parsed that are `known` to have
        to do with it.
        """
        for path in self._search("storing", file, name):
            if known(path):
                self.reads.file(path)
                if path not in self._uses:
                    mine = path == file.path
                    text = file.text if mine else _text(path, self._read(path))
                    self._uses[path] = outside_uses(text, file.tree if mine else None)
                if name in self._uses[path]:
                    yield path, self._uses[path][name]

    def _search(self, kind: str, file: ProjectFile, name: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that a search finds; only the first, if any will do."""
        search = Search(kind, name, *self._folder(file))
        if search not in self._found:
            matches = matcher(kind, name)
            found = (path for path, data in self._among(search) if matches(data))
            first = next(found, None) if search.takes_any else None
            self._found[search] = tuple(found) if first is None else (first,)
        files = self.files(search.folder, search.deep)
        return self.reads.searched(search, files, self._found[search])

    def _answer(self, path: str, question: Question) -> bool:
        try:
            found = answer(question, self._read(path))
        except SourceError:
            found = False
        return self.reads.answered(path, question, found)

    def _folder(self, file: ProjectFile) -> tuple[str, bool]:
        return self.reads.recall(
            self._folders, file.path, (file.package, False), project_folder, file, self.reads
        )

    def _among(self, search: Search) -> Iterable[tuple[str, bytes]]:
        """The files to be searched, with their contents.

        The classes of a model have names that begin alike, and most files have none of them: those that do are noted.
        """
        whole = search.folder, search.deep
        if search.kind not in ("mentioning", "deriving") or len(search.name) <= _BEGINNING:
            return self._all(whole)
        beginning = search.name[:_BEGINNING].encode("utf-8", "surrogatepass")
        key = whole, beginning
        if key not in self._beginning_with:
            self._beginning_with[key] = [path for path, data in self._all(whole) if beginning in data]
        return self._readable(self._beginning_with[key])

    def _all(self, folder: tuple[str, bool]) -> Iterable[tuple[str, bytes]]:
        """All files of a project, with their contents; kept as a list if they are kept at all."""
        if folder not in self._texts:
            found = list(self._readable(self.files(*folder)))
            if self._room <= 0:
                return found
            self._texts[folder] = found
        return self._texts[folder]

    def _readable(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for path in paths:
            try:
                yield path, self._read(path)
            except SourceError:
                continue  # reported where it is checked

    def _read(self, path: str) -> bytes:
        data = self._overlay.get(path, self._contents.get(path))
        if data is None:
            data = self.reads.read(path)
            if len(data) <= self._room:
                self._room -= len(data)
                self._contents[path] = data
        return data

    def files(self, folder: str, deep: bool) -> tuple[str, ...]:
        """The files (absolute) of a project."""
        key = (folder, deep)
        if key not in self._paths:
            self._paths[key] = files_of_project(self._list_files, folder, deep)
        return self._paths[key]


def project_folder(file: ProjectFile, reads: Reads | None = None) -> tuple[str, bool]:
    """The folder that the project of a file lies in, and whether its subfolders belong to it.

    The nearest folder upwards with a `.git`, `pyproject.toml` or the like; else the outermost package; for a script
    on its own, only the scripts beside it.
    """
    reads = Reads() if reads is None else reads
    package = os.path.join(file.root, file.module.partition(".")[0])
    if not file.installed:
        folder = file.package
        for _ in range(_LEVELS):
            if any(reads.has(folder, marker) for marker in _MARKERS):
                return folder, True
            parent = os.path.dirname(folder)
            if parent == folder:
                break
            folder = parent
    in_package = "." in file.module or os.path.basename(file.path) == "__init__.py"
    return (package, True) if in_package else (file.package, False)


def shown(path: str) -> str:
    """A path as a message names it."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _text(path: str, data: bytes) -> str:
    try:
        return decode(path, data).text
    except SourceError:
        return ""
