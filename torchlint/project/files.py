"""The files of the project and of the installed packages: found by import name, read and indexed once, on demand."""

from __future__ import annotations

import ast
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Protocol

from torchlint.facts import ir
from torchlint.facts.index import Method, parse
from torchlint.facts.lower import lower_definition, lower_function, lower_statement
from torchlint.facts.model import FileFacts, FunctionFacts, Span
from torchlint.files.source import SourceError, decode, split_lines
from torchlint.project.questions import Question, answer, star_lines
from torchlint.project.reads import NO_FILE, Kept, Reads, installed_folders

_MOST_BYTES = 32 * 1024 * 1024
"""How much of the files that are not parsed is kept in memory."""
_STANDARD = sys.stdlib_module_names
_MOST_TREES = 64
"""Of how many files that were read for the sake of others the syntax trees of methods are kept."""


@dataclass(eq=False)
class ProjectFile:
    """A file and its facts. Compared by identity: the store holds each file once."""

    path: str
    """Absolute."""
    facts: FileFacts
    _text: str | bytes
    """As bytes (UTF-8) when put away: a text with a character beyond Latin-1 takes two to four times as much."""
    module: str
    """The dotted name, counted from `root`."""
    installed: bool
    """Whether it belongs to an installed package, not to the project."""
    root: str
    """The folder that imports of this file start from: the parent of its outermost package."""
    methods: dict[tuple[str, int], Method] = field(default_factory=dict)
    """Syntax trees of methods that are likely to be asked for, by `FunctionFacts.key`, until the file is checked."""
    tree: ast.Module | None = None
    """The syntax tree, until the file is checked; none for a file that is read for the sake of another."""
    _functions: dict[tuple[str, int], ir.Function | None] = field(default_factory=dict)
    _statements: dict[Span, ir.Block] = field(default_factory=dict)

    class_bodies: dict[int, frozenset[str]] | None = None
    """The names that each class body binds, by the line of the class; kept by who asked for them."""

    @property
    def text(self) -> str:
        """All of it."""
        return self._text if isinstance(self._text, str) else self._text.decode("utf-8", "surrogatepass")

    @cached_property
    def lines(self) -> Sequence[str]:
        """The text by lines, as Python counts them."""
        return split_lines(self.text)

    @cached_property
    def star_lines(self) -> tuple[str, ...]:
        """The lines of its star imports."""
        return star_lines(self.text.encode("utf-8", "surrogatepass")) if self.facts.stars else ()

    @cached_property
    def class_lines(self) -> Sequence[int]:
        """The lines on which its classes begin, in order."""
        return sorted(facts.line for facts in self.facts.classes.values())

    @cached_property
    def inner_names(self) -> frozenset[str]:
        """The names of classes and imports that stand in a class or function."""
        classes = (facts.name for name, facts in self.facts.classes.items() if "." in name)
        imports = (name for names in self.facts.local_imports.values() for name in names)
        return frozenset((*classes, *imports))

    @cached_property
    def definitions(self) -> Sequence[tuple[Span, str, FunctionFacts | None]]:
        """Its functions, methods and assignments to variables, in order, each with the class that it stands in."""
        names = self.facts.names.values()
        spans = {one.assigned for definitions in names for one in definitions if one.assigned}
        found: list[tuple[Span, str, FunctionFacts | None]] = [(span, "", None) for span in spans]
        found += [(facts.span, "", facts) for facts in self.facts.functions.values()]
        for qualname, cls in self.facts.classes.items():
            found += [(methods[-1].span, qualname, methods[-1]) for methods in cls.methods.values()]
        return sorted(found, key=lambda one: one[0])

    @cached_property
    def ends(self) -> Sequence[int]:
        """Where each of its lines ends, in characters from the beginning."""
        return list(accumulate(map(len, self.lines)))

    @cached_property
    def makes_no_tensors(self) -> bool:
        """Whether it is code of an installed package that never names torch: not worth following."""
        return self.installed and "torch" not in self.text

    @property
    def package(self) -> str:
        """The folder that relative imports start from."""
        return os.path.dirname(self.path)

    def forget(self) -> None:
        """Drop what can be made again from the text: the file itself has been checked."""
        self.put_away()
        self.tree = None
        self._functions.clear()
        self._statements.clear()

    def put_away(self) -> None:
        """Take less room: the file will not be needed for a while."""
        for kept in ("lines", "ends", "definitions"):
            self.__dict__.pop(kept, None)
        self.methods.clear()
        if isinstance(self._text, str) and not self._text.isascii():
            self._text = self._text.encode("utf-8", "surrogatepass")

    def source(self, span: Span) -> str:
        """The text of a definition."""
        return "".join(self.lines[span.first - 1 : span.last])

    def function(self, facts: FunctionFacts) -> ir.Function | None:
        """The body of a function, lowered at the first request. None if it cannot be."""
        key = facts.key
        if key not in self._functions:
            tree = self.methods.pop(key, None)
            try:
                self._functions[key] = (
                    lower_function(self.lines, facts.span, facts.qualname)
                    if tree is None
                    else lower_definition(self.lines, tree, facts.qualname)
                )
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._functions[key] = None
        return self._functions[key]

    def statement(self, span: Span) -> ir.Block:
        """A module-level statement, lowered at the first request."""
        if span not in self._statements:
            try:
                self._statements[span] = lower_statement(self.lines, span)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._statements[span] = ()
        return self._statements[span]


class KnownFacts(Protocol):
    """Facts that are kept from one run to the next, by the content of the file."""

    def get(self, path: str, data: bytes) -> FileFacts | None:
        """The facts of a file with this content; None where they are not known."""

    def put(self, data: bytes, facts: FileFacts) -> None:
        """Keep the facts of a content."""


class FileStore:
    """Reads, indexes and remembers files.

    `roots` are the configured import roots; `search_path` the folders of installed packages (default: this
    interpreter's). `sieve=False` makes every class a candidate. `overlay` has the contents of files, by absolute
    path, that are not to be read from the disk. What is read is noted in `reads`. Files that are read for the sake of
    others are not parsed where `known` has their facts.
    """

    def __init__(
        self,
        roots: Sequence[str] = (),
        search_path: Sequence[str] | None = None,
        *,
        sieve: bool = True,
        overlay: Mapping[str, bytes] | None = None,
        reads: Reads | None = None,
        known: KnownFacts | None = None,
    ) -> None:
        self.known = known
        self.reads = Reads() if reads is None else reads
        self.roots = tuple(os.path.abspath(root) for root in roots)
        self.search_path = installed_folders() if search_path is None else tuple(search_path)
        self.sieve = sieve
        self.overlay = {} if overlay is None else dict(overlay)
        self._files: dict[str, ProjectFile | None] = {}
        self._package_roots: dict[str, Kept[str]] = {}
        self._found: dict[tuple[str, str], Kept[str | None]] = {}
        self._looked_at: dict[str, bytes] = {}
        self._room = _MOST_BYTES
        self._with_trees: deque[ProjectFile] = deque()

    def with_overlay(self, overlay: Mapping[str, bytes]) -> FileStore:
        """A store with other contents in memory. It keeps what is known of the files that stay the same."""
        store = FileStore(
            self.roots,
            self.search_path,
            sieve=self.sieve,
            overlay=overlay,
            reads=self.reads,
            known=self.known,
        )
        paths = {*self.overlay, *overlay}
        changed = {path for path in paths if self.overlay.get(path) != overlay.get(path)}
        store._files = {path: file for path, file in self._files.items() if path not in changed}
        store._package_roots, store._found = self._package_roots, self._found
        return store

    def add(
        self, path: str, text: str, data: bytes, tree: ast.Module | None = None, *, keep: bool = True
    ) -> ProjectFile:
        """Index a file whose text is at hand, and maybe its tree. Raises what `index` raises.

        The tree is kept, if it is to be, until `ProjectFile.forget`.
        """
        path = os.path.abspath(path)
        self.reads.file(path)
        if (known := self._files.get(path)) is not None:
            return known
        facts, methods, tree, lines = parse(path, text, data, sieve=self.sieve, tree=tree)
        file = self._take(path, text, facts, methods, tree if keep else None)
        if lines is not None:
            file.__dict__["lines"] = lines
        return file

    def _take(
        self,
        path: str,
        text: str,
        facts: FileFacts,
        methods: dict[tuple[str, int], Method] | None = None,
        tree: ast.Module | None = None,
    ) -> ProjectFile:
        root = self.package_root(os.path.dirname(path))
        module = os.path.splitext(os.path.relpath(path, root))[0].replace(os.sep, ".")
        installed = root in self.search_path
        file = ProjectFile(
            path, facts, text, module.removesuffix(".__init__"), installed, root, methods or {}, tree
        )
        self._files[path] = file
        self._room += len(self._looked_at.pop(path, b""))
        return file

    def load(self, path: str) -> ProjectFile | None:
        """The file at an absolute path; None if it can't be read or is no Python."""
        self.reads.file(path)
        if path not in self._files:
            self._files[path] = None  # stands while it is being read
            try:
                data = self.overlay[path] if path in self.overlay else self.reads.read(path)
                source = decode(path, data)
                self._files.pop(path)
                return self._load(path, source.text, data)
            except (SourceError, SyntaxError, ValueError, RecursionError, MemoryError):
                self._files[path] = None
        return self._files[path]

    def _load(self, path: str, text: str, data: bytes) -> ProjectFile:
        facts = None if self.known is None else self.known.get(path, data)
        if facts is not None:
            return self._take(path, text, facts)
        file = self.add(path, text, data, keep=False)
        if self.known is not None:
            self.known.put(data, file.facts)
        self._with_trees.append(file)
        if len(self._with_trees) > _MOST_TREES:
            self._with_trees.popleft().put_away()
        return file

    def may_define(self, path: str, name: str) -> bool:
        """Whether the file at an absolute path may define or star-import a name: a quick look at what is not parsed.

        A package may star-import all that it has, and parsing that for one name takes seconds.
        """
        if path in self._files or path in self.overlay or not name.isascii():
            return True
        question = Question("defines", (name,))
        known = self.reads.remembered.answer(path, question)
        if known is None:
            if path not in self._looked_at:
                try:
                    data = self.reads.read(path)
                except SourceError:
                    return True
                self._room -= len(data)
                if self._room < 0:
                    return True
                self._looked_at[path] = data
            known = answer(question, self._looked_at[path])
        return self.reads.answered(path, question, known)

    def load_for_star(self, path: str, name: str) -> tuple[ProjectFile | None, Callable[[bool], None]]:
        """The file at an absolute path, asked for a name by a star import; and what is to be told if that is found.

        A package that only hands on the names of others is asked for a great many: what comes of it, if that is
        nothing, depends on its star imports alone, unless a literal `__all__` says what they hand on.
        """
        file = self.reads.unnoted(self.load, path)
        lines = () if file is None else file.star_lines
        hands_on = (
            file is not None
            and path not in self.overlay
            and (file.facts.exports is None or not lines)
            and name.isascii()
            and name not in file.text
            and all(line.lstrip().startswith("from ") for line in lines)
        )

        def tell(found: bool) -> None:
            if found or not hands_on:
                self.reads.file(path)
            else:
                self.reads.answered(path, Question("mentions", (name,)), False)
                self.reads.answered(path, Question("stars", lines), True)

        self.package_root(os.path.dirname(path))
        return file, tell

    def package_root(self, folder: str) -> str:
        """The first folder upwards that is no package (has no `__init__.py`)."""
        return self.reads.recall(self._package_roots, folder, folder, self._package_root, folder)

    def _package_root(self, folder: str) -> str:
        parent = os.path.dirname(folder)
        inside = parent != folder and self.reads.has(folder, "__init__.py")
        return self.package_root(parent) if inside else folder

    def find(self, dotted: str, origin: ProjectFile) -> str | None:
        """The path of a module by its absolute dotted name, as `origin` would import it. A folder for a namespace."""
        found = self.reads.recall(self._found, (dotted, origin.root), None, self._find, dotted, origin)
        if found is None and origin.package != origin.root and dotted.partition(".")[0] not in _STANDARD:
            # a script that lies in a package imports what lies beside it
            beside = self._below(origin.package, dotted.split("."))
            return beside if beside is not None and beside.endswith(".py") else None
        return found

    def _find(self, dotted: str, origin: ProjectFile) -> str | None:
        parts = dotted.split(".")
        if parts[0] in _STANDARD:  # nothing there makes a tensor
            return None
        return self._first(lambda root: self._below(root, parts), origin)

    def find_relative(self, origin: ProjectFile, level: int, module: str) -> str | None:
        """The path of the module of a relative import with `level` dots."""
        folder = origin.package
        for _ in range(level - 1):
            folder = os.path.dirname(folder)
        return self._below(folder, module.split(".")) if module else self._below(folder, [])

    def submodule(self, path: str, name: str) -> str | None:
        """The path of the submodule `name` of the package at `path` (its `__init__.py`, or a namespace's folder)."""
        if os.path.basename(path) == "__init__.py":
            path = os.path.dirname(path)
        elif path.endswith(".py"):
            return None
        return self._below(path, [name])

    def _first(self, find: Callable[[str], str | None], origin: ProjectFile) -> str | None:
        namespace = None
        for root in self._search_roots(origin):
            found = find(root)
            if found is not None and found.endswith(".py"):
                return found
            namespace = namespace or found
        return namespace

    def _search_roots(self, origin: ProjectFile) -> list[str]:
        """Where imports of a file are looked for: its package root, configured roots, folders above, packages."""
        above: list[str] = []
        folder = origin.root
        while (parent := os.path.dirname(folder)) != folder and len(above) < 4:
            if any(self.reads.has(folder, marker) for marker in (".git", "pyproject.toml", "setup.py")):
                above.append(os.path.join(folder, "src"))
                break
            above.append(parent)
            folder = parent
        cwd = os.getcwd()
        return [origin.root, *self.roots, *above, cwd, os.path.join(cwd, "src"), *self.search_path]

    def _below(self, folder: str, parts: Sequence[str]) -> str | None:
        for part in parts[:-1]:
            if not self.reads.has(folder, part):
                return None
            folder = os.path.join(folder, part)
        if parts:
            package = os.path.join(folder, parts[-1])
            if self.reads.has(folder, parts[-1]) and self.reads.has(package, NO_FILE):
                return (
                    os.path.join(package, "__init__.py")
                    if self.reads.has(package, "__init__.py")
                    else package
                )
            return f"{package}.py" if self.reads.has(folder, f"{parts[-1]}.py") else None
        return os.path.join(folder, "__init__.py") if self.reads.has(folder, "__init__.py") else folder
