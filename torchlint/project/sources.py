"""The other files of a project, searched for what they do with a class: each read once, and parsed if need be."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from torchlint.files.source import SourceError, decode, read_bytes
from torchlint.project.files import ProjectFile
from torchlint.project.outside_uses import COMPUTED, OutsideUses, outside_uses

_MARKERS = frozenset({".git", "pyproject.toml", "setup.py", "setup.cfg", "torchlint.toml", ".torchlint.toml"})
_LOOKUP = re.compile(r"(\w*)\.(\w+)\b(?!\s*\()")
_GETATTR = re.compile(r"\bgetattr\([^()]*,\s*['\"](\w+)['\"]")
_DEFINITION = re.compile(rb"^(?:class|(?:async[ \t]+)?def)[ \t]+(\w+)", re.MULTILINE)
_WORD = re.compile(rb"[^\W\d][\w\x80-\xff]*")
_BY_NAME = re.compile(rb"setattr\b|__dict__\b|vars\(")
_LEVELS = 6
_MOST_BYTES = 64 * 1024 * 1024
"""How much of the files is kept in memory; the rest is read again for each search."""


class ProjectSources:
    """The files of any project. `list_files` gives those below a folder.

    `overlay` has contents by absolute path, in place of those on the disk.
    """

    def __init__(self, list_files: Callable[[str], Sequence[str]], overlay: Mapping[str, bytes]) -> None:
        self._list_files = list_files
        self._overlay = overlay
        self._contents: dict[str, bytes] = {}
        self._room = _MOST_BYTES
        self._paths: dict[tuple[str, bool], tuple[str, ...]] = {}
        self._looked_up: dict[str, frozenset[str]] = {}
        self._folders: dict[str, tuple[str, bool]] = {}
        self._naming: dict[tuple[tuple[str, bool], str], tuple[str, ...]] = {}
        self._by_name: dict[str, bool] = {}
        self._uses: dict[str, Mapping[str, OutsideUses]] = {}
        self._stored: dict[tuple[tuple[str, bool], str], tuple[str, ...]] = {}
        self._mentions: dict[tuple[tuple[str, bool], str], tuple[str, ...]] = {}
        self._deriving: dict[tuple[tuple[str, bool], str], tuple[str, ...]] = {}
        self._defined: dict[str, Mapping[bytes, Sequence[str]]] = {}
        self._called: dict[tuple[tuple[str, bool], str], bool] = {}

    def mentioning(self, file: ProjectFile, word: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that have a word in them."""
        key = (self._folder(file), word)
        if key not in self._mentions:
            wanted = word.encode("utf-8", "surrogateescape")
            self._mentions[key] = tuple(path for path, data in self._all(file) if wanted in data)
        return self._mentions[key]

    def deriving(self, file: ProjectFile, name: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that may derive a class from this name, or rename it.

        A quick look, so that only these are parsed: the name stands in the head of a class, before `as`, or behind `=`.
        """
        key = (self._folder(file), name)
        if key not in self._deriving:
            word = rb"(?<!\w)" + re.escape(name.encode("utf-8", "surrogateescape")) + rb"(?!\w)"
            heading = rb"\bclass\b(?:(?!:\s*[\r\n]).){,5000}?" + word
            looks = re.compile(heading + rb"|" + word + rb"[\s\\]+as\b|=[^=\n#]*" + word, re.DOTALL)
            self._deriving[key] = tuple(
                path for path in self.mentioning(file, name) if looks.search(self._read(path))
            )
        return self._deriving[key]

    def looking_up(self, file: ProjectFile, name: str, known: Callable[[str], bool]) -> Iterator[str]:
        """The files (absolute) of the project of a file that look an attribute of this name up on something.

        Only those that are `known` to have to do with it.
        """
        key = (self._folder(file), name)
        if key not in self._naming:
            word = name.encode("utf-8", "surrogateescape")
            self._naming[key] = tuple(
                path
                for path, data in self._all(file)
                if b"." + word in data or (word in data and b"getattr" in data)
            )
        return (path for path in self._naming[key] if known(path) and name in self.looked_up(path))

    def calls_on_others(self, file: ProjectFile, method: str) -> bool:
        """Whether a file of a file's project calls a method of this name on anything but `self`."""
        key = (self._folder(file), method)
        if key not in self._called:
            word = re.escape(method.encode("utf-8", "surrogateescape"))
            called = re.compile(
                rb"\." + word + rb"(?<!self." + word + rb")(?<!super\(\)." + word + rb")\s*\("
            )
            self._called[key] = any(called.search(data) for _, data in self._all(file))
        return self._called[key]

    def looked_up_on(self, path: str, owners: Iterable[str], name: str) -> bool:
        """Whether a file (absolute) names the attribute behind one of these names: `Net.x`, `setattr(Net, "x", …)`."""
        data = self._read(path)
        behind = rb"\s*[.,]\s*['\"]?" + re.escape(name.encode("utf-8", "surrogateescape")) + rb"\b"
        encoded = [owner.encode("utf-8", "surrogateescape") for owner in owners]
        return any(owner in data and re.search(re.escape(owner) + behind, data) for owner in encoded)

    def speaks_of(self, path: str, words: Iterable[str]) -> bool:
        """Whether a file (absolute) has one of these words in it."""
        try:
            data = self._read(path)
        except SourceError:
            return False
        return _has_any(data, words)

    def defined_with(self, file: ProjectFile, names: Iterable[str]) -> set[str]:
        """The functions and classes at the top of files of a file's project whose text has one of these names in it."""
        return {
            defined
            for name in names
            for path in self.mentioning(file, name)
            for defined in self._definitions(path).get(name.encode("utf-8", "surrogateescape"), ())
        }

    def _definitions(self, path: str) -> Mapping[bytes, Sequence[str]]:
        """The functions and classes at the top of a file (absolute), by each word that stands in them."""
        if path not in self._defined:
            found: dict[bytes, list[str]] = {}
            _, *parts = _DEFINITION.split(self._read(path))
            for name, body in zip(parts[::2], parts[1::2], strict=True):
                for word in set(_WORD.findall(body)):
                    found.setdefault(word, []).append(name.decode("utf-8", "surrogateescape"))
            self._defined[path] = found
        return self._defined[path]

    def looked_up(self, path: str) -> frozenset[str]:
        """The attributes that a file (absolute) looks up, without a call, on anything but `self` or `cls`."""
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
        for path in self._storing(file, name):
            if known(path):
                if path not in self._uses:
                    mine = path == file.path
                    text = file.text if mine else _text(path, self._read(path))
                    self._uses[path] = outside_uses(text, file.tree if mine else None)
                if name in self._uses[path]:
                    yield path, self._uses[path][name]

    def _storing(self, file: ProjectFile, name: str) -> tuple[str, ...]:
        """A quick look: most files never name an attribute, and of those that do, most only read it."""
        key = (self._folder(file), name)
        if key in self._stored:
            return self._stored[key]
        word = name.encode("utf-8", "surrogateescape")
        looked_up = b"." + word
        escaped = re.escape(looked_up)
        store = re.compile(
            escaped
            + (rb"(?<![^\w.]self" + escaped + rb")")
            + rb"(?!\w)\s*(?:=(?!=)|[-+*/%@&|^<>]{1,2}=|:[^=\n]*=|\[|\.|,[^\n()]*=(?!=)|\))"
        )
        found = []
        for path, data in self._all(file):
            if path not in self._by_name:
                self._by_name[path] = _BY_NAME.search(data) is not None
            if name == COMPUTED:
                wanted = self._by_name[path]
            else:
                wanted = (self._by_name[path] and word in data) or (
                    looked_up in data and store.search(data) is not None
                )
            if wanted:
                found.append(path)
        self._stored[key] = tuple(found)
        return self._stored[key]

    def _folder(self, file: ProjectFile) -> tuple[str, bool]:
        if file.path not in self._folders:
            self._folders[file.path] = project_folder(file)
        return self._folders[file.path]

    def _all(self, file: ProjectFile) -> Iterator[tuple[str, bytes]]:
        for path in self._files(*self._folder(file)):
            try:
                yield path, self._read(path)
            except SourceError:
                continue  # reported where it is checked

    def _read(self, path: str) -> bytes:
        data = self._overlay.get(path, self._contents.get(path))
        if data is None:
            data = read_bytes(Path(path))
            if len(data) <= self._room:
                self._room -= len(data)
                self._contents[path] = data
        return data

    def _files(self, folder: str, deep: bool) -> tuple[str, ...]:
        key = (folder, deep)
        if key not in self._paths:
            found = self._list_files(folder) if deep else _beside(folder)
            self._paths[key] = tuple(os.path.abspath(path) for path in found)
        return self._paths[key]


def project_folder(file: ProjectFile) -> tuple[str, bool]:
    """The folder that the project of a file lies in, and whether its subfolders belong to it.

    The nearest folder upwards with a `.git`, `pyproject.toml` or the like; else the outermost package; for a script
    on its own, only the scripts beside it.
    """
    package = os.path.join(file.root, file.module.partition(".")[0])
    if not file.installed:
        folder = file.package
        for _ in range(_LEVELS):
            try:
                entries = frozenset(os.listdir(folder))
            except OSError:
                break
            if entries & _MARKERS:
                return folder, True
            parent = os.path.dirname(folder)
            if parent == folder:
                break
            folder = parent
    return (package, True) if os.path.isdir(package) else (file.package, False)


def _beside(folder: str) -> list[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
    return [entry.path for entry in entries if entry.name.endswith(".py") and entry.is_file()]


def _has_any(data: bytes, words: Iterable[str]) -> bool:
    """Whether any of these words stands in a text as a whole. Plain searches first: they are far quicker."""
    encoded = (word.encode("utf-8", "surrogateescape") for word in words)
    return any(
        word in data
        and re.search(re.escape(word) + rb"(?<!\w" + re.escape(word) + rb")(?!\w)", data) is not None
        for word in encoded
    )


def shown(path: str) -> str:
    """A path as a message names it."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _text(path: str, data: bytes) -> str:
    try:
        return decode(path, data).text
    except SourceError:
        return ""
