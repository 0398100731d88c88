"""Comments that seem to suppress nothing, and suppress what only the live modules show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from torchlint.files import SourceError, decode, read_bytes
from torchlint.findings import Finding
from torchlint.rules.unused_noqa import CODE, codes_of, report


def without_excused(findings: Iterable[Finding], live: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, but of the comments that are called unused none that suppresses a finding of the live modules."""
    shown: dict[str, list[Finding]] = {}
    for one in live:
        shown.setdefault(one.path, []).append(one)
    for finding in findings:
        if finding.code != CODE or finding.path not in shown:
            yield finding
            continue
        line = finding.place.line
        here = [one.code for one in shown[finding.path] if one.statement[0] <= line <= one.statement[1]]
        codes = codes_of(finding)
        unused = tuple(code for code in codes if not any(one.startswith(code) for one in here))
        if unused == codes:
            yield finding
        elif unused:
            yield from _of(finding, unused)


def _of(finding: Finding, codes: Sequence[str]) -> Iterable[Finding]:
    """The finding about fewer codes."""
    try:
        text = decode(finding.path, read_bytes(Path(finding.path))).text
    except SourceError:
        return ()
    return report(finding.path, [(finding.place, tuple(codes))], text)
