"""Runs the user's code in a process of its own, with a limit to its time and memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WORKER = Path(__file__).parent / "worker"
# The worker's folder becomes a package by its path: torchlint need not be installed where the user's torch is.
_START = """
import importlib.util, sys
folder, request, reply = sys.argv[1:]
spec = importlib.util.spec_from_file_location(
    "torchlint_worker", folder + "/__init__.py", submodule_search_locations=[folder]
)
package = importlib.util.module_from_spec(spec)
sys.modules["torchlint_worker"] = package
spec.loader.exec_module(package)
from torchlint_worker.serve import main
sys.argv[1:] = []
main(request, reply)
"""
DEFAULT_TIMEOUT = 30.0
DEFAULT_MEMORY = 4 << 30


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
    limits = limits or Limits()
    where, colon, name = target.rpartition(":")
    if where.endswith(".py"):
        where = os.path.abspath(where)  # the worker runs in another folder
    request = {
        "target": f"{where}{colon}{name}",
        "arguments": arguments,
        "roots": [os.path.abspath(root) for root in roots],
        "memory": limits.memory,
    }
    # what the user's code leaves there may not be ours to remove
    with tempfile.TemporaryDirectory(prefix="torchlint-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        asked, answered, work = folder / "request.json", folder / "reply.json", folder / "work"
        asked.write_text(json.dumps(request), encoding="utf-8")
        work.mkdir()
        command = [python or sys.executable, "-B", "-c", _START, str(_WORKER), str(asked), str(answered)]
        with open(folder / "output", "w+b") as output:
            ended = _run(command, work, output.fileno(), limits.timeout)
            output.seek(0)
            said = output.read(1 << 16).decode("utf-8", "replace")
        if not answered.exists():
            raise RuntimeFailure(ended or "it ended its process without an answer", said)
        reply: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
    if "error" in reply:
        raise RuntimeFailure(reply["error"], said)
    observed: dict[str, Any] = reply["inspection"]
    return observed


def _run(command: Sequence[str], folder: Path, output: int, timeout: float) -> str | None:
    """Run the worker to its end; if it did not end well, how."""
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=os.name == "posix",  # so that its own children can be ended with it
        )
    except OSError as error:
        raise RuntimeFailure(f"cannot run {command[0]}: {error.strerror}") from error
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        return f"it did not end within {timeout:g} s"
    finally:
        _end(process)
    if code < 0:
        return f"it crashed ({signal.Signals(-code).name})"
    return None if code == 0 else f"it ended its process with exit code {code}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it has started."""
    try:
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()
