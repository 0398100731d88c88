"""The terminal excerpts of the README: what the commands in its `console` blocks print.

`python -m tests.e2e.readme` (in the root of the checkout) writes them anew, after a change of the messages.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
_CONSOLE = re.compile(r"```console\n\$ (torchlint [^\n]*)\n.*?```", re.DOTALL)


def _printed(match: re.Match[str]) -> str:
    process = subprocess.run(
        [sys.executable, "-m", *shlex.split(match[1])],
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        timeout=60,
    )
    return f"```console\n$ {match[1]}\n{process.stdout.decode()}```"


def up_to_date(text: str) -> str:
    """The README with its excerpts as the tool prints them now."""
    return _CONSOLE.sub(_printed, text)


if __name__ == "__main__":
    README.write_text(up_to_date(README.read_text(encoding="utf-8")), encoding="utf-8")
