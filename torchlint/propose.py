"""Fixes for findings: each class with findings is looked at closely, with all of its project around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from torchlint.files import discover
from torchlint.findings import Finding
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.module_state import AttributeState, Kind, Registration
from torchlint.project.sources import ProjectSources
from torchlint.project.surroundings import Study
from torchlint.rewrite import Syntax
from torchlint.rules.fixing import FixOptions, FixRequest, Subject

if TYPE_CHECKING:
    from torchlint.config import Settings, SettingsResolver
    from torchlint.project.files import ProjectFile
    from torchlint.rules import Rule

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
        self._sources = ProjectSources(
            lambda folder: discover([folder], resolver.for_directory).files, overlay
        )
        self._studies: dict[tuple[ClassRef, str], Study] = {}
        self._syntaxes: dict[str, Syntax] = {}

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
            self._studies[key] = Study(draft.linker, draft.cls, path, self._sources)
        return self._studies[key]

    def _syntax(self, file: ProjectFile) -> Syntax:
        if file.path not in self._syntaxes:
            self._syntaxes[file.path] = Syntax(file.text)
        return self._syntaxes[file.path]


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
