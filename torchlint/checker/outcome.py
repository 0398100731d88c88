"""What the check of one file gives, whoever makes it: this process, another one, or an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from torchlint.findings import FileError, Finding

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of files done and of all."""


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """All that the check of one file gives, before the baseline: it is picklable, and needs nothing else of its run.

    `lasting`: the error is one of what the file says, and comes again until that changes. `data` are the bytes that
    were checked, where there are findings. `noticed` are the attributes that were found, also where that is suppressed;
    `config_errors` the broken configurations met up to then. `used` are the sources that all this comes from, by their
    positions in `Reads.sources`.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    error: str | None = None
    lasting: bool = False
    data: bytes = b""
    noticed: frozenset[tuple[str, str | None, str | None]] = frozenset()
    config_errors: tuple[FileError, ...] = ()
    used: int = 0
