"""Limits of time inside the process of the user's code; that of the process itself holds anyway."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType

OUT_OF_TIME = "the time ran out"
"""Why a check was not made, or not to its end."""
_MARGIN = 0.1
"""The part of the time of a request that is left for its reply."""


class TooLong(BaseException):
    """What was done took too much of the time; the user's code must not take it for an error of its own."""


def soon(deadline: float, seconds: float) -> float:
    """When to come to an end, before the process is ended at the deadline."""
    return deadline - seconds * _MARGIN


@contextmanager
def limited(seconds: float, message: str | None = None) -> Iterator[None]:
    """Raise TooLong inside after so many seconds, where the platform can. Not to be nested."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong(message or f"it takes longer than {seconds:.3g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def limited_until(end: float | None) -> AbstractContextManager[None]:
    """As `limited`, up to a time of `time.monotonic`; None: there is no limit."""
    if end is None:
        return nullcontext()
    return limited(end - time.monotonic(), "it can be built, but the time ran out before a look at it")
