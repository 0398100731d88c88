"""A run of `torchlint` on a folder, as the tests of `--verify` make it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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
