"""The progress bar of a long run, on standard error. rich is imported only when a bar is really drawn."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

DELAY = 1.0
"""The seconds that a run may take before a bar appears."""

_INTERVAL = 0.1


class ProgressBar:
    """A callback `(done, total)` that draws a bar once the run is long; it erases itself at the end.

    It draws only from within the callback: a thread of its own would not go well with forked workers.
    """

    def __init__(self, *, color: bool = True, delay: float = DELAY, task: str = "Checking") -> None:
        """Start the clock; nothing is drawn yet."""
        self._color = color
        self._name = task
        self._next = time.monotonic() + delay
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int) -> None:
        """Take note that `done` of `total` files are done."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _INTERVAL
        if self._bar is None or self._task is None:
            self._bar = self._start()
            self._task = self._bar.add_task(self._name, total=total)
        self._bar.update(self._task, completed=done, total=total)
        self._bar.refresh()

    def close(self) -> None:
        """Erase the bar, if there is one."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _start(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        console = Console(stderr=True, no_color=not self._color)
        bar = Progress(*columns, console=console, transient=True, auto_refresh=False)
        bar.start()
        return bar
