"""Runs many requests, each in a child process: torch is imported once, and the children are forks.

Where the platform cannot fork safely, each child is a process from the start. Nobody but the server has the files
that replies come in: a child that goes wrong cannot write into those of others. It speaks on standard output: a line of
JSON when a request is started, one with its process, one when it is done, and one when all of a batch are.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import IO, Any, Protocol

from .serve import PROBLEM, USES_DYNAMO, answer, load_torch, write_reply
from .timing import soon

_FORKS = sys.platform.startswith("linux") and not os.environ.get("TORCHLINT_NO_FORK")
_POLL = 0.005
_MOST_REPLY = 64 << 20
_MOST_OUTPUT = 1 << 16
_DIE_WITH_PARENT = 1


class _Process(Protocol):
    """What a fork and a process from the start have in common."""

    pid: int

    def poll(self) -> int | None: ...
    def kill(self) -> None: ...


@dataclass
class _Forked:
    pid: int
    code: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)


@dataclass
class _Child:
    """A request that is being answered."""

    number: int
    process: _Process
    deadline: float
    folder: str
    reply: IO[bytes]
    output: IO[bytes]

    def end(self) -> int:
        """End what is left of it, with what it has started, and give its exit code."""
        try:
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        except OSError:
            pass
        if self.process.poll() is None:  # it had no group of its own yet
            with contextlib.suppress(OSError):
                self.process.kill()
        while (code := self.process.poll()) is None:
            time.sleep(_POLL)
        return code

    def close(self) -> None:
        """Remove its files."""
        self.reply.close()
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def main() -> None:
    """Answer the batches whose files standard input names, a line each: see `_answer_batch`."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    if _FORKS and (problem := load_torch()) is not None:
        _say(outgoing, {"fatal": problem})
        return
    if _FORKS:
        from .checks import warm_up

        warm_up()
    while line := sys.stdin.readline():
        with open(line.rstrip("\n"), encoding="utf-8") as stream:
            _answer_batch(json.load(stream), outgoing)
        _say(outgoing, {"answered": True})


def _answer_batch(batch: dict[str, Any], outgoing: IO[str]) -> None:
    """Answer `{"requests": {number: request}, "jobs", "timeout", "folder"}`."""
    parent = os.getppid()
    waiting = list(batch["requests"].items())
    running: list[_Child] = []
    try:
        while (waiting or running) and os.getppid() == parent:
            while waiting and len(running) < batch["jobs"]:
                number, request = waiting.pop(0)
                _say(outgoing, {"started": int(number)})
                running.append(_start(int(number), request, batch, running, outgoing))
                _say(outgoing, {"process": running[-1].process.pid, "of": int(number)})
            for child in running[:]:
                code = child.process.poll()
                late = code is None and time.monotonic() > child.deadline
                if code is not None or late:
                    code = child.end()
                    running.remove(child)
                    result = _result(child, code, late, batch["timeout"])
                    _say(outgoing, {"done": child.number, **result})
                    child.close()
                    if result["reply"].get(USES_DYNAMO) and _FORKS:
                        import torch._dynamo  # noqa: F401 - slow: once for all that are still to come
            time.sleep(_POLL)
    finally:
        for child in running:
            child.end()
            child.close()


def _start(
    number: int, request: dict[str, Any], batch: dict[str, Any], running: list[_Child], outgoing: IO[str]
) -> _Child:
    folder = tempfile.mkdtemp(dir=batch["folder"])
    work = os.path.join(folder, "work")
    os.mkdir(work)
    output = tempfile.TemporaryFile()  # noqa: SIM115 - the child is closed when it is done
    deadline = time.monotonic() + batch["timeout"]
    request = {**request, "until": soon(deadline, batch["timeout"])}
    process: _Process
    if _FORKS:
        reply = tempfile.TemporaryFile()  # noqa: SIM115
        others = [child.reply.fileno() for child in running] + [child.output.fileno() for child in running]
        process = _fork(request, reply, output, work, [outgoing.fileno(), *others])
    else:
        asked, answered = os.path.join(folder, "request.json"), os.path.join(folder, "reply.json")
        with open(asked, "w", encoding="utf-8") as stream:
            json.dump(request, stream)
        reply = open(answered, "w+b")  # noqa: SIM115
        command = [sys.executable, "-B", os.path.join(os.path.dirname(__file__), "start.py")]
        process = subprocess.Popen(
            [*command, "answer", asked, answered],
            cwd=work,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=os.name == "posix",
        )
    return _Child(number, process, deadline, folder, reply, output)


def _fork(
    request: dict[str, Any], reply: IO[bytes], output: IO[bytes], work: str, others: list[int]
) -> _Forked:
    pid = os.fork()
    if pid:
        return _Forked(pid)
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        _die_with_parent()
        nowhere = os.open(os.devnull, os.O_RDONLY)
        for target, descriptor in enumerate((nowhere, output.fileno(), output.fileno())):
            os.dup2(descriptor, target)
        for descriptor in (nowhere, output.fileno(), *others):
            os.close(descriptor)
        os.chdir(work)
        write_reply(reply, answer(request))
        code = 0
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(code)


def _die_with_parent() -> None:
    """Let the system end this process when the server ends, however that comes about."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    except (OSError, AttributeError):
        pass


def _result(child: _Child, code: int, late: bool, timeout: float) -> dict[str, Any]:
    """What came of a request: its reply, or why there is none, with what the code had written."""
    found: dict[str, Any] = {}
    if late:
        found["error"] = f"it did not end within {timeout:g} s"
    elif code < 0:
        found = {"error": f"it crashed ({_signal_name(-code)})", "crashed": True}
    elif code > 0:
        found = {"error": f"it ended its process with exit code {code}", "crashed": True}
    else:
        child.reply.seek(0)
        try:
            found = json.loads(child.reply.read(_MOST_REPLY))
            if not isinstance(found, dict):
                raise ValueError(found)
        except ValueError:
            found = {"error": "it ended its process without an answer"}
    if PROBLEM in found:
        child.output.seek(0)
        found["output"] = child.output.read(_MOST_OUTPUT).decode("utf-8", "replace")
    return {"reply": found}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _say(outgoing: IO[str], message: dict[str, Any]) -> None:
    outgoing.write(json.dumps(message) + "\n")
    outgoing.flush()
