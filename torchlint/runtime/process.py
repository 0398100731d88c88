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

    def __init__(self, message: str, output: str = "") -> None:
        """Keep both."""
        super().__init__(message)
        self.message = message
        self.output = output


def ask(
    target: str,
    arguments: str = "",
    *,
    roots: Sequence[str] = (),
    python: str | None = None,
    limits: Limits | None = None,
) -> dict[str, Any]:
    """What the worker observes of a target, see `worker.checks.Inspection`. Raises RuntimeFailure.

    `python` is the interpreter that has torch (default: this one), `roots` are folders from which imports start.
    """
    where, colon, name = target.rpartition(":")
    if where.endswith(".py"):
        where = os.path.abspath(where)  # the worker runs in another folder
    request = {
        "target": f"{where}{colon}{name}",
        "arguments": arguments,
        "roots": [os.path.abspath(root) for root in roots],
    }
    (reply,) = ask_all([request], python=python, limits=limits)
    if isinstance(reply, RuntimeFailure):
        raise reply
    observed: dict[str, Any] = reply["inspection"]
    return observed


def ask_all(
    requests: Sequence[Mapping[str, Any]],
    *,
    python: str | None = None,
    limits: Limits | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Reply]:
    """The reply to each request (see `worker.serve.answer`), whatever becomes of the others.

    One server process imports torch, and each request has a process of its own. If a request ends the server, those
    that were being answered are asked again, one at a time, in a new one.
    """
    limits = limits or Limits()
    replies: dict[int, Reply] = {}

    def serve(numbers: Sequence[int], at_once: int) -> set[int]:
        """Ask; what was started, and has no reply."""
        batch = {number: {**requests[number], "memory": limits.memory} for number in numbers}
        started: set[int] = set()
        for message in _conversation(batch, python or sys.executable, limits.timeout, at_once):
            if "started" in message:
                started.add(message["started"])
            elif "done" in message:
                replies[message["done"]] = _reply(message["reply"])
                if progress is not None:
                    progress(len(replies), len(requests))
            else:
                replies.update(
                    (number, RuntimeFailure(message["fatal"], message.get("output", "")))
                    for number in numbers
                    if number not in replies
                )
        return {number for number in started if number not in replies}

    while remaining := [number for number in range(len(requests)) if number not in replies]:
        interrupted = serve(remaining, jobs or cores())
        for number in sorted(interrupted):
            if serve([number], 1):
                replies[number] = RuntimeFailure("it ended the process that started it")
        if not interrupted and remaining == [n for n in range(len(requests)) if n not in replies]:
            gone = RuntimeFailure("the process that was to run it ended by itself")
            replies.update((number, gone) for number in remaining)
    return [replies[number] for number in range(len(requests))]


def cores() -> int:
    """How many processes this one may keep busy."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _reply(reply: dict[str, Any]) -> Reply:
    if "error" in reply:
        return RuntimeFailure(reply["error"], reply.get("output", ""))
    return reply


def _conversation(
    batch: Mapping[int, Mapping[str, Any]], python: str, timeout: float, jobs: int
) -> Iterator[dict[str, Any]]:
    """Start a server with these requests; what it says, until it ends."""
    # what the user's code leaves there may not be ours to remove
    with tempfile.TemporaryDirectory(prefix="torchlint-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        asked = folder / "batch.json"
        content = {"requests": batch, "jobs": jobs, "timeout": timeout, "folder": temporary}
        asked.write_text(json.dumps(content), encoding="utf-8")
        with open(folder / "output", "w+b") as output:
            try:
                process = subprocess.Popen(
                    [python, "-B", str(_START), "serve", str(asked)],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=output,
                    start_new_session=os.name == "posix",
                )
            except OSError as error:
                yield {"fatal": f"cannot run {python}: {error.strerror}"}
                return
            groups: dict[int, int] = {}
            try:
                for message in _messages(process, timeout + _PATIENCE):
                    if "process" in message:
                        groups[message["of"]] = message["process"]
                        continue
                    groups.pop(message.get("done", -1), None)
                    yield message
            finally:
                _end(process)
                for group in groups.values():
                    _end_group(group)


def _messages(process: subprocess.Popen[bytes], patience: float) -> Iterator[dict[str, Any]]:
    """The messages of the server until it ends, or has been silent for too long."""
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=patience)
        except queue.Empty:
            return
        if line is None:
            return
        try:
            message = json.loads(line)
        except ValueError:  # cut off, when the server was ended
            continue
        yield message


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server; it ends its children."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_group(group: int) -> None:
    """End what a request has left behind when its server was ended before it."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
