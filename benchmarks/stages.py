"""Measures where torchlint spends its time, against Python's own parser in the same run. See benchmarks/README.md."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from types import FrameType

from run import CACHE, COMPILED, PARSE, cpu_and_wall, tree

PACKAGE = Path(__file__).resolve().parent.parent / "torchlint"
INTERVAL = 0.001
"""Seconds of CPU time between two looks; the system may look less often."""
STAGES = {
    "parser": "Python's parser (`ast.parse`)",
    "free": "freeing the syntax trees",
    "files": "files: finding, reading, decoding them",
    "suppression": "comments that suppress",
    "facts": "facts: the sieve, what a file defines, the symbolic form of what is followed",
    "project": "project: imports, bases, construction followed",
    "rules": "rules, proposals and edits of fixes",
    "start": "all else: start-up, options, the loop over the files",
}
OF_ROOM = {"rewrite": "rules", "fixes": "rules"}


def stage(frame: FrameType | None) -> tuple[str, str]:
    """What a stack is at: a stage, and the innermost function of torchlint in it."""
    parsing = False
    while frame is not None:
        path, name = frame.f_code.co_filename, frame.f_code.co_name
        if path.startswith(str(PACKAGE)):
            place = Path(path).relative_to(PACKAGE)
            function = f"{place.as_posix()}: {name}"
            if parsing:
                return "parser", function
            if name in ("forget", "put_away"):
                return "free", function
            room = "rules" if place.stem == "propose" else place.parts[0] if len(place.parts) > 1 else ""
            room = OF_ROOM.get(room, room)
            return room if room in STAGES else "start", function
        parsing |= name == "parse" and Path(path).name == "ast.py"
        frame = frame.f_back
    return "start", "(start-up)"


def sampled(folder: str) -> dict[str, object]:
    """Check a folder in this process, and look at regular intervals at what runs."""
    begun = time.process_time()
    stages: Counter[str] = Counter()
    functions: Counter[str] = Counter()

    def look(_number: int, frame: FrameType | None) -> None:
        where, function = stage(frame)
        stages[where] += 1
        functions[function if where != "parser" else "ast.parse"] += 1

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    from torchlint.cli import main as torchlint

    sys.argv = ["torchlint", "--isolated", "-q", "--no-cache", "-j", "1", folder]
    with suppress(SystemExit), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        torchlint()
    signal.setitimer(signal.ITIMER_PROF, 0)
    return {"cpu": time.process_time() - begun, "stages": stages, "functions": functions}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tree", type=Path, help="a folder of Python files (default: transformers 5.23.0)")
    options.add_argument("--cache", type=Path, default=CACHE, help="where the download is kept")
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--functions", type=int, default=15, help="how many functions are listed")
    options.add_argument("--output", type=Path, help="write the tables here too")
    options.add_argument("--sample", metavar="FOLDER", help=argparse.SUPPRESS)
    given = options.parse_args()
    if not hasattr(signal, "setitimer"):
        sys.exit("needs a system with timers of CPU time: Linux or macOS")
    if given.sample:
        print(json.dumps(sampled(given.sample)))
        return
    source = str(given.tree or tree(given.cache))
    floors, runs = [], []
    for _ in range(given.repeat):
        floors.append(cpu_and_wall((sys.executable, "-W", "ignore", "-c", PARSE, source))[0])
        command = (sys.executable, __file__, "--sample", source)
        environment = {**COMPILED, "PYTHONPATH": os.pathsep.join((str(PACKAGE.parent), *sys.path))}
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
        runs.append(json.loads(done.stdout))
    floor = statistics.median(floors)
    text = "\n".join([*stage_table(runs, floor), "", *function_table(runs, given.functions)]) + "\n"
    print(text)
    if given.output:
        given.output.write_text(text)


def stage_table(runs: list[dict], floor: float) -> list[str]:
    """The seconds of each stage, and how many times the floor that is: medians of the runs."""
    lines = ["| stage | CPU s | ÷ `ast.parse` |", "|---|---|---|"]
    for name, label in STAGES.items():
        seconds = statistics.median(
            run["cpu"] * run["stages"].get(name, 0) / sum(run["stages"].values()) for run in runs
        )
        lines.append(f"| {label} | {seconds:.2f} | {seconds / floor:.2f} |")
    whole = statistics.median(run["cpu"] for run in runs)
    lines.append(f"| **torchlint, one process** | {whole:.2f} | **{whole / floor:.2f}** |")
    lines.append(f"| `ast.parse` of every file, the collector at its default | {floor:.2f} | 1 |")
    return lines


def function_table(runs: list[dict], most: int) -> list[str]:
    """The functions in which most of the time is spent, what they call of Python's own included."""
    found: Counter[str] = Counter()
    for run in runs:
        found.update(run["functions"])
    lines = ["| function | of all |", "|---|---|"]
    for name, count in found.most_common(most):
        lines.append(f"| `{name}` | {count / found.total():.1%} |")
    return lines


if __name__ == "__main__":
    main()
