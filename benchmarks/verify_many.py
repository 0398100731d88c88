"""What `--verify` costs for many classes: torch is imported once for all of them, not once for each.

python benchmarks/verify_many.py [--classes 50] [--repeat 5]

Measured in turns: `import torch` in a process of its own, `torchlint --verify` of one small class, and of many. Printed
is a table in Markdown, of medians of the wall time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLASS = """

class Net{number}(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.scale = torch.rand(width)
"""
VERIFY = [sys.executable, "-m", "torchlint", "--isolated", "--no-cache", "--exit-zero", "--verify"]


def seconds(command: list[str]) -> float:
    # installed programs have their bytecode on the disk
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    took = time.monotonic() - start
    if "--verify" in command and ", 0 refuted, 0 unverified" not in done.stdout:
        raise SystemExit(f"not all was confirmed:\n{done.stdout[-500:]}{done.stderr[-500:]}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", default=50, type=int)
    parser.add_argument("--repeat", default=5, type=int)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        commands = {"`import torch`": [sys.executable, "-c", "import torch"]}
        for count in (1, given.classes):
            file = Path(folder, f"nets_{count}.py")
            text = "".join(CLASS.format(number=number) for number in range(count))
            file.write_text(f"import torch\nfrom torch import nn\n{text}", encoding="utf-8")
            commands[f"`torchlint --verify`, {count} {'class' if count == 1 else 'classes'}"] = [
                *VERIFY,
                str(file),
            ]
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(given.repeat + 1):
            for name, command in commands.items():
                taken[name].append(seconds(command))
    medians = {
        name: statistics.median(values[1:]) for name, values in taken.items()
    }  # the first warms the disk up
    once = medians["`import torch`"]
    print("| what | wall time, s | ÷ `import torch` |\n|---|---|---|")
    for name, value in medians.items():
        print(f"| {name} | {value:.2f} | **{value / once:.2f}** |")
    print(f"\n{given.classes} imports would take {given.classes * once:.1f} s.")


if __name__ == "__main__":
    main()
