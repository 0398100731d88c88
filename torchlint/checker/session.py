"""Files checked one by one, by what they share: the rules, the configurations and what is known of the project."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from torchlint.checker.outcome import FileOutcome, Progress
from torchlint.config import enabled_codes
from torchlint.files import SourceError, SourceFile, decode, discover
from torchlint.findings import Finding
from torchlint.project.files import FileStore, ProjectFile
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.reads import Reads, Remembered
from torchlint.project.sources import ProjectSources, project_folder
from torchlint.rules import all_rules
from torchlint.rules.unused_noqa import report as report_unused
from torchlint.suppression import apply, parse, unused

if TYPE_CHECKING:
    import ast

    from torchlint.checker.propose import Draft, Proposer
    from torchlint.config import Settings, SettingsResolver
    from torchlint.project.files import KnownFacts

_DEFECT = "not checked: this is a defect of torchlint; please report it"


class ChangedError(SourceError):
    """A file that says something else than a moment ago."""


@dataclass(frozen=True, slots=True)
class ModuleClass:
    """A class of a checked file that is an `nn.Module`, as the source says.

    `name`, `bases`: it and the classes that it inherits from, each as its file (links followed) and qualified name.
    `module` is the name by which its file is imported, `project` the folder of its project (`deep`: with those below).
    """

    path: str
    class_name: str
    name: tuple[str, str]
    bases: tuple[tuple[str, str], ...]
    module: str
    project: str
    deep: bool


class Session:
    """What the files of a run share: the rules, and for each configuration a linker."""

    def __init__(
        self,
        resolver: SettingsResolver,
        *,
        sieve: bool = True,
        stamped: bool = False,
        known: KnownFacts | None = None,
        remembered: Remembered | None = None,
    ) -> None:
        """Without an overlay; what is `remembered` holds until one is shown."""
        self.resolver = resolver
        self.reads = Reads(stamped=stamped, remembered=remembered)
        self._known = known
        self.rules = all_rules()
        self.defaults = {rule.code: rule.default_on for rule in self.rules}
        self.sieve = sieve
        self.noticed: set[tuple[str, str | None, str | None]] = set()
        """The attributes of the file in work that were found, also where that is suppressed."""
        self._overlay: dict[str, bytes] = {}
        self._sources = self._find_sources()
        self._proposer: Proposer | None = None
        self._linkers: dict[tuple[tuple[str, ...], tuple[str, ...]], Linker] = {}

    def show(self, overlay: Mapping[str, bytes]) -> None:
        """Take these contents from memory from now on, and no others. The disk may have changed meanwhile."""
        self.reads.remembered = Remembered()
        if overlay == self._overlay:
            return
        self._overlay = dict(overlay)
        self._sources = self._find_sources()
        self._proposer = None
        for key, linker in self._linkers.items():
            self._linkers[key] = Linker(linker.store.with_overlay(overlay), key[1], self._sources)

    def _find_sources(self) -> ProjectSources:
        for_directory = self.resolver.for_directory
        return ProjectSources(
            lambda folder: discover([folder], for_directory).files, self._overlay, self.reads
        )

    def outcomes(
        self,
        files: Sequence[str],
        read: Callable[[str], bytes] | None = None,
        progress: Progress | None = None,
    ) -> Iterator[FileOutcome]:
        """Check files one after the other; `read` gives their contents. What goes wrong with one is its own error.

        To be run within `deep_and_uncollected`.
        """
        for done, path in enumerate(files):
            if progress is not None:
                progress(done, len(files))
            self.noticed = set()
            checked = self.reads.find(self._guarded, path, read or self._read)
            self.reads.now.clear()  # the next file is another matter
            yield replace(
                checked.value,
                noticed=frozenset(self.noticed),
                config_errors=self.resolver.errors,
                used=checked.used,
            )

    def _read(self, path: str) -> bytes:
        absolute = os.path.abspath(path)
        self.reads.file(absolute)
        return self.reads.read(absolute)

    def _guarded(self, path: str, read: Callable[[str], bytes]) -> FileOutcome:
        """What the content of a file gives, whatever goes wrong with it."""
        try:
            data = read(path)
        except SourceError as error:
            return FileOutcome(path, error=error.message)
        try:
            found = tuple(self._check_file(path, data))
        except SourceError as error:
            return FileOutcome(path, error=error.message, lasting=not isinstance(error, ChangedError))
        except (RecursionError, MemoryError):
            return FileOutcome(path, error="nested too deeply to be parsed")
        except Exception as error:  # a defect must not keep the other files from being checked
            return FileOutcome(path, error=f"{_DEFECT} ({_traced(error)})")
        return FileOutcome(path, found, data=data if found else b"")

    def _check_file(self, path: str, data: bytes) -> Sequence[Finding]:
        """The findings of one file, in order of place. Raises SourceError, RecursionError, MemoryError."""
        source = decode(path, data)
        suppressions = parse(source.text)
        if suppressions.skip_file:
            return ()
        found = self.found_in(source, data)
        if suppressions.comments:
            kept, used = apply(found, suppressions)
            enabled = enabled_codes(self.resolver.for_file(path), path, self.defaults)
            found = list(kept)
            if "TL901" in enabled:
                comments = unused(suppressions, used, enabled, self.defaults)
                superfluous = ((comment.place, comment.codes) for comment in comments)
                found += report_unused(path, superfluous, source.text)
        found.sort(key=lambda finding: (finding.place, finding.code))
        return found

    def found_in(self, source: SourceFile, data: bytes, tree: ast.Module | None = None) -> list[Finding]:
        """What the rules that are on find in a text (`data` are its bytes), whatever its comments suppress.

        Raises SourceError, RecursionError, MemoryError.
        """
        path = source.path
        settings = self.resolver.for_file(path)
        linker = self._linker(settings)
        try:
            file = linker.store.add(path, source.text, _bytes_by_line(source, data), tree)
        except SyntaxError as error:
            raise SourceError(path, _syntax_message(error, source.text)) from error
        if file.text != source.text and _unix(file.text) != _unix(
            source.text
        ):  # read before, as a base of another
            raise ChangedError(path, "was changed while it was being checked: run torchlint again")
        try:
            return self._found(linker, file, settings, path)
        finally:
            file.forget()

    def _found(self, linker: Linker, file: ProjectFile, settings: Settings, path: str) -> list[Finding]:
        drafts: dict[Finding, Draft] = {}
        if any(facts.candidate or facts.handed for facts in file.facts.classes.values()):
            from torchlint.checker.judging import (
                judge,
            )  # most of the analysis: most files have nothing to be judged

            enabled = enabled_codes(settings, path, self.defaults)
            for finding, draft in judge(linker, file, path, self.rules, sieve=self.sieve):
                self.noticed.add((path, finding.class_name, finding.attribute))
                if finding.code in enabled:
                    drafts.setdefault(finding, draft)
        return self._proposed(drafts)

    def _proposed(self, drafts: dict[Finding, Draft]) -> list[Finding]:
        """Findings with their fixes."""
        if not drafts:
            return []
        if self._proposer is None:
            from torchlint.checker.propose import Proposer  # most files have no findings

            self._proposer = Proposer(self.resolver, self._sources)
        return self._proposer.propose(list(drafts), drafts)

    def module_classes(self, path: str) -> Iterator[ModuleClass]:
        """The classes of a file that are modules."""
        from torchlint.checker.judging import is_module

        linker = self._linker(self.resolver.for_file(path))
        file = linker.store.load(os.path.abspath(path))
        if file is None or "torch" not in file.text or parse(file.text).skip_file:
            return
        for qualname in file.facts.classes:
            cls = ClassRef(file, qualname)
            if is_module(linker, cls):
                names = [(os.path.realpath(one.file.path), one.qualname) for one in linker.classes(cls)]
                folder, deep = project_folder(file)
                yield ModuleClass(path, qualname, names[0], tuple(names[1:]), file.module, folder, deep)

    def _linker(self, settings: Settings) -> Linker:
        roots = tuple(str(root) for root in settings.src)
        key = (roots, settings.module_bases)
        if key not in self._linkers:
            store = FileStore(
                roots, sieve=self.sieve, overlay=self._overlay, reads=self.reads, known=self._known
            )
            self._linkers[key] = Linker(store, settings.module_bases, self._sources)
        return self._linkers[key]


def _bytes_by_line(source: SourceFile, data: bytes) -> bytes:
    r"""The text as bytes with `\n` at the end of each line: line numbers are counted on it."""
    return _unix(source.text).encode("utf-8", "surrogateescape") if "\r" in source.text else data


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _traced(error: Exception) -> str:
    """Where in torchlint an unforeseen exception arose."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return f"{type(error).__name__}: {error}{where}"


def _syntax_message(error: SyntaxError, text: str) -> str:
    where = "" if error.lineno is None else f" on line {error.lineno}"
    message = f"syntax error{where}: {error.msg}"
    if _is_newer_python(text):
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        message += (
            f" (valid in a newer Python than {running}, which runs torchlint: use that one to check it)"
        )
    return message


def _is_newer_python(text: str) -> bool:
    """Whether libcst, which knows the syntax of every Python, can parse what the running Python cannot."""
    import libcst  # only here: no other run needs it

    try:
        libcst.parse_module(text)
    except (libcst.ParserSyntaxError, RecursionError, ValueError):
        return False
    return True
