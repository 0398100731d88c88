"""The worker's one job: a request in a file, a reply in another."""

from __future__ import annotations

import json
import os
import sys
import warnings
from dataclasses import asdict
from typing import Any


def limit_memory(limit: int) -> None:
    """Let this process have so many bytes of its own; without effect where the platform has no such limit."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    except (ImportError, ValueError, OSError):
        pass


def main(request_file: str, reply_file: str) -> None:
    """Answer the request: `{"target", "arguments", "roots", "memory"}` → `{"inspection"}` or `{"error"}`."""
    with open(request_file, encoding="utf-8") as stream:
        request = json.load(stream)
    limit_memory(request["memory"])
    reply = _answer(request)
    # whole or not at all: the process may be ended at any time
    with open(f"{reply_file}.part", "w", encoding="utf-8") as stream:
        json.dump(reply, stream)
    os.replace(f"{reply_file}.part", reply_file)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        with (
            warnings.catch_warnings()
        ):  # what torch says of its own installation is not about the user's code
            warnings.simplefilter("ignore")
            import torch  # noqa: F401
    except ImportError as error:
        remedy = "install it there, or name an interpreter that has it with --python"
        return {"error": f"{sys.executable} cannot import torch ({error}): {remedy}"}
    from .checks import described, inspect
    from .targets import TargetError, builder

    try:
        return {
            "inspection": asdict(inspect(builder(request["target"], request["arguments"], request["roots"])))
        }
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
