"""Which findings a baseline knows. Pure: findings and a baseline in, findings or a baseline out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from torchlint.findings import Finding

_NEVER_KNOWN = "TL901"  # a comment that suppresses nothing: there is no reason to keep it


@dataclass(frozen=True, slots=True)
class Known:
    """What identifies a known finding. `path` is relative to the folder of the baseline, with forward slashes."""

    path: str
    class_name: str | None
    attribute: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """How many findings of each kind are known."""

    counts: Mapping[Known, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Silenced:
    """What a baseline leaves of some findings: those that remain, in their order, and the number of the others."""

    remaining: tuple[Finding, ...]
    silenced: int


def silence(findings: Iterable[Finding], baseline: Baseline, folder: str) -> Silenced:
    """Take away what the baseline knows; of more findings of a kind than are known, the first ones.

    `folder` is where the baseline lies. A finding's path counts from the working directory.
    """
    left = dict(baseline.counts)
    identify = _Identify(folder)
    remaining: list[Finding] = []
    silenced = 0
    for finding in findings:
        known = identify(finding)
        if finding.code != _NEVER_KNOWN and left.get(known, 0):
            left[known] -= 1
            silenced += 1
        else:
            remaining.append(finding)
    return Silenced(tuple(remaining), silenced)


def updated(
    old: Baseline, findings: Iterable[Finding], folder: str, checked: Callable[[str], bool]
) -> Baseline:
    """The baseline that knows these findings; of the old one stays what is about files that were not checked.

    `checked` is given the absolute path of a file.
    """
    identify = _Identify(folder)
    counts = Counter(identify(finding) for finding in findings if finding.code != _NEVER_KNOWN)
    kept = {
        known: count
        for known, count in old.counts.items()
        if not checked(os.path.normpath(os.path.join(identify.folder, known.path)))
    }
    return Baseline({**kept, **counts})


class _Identify:
    """Tells what identifies a finding. Folders may be reached by links; a linked file is a file of its own."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder)
        self._real: dict[str, str] = {}

    def __call__(self, finding: Finding) -> Known:
        folder, name = os.path.split(finding.path)
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        path = os.path.join(self._real[folder], name)
        with suppress(ValueError):  # on another drive
            path = os.path.relpath(path, self.folder)
        return Known(path.replace(os.sep, "/"), finding.class_name, finding.attribute, finding.code)
