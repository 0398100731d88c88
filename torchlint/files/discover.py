"""Which files to check: arguments and directories to an ordered list of paths."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import NamedTuple, Protocol

from torchlint.files.patterns import Patterns, compile_patterns
from torchlint.files.source import SourceError, describe_os_error, read_bytes
from torchlint.findings import FileError

DEFAULT_EXCLUDE: tuple[str, ...] = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".torchlint_cache",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)


class ExcludeSettings(Protocol):
    """What discovery needs of the settings: exclude patterns and the directories they are relative to."""

    @property
    def root(self) -> Path:
        """What `extend_exclude` is relative to."""

    @property
    def exclude(self) -> tuple[str, ...] | None:
        """Patterns in place of the default ones."""

    @property
    def extend_exclude(self) -> tuple[str, ...]:
        """Patterns beside those."""

    @property
    def exclude_root(self) -> Path | None:
        """What `exclude` is relative to, if not to `root`."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """The files to check, as displayed, each once; and the paths that could not be looked at."""

    files: tuple[str, ...]
    errors: tuple[FileError, ...]


def discover(
    paths: Sequence[str], settings: Callable[[Path], ExcludeSettings], *, force_exclude: bool = False
) -> Discovered:
    """Find the files to check: each file given, and the `*.py` files below each directory given.

    `settings` gives the settings that hold in a directory (an absolute path). Paths that were given are taken
    even if excluded or ignored by git, unless `force_exclude` and an exclude pattern matches them or a
    directory above them. Problems with a path are returned as errors; only what `settings` raises is raised.
    """
    walk = _Walk(settings)
    for given in paths:
        walk.take(given, force_exclude)
    walk.follow_links()
    return Discovered(tuple(walk.files), tuple(walk.errors))


# Named tuples here: start-up counts, and a dataclass takes a millisecond to define.
class _Ignore(NamedTuple):
    """The patterns of one place: a .gitignore, or the exclude list of a configuration."""

    patterns: Patterns
    base: str  # absolute, with forward slashes and one at the end

    def decide(self, name: str, path: str, is_directory: bool) -> bool | None:
        below = path[len(self.base) :] if path.startswith(self.base) else None
        return self.patterns.decide(name, below, is_directory)


class _Directory(NamedTuple):
    shown: str  # "" for the current directory
    absolute: str  # with forward slashes and one at the end
    ignores: tuple[_Ignore, ...]  # the .gitignore files above, the nearest last


class _Walk:
    """The state of one call of `discover`."""

    def __init__(self, settings: Callable[[Path], ExcludeSettings]) -> None:
        self.settings = settings
        self.files: list[str] = []
        self.errors: list[FileError] = []
        # A file is known by its real directory and its name: hard links are other files.
        self.seen_files: set[tuple[int, int, str]] = set()
        self.seen_directories: set[tuple[int, int]] = set()
        self.links: list[_Directory] = []
        self.excludes: dict[tuple[object, ...], tuple[_Ignore, ...]] = {}

    def take(self, given: str, force_exclude: bool) -> None:
        """Take one argument: a file as it is, a directory with all below."""
        if not given:  # to pathlib, this would be the current directory
            self.errors.append(FileError("''", "is not a path"))
            return
        shown = str(PurePath(given))  # "./a.py" becomes "a.py"; ".." stays, since links may lead elsewhere
        absolute = os.path.abspath(shown)
        try:
            mode = os.stat(shown).st_mode
            is_directory = stat.S_ISDIR(mode)
            if force_exclude and self.is_excluded(absolute, is_directory):
                return
            if is_directory:
                self.walk(
                    _Directory("" if shown == "." else shown, _slashed(absolute), _ignores_above(absolute))
                )
            elif shown.endswith(".ipynb"):  # JSON that happens to parse as Python would pass for clean
                self.errors.append(FileError(shown, "is a notebook, and only Python files are checked"))
            elif stat.S_ISREG(mode):
                parent = os.stat(os.path.dirname(shown) or ".")
                self.add_file((parent.st_dev, parent.st_ino), os.path.basename(shown), shown)
            else:
                self.errors.append(FileError(shown, "is not a regular file"))
        except (OSError, ValueError) as error:
            broken = isinstance(error, FileNotFoundError) and os.path.islink(shown)
            message = "is a broken symbolic link" if broken else describe_os_error(error)
            self.errors.append(FileError(shown, message))

    def follow_links(self) -> None:
        """Walk the linked directories that were met; last, so that files keep their own path if they can."""
        while self.links:
            self.walk(self.links.pop(0))

    def add_file(self, directory: tuple[int, int], name: str, shown: str) -> None:
        if (*directory, name) not in self.seen_files:
            self.seen_files.add((*directory, name))
            self.files.append(shown)

    def walk(self, start: _Directory) -> None:
        pending = [start]
        while pending:  # no recursion: directories may be nested deeper than Python's stack
            pending.extend(reversed(self.visit(pending.pop())))

    def visit(self, directory: _Directory) -> list[_Directory]:
        """Take the files of one directory and return its subdirectories, in order of name."""
        shown = directory.shown or "."
        try:
            status = os.stat(shown)
            identity = (status.st_dev, status.st_ino)
            if identity in self.seen_directories:
                return []
            self.seen_directories.add(identity)
            with os.scandir(shown) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.errors.append(FileError(shown, describe_os_error(error)))
            return []
        excludes = self.excludes_of(Path(directory.absolute))
        ignores = self.with_own_ignore(directory, entries)
        subdirectories: list[_Directory] = []
        for entry in entries:
            name = entry.name
            path = directory.absolute + name
            try:
                if entry.is_dir():
                    is_link = entry.is_symlink()
                    # To git, a link is never a directory.
                    if (
                        name == ".git"
                        or _decide(excludes, name, path, True)
                        or _decide(ignores, name, path, not is_link)
                    ):
                        continue
                    child = _Directory(os.path.join(directory.shown, name), f"{path}/", ignores)
                    (self.links if is_link else subdirectories).append(child)
                elif name.endswith(".py"):
                    if _decide(excludes, name, path, False) or _decide(ignores, name, path, False):
                        continue
                    file = os.path.join(directory.shown, name)
                    if entry.is_file():
                        self.add_file(identity, name, file)
                    # Emacs locks a file by a broken link ".#name.py". Pipes and devices are no source code.
                    elif not entry.is_symlink() or name.startswith(".#"):
                        continue
                    elif _is_broken_link(file):
                        self.errors.append(FileError(file, "is a broken symbolic link"))
            except OSError as error:
                if name.endswith(".py"):
                    self.errors.append(
                        FileError(os.path.join(directory.shown, name), describe_os_error(error))
                    )
        return subdirectories

    def with_own_ignore(self, directory: _Directory, entries: list[os.DirEntry[str]]) -> tuple[_Ignore, ...]:
        names = {entry.name for entry in entries}
        # A repository inside another one is not subject to the outer one's rules.
        ignores = () if ".git" in names else directory.ignores
        if ".gitignore" not in names:
            return ignores
        try:
            own = _read_ignore(directory.absolute)
        except SourceError as error:
            shown = os.path.join(directory.shown, ".gitignore")
            self.errors.append(FileError(shown, error.message))
            return ignores
        return ignores if own is None else (*ignores, own)

    def is_excluded(self, absolute: str, is_directory: bool) -> bool:
        """Whether an exclude pattern matches the path, or a directory between it and the patterns' root."""
        excludes = self.excludes_of(Path(absolute).parent)
        bases = {ignore.base for ignore in excludes}
        path = absolute.replace(os.sep, "/")
        while True:
            if _decide(excludes, path.rpartition("/")[2], path, is_directory):
                return True
            path, is_directory = path.rpartition("/")[0], True
            if not any(f"{path}/".startswith(base) and f"{path}/" != base for base in bases):
                return False

    def excludes_of(self, directory: Path) -> tuple[_Ignore, ...]:
        settings = self.settings(directory)
        main = DEFAULT_EXCLUDE if settings.exclude is None else settings.exclude
        main_root = settings.exclude_root or settings.root
        key = (main, main_root, settings.extend_exclude, settings.root)
        if key not in self.excludes:
            lists = ((main, main_root), (settings.extend_exclude, settings.root))
            self.excludes[key] = tuple(
                _Ignore(compile_patterns(lines), _slashed(os.path.abspath(root)))
                for lines, root in lists
                if lines
            )
        return self.excludes[key]


def _decide(ignores: tuple[_Ignore, ...], name: str, path: str, is_directory: bool) -> bool:
    for ignore in reversed(ignores):
        decision = ignore.decide(name, path, is_directory)
        if decision is not None:
            return decision
    return False


def _ignores_above(absolute: str) -> tuple[_Ignore, ...]:
    """The .gitignore files above a directory, up to the root of its repository; none outside of one."""
    above = list(_parents_in_repository(absolute))
    found = []
    for parent in reversed(above):
        try:
            found.append(_read_ignore(_slashed(parent)))
        except SourceError:  # a directory that was not asked about: git, too, goes on without it
            continue
    return tuple(ignore for ignore in found if ignore is not None)


def _parents_in_repository(absolute: str) -> Iterator[str]:
    parents: list[str] = []
    current = absolute
    while not os.path.lexists(os.path.join(current, ".git")):
        above = os.path.dirname(current)
        if above == current:
            return
        parents.append(above)
        current = above
    yield from parents


def _read_ignore(directory: str) -> _Ignore | None:
    path = Path(directory, ".gitignore")
    if not path.is_file():  # may be a directory, too
        return None
    text = os.fsdecode(read_bytes(path)).removeprefix("\ufeff")
    return _Ignore(compile_patterns(text.split("\n")), directory)


def _slashed(absolute: str) -> str:
    return absolute.replace(os.sep, "/").rstrip("/") + "/"


def _is_broken_link(path: str) -> bool:
    return os.path.islink(path) and not os.path.exists(path)
