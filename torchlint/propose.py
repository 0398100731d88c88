"""Fixes for findings: each class with findings is looked at closely, with all of its project around it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from torchlint.files import SourceError, decode, discover, read_bytes
from torchlint.findings import Finding
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.module_state import AttributeState, Kind, Registration
from torchlint.project.surroundings import ProjectText, Study
from torchlint.rewrite import Syntax
from torchlint.rules.fixing import FixOptions, FixRequest, Subject

if TYPE_CHECKING:
    from torchlint.config import Settings, SettingsResolver
    from torchlint.project.files import ProjectFile
    from torchlint.rules import Rule

_MARKERS = frozenset({".git", "pyproject.toml", "setup.py", "setup.cfg", "torchlint.toml", ".torchlint.toml"})
_LEVELS = 6
_MOST_BYTES = 64 * 1024 * 1024
"""How much of the project's files is kept in memory; beyond that they are read again for each class."""
_UNFOLLOWED = "the construction of its class could not be followed closely"


@dataclass(frozen=True, slots=True)
class Draft:
    """How a finding came about: the rule, and the class whose construction was followed."""

    rule: Rule
    linker: Linker
    cls: ClassRef


class Proposer:
    """Makes the fixes of a run. `overlay` has contents by absolute path, in place of those on the disk."""

    def __init__(self, resolver: SettingsResolver, overlay: Mapping[str, bytes]) -> None:
        self._resolver = resolver
        self._overlay = overlay
        self._contents: dict[str, bytes] = {}
        self._room = _MOST_BYTES
        self._studies: dict[tuple[ClassRef, str], Study] = {}
        self._syntaxes: dict[str, Syntax] = {}
        self._paths: dict[tuple[str, bool], tuple[str, ...]] = {}
        self._mentions: dict[tuple[str, frozenset[str]], list[ProjectText]] = {}

    def propose(self, findings: Sequence[Finding], drafts: dict[Finding, Draft]) -> list[Finding]:
        """The findings with their fixes, or with the reason why there is none."""
        return [
            self._proposed(finding, drafts[finding], _peers(finding, findings, drafts))
            if finding in drafts
            else finding
            for finding in findings
        ]

    def _proposed(self, finding: Finding, draft: Draft, peers: Sequence[Finding]) -> Finding:
        if draft.rule.fix is None:
            return replace(finding, unfixable=draft.rule.unfixable)
        study = self._study(draft, finding.path)
        subjects = [self._subject(study, one) for one in (finding, *peers)]
        known = [subject for subject in subjects if subject is not None]
        if len(known) < len(subjects):
            return replace(finding, unfixable=_UNFOLLOWED)
        options = _options(self._resolver.for_file(finding.path))
        request = FixRequest(known[0], tuple(known[1:]), self._syntax(draft.cls.file), options)
        proposal = draft.rule.fix(request)
        message = proposal.message or finding.message
        return replace(finding, fix=proposal.fix, unfixable=proposal.unfixable, message=message)

    def _subject(self, study: Study, finding: Finding) -> Subject | None:
        assert finding.attribute is not None
        attribute = None if study.state is None else _attribute(study.state.attributes, finding)
        if attribute is None:
            return None
        return Subject(attribute, study.surroundings(finding.attribute), study.cls.file.path)

    def _study(self, draft: Draft, path: str) -> Study:
        key = (draft.cls, path)
        if key not in self._studies:
            self._studies[key] = Study(draft.linker, draft.cls, path, self._mentioning)
        return self._studies[key]

    def _syntax(self, file: ProjectFile) -> Syntax:
        if file.path not in self._syntaxes:
            self._syntaxes[file.path] = Syntax(file.text)
        return self._syntaxes[file.path]

    # -- the files of a project ------------------------------------------------------------------------------------

    def _mentioning(self, cls: ClassRef, words: frozenset[str]) -> Iterable[ProjectText]:
        folder, deep = project_folder(cls.file)
        key = (folder, words)
        if key not in self._mentions:
            self._mentions[key] = list(self._search(folder, deep, words))
        return self._mentions[key]

    def _search(self, folder: str, deep: bool, words: frozenset[str]) -> Iterator[ProjectText]:
        wanted = [word.encode("utf-8", "surrogateescape") for word in words]
        for path in self._files(folder, deep):
            try:
                data = self._read(path)
                if any(word in data for word in wanted):
                    yield ProjectText(_shown(path), path, decode(path, data).text)
            except SourceError:
                continue  # reported where it is checked

    def _read(self, path: str) -> bytes:
        data = self._overlay.get(path) or self._contents.get(path)
        if data is None:
            data = read_bytes(Path(path))
            if len(data) <= self._room:
                self._room -= len(data)
                self._contents[path] = data
        return data

    def _files(self, folder: str, deep: bool) -> tuple[str, ...]:
        key = (folder, deep)
        if key not in self._paths:
            if deep:
                found = discover([folder], self._resolver.for_directory).files
            else:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
                found = tuple(
                    entry.path for entry in entries if entry.name.endswith(".py") and entry.is_file()
                )
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


def _peers(finding: Finding, findings: Sequence[Finding], drafts: dict[Finding, Draft]) -> list[Finding]:
    """The other findings of one rule about one class in one statement: they are fixed together."""
    return [
        other
        for other in findings
        if other is not finding
        and other in drafts
        and (other.path, other.code, other.class_name, other.statement)
        == (finding.path, finding.code, finding.class_name, finding.statement)
        and other.place != finding.place
    ]


def _attribute(attributes: Iterable[AttributeState], finding: Finding) -> AttributeState | None:
    """The attribute that a finding is about; a tensor before a container of tensors."""
    found = [
        one
        for one in attributes
        if one.name == finding.attribute
        and one.place == finding.place
        and one.registration is Registration.PLAIN
        and one.kind is not Kind.OTHER
    ]
    return (
        next((one for one in found if one.kind in _KINDS[finding.code]), None)
        if finding.code in _KINDS
        else None
    )


_KINDS = {
    "TL101": (Kind.TENSOR,),
    "TL102": (Kind.TENSOR,),
    "TL104": (Kind.PARAMETERS,),
    "TL105": (Kind.MODULES,),
    "TL106": (Kind.TENSOR,),
}


def _options(settings: Settings) -> FixOptions:
    return FixOptions(settings.persistent, settings.buffer_style == "nn.Buffer")


def _shown(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
