"""Runs the user's code in processes of its own, with a limit to their time and memory."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from torchlint.cores import available_cores

_START = Path(__file__).parent / "worker" / "start.py"
DEFAULT_TIMEOUT = 30.0
DEFAULT_MEMORY = 4 << 30
_PATIENCE = 120.0
"""The seconds, over the limit of a request, that a server may keep silent: it imports torch, for one."""

Reply: TypeAlias = "dict[str, Any] | RuntimeFailure"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the user's code may use: seconds, and bytes of memory."""

    timeout: float = DEFAULT_TIMEOUT
    memory: int = DEFAULT_MEMORY


class RuntimeFailure(Exception):  # noqa: N818 - it is no error of torchlint
    """The user's code did not get as far as an answer; the message says why, `output` is what it had written."""

    def __init__(
        self, message: str, output: str = "", *, crashed: bool = False, no_torch: bool = False
    ) -> None:
        """Keep all. `crashed`: the process ended by itself. `no_torch`: the interpreter can build no module at all."""
        super().__init__(message)
        self.message = message
        self.output = output
        self.crashed = crashed
        self.no_torch = no_torch


def ask(
    target: str,
    arguments: str = "",
    *,
    roots: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
    python: str | None = None,
    limits: Limits | None = None,
) -> dict[str, Any]:
    """What the worker observes of a target, see `worker.checks.Inspection`. Raises RuntimeFailure.

    `python` is the interpreter that has torch (default: this one), `roots` are folders from which imports start;
    `more` goes to the worker as well.
    """
    where, colon, name = target.rpartition(":")
    if where.endswith(".py"):
        where = os.path.abspath(where)  # the worker runs in another folder
    request = {
        "target": f"{where}{colon}{name}",
        "arguments": arguments,
        "roots": [os.path.abspath(root) for root in roots],
        "seconds": (limits or Limits()).timeout,
        **(more or {}),
    }
    with Servers() as servers:
        (reply,) = servers.ask_all([request], python=python, limits=limits)
    if isinstance(reply, RuntimeFailure):
        raise reply
    observed: dict[str, Any] = reply["inspection"]
    return observed


class Servers:
    """The server processes of a run, one for each interpreter; each imports torch once, when it is first asked.

    To be used as a context: at its end they end.
    """

    def __init__(self) -> None:
        """Start none yet."""
        self._running: dict[str, _Server] = {}

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *error: object) -> None:
        for server in self._running.values():
            server.close()
        self._running.clear()

    def ask_all(
        self,
        requests: Sequence[Mapping[str, Any]],
        *,
        python: str | None = None,
        limits: Limits | None = None,
        jobs: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Reply]:
        """The reply to each request (see `worker.serve.answer`), whatever becomes of the others.

        Each request has a process of its own. If one ends the server, those that were being answered are asked again,
        one at a time, in a new one.
        """
        limits = limits or Limits()
        replies: dict[int, Reply] = {}

        def serve(numbers: Sequence[int], at_once: int) -> set[int]:
            """Ask; what was started, and has no reply."""
            batch = {number: {**requests[number], "memory": limits.memory} for number in numbers}
            started: set[int] = set()
            for message in self._conversation(batch, python or sys.executable, limits.timeout, at_once):
                if "started" in message:
                    started.add(message["started"])
                elif "done" in message:
                    replies[message["done"]] = _reply(message["reply"])
                    if progress is not None:
                        progress(len(replies), len(requests))
                else:
                    replies.update(
                        (number, RuntimeFailure(message["fatal"], no_torch=True))
                        for number in numbers
                        if number not in replies
                    )
            return {number for number in started if number not in replies}

        while remaining := [number for number in range(len(requests)) if number not in replies]:
            interrupted = serve(remaining, jobs or available_cores())
            for number in sorted(interrupted):
                if serve([number], 1):
                    replies[number] = RuntimeFailure("it ended the process that started it", crashed=True)
            if not interrupted and remaining == [n for n in range(len(requests)) if n not in replies]:
                gone = RuntimeFailure("the process that was to run it ended by itself")
                replies.update((number, gone) for number in remaining)
        return [replies[number] for number in range(len(requests))]

    def _conversation(
        self, batch: Mapping[int, Mapping[str, Any]], python: str, timeout: float, jobs: int
    ) -> Iterator[dict[str, Any]]:
        """What a server says to these requests, until it has answered them or has ended."""
        server = self._running.pop(python, None)
        if server is None:
            try:
                server = _Server(python)
            except OSError as error:
                yield {"fatal": f"cannot run {python}: {error.strerror}"}
                return
        try:
            yield from server.conversation(batch, timeout, jobs)
        finally:
            if server.waits:
                self._running[python] = server
            else:
                server.close()


def _reply(reply: dict[str, Any]) -> Reply:
    if "error" in reply:
        return RuntimeFailure(
            reply["error"],
            reply.get("output", ""),
            crashed=reply.get("crashed", False),
            no_torch=reply.get("no_torch", False),
        )
    return reply


class _Server:
    """A process that answers batches of requests, one after another."""

    def __init__(self, python: str) -> None:
        """Start it. Raises OSError."""
        # what the user's code leaves there may not be ours to remove
        self._temporary = tempfile.TemporaryDirectory(prefix="torchlint-", ignore_cleanup_errors=True)
        self._folder = Path(self._temporary.name)
        self._groups: dict[int, int] = {}
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.waits = True
        """Whether it is ready for a batch."""
        try:
            with open(self._folder / "output", "wb") as output:
                self._process = subprocess.Popen(
                    [python, "-B", str(_START), "serve"],
                    cwd=self._folder,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=output,
                    start_new_session=os.name == "posix",
                )
        except OSError:
            self._temporary.cleanup()
            raise
        threading.Thread(target=self._read, daemon=True).start()

    def conversation(
        self, batch: Mapping[int, Mapping[str, Any]], timeout: float, jobs: int
    ) -> Iterator[dict[str, Any]]:
        """Ask; what it says, until it has answered all, has ended, or has been silent for too long."""
        self.waits = False
        asked = self._folder / "batch.json"
        content = {"requests": batch, "jobs": jobs, "timeout": timeout, "folder": str(self._folder)}
        asked.write_text(json.dumps(content), encoding="utf-8")
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{asked}\n".encode())
            self._process.stdin.flush()
        except OSError:
            return
        while True:
            try:
                line = self._lines.get(timeout=timeout + _PATIENCE)
            except queue.Empty:
                return
            if line is None:
                return
            try:
                message = json.loads(line)
            except ValueError:  # cut off, when the server was ended
                continue
            if "answered" in message:
                self.waits = True
                return
            if "process" in message:
                self._groups[message["of"]] = message["process"]
                continue
            self._groups.pop(message.get("done", -1), None)
            yield message

    def close(self) -> None:
        """End it, and what it has left behind."""
        _end(self._process)
        for group in self._groups.values():
            _end_group(group)
        self._temporary.cleanup()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(None)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server; it ends its children."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # there is nobody left who reads what is in it
        process.stdin.close()


def _end_group(group: int) -> None:
    """End what a request has left behind when its server was ended before it."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
