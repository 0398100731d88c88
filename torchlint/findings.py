"""What torchlint says: a finding, its place, its fix and its verdict.

These types are shared by every room and know none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Applicability = Literal["safe", "unsafe"]
VerdictStatus = Literal["confirmed", "refuted", "unverified"]
ProofStatus = Literal["proved", "unproven"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A span of source text. Lines and columns count from 1, columns in characters; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text at `place` by `content`."""

    place: Place
    content: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that remove a finding, and whether they may be applied unread.

    Where they may not, `reason` says why, in one clause. `persistent`: whether the buffer that it makes is saved; None
    where it makes none.
    """

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]
    reason: str | None = None
    persistent: bool | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What torch did with an attribute; None where nothing can be said.

    `state_dict`: it is saved. `reload`: the largest absolute difference after save and load into another instance.
    `optimizer_step`: a step changed it. `device`, `dtype`: a move, a cast of the module reached it.
    """

    state_dict: bool | None = None
    reload: float | None = None
    optimizer_step: bool | None = None
    device: bool | None = None
    dtype: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the runtime saw of a finding on a live module: built by the expression `build`, moved to `device`."""

    status: VerdictStatus
    reason: str
    build: str | None = None
    device: str | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether torch shows that a fix does what it should and nothing else; `reason` says what was seen."""

    status: ProofStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One attribute of one class that torch will not register (or one comment that suppresses nothing).

    `class_name` is the qualified name inside the file (`Outer.Inner`, `function.Class`); it, `method` and `attribute`
    are None where a finding is about no class. `statement` is the span of lines (first, last, from 1) on which a
    suppression comment counts. Where there is no `fix`, `unfixable` says why, in one clause. `proof` is that
    of the fix of a finding that is fixed.
    """

    code: str
    name: str
    path: str
    place: Place
    class_name: str | None
    method: str | None
    attribute: str | None
    message: str
    statement: tuple[int, int]
    fix: Fix | None = None
    verdict: Verdict | None = None
    unfixable: str | None = None
    proof: Proof | None = None

    @property
    def caveat(self) -> str | None:
        """Why there is no fix, or why it is unsafe, in one clause; None where the fix is safe."""
        if self.fix is None:
            return None if self.unfixable is None else f"no fix: {self.unfixable}"
        if self.fix.applicability == "safe" or self.fix.reason is None:
            return None
        return f"unsafe fix: {self.fix.reason}"

    @property
    def refuted(self) -> bool:
        """Whether the live module shows that it is none."""
        return self.verdict is not None and self.verdict.status == "refuted"


@dataclass(frozen=True, slots=True)
class FileError:
    """A file (or path, or configuration) that torchlint could not check, and why."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run: findings in order of path and place, errors, and the number of files looked at.

    `silenced` counts the findings that a baseline knows; they are not among the others. `warnings` change no exit code.
    """

    findings: tuple[Finding, ...]
    errors: tuple[FileError, ...]
    files: int
    silenced: int = 0
    warnings: tuple[FileError, ...] = ()
