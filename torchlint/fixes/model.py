"""What goes into the fixing of files, and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from torchlint.findings import FileError, Finding


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of some files gave. `contents` holds, of each file with findings, the bytes that were checked."""

    findings: tuple[Finding, ...]
    errors: tuple[FileError, ...]
    contents: Mapping[str, bytes]


Check: TypeAlias = Callable[[Sequence[str], Mapping[str, bytes]], Checked]
"""Checks files (paths as displayed); what stands under an absolute path in the mapping is not read from the disk."""


@dataclass(frozen=True, slots=True)
class Undone:
    """A finding whose fix was taken back, and why, in one clause."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """A file that the fixes change: its bytes, and what was found in it, before; its bytes after."""

    path: str
    before: bytes
    after: bytes
    found: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The outcome: the findings that remain in all files, those that were fixed, and what changed."""

    findings: tuple[Finding, ...]
    errors: tuple[FileError, ...]
    fixed: tuple[Finding, ...]
    undone: tuple[Undone, ...]
    changes: tuple[Change, ...]
