"""The other files of a project, searched for what they do with a class: each read once, and parsed if need be."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from torchlint.files.source import SourceError, decode, read_bytes
from torchlint.project.files import ProjectFile
from torchlint.project.from_outside import ANY, OutsideUses, outside_uses

_MARKERS = frozenset({".git", "pyproject.toml", "setup.py", "setup.cfg", "torchlint.toml", ".torchlint.toml"})
_LOOKUP = re.compile(r"(\w*)\.(\w+)\b(?!\s*\()")
_GETATTR = re.compile(r"\bgetattr\([^()]*,\s*['\"](\w+)['\"]")
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
        self._uses: dict[str, Mapping[str, OutsideUses]] = {}
        self._stored: dict[tuple[str, str], bool] = {}
        self._sets: dict[str, bool] = {}
        self._mentions: dict[tuple[tuple[str, bool], str], tuple[str, ...]] = {}
        self._called: dict[tuple[tuple[str, bool], str], bool] = {}
        self._on_names: dict[tuple[tuple[str, bool], str], Mapping[bytes, Sequence[str]]] = {}

    def mentioning(self, file: ProjectFile, word: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that have a word in them."""
        key = (self._folder(file), word)
        if key not in self._mentions:
            wanted = word.encode("utf-8", "surrogateescape")
            self._mentions[key] = tuple(path for path, data in self._all(file) if wanted in data)
        return self._mentions[key]

    def looks_up(self, path: str, name: str) -> bool:
        """Whether a file (absolute) looks up an attribute, without a call, on anything but `self` or `cls`."""
        if path not in self._looked_up:
            try:
                text = _text(path, self._read(path))
            except SourceError:
                text = ""
            found = {name for receiver, name in _LOOKUP.findall(text) if receiver not in ("self", "cls")}
            self._looked_up[path] = frozenset(found.union(_GETATTR.findall(text)))
        return name in self._looked_up[path]

    def uses(
        self, file: ProjectFile, name: str, classes: Iterable[str], bases: Iterable[str] = ()
    ) -> Iterator[tuple[str, OutsideUses]]:
        """What the files (absolute) of a file's project do to an attribute of this name, on anything but `self`.

        Names of attributes alone are often the same: only a file that speaks of one of the `classes` may mean it, or
        one that names one of their `bases` before it.
        """
        word = name.encode("utf-8", "surrogateescape")
        known = tuple(classes)
        paths = dict.fromkeys(path for one in known for path in self.mentioning(file, one))
        for base in set(bases).difference(known):
            paths.update(dict.fromkeys(self._named_on(file, base).get(word, ())))
        for path in paths:
            key = (path, name)
            if key not in self._stored:
                self._stored[key] = self._stores(path, word)
            if self._stored[key]:
                if path not in self._uses:
                    tree = file.tree if path == file.path else None
                    self._uses[path] = outside_uses(_text(path, self._read(path)), tree)
                for one in (name, ANY):
                    if one in self._uses[path]:
                        yield path, self._uses[path][one]

    def _stores(self, path: str, word: bytes) -> bool:
        """A quick look: most files never name an attribute, and of those that do, most only read it."""
        data = self._read(path)
        if path not in self._sets:
            self._sets[path] = any(one in data for one in (b"setattr", b"__dict__", b"vars("))
        looked_up = b"." + word
        if self._sets[path] or looked_up not in data:
            return self._sets[path]
        escaped = re.escape(looked_up)
        store = (
            escaped
            + (rb"(?<![^\w.]self" + escaped + rb")")
            + rb"(?!\w)\s*(?:=(?!=)|[-+*/%@&|^<>]{1,2}=|:[^=\n]*=|\[|\.|,[^\n()]*=(?!=)|\))"
        )
        return re.search(store, data) is not None

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

    def _named_on(self, file: ProjectFile, base: str) -> Mapping[bytes, Sequence[str]]:
        """The attributes that are looked up on a name (`Base.x`, `setattr(Base, "x", …)`), with their files."""
        key = (self._folder(file), base)
        if key not in self._on_names:
            named = re.compile(re.escape(base.encode("utf-8", "surrogateescape")) + rb"\s*[.,]\s*['\"]?(\w+)")
            found: dict[bytes, list[str]] = {}
            for path in self.mentioning(file, base):
                for word in set(named.findall(self._read(path))):
                    found.setdefault(word, []).append(path)
            self._on_names[key] = found
        return self._on_names[key]

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


def _text(path: str, data: bytes) -> str:
    try:
        return decode(path, data).text
    except SourceError:
        return ""
