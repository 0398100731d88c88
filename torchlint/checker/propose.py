"""Fixes for findings: each class with findings is looked at closely, with all of its project around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from msgspec import structs

from torchlint.findings import Finding
from torchlint.project.around.heirs import Heirs
from torchlint.project.around.surroundings import Study
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.module_state import AttributeState, Holds, Kind, Registration
from torchlint.project.sources import ProjectSources
from torchlint.rewrite import CannotRewrite, Syntax
from torchlint.rules.fixing import FixOptions, FixRequest, NoFixError, Subject

if TYPE_CHECKING:
    from torchlint.config import Settings, SettingsResolver
    from torchlint.project.files import ProjectFile
    from torchlint.rules import Rule

_MOST_LINES = 10_000
_UNFOLLOWED = "the construction of its class could not be followed closely"


Draft: TypeAlias = "tuple[Rule, Linker, ClassRef]"
"""How a finding came about: the rule, and the class whose construction was followed."""


class Proposer:
    """Makes the fixes of a run. `sources` are the files of the projects."""

    def __init__(self, resolver: SettingsResolver, sources: ProjectSources) -> None:
        self._resolver = resolver
        self._sources = sources
        self._heirs: dict[Linker, Heirs] = {}
        self._studies: dict[tuple[ClassRef, str], Study] = {}
        self._syntaxes: dict[str, Syntax] = {}

    def propose(self, findings: Sequence[Finding], drafts: dict[Finding, Draft]) -> list[Finding]:
        """The findings with their fixes, or with the reason why there is none."""
        together: dict[object, list[Finding]] = {}
        for finding in drafts:
            together.setdefault(_statement(finding), []).append(finding)
        proposed = []
        for finding in findings:
            if finding in drafts:
                peers = [other for other in together[_statement(finding)] if other.place != finding.place]
                finding = self._proposed(finding, drafts[finding], peers)
            proposed.append(finding)
        # findings come file by file: neither its tree nor its constructions are needed for the next
        self._studies.clear()
        self._syntaxes.clear()
        return proposed

    def _proposed(self, finding: Finding, draft: Draft, peers: Sequence[Finding]) -> Finding:
        rule, linker, cls = draft
        if rule.fix is None:
            return replace(finding, unfixable=rule.unfixable)
        if _length(cls) > _MOST_LINES:
            return replace(finding, unfixable="its class is too long to be looked at closely")
        study = self._study(linker, cls, finding.path)
        subjects = [self._subject(study, one) for one in (finding, *peers)]
        known = [subject for subject in subjects if subject is not None]
        if len(known) < len(subjects):
            return replace(finding, unfixable=_UNFOLLOWED)
        options = _options(self._resolver.for_file(finding.path))
        request = FixRequest(known[0], tuple(known[1:]), self._syntax(cls.file), options)
        try:
            proposal = rule.fix(request)
        except (NoFixError, CannotRewrite) as error:
            better = error.message if isinstance(error, NoFixError) else None
            return replace(finding, unfixable=error.reason, message=better or finding.message)
        message = proposal.message or finding.message
        return replace(finding, fix=proposal.fix, message=message)

    def _subject(self, study: Study, finding: Finding) -> Subject | None:
        assert finding.attribute is not None
        attribute = None if study.state is None else _attribute(study.state.attributes, finding)
        if attribute is None:
            return None
        return Subject(attribute, study.surroundings(finding.attribute), study.cls.file.path)

    def _study(self, linker: Linker, cls: ClassRef, path: str) -> Study:
        key = (cls, path)
        if key not in self._studies:
            if linker not in self._heirs:
                self._heirs[linker] = Heirs(linker, self._sources)
            self._studies[key] = Study(linker, cls, path, self._sources, self._heirs[linker])
        return self._studies[key]

    def _syntax(self, file: ProjectFile) -> Syntax:
        if file.path not in self._syntaxes:
            self._syntaxes[file.path] = Syntax(file.text, file.tree)
        return self._syntaxes[file.path]


def _length(cls: ClassRef) -> int:
    """The number of lines of the methods of a class."""
    spans = (facts.span for definitions in cls.facts.methods.values() for facts in definitions)
    return sum(span.last - span.first + 1 for span in spans)


def _statement(finding: Finding) -> object:
    """What the findings of one rule about one class in one statement share: they are fixed together."""
    return finding.path, finding.code, finding.class_name, finding.statement


def _attribute(attributes: Iterable[AttributeState], finding: Finding) -> AttributeState | None:
    """The attribute that a finding is about; of a container that later methods fill, with what they put there."""
    wanted = (finding.attribute, finding.place, Registration.PLAIN, _KINDS.get(finding.code))
    found = [one for one in attributes if (one.name, one.place, one.registration, one.kind) == wanted]
    if not found or found[0].container is None:
        return found[0] if found else None
    first = found[0]
    for other in (one for one in found[1:] if one.container == first.container):
        keys = None if first.keys is None or other.keys is None else first.keys + other.keys
        content = first.content | (other.content - {Holds.UNKNOWN})
        first = structs.replace(
            first,
            content=content,
            inner=first.inner | other.inner,
            keys=keys,
            stateless=first.stateless and other.stateless,
        )
    return first


_KINDS = {
    "TL101": Kind.TENSOR,
    "TL102": Kind.TENSOR,
    "TL104": Kind.PARAMETERS,
    "TL105": Kind.MODULES,
    "TL106": Kind.TENSOR,
}


def _options(settings: Settings) -> FixOptions:
    return FixOptions(settings.persistent, settings.buffer_style == "nn.Buffer")
