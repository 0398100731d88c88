"""A run that proves what it finds: each class with a finding is built, and torch says what it does with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from torchlint.config import Settings, SettingsResolver
from torchlint.files import SourceError, decode, discover, read_bytes
from torchlint.findings import Finding, Report, Verdict
from torchlint.project.constructor_calls import constructor_calls
from torchlint.project.files import FileStore
from torchlint.project.sources import ProjectSources
from torchlint.runtime.inspection import inspection_of
from torchlint.runtime.process import DEFAULT_TIMEOUT, Limits, RuntimeFailure
from torchlint.runtime.server import Reply, Request, answers
from torchlint.runtime.verdicts import unverified, verdict

Progress = Callable[[int, int], None]
_MOST_FILES = 40
"""Of the files that name a class, how many are searched for calls of it."""


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What the command line says: the interpreter that has torch, and the seconds that a class may take."""

    python: str | None = None
    timeout: float = DEFAULT_TIMEOUT


def verify(
    report: Report,
    resolver: SettingsResolver,
    options: VerifyOptions | None = None,
    progress: Progress | None = None,
) -> Report:
    """The report with a verdict on each finding about a class.

    This imports and runs the code that was checked, each class in a process of its own. Raises ConfigError where the
    configuration of a file is broken.
    """
    options = options or VerifyOptions()
    wanted: dict[tuple[str, str], list[str]] = {}
    for one in report.findings:
        if one.class_name is not None and one.attribute is not None:
            wanted.setdefault((one.path, one.class_name), []).append(one.attribute)
    verdicts: dict[Finding, Verdict] = {}
    calls = _Calls(resolver)
    by_python: dict[str | None, list[tuple[str, str]]] = {}
    for path, name in wanted:
        python = options.python or resolver.for_file(path).verify.python
        by_python.setdefault(python, []).append((path, name))
    done = 0
    for python, classes in by_python.items():
        requests = [
            replace(
                _request(path, name, resolver.for_file(path), calls),
                wanted=tuple(attribute for attribute in wanted[path, name] if "{" not in attribute),
            )
            for path, name in classes
        ]
        for number, reply in answers(requests, python=python, limits=Limits(options.timeout)):
            path, name = classes[number]
            for finding in report.findings:
                if (finding.path, finding.class_name) == (path, name) and finding.attribute is not None:
                    verdicts[finding] = _judged(finding, requests[number], reply)
            done += 1
            if progress is not None:
                progress(done, len(wanted))
    findings = tuple(replace(one, verdict=verdicts.get(one)) for one in report.findings)
    return replace(report, findings=findings)


def _judged(finding: Finding, request: Request, reply: Reply) -> Verdict:
    if isinstance(reply, RuntimeFailure):
        return unverified(reply.message)
    return verdict(finding, inspection_of(request.target, reply["inspection"]), reply["build"])


def _request(path: str, name: str, settings: Settings, calls: _Calls) -> Request:
    here = os.getcwd()
    roots = [*map(str, settings.src), here, os.path.join(here, "src")]
    return Request(
        f"{path}:{name}",
        tuple(root for root in roots if os.path.isdir(root)),
        _recipe(path, name, settings),
        tuple(calls.of(path, name)),
    )


def _recipe(path: str, name: str, settings: Settings) -> str:
    """What the configuration says how to build the class: it is named by its file, or by its module."""
    absolute = os.path.abspath(path)
    dotted = os.path.splitext(absolute)[0].replace(os.sep, ".").removesuffix(".__init__")
    for target, recipe in settings.verify.build:
        where, _, wanted = target.rpartition(":")
        by_path = where.endswith(".py") and os.path.abspath(settings.root / where) == absolute
        if wanted == name and (by_path or dotted == where or dotted.endswith(f".{where}")):
            return recipe
    return ""


class _Calls:
    """The calls of constructors in a project."""

    def __init__(self, resolver: SettingsResolver) -> None:
        self._sources = ProjectSources(lambda folder: discover([folder], resolver.for_directory).files, {})
        self._store = FileStore()

    def of(self, path: str, name: str) -> Sequence[str]:
        """The arguments of the calls of a class of a file, as Python."""
        file = self._store.load(os.path.abspath(path))
        if file is None:
            return ()
        last = name.rpartition(".")[2]
        texts = []
        for other in islice(self._sources.mentioning(file, last), _MOST_FILES):
            try:
                texts.append(decode(other, read_bytes(Path(other))).text)
            except SourceError:
                continue
        return constructor_calls([last], texts)[last]
