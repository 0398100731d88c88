"""How the running interpreter is set while files are checked."""

from __future__ import annotations

import gc
import sys
from _thread import allocate_lock
from collections.abc import Iterator
from contextlib import contextmanager

_RECURSION = 10_000


class _Shared:
    """What the threads of a process share: how many of them check files, and how it was before the first."""

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self.users = 0
        self.before = (0, False)


_SHARED = _Shared()


@contextmanager
def deep_and_uncollected() -> Iterator[None]:
    """Room for deep expressions, and no garbage collection: syntax trees hold no cycles, and it would walk them all.

    Both hold for all threads, so the first that comes sets them, and the last that goes sets them back.
    """
    with _SHARED.lock:
        if not _SHARED.users:
            _SHARED.before = sys.getrecursionlimit(), gc.isenabled()
            sys.setrecursionlimit(max(_SHARED.before[0], _RECURSION))
            gc.disable()
        _SHARED.users += 1
    try:
        yield
    finally:
        with _SHARED.lock:
            _SHARED.users -= 1
            if not _SHARED.users:
                sys.setrecursionlimit(_SHARED.before[0])
                if _SHARED.before[1]:
                    gc.enable()
