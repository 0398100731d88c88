"""Measures torchlint against Python's own parser, in the same run. See benchmarks/README.md."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

PACKAGE = "transformers==5.23.0"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "torchlint-benchmarks"
TORCHLINT = (sys.executable, "-m", "torchlint")
CLICK = (sys.executable, "-c", "import click")
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The environment of what is measured: an installed program has its bytecode on the disk."""
PARSE = """
import ast, sys
from pathlib import Path
for path in sorted(Path(sys.argv[1]).rglob("*.py")):
    try:
        ast.parse(path.read_bytes())
    except SyntaxError:
        pass
"""


def cpu_and_wall(command: Sequence[str]) -> tuple[float, float]:
    """Run a command to its end. Its CPU time counts, not that of whatever else runs."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, env=COMPILED
    )
    wall, after = time.perf_counter() - start, os.times()
    if done.returncode not in (0, 1, 2):
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode()}")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent, wall


def interleaved(commands: Mapping[str, Sequence[str]], repeat: int) -> dict[str, tuple[float, float]]:
    """The median CPU and wall time of each command; they take turns."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(repeat):
        for name, command in commands.items():
            times[name].append(cpu_and_wall(command))
    return {
        name: (statistics.median(cpu for cpu, _ in found), statistics.median(wall for _, wall in found))
        for name, found in times.items()
    }


def tree(cache: Path) -> Path:
    """The sources of the benchmark's package, downloaded once."""
    folder = cache / PACKAGE.replace("==", "-")
    if not folder.is_dir():
        with tempfile.TemporaryDirectory() as temporary:
            pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:")
            subprocess.run([*pip, "-d", temporary, PACKAGE], check=True)
            (wheel,) = Path(temporary).glob("*.whl")
            cache.mkdir(parents=True, exist_ok=True)
            unpacked = Path(tempfile.mkdtemp(dir=cache))
            zipfile.ZipFile(wheel).extractall(unpacked)
            unpacked.rename(folder)
    return folder


def one_file(folder: Path) -> Path:
    """A module of 500 lines of ordinary layers, one of them with an unregistered tensor."""
    lines = ["import torch", "from torch import nn", ""]
    number = 0
    while len(lines) < 490:
        lines += [
            "",
            f"class Block{number}(nn.Module):",
            "    def __init__(self, size):",
            "        super().__init__()",
            "        self.linear = nn.Linear(size, size)",
            "        self.scale = torch.ones(size)" if number == 7 else "        self.size = size",
            "",
            "    def forward(self, x):",
            "        return self.linear(x)",
        ]
        number += 1
    path = folder / "blocks.py"
    path.write_text("\n".join(lines + ["#"] * (500 - len(lines))) + "\n")
    return path


def row(what: str, times: Mapping[str, tuple[float, float]], names: tuple[str, str]) -> str:
    (ours, our_wall), (floor, floor_wall) = times[names[0]], times[names[1]]
    return (
        f"| {what} | {ours:.2f} s ({our_wall:.2f} s) | {names[1]}: {floor:.2f} s ({floor_wall:.2f} s) "
        f"| **{ours / floor:.2f}** | {ours - floor:+.2f} s |"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tree", type=Path, help="a folder of Python files (default: transformers 5.23.0)")
    options.add_argument("--cache", type=Path, default=CACHE, help="where the download is kept")
    options.add_argument(
        "--repeat", type=int, default=3, help="runs on the tree; short commands get three times as many"
    )
    options.add_argument("--output", type=Path, help="write the table here too")
    given = options.parse_args()
    source: Path = given.tree or tree(given.cache)
    files = sorted(source.rglob("*.py"))
    lines = sum(path.read_bytes().count(b"\n") for path in files)

    large = interleaved(
        {
            "`ast.parse`": (sys.executable, "-W", "ignore", "-c", PARSE, str(source)),
            "torchlint": (*TORCHLINT, "--isolated", "-q", "--no-cache", "-j", "1", str(source)),
        },
        given.repeat,
    )
    with tempfile.TemporaryDirectory() as temporary:
        small = interleaved(
            {
                "`import click`": CLICK,
                "version": (*TORCHLINT, "--version"),
                "one": (*TORCHLINT, "--isolated", "-q", "--no-cache", str(one_file(Path(temporary)))),
            },
            3 * given.repeat,
        )
    table = [
        f"Python {sys.version.split()[0]}, {len(files)} files, {lines:,} lines. "
        f"CPU time (wall time in brackets), medians of {given.repeat} and {3 * given.repeat} interleaved runs.",
        "",
        "| what | torchlint | against | ratio | difference |",
        "|---|---|---|---|---|",
        row("the tree, cold", large, ("torchlint", "`ast.parse`")),
        row("`torchlint --version`", small, ("version", "`import click`")),
        row("one file of 500 lines", small, ("one", "`import click`")),
    ]
    text = "\n".join(table) + "\n"
    print(text)
    if given.output:
        given.output.write_text(text)


if __name__ == "__main__":
    main()
