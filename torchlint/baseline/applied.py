"""The baselines of a run: each is read once, when a file asks for it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from torchlint.findings import FileError, Finding

if TYPE_CHECKING:
    from pathlib import Path

    from torchlint.baseline.known import Baseline


class Baselines:
    """Keeps known findings silent. A baseline that cannot be used is noted in `errors`, once, and silences nothing."""

    def __init__(self) -> None:
        self._loaded: dict[Path, Baseline] = {}
        self._errors: list[FileError] = []
        self._silenced: dict[str, int] = {}

    @property
    def errors(self) -> tuple[FileError, ...]:
        """The baselines that cannot be used."""
        return tuple(self._errors)

    @property
    def silenced(self) -> int:
        """How many findings are silent, by the last look at each file."""
        return sum(self._silenced.values())

    def remaining(self, path: str, findings: Sequence[Finding], baseline: Path | None) -> Sequence[Finding]:
        """Those of all findings of a file that its baseline does not know."""
        if baseline is None:
            return findings
        from torchlint.baseline.file import BaselineError, load  # only here: most runs have no baseline
        from torchlint.baseline.known import Baseline, silence

        if baseline not in self._loaded:
            try:
                self._loaded[baseline] = load(baseline)
            except BaselineError as error:
                self._errors.append(FileError(error.path, error.message))
                self._loaded[baseline] = Baseline()
        result = silence(findings, self._loaded[baseline], os.path.dirname(baseline))
        self._silenced[path] = result.silenced
        return result.remaining
