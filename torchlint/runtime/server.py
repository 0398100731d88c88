"""Many classes, one import of torch: a server forks a process for each, with the limits of `process`.

Where processes cannot be forked (Windows) or forking is not safe (macOS), each class gets a process that imports torch.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from torchlint.runtime.process import (
    Limits,
    RuntimeFailure,
    command,
    end,
    read_reply,
    request_for,
    run_once,
)

_FORKS = sys.platform.startswith("linux")
_SAID = 1 << 16


@dataclass(frozen=True, slots=True)
class Request:
    """A class to build and look at: `recipe` says how, else `calls` are arguments to try, as Python."""

    target: str
    roots: tuple[str, ...] = ()
    recipe: str = ""
    calls: tuple[str, ...] = ()


Reply: TypeAlias = "dict[str, Any] | RuntimeFailure"


def answers(
    requests: Sequence[Request],
    *,
    python: str | None = None,
    limits: Limits | None = None,
    jobs: int | None = None,
) -> Iterator[tuple[int, Reply]]:
    """The reply to each request with its position, as they come: `{"inspection", "build"}`, or what went wrong.

    `jobs` is how many run at the same time (default: the cores that this process may use).
    """
    limits = limits or Limits()
    jobs = jobs or available_cores()
    with tempfile.TemporaryDirectory(prefix="torchlint-", ignore_cleanup_errors=True) as folder:
        work = [_prepared(Path(folder), number, one, limits) for number, one in enumerate(requests)]
        if _FORKS:
            yield from _served(work, python, limits, jobs)
        else:
            yield from _alone(work, python, limits, jobs)


def available_cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this platform
        return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Work:
    number: int
    folder: Path

    @property
    def request(self) -> Path:
        return self.folder / "request.json"

    @property
    def reply(self) -> Path:
        return self.folder / "reply.json"

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def outcome(self, ended: str | None) -> tuple[int, Reply]:
        """What came of it."""
        said = b""
        if self.output.exists():
            with self.output.open("rb") as stream:
                said = stream.read(_SAID)
        try:
            return self.number, read_reply(self.reply, ended, said.decode("utf-8", "replace"))
        except RuntimeFailure as failure:
            return self.number, failure


def _prepared(folder: Path, number: int, request: Request, limits: Limits) -> _Work:
    work = _Work(number, folder / str(number))
    (work.folder / "work").mkdir(parents=True)
    asked = {
        **request_for(request.target, request.roots, limits),
        "recipe": request.recipe,
        "calls": list(request.calls),
    }
    work.request.write_text(json.dumps(asked), encoding="utf-8")
    return work


def _alone(
    work: Sequence[_Work], python: str | None, limits: Limits, jobs: int
) -> Iterator[tuple[int, Reply]]:
    def run(one: _Work) -> tuple[int, Reply]:
        try:
            with one.output.open("w+b") as output:
                ended = run_once(
                    command(python, str(one.request), str(one.reply)),
                    one.folder / "work",
                    output.fileno(),
                    limits.timeout,
                )
        except RuntimeFailure as failure:
            return one.number, failure
        return one.outcome(ended)

    with ThreadPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(run, one) for one in work]):
            yield done.result()


def _served(
    work: Sequence[_Work], python: str | None, limits: Limits, jobs: int
) -> Iterator[tuple[int, Reply]]:
    waiting = deque(work)
    while waiting:
        server = _Server(python)
        running: dict[int, _Work] = {}
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    one = waiting.popleft()
                    running[one.number] = one
                    if not server.start(one, limits.timeout):
                        break
                answer = server.next()
                if (
                    answer is None
                ):  # the server has died, by the hand of one of these; a new one does the rest
                    for one in running.values():
                        yield one.outcome(server.obituary())
                    break
                one = running.pop(answer["number"])
                ended = answer["ended"]
                yield one.outcome(
                    f"it did not end within {limits.timeout:g} s" if ended == "timeout" else ended
                )
        finally:
            server.stop()


class _Server:
    """The process that forks; started anew if it dies."""

    def __init__(self, python: str | None) -> None:
        """Start it. Raises nothing: one that could not be started has died."""
        read, self._write = os.pipe()
        self._read, write = os.pipe()
        self._pending = b""
        self._process: subprocess.Popen[bytes] | None = None
        self._reason = "the process that ran it was ended"
        try:
            self._process = subprocess.Popen(
                command(python, "--serve", f"{read},{write}"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(read, write),
                start_new_session=True,
            )
        except OSError as error:
            self._reason = f"cannot run {python}: {error.strerror}"
        finally:
            os.close(read)
            os.close(write)

    def start(self, work: _Work, timeout: float) -> bool:
        """Have it fork for a request. False if it has died."""
        line = {
            "number": work.number,
            "request": str(work.request),
            "reply": str(work.reply),
            "output": str(work.output),
            "folder": str(work.folder / "work"),
            "timeout": timeout,
        }
        try:
            os.write(self._write, json.dumps(line).encode() + b"\n")
        except BrokenPipeError:
            return False
        return True

    def next(self) -> dict[str, Any] | None:
        """The next answer; None if it has died."""
        while b"\n" not in self._pending:
            data = os.read(self._read, 1 << 16)
            if not data:
                return None
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def obituary(self) -> str:
        """Why it has died."""
        return self._reason

    def stop(self) -> None:
        """End it, and whatever it still runs."""
        os.close(self._write)
        os.close(self._read)
        if self._process is not None:
            end(self._process)
