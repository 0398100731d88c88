"""A run of `torchlint` on a folder, as the tests of `--verify` make it, and code that it must survive."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HOSTILE = {
    "exit": ("import os\nos._exit(3)", "it ended its process with exit code 3"),
    "leave": ("import sys\nsys.exit(1)", "it ends its process (`sys.exit(1)`)"),
    "loop": ("while True: pass", "it did not end within 6 s"),
    "crash": ("import ctypes\nctypes.string_at(0)", "it crashed (SIGSEGV)"),
    "memory": ("x = bytearray(64 << 30)", "it needs more memory than it may have"),
    "absent": ("import no_such_dependency", "it needs `no_such_dependency`, which is not installed"),
    "reads": ("input()", "it raises EOFError"),
}
"""Code that no run may be harmed by, with what is said of it."""

NET = """
import torch
from torch import nn
class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        {inside}
        self.x = torch.zeros(2)
"""


def torchlint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torchlint", *arguments]
    environment = {**os.environ, "TORCHLINT_TESTED": str(folder)}  # marks what it starts, to be found
    return subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", check=False, env=environment
    )


def verdicts(folder: Path, *arguments: str) -> dict[str, dict]:
    done = torchlint(folder, "--verify", "--output-format", "json", *arguments)
    assert "Traceback" not in done.stderr
    assert done.returncode == 1, done.stderr
    return {one["class"]: one["verdict"] for one in json.loads(done.stdout)["findings"]}
