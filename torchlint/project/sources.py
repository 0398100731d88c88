"""The other files of a project, searched for what they do with a class: each read once, and parsed if need be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice

from torchlint.files.source import SourceError
from torchlint.project.contents import Contents, Project
from torchlint.project.files import ProjectFile
from torchlint.project.outside_uses import OutsideUses, from_spelled, outside_uses, spelled
from torchlint.project.questions import (
    Question,
    Search,
    answer,
    encoded,
    looks_up,
    matcher,
    owned,
    owns,
    text_of,
    tops,
    tops_with,
    words_in,
)
from torchlint.project.reads import Kept, Reads

_MARKERS = (".git", "pyproject.toml", "setup.py", "setup.cfg", "torchlint.toml", ".torchlint.toml")
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
        self._texts: dict[str, str] = {}
        self._folders: dict[str, Kept[tuple[str, bool]]] = {}
        self._uses: dict[str, Mapping[str, OutsideUses]] = {}
        self._told_uses: dict[tuple[str, str], OutsideUses | None] = {}
        self._tops: dict[tuple[str, str], tuple[str, ...]] = {}
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
            for defined in self._definitions(path, name)
        }

    def _definitions(self, path: str, name: str) -> Iterable[str]:
        """The functions and classes at the top of a file (absolute) in which a name stands."""
        if (path, name) not in self._tops:
            told = self.reads.remembered.told(path, "tops", name)
            self._tops[path, name] = self._look_for(path, encoded(name)) if told is None else told
        self.reads.answered(path, Question("tops", (name, *self._tops[path, name])), True)
        return self._tops[path, name]

    def _look_for(self, path: str, word: bytes) -> tuple[str, ...]:
        """What `questions.tops_with` gives, quick for many words."""
        if path not in self._defined:
            self._defined[path] = tops(self._contents.read(path))
        self._asked[path] = self._asked.get(path, 0) + 1
        if self._asked[path] <= _FEW:
            return tops_with(word, self._defined[path])
        if path not in self._words:
            words = self._words[path] = {}
            for name, body in self._defined[path]:
                for one in words_in(body):
                    words.setdefault(one, []).append(name)
        return tuple(self._words[path].get(word, ()))

    def _looks_up(self, path: str, name: str) -> bool:
        """Whether a file (absolute) looks an attribute up, without a call, on anything but `self` or `cls`."""
        return self._answer(path, Question("reads", (name,)), lambda: looks_up(self._text(path), name))

    def _text(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = text_of(self._contents.read(path))
        return self._texts[path]

    def uses(self, file: ProjectFile, paths: Iterable[str], name: str) -> Iterator[tuple[str, OutsideUses]]:
        """What some files (absolute) do to an attribute of this name, on anything but `self`; `file` may be among them.

        COMPUTED as name asks for attributes whose names are computed.
        """
        storing = Question("stores", (name,))
        for path in paths:
            if self._answer(path, storing):
                uses = self._uses_in(path, name, file if path == file.path else None)
                if uses is not None:
                    yield path, uses

    def _uses_in(self, path: str, name: str, mine: ProjectFile | None) -> OutsideUses | None:
        """What a file (absolute; it may be the one in work) does to an attribute of this name."""
        if mine is not None:
            self.reads.file(path)
            if path not in self._uses:
                self._uses[path] = outside_uses(mine.text, mine.tree)
            return self._uses[path].get(name)
        if (path, name) not in self._told_uses:
            self._told_uses[path, name] = self._find_uses(path, name)
        uses = self._told_uses[path, name]
        self.reads.answered(path, Question("uses", (name, *spelled(uses))), True)
        return uses

    def _find_uses(self, path: str, name: str) -> OutsideUses | None:
        told = self.reads.remembered.told(path, "uses", name)
        with suppress(ValueError):  # not what we have written
            if told is not None:
                return from_spelled(told)
        if path not in self._uses:
            self._uses[path] = outside_uses(self._text(path))
        return self._uses[path].get(name)

    def _search(self, kind: str, file: ProjectFile, names: tuple[str, ...]) -> tuple[str, ...]:
        """The files (absolute) of the project of a file that a search finds; only the first, if any will do."""
        project = self._folder(file)
        search = Search(kind, names, *project)
        if search not in self._found:
            known = self.reads.remembered.found(search)
            if known is None:
                found = self._matching(search, project)
                known = (*islice(found, 1),) if search.takes_any else (*found,)
            self._found[search] = known
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

    def _answer(self, path: str, question: Question, look: Callable[[], bool] | None = None) -> bool:
        """The answer to a question about a file (absolute); `look` finds it in a quicker way."""
        if (path, question) not in self._answers:
            found = self.reads.remembered.answer(path, question)
            if found is None:
                try:
                    found = look() if look else answer(question, self._contents.read(path))
                except SourceError:
                    found = False
            self._answers[path, question] = found
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


def shown(path: str) -> str:
    """A path as a message names it."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
