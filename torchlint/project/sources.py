"""The other files of a project, searched for what they do with a class: each read once, and parsed if need be."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from torchlint.files.source import SourceError, decode
from torchlint.project.contents import Contents, Project
from torchlint.project.files import ProjectFile
from torchlint.project.outside_uses import OutsideUses, outside_uses
from torchlint.project.questions import Question, Search, answer, encoded, matcher, owned, owns
from torchlint.project.reads import Kept, Reads

_MARKERS = (".git", "pyproject.toml", "setup.py", "setup.cfg", "torchlint.toml", ".torchlint.toml")
_GETATTR = re.compile(r"getattr\((?<!\wgetattr\()[^()]*,\s*['\"](\w+)['\"]")
_OWN = re.compile(r"(?<![\w.])(?:self|cls)\Z")
_DEFINITION = re.compile(rb"^(?:class|(?:async[ \t]+)?def)[ \t]+(\w+)", re.MULTILINE)
_WORD = re.compile(rb"[^\W\d][\w\x80-\xff]*")
_CUT_WORD = re.compile(rb"[^\W\d][\w\x80-\xff]*\Z")
_LONGEST_WORD = 200
_FEW = 16
"""For so many words, a file is looked through one by one."""
_LEVELS = 6


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
        self._contents = Contents(list_files, overlay, self.reads)
        self._found: dict[Search, tuple[str, ...]] = {}
        self._answers: dict[tuple[str, Question], bool] = {}
        self._owned: dict[tuple[Project, str], dict[str, frozenset[bytes]]] = {}
        self._decoded: dict[str, str] = {}
        self._looked_up: dict[tuple[str, str], bool] = {}
        self._folders: dict[str, Kept[tuple[str, bool]]] = {}
        self._uses: dict[str, Mapping[str, OutsideUses]] = {}
        self._asked: dict[str, int] = {}
        self._words: dict[str, dict[bytes, list[str]]] = {}
        """The functions and classes at the top of files that are asked for many words, by each word in them."""
        self._defined: dict[str, Sequence[tuple[str, bytes]]] = {}
        """The functions and classes at the top of each file, by name and what follows that."""

    def mentioning(self, file: ProjectFile, word: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that have a word in them."""
        return self._search("mentioning", file, (word,))

    def speaking(self, file: ProjectFile, words: Iterable[str]) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that have one of these words in them, as a whole."""
        return self._search("speaking", file, tuple(sorted(words)))

    def building(self, file: ProjectFile, name: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that call something of this name."""
        return self._search("building", file, (name,))

    def deriving(self, file: ProjectFile, name: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that may derive a class from this name, or rename it.

        A quick look, so that only these are parsed.
        """
        return self._search("deriving", file, (name,))

    def owning(self, file: ProjectFile, owners: Iterable[str], name: str) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that may name an attribute of one of these classes on it.

        Those that define one of them, and those that are `looked_up_on`.
        """
        return self._search("owning", file, (name, *sorted(owners)))

    def calls_on_others(self, file: ProjectFile, method: str) -> bool:
        """Whether a file of a file's project calls a method of this name on anything but `self`."""
        return bool(self._search("calling", file, (method,)))

    def looking_up(self, paths: Iterable[str], name: str) -> Iterator[str]:
        """Which of some files (absolute) look an attribute of this name up on something."""
        naming = Question("names", (name,))
        return (path for path in paths if self._answer(path, naming) and self._looks_up(path, name))

    def looked_up_on(self, path: str, owners: Iterable[str], name: str) -> bool:
        """Whether a file (absolute) names the attribute behind one of these names: `Net.x`, `setattr(Net, "x", …)`."""
        return self._answer(path, Question("looks_up", (name, *sorted(owners))))

    def defined_with(self, file: ProjectFile, names: Iterable[str]) -> set[str]:
        """The functions and classes at the top of files of a file's project whose text has one of these names in it."""
        names = [*names]
        self._contents.having(self._folder(file), names)  # quicker than one after the other
        return {
            defined
            for name in names
            for path in self.mentioning(file, name)
            for defined in self._definitions(path, encoded(name))
        }

    def _definitions(self, path: str, word: bytes) -> Iterable[str]:
        """The functions and classes at the top of a file (absolute) in which a word stands."""
        self.reads.file(path)
        if path not in self._defined:
            _, *parts = _DEFINITION.split(self._contents.read(path))
            self._defined[path] = [
                (name.decode("utf-8", "replace"), body)
                for name, body in zip(parts[::2], parts[1::2], strict=True)
            ]
        self._asked[path] = self._asked.get(path, 0) + 1
        if self._asked[path] <= _FEW:
            return [name for name, body in self._defined[path] if _stands_in(word, body)]
        if path not in self._words:
            words = self._words[path] = {}
            for name, body in self._defined[path]:
                for one in set(_WORD.findall(body)):
                    words.setdefault(one, []).append(name)
        return self._words[path].get(word, ())

    def _looks_up(self, path: str, name: str) -> bool:
        """Whether a file (absolute) looks an attribute up, without a call, on anything but `self` or `cls`."""
        self.reads.file(path)
        if path not in self._decoded:
            try:
                self._decoded[path] = _text(path, self._contents.read(path))
            except SourceError:
                self._decoded[path] = ""
        if (path, name) not in self._looked_up:
            self._looked_up[path, name] = looks_up(self._decoded[path], name)
        return self._looked_up[path, name]

    def uses(self, file: ProjectFile, paths: Iterable[str], name: str) -> Iterator[tuple[str, OutsideUses]]:
        """What some files (absolute) do to an attribute of this name, on anything but `self`; `file` may be among them.

        COMPUTED as name asks for attributes whose names are computed.
        """
        storing = Question("stores", (name,))
        for path in paths:
            if self._answer(path, storing):
                self.reads.file(path)
                if path not in self._uses:
                    mine = path == file.path
                    text = file.text if mine else _text(path, self._contents.read(path))
                    self._uses[path] = outside_uses(text, file.tree if mine else None)
                if name in self._uses[path]:
                    yield path, self._uses[path][name]

    def _search(self, kind: str, file: ProjectFile, names: tuple[str, ...]) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that a search finds; only the first, if any will do."""
        project = self._folder(file)
        search = Search(kind, names, *project)
        if search not in self._found:
            found = self._matching(search, project)
            self._found[search] = (*islice(found, 1),) if search.takes_any else (*found,)
        return self.reads.searched(search, self._contents.files(project), self._found[search])

    def _matching(self, search: Search, project: Project) -> Iterable[str]:
        contents = self._contents
        if search.kind == "speaking":
            return self._speaking(project, search.names)
        if search.takes_any:  # it may end soon
            candidates: Sequence[str] = contents.files(project)
        else:
            candidates = contents.having(project, search.words)
        if search.kind == "mentioning":
            return candidates
        if search.kind == "owning":
            # `matcher` says the same, but would look through a file for each attribute
            attribute, *owners = search.names
            owning = {path for one in owners for path in self._owning(project, one, attribute)}
            return (path for path in candidates if path in owning)
        matches = matcher(search.kind, search.names)
        return (path for path, data in contents.readable(candidates) if matches(data))

    def _speaking(self, project: Project, names: Sequence[str]) -> Iterable[str]:
        """What `matcher` finds, with a look at as few files as may be."""
        contents = self._contents
        quick = [name for name in names if contents.is_quick(project, name)]
        contents.having(project, quick)  # quicker than one after the other
        found: set[str] = set()
        for name in quick:
            matches = matcher("speaking", (name,))
            others = (path for path in contents.having(project, (name,)) if path not in found)
            found.update([path for path, data in contents.readable(others) if matches(data)])
        slow = tuple(name for name in names if name not in quick)
        if slow:
            matches = matcher("speaking", slow)
            others = (path for path in contents.files(project) if path not in found)
            found.update([path for path, data in contents.readable(others) if matches(data)])
        return (path for path in contents.files(project) if path in found)

    def _owning(self, project: Project, owner: str, attribute: str) -> Iterator[str]:
        """The files that may name an attribute behind the name of a class, or define that."""
        if (project, owner) not in self._owned:
            files = self._contents.readable(self._contents.having(project, (owner,)))
            self._owned[project, owner] = {
                path: words for path, data in files if (words := owned(data, owner))
            }
        return (path for path, words in self._owned[project, owner].items() if owns(words, attribute))

    def _answer(self, path: str, question: Question) -> bool:
        if (path, question) not in self._answers:
            try:
                self._answers[path, question] = answer(question, self._contents.read(path))
            except SourceError:
                self._answers[path, question] = False
        return self.reads.answered(path, question, self._answers[path, question])

    def _folder(self, file: ProjectFile) -> Project:
        return self.reads.recall(
            self._folders, file.path, (file.package, False), project_folder, file, self.reads
        )


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


def _stands_in(word: bytes, text: bytes) -> bool:
    """Whether a word is one of those that `_WORD` finds in a text."""
    if word not in text or not _WORD.fullmatch(word):
        return False
    for match in re.finditer(re.escape(word) + rb"(?![\w\x80-\xff])", text):
        if not _CUT_WORD.search(text, max(0, match.start() - _LONGEST_WORD), match.start()):
            return True
    return False


def looks_up(text: str, name: str) -> bool:
    """Whether a text looks an attribute up, without a call, on anything but `self` or `cls`."""
    if name not in text or not re.fullmatch(r"\w+", name):
        return False
    for match in re.finditer(rf"\.{name}\b(?!\s*\()", text):  # begins with plain text: a quick search
        if not _OWN.search(text[max(0, match.start() - 6) : match.start()]):
            return True
    return "getattr" in text and name in _GETATTR.findall(text)


def shown(path: str) -> str:
    """A path as a message names it."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _text(path: str, data: bytes) -> str:
    try:
        return decode(path, data).text
    except SourceError:
        return ""
