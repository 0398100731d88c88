"""How files are checked, whatever is then done with the findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from torchlint.checker.outcome import Progress


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What every run may be told.

    `force_exclude` leaves out excluded files even when they are named. `jobs` is the largest number of worker
    processes; with an `executor`, the files are checked there. `cache` is the folder in which results are kept from one
    run to the next; nothing is kept without. `progress` is called with the number of files done and of all.
    `sieve=False` looks at every class, however harmless.
    """

    force_exclude: bool = False
    jobs: int = 1
    executor: Executor | None = None
    cache: Path | None = None
    progress: Progress | None = None
    sieve: bool = True


DEFAULTS = RunOptions()
