"""The whole of a run that asks the live modules: findings in, findings with verdicts out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from torchlint.checker.session import ModuleClass
from torchlint.files import SourceError, decode, discover, read_bytes
from torchlint.findings import FileError, Finding, Report
from torchlint.project.constructions import Construction, by_size, constructions
from torchlint.project.questions import files_of_project
from torchlint.runs.check import Run
from torchlint.runs.excused import without_excused
from torchlint.runs.options import DEFAULTS, RunOptions
from torchlint.runs.recipes import recipe_of, without_class
from torchlint.runs.unforeseen import unforeseen
from torchlint.runtime.process import Limits, RuntimeFailure, Servers
from torchlint.runtime.verdicts import live_name, verdict
from torchlint.runtime.verification import ClassName, ClassRequest, Looks, look_at

if TYPE_CHECKING:
    from torchlint.checker.outcome import Progress
    from torchlint.config import Settings, SettingsResolver

T = TypeVar("T")
_MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What a run may use: the interpreter that has torch (None: what the configuration says), and the limits."""

    python: str | None = None
    limits: Limits = Limits()  # noqa: RUF009 - it is frozen


def verify(
    paths: Sequence[str],
    resolver: SettingsResolver,
    options: VerifyOptions,
    run_options: RunOptions = DEFAULTS,
    *,
    verifying: Progress | None = None,
) -> Report:
    """Check files and directories, then build the modules in them and see whether torch agrees.

    Each finding about a class gets a verdict. `verifying` is called with the number of classes done and their total.
    """
    run = Run(paths, resolver, run_options)
    checked = run.check(run.files, {})
    looks = see(run, checked.findings, resolver, options, verifying)
    findings = with_verdicts(run, checked.findings, looks)
    return with_warnings(run, run.report(findings, (*checked.errors, *without_torch(looks))), resolver)


def without_torch(looks: Mapping[ClassName, Looks]) -> tuple[FileError, ...]:
    """What is wrong with the interpreters by which nothing could be built."""
    messages = (one.message for one in looks.values() if isinstance(one, RuntimeFailure) and one.no_torch)
    return tuple(FileError("--verify", message) for message in dict.fromkeys(messages))


def with_verdicts(run: Run, findings: Sequence[Finding], looks: Mapping[ClassName, Looks]) -> list[Finding]:
    """The findings with what the looks say of them, and those that only the looks show."""
    seen = [look for found in looks.values() if not isinstance(found, RuntimeFailure) for look in found]
    absent = RuntimeFailure("its class was not found")
    paths = {os.path.realpath(path): path for path in run.files}
    live = list(unforeseen(seen, paths, findings))
    results = []
    for finding in without_excused(findings, live):
        if finding.class_name is not None:
            name = class_name(finding)
            own = looks.get(name, absent)
            finding = replace(finding, verdict=verdict(finding, name, own, seen))
        results.append(finding)
    more: dict[str, list[Finding]] = {}
    for finding in live:
        more.setdefault(finding.path, []).append(finding)
    for path, found in more.items():
        results += run.admitted(path, found)
    return sorted(results, key=lambda finding: (finding.path, finding.place, finding.code))


def with_warnings(run: Run, report: Report, resolver: SettingsResolver) -> Report:
    """The report with what is wrong with the recipes of the configuration."""
    if not any(resolver.for_file(path).verify_build for path in run.files):
        return report
    classes = [one for path in run.files for one in run.module_classes(path)]
    warnings = [
        FileError(source, f"the recipe `{key}` is for no class: there is no such module class in that file")
        for source, key in without_class(run, classes, resolver)
    ]
    return replace(report, warnings=tuple(warnings))


def see(
    run: Run,
    findings: Sequence[Finding],
    resolver: SettingsResolver,
    options: VerifyOptions,
    progress: Callable[[int, int], None] | None = None,
) -> dict[ClassName, Looks]:
    """What is seen of each class of the run that is a module, with an eye to the attributes of the findings."""
    requests = class_requests(run, findings, resolver, options)
    with Servers() as servers:
        return look_at_all(requests, options, servers, progress)


def look_at_all(
    requests: Sequence[tuple[str | None, ClassRequest]],
    options: VerifyOptions,
    servers: Servers,
    progress: Callable[[int, int], None] | None = None,
) -> dict[ClassName, Looks]:
    """What is seen of each class that is to be built, by which interpreter ever."""
    looks: dict[ClassName, Looks] = {}
    for python, batch in by_python(requests).items():
        tell = part_of(progress, len(looks), len(requests))
        found = look_at(batch, servers, python=python, limits=options.limits, progress=tell)
        for request, result in zip(batch, found, strict=True):
            looks[request.name] = result
    return looks


def class_name(finding: Finding) -> ClassName:
    """The class of a finding, as a look names it."""
    assert finding.class_name is not None
    return os.path.realpath(finding.path), finding.class_name


def class_requests(
    run: Run, findings: Sequence[Finding], resolver: SettingsResolver, options: VerifyOptions
) -> list[tuple[str | None, ClassRequest]]:
    """How each class of the run is to be built, and by which interpreter."""
    classes = [one for path in run.files for one in run.module_classes(path)]
    calls = _calls(classes, resolver)
    wanted: dict[ClassName, list[Finding]] = {}
    for finding in findings:
        if finding.class_name is not None:
            wanted.setdefault(class_name(finding), []).append(finding)
    watched = _watched(findings)
    requests = []
    for one in classes:
        settings = resolver.for_file(one.path)
        recipe = recipe_of(one, settings)
        names = {
            live_name(name[1], finding.attribute or "")
            for name in (one.name, *one.bases)
            for finding in wanted.get(name, ())
        }
        request = ClassRequest(
            os.path.abspath(one.path),
            one.class_name,
            roots=_roots(settings),
            calls=by_size(calls.get(one.class_name.rpartition(".")[2], ())),
            recipe=None if recipe is None else recipe.call,
            inputs=None if recipe is None else recipe.inputs,
            wanted=tuple(sorted(names)),
            watched={file: watched[file] for file, _ in (one.name, *one.bases) if file in watched},
        )
        requests.append((options.python or settings.verify_python, request))
    return requests


def by_python(requests: Sequence[tuple[str | None, T]]) -> dict[str | None, list[T]]:
    """What is to be built by each interpreter."""
    found: dict[str | None, list[T]] = {}
    for python, request in requests:
        found.setdefault(python, []).append(request)
    return found


def part_of(progress: Progress | None, done: int, total: int) -> Progress | None:
    """What tells the progress of one of several batches, of which so many are done."""
    return None if progress is None else lambda part, _: progress(done + part, total)


def _watched(findings: Iterable[Finding]) -> dict[str, tuple[int, ...]]:
    """The lines of the statements that findings are about."""
    lines: dict[str, set[int]] = {}
    for finding in findings:
        if finding.attribute is not None:
            first, last = finding.statement
            lines.setdefault(os.path.realpath(finding.path), set()).update(range(first, last + 1))
    return {path: tuple(sorted(found)) for path, found in lines.items()}


def _roots(settings: Settings) -> tuple[str, ...]:
    """Where imports start."""
    here = os.getcwd()
    folders = [
        *map(str, settings.src),
        str(settings.root),
        str(settings.root / "src"),
        here,
        os.path.join(here, "src"),
    ]
    return tuple(dict.fromkeys(folder for folder in folders if os.path.isdir(folder)))


def _calls(
    classes: Sequence[ModuleClass], resolver: SettingsResolver
) -> Mapping[str, Sequence[Construction]]:
    """The calls of the classes in all files of their projects, by the name of the class."""
    names = {one.class_name.rpartition(".")[2] for one in classes}
    if not names:
        return {}
    pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(name.encode()) for name in sorted(names)) + rb")\(")
    found: dict[str, list[Construction]] = {}
    for path in _project_files(classes, resolver):
        try:
            data = read_bytes(Path(path))
            mentioned = {match[:-1].decode("utf-8", "replace") for match in pattern.findall(data)}
            if mentioned:
                for name, one in constructions(decode(path, data).text, mentioned):
                    found.setdefault(name, []).append(one)
        except (SourceError, RecursionError, MemoryError):
            continue  # reported where it is checked
    return found


def _project_files(classes: Sequence[ModuleClass], resolver: SettingsResolver) -> list[str]:
    folders = {(one.project, one.deep): None for one in classes}
    files: dict[str, None] = {}
    for folder, deep in folders:
        found = files_of_project(lambda below: discover([below], resolver.for_directory).files, folder, deep)
        files.update((os.path.realpath(path), None) for path in found)
    # tests and examples first: what they build is small
    ordered = sorted(files, key=lambda path: (not re.search(r"test|example|demo", path), path))
    return ordered[:_MOST_FILES]
