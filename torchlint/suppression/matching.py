"""Which findings the comments of a file suppress, and which comments suppress nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from torchlint.findings import Finding, Place
from torchlint.suppression.comments import Noqa, Suppressions

UNUSED_NOQA = "TL901"
OUR_PREFIX = "TL"

Used: TypeAlias = frozenset[tuple[Noqa, str | None]]
"""The comments that suppressed something, each with the code (as written) that did; None if it is blanket."""


@dataclass(frozen=True, slots=True)
class UnusedNoqa:
    """A comment with codes that suppress nothing: the material of a TL901 finding."""

    place: Place
    codes: tuple[str, ...]


def apply(findings: Iterable[Finding], suppressions: Suppressions) -> tuple[tuple[Finding, ...], Used]:
    """The findings that remain, in their order, and what suppressed the others.

    A comment counts on any line of the finding's statement if it is blanket, or names the code or a prefix.
    `skip_file` is the caller's business: a skipped file has no findings to begin with.
    """
    comments = suppressions.comments
    if not comments:
        return tuple(findings), frozenset()
    lines = [comment.line for comment in comments]
    kept: list[Finding] = []
    used: set[tuple[Noqa, str | None]] = set()
    for finding in findings:
        first, last = finding.statement
        near = comments[bisect_left(lines, first) : bisect_left(lines, last + 1)]
        reasons = [(comment, code) for comment in near for code in _matching(comment, finding.code)]
        used.update(reasons)
        if not reasons:
            kept.append(finding)
    return tuple(kept), frozenset(used)


def unused(
    suppressions: Suppressions,
    used: Used,
    enabled_codes: Collection[str],
    known_codes: Collection[str] | None = None,
) -> Iterator[UnusedNoqa]:
    """The comments that name torchlint codes which suppressed nothing, with those codes (for rule TL901).

    Reported: codes that begin with `TL`, and whose rules are all enabled or that are no rule of torchlint at
    all (`known_codes`: every rule there is; without it, the enabled ones are all that is known). Never
    reported: a blanket comment (another tool may need it), codes of other tools, and lines with a
    `noqa: TL901`, which is never unused itself.
    """
    known = frozenset(enabled_codes if known_codes is None else known_codes) | {UNUSED_NOQA}
    # A blanket comment excuses nothing: it gives None here.
    excused = {comment.line for comment in suppressions.comments if any(_matching(comment, UNUSED_NOQA))}
    for comment in suppressions.comments:
        if comment.codes is None or comment.line in excused:
            continue
        codes = tuple(
            code
            for code in comment.codes
            if code.startswith(OUR_PREFIX)
            and (comment, code) not in used
            and all(rule in enabled_codes for rule in known if rule.startswith(code))
        )
        if codes:
            place = Place(comment.line, comment.column, comment.line, comment.end_column)
            yield UnusedNoqa(place, codes)


def _matching(comment: Noqa, code: str) -> Iterator[str | None]:
    """The codes of the comment, as written, that cover `code`."""
    if comment.codes is None:
        yield None
        return
    yield from (written for written in comment.codes if code.startswith(written))
