"""The answer to one request, in the process of the user's code."""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import asdict
from typing import IO, Any

PROBLEM = "error"
"""The key of a reply that says why there is no answer."""
NO_TORCH = "no_torch"
"""The key of a reply that says that this interpreter cannot import torch."""
USES_DYNAMO = "dynamo"
"""The key of a reply that says that the user's code has imported the whole compiler of torch, which is slow."""


def limit_memory(limit: int) -> None:
    """Let this process have so many bytes of its own; without effect where the platform has no such limit."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    except (ImportError, ValueError, OSError):
        pass


def load_torch() -> str | None:
    """Import torch; if that fails, why."""
    try:
        with (
            warnings.catch_warnings()
        ):  # what torch says of its own installation is not about the user's code
            warnings.simplefilter("ignore")
            import torch  # noqa: F401

            from . import snapshot, verifying  # noqa: F401
    except ImportError as error:
        remedy = "install it there, or name an interpreter that has it with --python"
        return f"{sys.executable} cannot import torch ({error}): {remedy}"
    return None


def main(request_file: str, reply_file: str) -> None:
    """Answer the request in a file in another."""
    with open(request_file, encoding="utf-8") as stream:
        request = json.load(stream)
    reply = answer(request)
    with open(reply_file, "wb") as answered:
        write_reply(answered, reply)


def write_reply(stream: IO[bytes], reply: dict[str, Any]) -> None:
    """Write the reply."""
    reply = {**reply, USES_DYNAMO: "torch._dynamo" in sys.modules}
    stream.write(json.dumps(reply).encode())
    stream.flush()


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """`{"target", "arguments", "roots", "memory"}` → `{"inspection"}` or `{"error"}`; `recipe` goes before arguments.

    With `expression`: what `snapshot.snapshot` takes → `{"snapshot"}` or `{"error"}`.
    Without `arguments`: what `verifying.verify` takes → `{"looks"}` or `{"error"}`.
    """
    limit_memory(request["memory"])
    problem = load_torch()
    if problem is not None:
        return {PROBLEM: problem, NO_TORCH: True}
    import torch

    from .checks import described, inspect
    from .snapshot import snapshot
    from .targets import TargetError, builder
    from .timing import TooLong
    from .verifying import by_recipe, verify

    torch.set_num_threads(1)  # as many classes as there are cores are looked at side by side
    try:
        if "expression" in request:
            return {"snapshot": snapshot(request)}
        if "arguments" not in request:
            return {"looks": verify(request)}
        if request.get("recipe") is not None:
            build, inputs = by_recipe(request)
        else:
            build = builder(request["target"], request["arguments"], request["roots"])
            inputs = None
        return {"inspection": asdict(inspect(build, inputs, request["until"]))}
    except (TargetError, TooLong) as error:
        return {PROBLEM: str(error)}
    except ModuleNotFoundError as error:
        return {PROBLEM: f"it needs `{error.name}`, which is not installed{_other_python(request)}"}
    except MemoryError:
        return {PROBLEM: "it needs more memory than it may have"}
    except SystemExit as error:
        return {PROBLEM: f"it ends its process (`sys.exit({error.code!r})`)"}
    except BaseException as error:  # the user's code may raise anything
        return {PROBLEM: f"it raises {described(error)}{_arguments_hint(request, error)}"}


def _other_python(request: dict[str, Any]) -> str:
    """What somebody can do who asks for one module (`torchlint inspect`), where something is not installed."""
    return f" in {sys.executable} (--python names another interpreter)" if "arguments" in request else ""


def _arguments_hint(request: dict[str, Any], error: BaseException) -> str:
    """The same, where a call lacks arguments."""
    missing = isinstance(error, TypeError) and " required " in str(error)
    return " (--args gives the arguments)" if missing and request.get("arguments") == "" else ""
