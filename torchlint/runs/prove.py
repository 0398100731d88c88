"""The whole of a run that fixes and proves: each class with a fix is built as it was and as it is to be.

Nothing is written before that: the fixed texts are laid over the files in the processes that build the classes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from torchlint.findings import Finding, Proof
from torchlint.fixes.applicability import applies
from torchlint.fixes.engine import fix as fix_in_memory
from torchlint.fixes.model import Fixed, Undone
from torchlint.runs.check import Run
from torchlint.runs.fix import FixReport, carried_out
from torchlint.runs.options import DEFAULTS, RunOptions
from torchlint.runs.verify import (
    VerifyOptions,
    by_python,
    class_name,
    class_requests,
    look_at_all,
    part_of,
    with_verdicts,
    with_warnings,
    without_torch,
)
from torchlint.runtime.process import RuntimeFailure, Servers
from torchlint.runtime.proof import Comparison, Concerned, compare, snapshots
from torchlint.runtime.verification import ClassName, ClassRequest, Look, Looks

if TYPE_CHECKING:
    from torchlint.checker.outcome import Progress
    from torchlint.config import SettingsResolver

_NO_TORCH = "there is no torch to prove it with"
_REFUTED = "torch shows that there is nothing to fix"
_LATER = "it was only found after another fix"
_NOT_RUN = "no module that was built ran its assignment"

_Key: TypeAlias = tuple[str, str, "str | None", "str | None"]


def fix_and_prove(
    paths: Sequence[str],
    resolver: SettingsResolver,
    options: VerifyOptions,
    run_options: RunOptions = DEFAULTS,
    *,
    verifying: Progress | None = None,
    remaining: bool = True,
) -> FixReport:
    """Fix files and directories. Each fix is proved or unproven; a file with a disproved one stays as it is.

    Nothing is fixed where the interpreter is not there or has no torch: that is an error of the report.

    `verifying` is called with the number of classes done and their total. Without `remaining` the findings that remain
    get no verdicts.
    """
    run = Run(paths, resolver, run_options)
    with Servers() as servers:
        return _fixed_and_proved(run, resolver, options, servers, verifying, remaining)


def _fixed_and_proved(
    run: Run,
    resolver: SettingsResolver,
    options: VerifyOptions,
    servers: Servers,
    verifying: Progress | None,
    remaining: bool,
) -> FixReport:
    findings = run.check(run.files, {}).findings
    requests = class_requests(run, findings, resolver, options)
    looks = look_at_all(requests, options, servers, verifying)
    judged = with_verdicts(run, findings, looks)
    prover = _Prover(requests, {_key(finding): finding for finding in judged}, looks, options, servers)
    unwanted = {_key(finding): _NO_TORCH for finding in judged if _lacks_torch(finding, looks)}
    unwanted.update((_key(finding), _REFUTED) for finding in judged if finding.refuted)
    # a comment that excuses what only the live modules show must not go; nor may its neighbours, whose lines may move
    comments = Counter(finding.path for finding in findings if finding.class_name is None)
    comments.subtract(
        finding.path for finding in judged if finding.class_name is None and finding in findings
    )
    disproved: dict[str, list[Undone]] = {}

    def wanted(finding: Finding) -> bool:
        return (
            applies(finding, resolver.for_file(finding.path))
            and _key(finding) not in unwanted
            and not (finding.class_name is None and comments[finding.path])
            and os.path.realpath(finding.path) not in disproved
        )

    while True:
        outcome = fix_in_memory(run.files, run.check, wanted)
        fixed, wrong = prover.prove(outcome, verifying)
        if not wrong:
            break
        disproved.update(wrong)
    undone = [one for some in disproved.values() for one in some]
    reasons = {**unwanted, **{_key(one.finding): one.reason for one in undone}}
    left = [_left(finding, reasons.get(_key(finding))) for finding in outcome.findings]
    outcome = replace(
        outcome,
        findings=tuple(left),
        fixed=tuple(fixed),
        undone=(*outcome.undone, *undone),
        errors=(*outcome.errors, *without_torch(looks)),
    )
    done = carried_out(run, outcome, write=True)
    done = replace(done, report=with_warnings(run, done.report, resolver))
    if not remaining:
        return done
    left = list(done.report.findings)
    # the files are others now
    if done.changes:
        looks = look_at_all(class_requests(run, left, resolver, options), options, servers, verifying)
    left = with_verdicts(run, left, looks)
    return replace(done, report=replace(done.report, findings=tuple(left)))


@dataclass(frozen=True, slots=True)
class _Prover:
    """The classes of a run as they were, and what was found in them by key."""

    requests: Sequence[tuple[str | None, ClassRequest]]
    judged: Mapping[_Key, Finding]
    looks: Mapping[ClassName, Looks]
    options: VerifyOptions
    servers: Servers

    def prove(
        self, outcome: Fixed, progress: Progress | None
    ) -> tuple[list[Finding], dict[str, list[Undone]]]:
        """The fixed findings with their proofs; else, of each file with a disproved fix, what is to be taken back."""
        fixed = {_key(finding): finding for finding in outcome.fixed}
        # as it was found first: where it stood in the file that the look is at
        asked = {
            replace(self.judged[key], fix=finding.fix): class_name(finding)
            for key, finding in fixed.items()
            if finding.class_name is not None and key in self.judged
        }
        compared = self._compared(outcome, asked, progress)
        wrong = _disproved(compared, asked)
        if wrong:
            return [], _taken_back(wrong, outcome.fixed)
        # what is about a comment has none
        proofs = {
            key: Proof("unproven", _LATER) for key, finding in fixed.items() if finding.class_name is not None
        }
        proofs.update((_key(finding), _proof(finding, cls, compared)) for finding, cls in asked.items())
        return [replace(finding, proof=proofs.get(_key(finding))) for finding in outcome.fixed], {}

    def _compared(self, outcome: Fixed, asked: Concerned, progress: Progress | None) -> list[_Compared]:
        """All looks at modules in which there is a class with a fix, and what the fixes make of these modules."""
        concerned = set(asked.values())
        buildings = [
            (python, (request, look))
            for python, request in self.requests
            if not isinstance(looks := self.looks[request.name], RuntimeFailure)
            for look in looks
            if not concerned.isdisjoint(_classes(look))
        ]
        before = {os.path.realpath(change.path): change.before for change in outcome.changes}
        after = {os.path.realpath(change.path): change.after for change in outcome.changes}
        compared: list[_Compared] = []
        for python, batch in by_python(buildings).items():
            tell = part_of(progress, len(compared), len(buildings))
            found = snapshots(
                batch,
                before,
                after,
                self.servers,
                python=python,
                limits=self.options.limits,
                progress=tell,
            )
            for (request, look), taken in zip(batch, found, strict=True):
                result = taken if isinstance(taken, RuntimeFailure) else compare(look, asked, taken)
                compared.append(_Compared(request.name, look, result))
        return compared


@dataclass(frozen=True, slots=True)
class _Compared:
    """A look at an instance of a class, and what the fixes make of it."""

    cls: ClassName
    look: Look
    result: Comparison | RuntimeFailure


def _classes(look: Look) -> set[ClassName]:
    return {one for classes in look.classes.values() for one in classes}


def _disproved(compared: Sequence[_Compared], asked: Concerned) -> dict[Finding, str]:
    """The findings whose fixes are disproved, and by what.

    What shows in a module that has none itself comes of those in its parts; it is looked at when nothing else is wrong.
    """
    wrong: dict[Finding, str] = {}
    parts: dict[Finding, str] = {}
    for one in compared:
        if isinstance(one.result, RuntimeFailure):
            continue
        reason = one.result.disproves
        if reason is not None:
            own = [finding for finding, cls in asked.items() if cls == one.cls]
            wrong.update((finding, reason) for finding in own)
            touched = _classes(one.look)
            parts.update((finding, reason) for finding, cls in asked.items() if not own and cls in touched)
            continue
        for finding in one.result.registered:
            misplaced = one.result.misplaced(finding)
            if misplaced is not None:
                wrong[finding] = misplaced
    return wrong or parts


def _taken_back(wrong: Mapping[Finding, str], fixed: Sequence[Finding]) -> dict[str, list[Undone]]:
    """All fixes of the files in which one is disproved, by file (links followed)."""
    reasons = {_key(finding): f"torch disproves its fix: {reason}" for finding, reason in wrong.items()}
    causes = {os.path.realpath(finding.path): finding for finding in wrong}
    undone: dict[str, list[Undone]] = {}
    for finding in fixed:
        path = os.path.realpath(finding.path)
        if path in causes:
            other = f"torch disproves the fix of `{causes[path].attribute}` in the same file"
            undone.setdefault(path, []).append(Undone(finding, reasons.get(_key(finding), other)))
    return undone


def _proof(finding: Finding, cls: ClassName, compared: Sequence[_Compared]) -> Proof:
    unshown = []
    for one in compared:
        if isinstance(one.result, RuntimeFailure):
            if cls in _classes(one.look):
                unshown.append(one.result.message)
        elif finding in one.result.registered:
            if one.result.unshown is None:
                return Proof("proved", one.result.shows(finding))
            unshown.append(one.result.unshown)
    verdict = finding.verdict
    if verdict is not None and verdict.status == "unverified":
        unshown.append(verdict.reason)
    return Proof("unproven", unshown[0] if unshown else _NOT_RUN)


def _key(finding: Finding) -> _Key:
    return os.path.realpath(finding.path), finding.code, finding.class_name, finding.attribute


def _lacks_torch(finding: Finding, looks: Mapping[ClassName, Looks]) -> bool:
    """Whether its class was to be built by an interpreter that can build nothing."""
    look = None if finding.class_name is None else looks.get(class_name(finding))
    return isinstance(look, RuntimeFailure) and look.no_torch


def _left(finding: Finding, reason: str | None) -> Finding:
    return finding if reason is None else replace(finding, fix=None, unfixable=reason)
