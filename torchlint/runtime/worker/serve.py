"""The worker's one job: a request in a file, a reply in another; and the server that forks for each of many."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from typing import Any


def limit_memory(limit: int) -> None:
    """Let this process have so many bytes of its own; without effect where the platform has no such limit."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    except (ImportError, ValueError, OSError):
        pass


def main(request_file: str, reply_file: str) -> None:
    """Answer the request: `{"target", "arguments", "roots", "memory"}` → `{"inspection"}` or `{"error"}`.

    A request with `calls` and `recipe` in place of `arguments` leaves it to the worker how to build the class; the
    reply then has a `build`.
    """
    with open(request_file, encoding="utf-8") as stream:
        request = json.load(stream)
    limit_memory(request["memory"])
    reply = _answer(request)
    # whole or not at all: the process may be ended at any time
    with open(f"{reply_file}.part", "w", encoding="utf-8") as stream:
        json.dump(reply, stream)
    os.replace(f"{reply_file}.part", reply_file)


def _import_torch() -> str | None:
    """Import torch; what is wrong if that fails."""
    try:
        with (
            warnings.catch_warnings()
        ):  # what torch says of its own installation is not about the user's code
            warnings.simplefilter("ignore")
            import torch  # noqa: F401
    except ImportError as error:
        remedy = "install it there, or name an interpreter that has it with --python"
        return f"{sys.executable} cannot import torch ({error}): {remedy}"
    return None


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    if (missing := _import_torch()) is not None:
        return {"error": missing}
    from .building import find_build
    from .checks import described, inspect
    from .targets import TargetError, builder

    target, roots = request["target"], request["roots"]
    try:
        if "calls" in request:
            built = find_build(target, roots, request["recipe"], request["calls"])
            return {"inspection": asdict(inspect(built.build)), "build": built.call}
        return {"inspection": asdict(inspect(builder(target, request["arguments"], roots)))}
    except TargetError as error:
        return {"error": str(error)}
    except ModuleNotFoundError as error:
        return {"error": f"it needs `{error.name}`, which is not installed"}
    except MemoryError:
        return {"error": "it needs more memory than it may have"}
    except SystemExit as error:
        return {"error": f"it ends its process (`sys.exit({error.code!r})`)"}
    except BaseException as error:  # the user's code may raise anything
        return {"error": f"it raises {described(error)}"}


# -- many requests, one import of torch ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Job:
    number: int
    process: int
    deadline: float


def serve(commands: int, answers: int) -> None:
    """Fork a process for each request that comes as a line of JSON, until there are no more.

    A request: `{"number", "request", "reply", "output", "folder", "timeout"}`, paths of files and seconds. An answer:
    `{"number", "ended"}`, where `ended` says how the process ended, if not well. `commands` and `answers` are file
    descriptors. This process itself runs nothing but torch's import.
    """
    if _import_torch() is None:  # else each request is told what is wrong
        from . import building, checks  # noqa: F401

        checks.warm_up()
    jobs: list[_Job] = []
    pending, open_ = b"", True
    selector = selectors.DefaultSelector()
    selector.register(commands, selectors.EVENT_READ)
    while open_ or jobs:
        if open_ and selector.select(0.005 if jobs else None):
            data = os.read(commands, 1 << 16)
            open_ = bool(data)
            *lines, pending = (pending + data).split(b"\n")
            jobs += [_start(json.loads(line), (commands, answers)) for line in lines]
        elif not open_:
            time.sleep(0.005)
        for job in list(jobs):
            ended = _ended(job)
            if ended is not None:
                jobs.remove(job)
                line = json.dumps({"number": job.number, "ended": ended or None}) + "\n"
                os.write(answers, line.encode())


def _start(job: dict[str, Any], own: tuple[int, int]) -> _Job:
    process = os.fork()
    if process == 0:
        try:
            os.setsid()  # so that its own children can be ended with it
            for descriptor in own:
                os.close(descriptor)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.chdir(job["folder"])
            main(job["request"], job["reply"])
        finally:
            sys.stdout.flush()
            os._exit(0)
    return _Job(job["number"], process, time.monotonic() + job["timeout"])


def _ended(job: _Job) -> str | None:
    """None while it runs; how it ended, and nothing where it ended well."""
    done, status = os.waitpid(job.process, os.WNOHANG)
    late = done == 0 and time.monotonic() > job.deadline
    if done == 0 and not late:
        return None
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(job.process, signal.SIGKILL)
    if late:
        os.waitpid(job.process, 0)
        return "timeout"
    if os.WIFSIGNALED(status):
        return f"it crashed ({signal.Signals(os.WTERMSIG(status)).name})"
    code = os.WEXITSTATUS(status)
    return f"it ended its process with exit code {code}" if code else ""
