"""A check spread over worker processes, or over any executor of `concurrent.futures`.

Only picklable functions and arguments go out, only `FileOutcome`s come back, in the order of the files. A worker keeps
what it knows of the project from one chunk to the next.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, TypeAlias

import torchlint.checker.judging  # noqa: F401  # loaded before processes are forked: each of them needs it
from torchlint.checker.interpreter import deep_and_uncollected
from torchlint.checker.outcome import FileOutcome
from torchlint.checker.session import Session

if TYPE_CHECKING:
    from torchlint.config import SettingsResolver
    from torchlint.project.reads import Notes

Chunk: TypeAlias = tuple[str, ...]
Outcomes: TypeAlias = tuple[FileOutcome, ...]
Result: TypeAlias = "tuple[Outcomes, Notes | None]"
"""The outcomes of a chunk, and what they come from, where that is wanted."""
Done: TypeAlias = Callable[[int], None]
Keep: TypeAlias = "Callable[[Outcomes, Notes], None]"

_SHARE = 4
"""Into how many parts for each worker what is left is divided."""
_WORKERS_OF_EXECUTOR = 8
"""How many workers an executor is taken to have: it does not say."""
_SMALLEST_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker must know of a run. `token` names the run, `resolver` is pickled, paths count from `cwd`.

    With `noted`, it tells what the outcomes come from.
    """

    token: str
    cwd: str
    resolver: bytes
    sieve: bool
    noted: bool


class _Kept(threading.local):
    """The session of a worker (of a thread, where threads are the workers): that of its last run."""

    token: str | None = None
    session: Session | None = None


_KEPT = _Kept()
_FOLDER_LOCK = threading.Lock()


def make_setup(resolver: SettingsResolver, *, sieve: bool, noted: bool = False) -> Setup:
    """What the workers of a new run are told."""
    return Setup(uuid.uuid4().hex, os.getcwd(), pickle.dumps(resolver), sieve, noted)


def chunks(files: Sequence[str], sizes: Sequence[int], workers: int) -> list[Chunk]:
    """Neighbours together, in parts that get smaller: none of the workers should be at the last one for long.

    Each part is the same share of the bytes that are left.
    """
    left = sum(sizes)
    parts: list[Chunk] = []
    part: list[str] = []
    size = 0
    for path, bytes_of_it in zip(files, sizes, strict=True):
        part.append(path)
        size += bytes_of_it
        if size >= max(left / (workers * _SHARE), _SMALLEST_CHUNK):
            parts.append(tuple(part))
            left -= size
            part, size = [], 0
    return [*parts, tuple(part)] if part else parts


def check_chunk(setup: Setup, chunk: Chunk) -> Result:
    """Check some files. This is what runs in a worker."""
    with _in_folder(setup.cwd), deep_and_uncollected():
        if _KEPT.token != setup.token or _KEPT.session is None:
            _KEPT.session = Session(pickle.loads(setup.resolver), sieve=setup.sieve, stamped=setup.noted)
            _KEPT.token = setup.token
        outcomes = tuple(_KEPT.session.outcomes(chunk))
        return outcomes, _KEPT.session.reads.notes(outcomes) if setup.noted else None


def on_executor(
    executor: Executor,
    setup: Setup,
    files: Sequence[str],
    sizes: Sequence[int],
    done: Done,
    keep: Keep | None = None,
) -> Iterator[FileOutcome]:
    """Check files on somebody's executor. What it cannot do is an error of each of the files concerned.

    `keep` is given what the outcomes come from.
    """
    parts = chunks(files, sizes, _WORKERS_OF_EXECUTOR)
    futures: list[Future[Result]] = []
    count = 0
    try:
        for part in parts:
            try:
                futures.append(executor.submit(check_chunk, setup, part))
            except RuntimeError as error:  # shut down, or broken
                failed: Future[Result] = Future()
                failed.set_exception(error)
                futures.append(failed)
        for part, future in zip(parts, futures, strict=True):
            try:
                outcomes, notes = future.result()
            except Exception as error:  # also what only the other side of the executor knows
                outcomes, notes = _unchecked(part, f"the executor failed: {type(error).__name__}: {error}")
            _hand_on(outcomes, notes, keep)
            yield from outcomes
            count += len(part)
            done(count)
    finally:
        for future in futures:
            future.cancel()


def in_processes(
    jobs: int,
    setup: Setup,
    files: Sequence[str],
    sizes: Sequence[int],
    done: Done,
    keep: Keep | None = None,
) -> Iterator[FileOutcome]:
    """Check files in worker processes of our own. `keep` is given what the outcomes come from.

    When a worker dies, what is not done is checked again in one process, chunk by chunk and then file by file: only the
    file that ends its process again is given up.
    """
    parts = chunks(files, sizes, jobs)
    results: list[Result | None] = [None] * len(parts)
    count = 0
    with _pool(min(jobs, len(parts))) as pool:
        futures = []
        with _uninterrupted():
            for part in parts:
                try:
                    futures.append(pool.submit(check_chunk, setup, part))
                except BrokenProcessPool:
                    break
        for number, future in enumerate(futures):
            try:
                results[number] = future.result()
            except BrokenProcessPool:
                continue
            count += len(parts[number])
            done(count)
    for part, result in zip(parts, results, strict=True):
        for outcomes, notes in _alone(setup, part) if result is None else (result,):
            if result is None:
                count += len(outcomes)
                done(count)
            _hand_on(outcomes, notes, keep)
            yield from outcomes


def _hand_on(outcomes: Outcomes, notes: Notes | None, keep: Keep | None) -> None:
    if keep is not None and notes is not None:
        keep(outcomes, notes)


def _alone(setup: Setup, chunk: Chunk) -> Iterator[Result]:
    """Check a chunk in a process of its own."""
    try:
        with _pool(1) as pool:
            with _uninterrupted():
                future = pool.submit(check_chunk, setup, chunk)
            result = future.result()
    except BrokenProcessPool:
        if len(chunk) == 1:
            yield _unchecked(chunk, "its worker process ended suddenly")
        else:
            for path in chunk:
                yield from _alone(setup, (path,))
    else:
        yield result


def _unchecked(chunk: Chunk, why: str) -> Result:
    return tuple(FileOutcome(path, error=f"not checked: {why}") for path in chunk), None


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes. Whatever ends the block early ends them at once."""
    # fork starts in milliseconds, but is only safe where there are no other threads
    safe = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if safe else "spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.kill()
        # its thread has seen their end when this returns, and does nothing more while the interpreter shuts down
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits while processes are started: one that is not yet known would never be ended.

    What is started meanwhile never hears of it, and leaves it to the parent.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end with it, however it ends: nobody else would end this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


@contextmanager
def _in_folder(folder: str) -> Iterator[None]:
    """The working directory that paths count from. A worker that is elsewhere goes there for a chunk, one at a time."""
    if os.getcwd() == folder:
        yield
        return
    with _FOLDER_LOCK:
        before = os.getcwd()
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
