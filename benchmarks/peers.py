"""Measures torchlint against its peers, on three trees and as the number of lines grows. See benchmarks/README.md."""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from run import CACHE, COMPILED, PARSE, TORCHLINT, one_file, tree

PEERS = ("libcst", "torchfix==0.7.0", "flake8>=7", "flake8-bugbear", "ruff~=0.17.6", "matplotlib")
COLD = "torchlint, all cores"
TORCHFIX = "TorchFix 0.7.0"
LEAVING = "torchlint, all cores, leaving a cache"
WARM = "torchlint, warm"
CHANGED = "torchlint, one file changed"
PART = 60
"""How many files the slow peers get; their time is given per line."""
SIZES = (1_000, 10_000, 100_000, 1_000_000)
CST = """
import sys
from pathlib import Path
import libcst
for path in sorted(Path(sys.argv[1]).rglob("*.py")):
    try:
        libcst.parse_module(path.read_bytes())
    except libcst.ParserSyntaxError:
        pass
"""
PLOT = """
import json, sys
import matplotlib
matplotlib.use("svg")
from matplotlib import pyplot
series, target = json.loads(sys.argv[1]), sys.argv[2]
for name, points in series.items():
    pyplot.loglog([lines for lines, _ in points], [seconds for _, seconds in points], marker="o", label=name)
pyplot.xlabel("lines")
pyplot.ylabel("wall time, s")
pyplot.grid(True, which="both", alpha=0.3)
pyplot.legend()
pyplot.savefig(target)
"""


@dataclass(frozen=True)
class Sample:
    """One run: seconds on the clock, seconds of CPU, and the largest process in MiB."""

    wall: float
    cpu: float
    memory: float


def measured(command: Sequence[str]) -> Sample:
    """Run a command to its end. A linter ends with 0, 1, or 2 if a file of the tree has a syntax error."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=COMPILED)
    assert process.stderr is not None
    stderr = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 2):
        sys.exit(f"{' '.join(command)} failed:\n{stderr.decode(errors='replace')[-2000:]}")
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


def interleaved(
    commands: Mapping[str, Sequence[str]],
    repeat: int,
    before: Mapping[str, Callable[[], None]] | None = None,
) -> dict[str, Sample]:
    """The medians of each command; they take turns. `before` has what is done before some of them, unmeasured."""
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for _ in range(repeat):
        for name, command in commands.items():
            if before and name in before:
                before[name]()
            samples[name].append(measured(command))
    return {
        name: Sample(
            statistics.median(one.wall for one in found),
            statistics.median(one.cpu for one in found),
            max(one.memory for one in found),
        )
        for name, found in samples.items()
    }


def peers(cache: Path) -> Path:
    """The folder of the programs of an environment with the peers, made once."""
    folder = cache / "peers"
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(programs / "python"), "-m", "pip", "install", "-q", *PEERS], check=True)
        (folder / "complete").touch()
    return programs


def part_of(files: Sequence[Path], target: Path, *, most: int = 10**9, lines: int = 10**9) -> int:
    """Copy some files, `most` of them or until there are so many lines; returns the number of lines."""
    target.mkdir()
    count = 0
    for number, path in enumerate(files[:most]):
        if count >= lines:
            break
        shutil.copy(path, target / f"f{number}_{path.name}")
        count += lines_of([path])
    return count


def lines_of(files: Sequence[Path]) -> int:
    return sum(path.read_bytes().count(b"\n") for path in files)


def whole(folder: Path, programs: Path) -> dict[str, tuple[str, ...]]:
    """What is run on a whole tree."""
    ruff = (str(programs / "ruff"), "check", "-q", "--isolated", "--exit-zero")
    ours = (*TORCHLINT, "--isolated", "-q", "--exit-zero")
    return {
        "torchlint, 1 process": (*ours, "--no-cache", "-j", "1", str(folder)),
        COLD: (*ours, "--no-cache", str(folder)),
        LEAVING: (*ours, "--cache-dir", str(folder.parent / "new-cache"), str(folder)),
        WARM: (*ours, "--cache-dir", str(folder.parent / "cache"), str(folder)),
        CHANGED: (*ours, "--cache-dir", str(folder.parent / "changed-cache"), str(folder)),
        "`ast.parse`, 1 process": (sys.executable, "-W", "ignore", "-c", PARSE, str(folder)),
        "`ruff check --select ALL --no-cache`": (*ruff, "--select", "ALL", "--no-cache", str(folder)),
        "`ruff check`, warm": (*ruff, "--cache-dir", str(folder.parent / "ruff-cache"), str(folder)),
    }


def whole_tree(source: Path, folder: Path, programs: Path, repeat: int) -> dict[str, Sample]:
    """All that is run on a whole tree; on a copy, for one file of it is changed before some of the runs."""
    copy = folder / "copy" / source.name
    shutil.copytree(source, copy, ignore=_not_python)
    commands = whole(copy, programs)
    for name in (WARM, CHANGED):
        measured(commands[name])
    files = sorted(copy.rglob("*.py"))
    chosen = iter(random.Random(0).choices(files, k=repeat))

    def change() -> None:
        path = next(chosen)
        path.write_bytes(path.read_bytes() + b"\n# changed\n")

    def forget() -> None:
        shutil.rmtree(copy.parent / "new-cache", ignore_errors=True)

    try:
        return interleaved(
            commands, repeat, {CHANGED: change, LEAVING: forget, WARM: lambda: again(commands)}
        )
    finally:
        shutil.rmtree(folder / "copy")


def _not_python(folder: str, names: Sequence[str]) -> list[str]:
    return [
        name for name in names if not name.endswith(".py") and not os.path.isdir(os.path.join(folder, name))
    ]


def again(commands: Mapping[str, Sequence[str]]) -> None:
    """See all that was changed, so that the next run finds nothing new."""
    measured(commands[WARM])


def slow(folder: Path, programs: Path) -> dict[str, tuple[str, ...]]:
    """What is run on a part of a tree only."""
    ours = (*TORCHLINT, "--isolated", "-q", "--exit-zero", "--no-cache")
    return {
        "torchlint, 1 process": (*ours, "-j", "1", str(folder)),
        COLD: (*ours, str(folder)),
        "`libcst.parse_module`": (str(programs / "python"), "-c", CST, str(folder)),
        "flake8 + bugbear": (str(programs / "flake8"), "--isolated", "--exit-zero", str(folder)),
        TORCHFIX: (str(programs / "torchfix"), "--select=ALL", str(folder)),
    }


def table(title: str, lines: int, samples: Mapping[str, Sample], against: str) -> list[str]:
    """Rows with ratios of wall times to one of them."""
    base = samples[against].wall
    rows = [
        f"| {name} | {one.wall:.2f} | {one.cpu:.2f} | {1e5 * one.wall / lines:.2f} | **{one.wall / base:.2f}** "
        f"| {one.memory:.0f} |"
        for name, one in samples.items()
    ]
    return [
        f"### {title} ({lines:,} lines)",
        "",
        f"| | wall, s | CPU, s | s per 100,000 lines | ÷ {against} | largest process, MiB |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
    ]


def per_line(whole: tuple[int, Sample], part: tuple[int, Sample]) -> list[str]:
    """How many times longer TorchFix takes for a line of the part than torchlint for one of the whole tree."""
    seconds = [sample.wall / lines for lines, sample in (whole, part)]
    return [
        "TorchFix for a line of these files ÷ torchlint, all cores, for a line of transformers 5.23.0: "
        f"**{seconds[1] / seconds[0]:.0f}**",
        "",
    ]


def growth(
    files: Sequence[Path], folder: Path, repeat: int
) -> tuple[list[str], dict[str, list[list[float]]]]:
    """Wall time as the lines grow: a table, and the points of a plot."""
    shuffled = list(files)
    random.Random(0).shuffle(shuffled)
    series: dict[str, list[list[float]]] = {"1 process": [], "all cores": []}
    rows = []
    for size in SIZES:
        target = folder / f"lines{size}"
        lines = part_of(shuffled, target, lines=size)
        ours = (*TORCHLINT, "--isolated", "-q", "--exit-zero", "--no-cache")
        samples = interleaved(
            {"1 process": (*ours, "-j", "1", str(target)), "all cores": (*ours, str(target))}, repeat
        )
        for name, one in samples.items():
            series[name].append([lines, one.wall])
        rows.append(
            f"| {lines:,} | {samples['1 process'].wall:.2f} | {samples['all cores'].wall:.2f} "
            f"| {1e5 * samples['1 process'].wall / lines:.2f} |"
        )
    head = ["| lines | 1 process, s | all cores, s | s per 100,000 lines, 1 process |", "|---|---|---|---|"]
    return ["### Growth", "", *head, *rows, ""], series


def latency(programs: Path, repeat: int) -> dict[str, Sample]:
    """One file of 500 lines, as an editor or a hook sees it."""
    with tempfile.TemporaryDirectory() as temporary:
        path = str(one_file(Path(temporary)))
        commands = {
            "`flake8 --version`": (str(programs / "flake8"), "--version"),
            "`torchlint --version`": (*TORCHLINT, "--version"),
            "torchlint": (*TORCHLINT, "--isolated", "-q", "--exit-zero", "--no-cache", path),
            "ruff": (str(programs / "ruff"), "check", "-q", "--isolated", "--no-cache", "--exit-zero", path),
        }
        return interleaved(commands, repeat)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cache", type=Path, default=CACHE, help="where downloads and the peers are kept")
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--output", type=Path, help="a folder for peers.md and growth.svg")
    given = options.parse_args()
    programs = peers(given.cache)
    transformers = tree(given.cache)
    trees = {"transformers 5.23.0": transformers}
    spec = importlib.util.find_spec("torch")
    if spec is not None and spec.origin is not None:
        trees["torch"] = Path(spec.origin).parent
    files = sorted(transformers.rglob("modeling_*.py"))
    out: list[str] = []
    measures: dict[str, tuple[int, Sample]] = {}

    def tell(lines: Sequence[str]) -> None:
        out.extend(lines)
        print("\n".join(lines), flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        small = folder / "small"
        part_of(files, small, most=50)
        trees["50 files of models"] = small
        for name, source in trees.items():
            lines = lines_of(sorted(source.rglob("*.py")))
            samples = whole_tree(source, folder, programs, given.repeat)
            tell(table(name, lines, samples, "`ast.parse`, 1 process"))
            measures[name] = lines, samples[COLD]
        part = folder / "part"
        lines = part_of(files, part, most=PART)
        samples = interleaved(slow(part, programs), given.repeat)
        tell(table(f"{PART} files of models", lines, samples, "torchlint, 1 process"))
        tell(per_line(measures["transformers 5.23.0"], (lines, samples[TORCHFIX])))
        tell(table("One file", 500, latency(programs, 3 * given.repeat), "`flake8 --version`"))
        rows, series = growth(sorted(transformers.rglob("*.py")), folder, given.repeat)
        tell(rows)
    if given.output:
        import json

        given.output.mkdir(parents=True, exist_ok=True)
        (given.output / "peers.md").write_text("\n".join(out))
        plot = (str(programs / "python"), "-c", PLOT, json.dumps(series), str(given.output / "growth.svg"))
        subprocess.run(plot, check=True)


if __name__ == "__main__":
    main()
