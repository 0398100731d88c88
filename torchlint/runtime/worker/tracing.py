"""Which lines of the user's code run."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeAlias

Watched: TypeAlias = "Mapping[str, Collection[int]]"
"""Lines by file (absolute, links followed)."""


@contextmanager
def reached_lines(watched: Watched) -> Iterator[set[tuple[str, int]]]:
    """Which of the watched lines run inside."""
    reached: set[tuple[str, int]] = set()
    files: dict[str, str] = {}

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        name = frame.f_code.co_filename
        if name not in files:
            files[name] = os.path.realpath(name)
        file = files[name]
        lines = watched.get(file)
        if lines is None:
            return None

        def local(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line" and frame.f_lineno in lines:
                reached.add((file, frame.f_lineno))
            return local

        return local

    before = sys.gettrace()
    if watched and threading.current_thread() is threading.main_thread():
        sys.settrace(trace)
    try:
        yield reached
    finally:
        sys.settrace(before)
