"""How much of real packages the runtime builds without help, and what it sees there. See benchmarks/README.md.

    python benchmarks/verify.py --list oracle-dev.json --python ENVIRONMENT/bin/python

The environment holds the packages of the list, torch and what they import. Every class of the list was built by others
once; here each is built by what `--verify` does, with no configuration.
"""

from __future__ import annotations

import argparse
import ast
import collections
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torchlint.config import SettingsResolver
from torchlint.rules import all_rules
from torchlint.runtime.inspection import inspection_of
from torchlint.runtime.process import Limits, RuntimeFailure
from torchlint.runtime.server import Request, answers
from torchlint.verify import ConstructorCalls

KINDS = {"tensor", "list_of_tensors", "dict_of_tensors", "list_of_modules", "dict_of_modules"}
SMALL = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, size=4):
        super().__init__()
        self.linear = nn.Linear(size, size)
        self.scale = torch.ones(size)
"""


def site_of(python: str) -> Path:
    """The folder of installed packages of an interpreter."""
    code = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    return Path(
        subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    )


def needs_arguments(site: Path, folder: str) -> dict[str, bool]:
    """Whether the constructor of each class of a package has arguments without a default, by the name of the class."""
    required: dict[str, bool] = {}
    bases: dict[str, list[str]] = {}
    for path in (site / folder).rglob("*.py"):
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
                for one in node.body:
                    if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                        given = one.args
                        positional = len(given.posonlyargs) + len(given.args) - 1 - len(given.defaults)
                        required[node.name] = positional > 0 or None in given.kw_defaults

    def of(name: str, depth: int = 0) -> bool:
        if name in required or depth > 8:
            return required.get(name, False)
        return any(of(base, depth + 1) for base in bases.get(name, ()))

    return {name: of(name) for name in bases}


def requests_of(site: Path, package: dict[str, Any], calls: ConstructorCalls) -> list[Request]:
    """A request for each class that the list says was built."""
    found = []
    for path, classes in sorted(package["observed"].items()):
        file = site / path
        for name in classes:
            wanted = tuple(
                one["attr"] for one in package["findings"] if (one["path"], one["class"]) == (path, name)
            )
            found.append(
                Request(f"{file}:{name}", (str(site),), "", tuple(calls.of(str(file), name)), wanted)
            )
    return found


def percent(part: int, whole: int) -> str:
    """A share as text."""
    return f"{part}/{whole} ({100 * part / whole:.0f} %)" if whole else "-"


def measure(site: Path, python: str, package: dict[str, Any], timeout: float) -> Iterator[tuple[str, Any]]:
    """The counts of one package: classes built of those with and without arguments, state seen, reasons."""
    resolver = SettingsResolver([rule.code for rule in all_rules()], cwd=site, isolated=True)
    requests = requests_of(site, package, ConstructorCalls(resolver))
    required = needs_arguments(site, package["folder"])
    built: collections.Counter[tuple[bool, bool]] = collections.Counter()
    reasons: collections.Counter[str] = collections.Counter()
    failed: dict[str, str] = {}
    seen = {}
    for number, reply in answers(requests, python=python, limits=Limits(timeout)):
        target = requests[number].target
        needs = required.get(target.rpartition(":")[2].rpartition(".")[2], False)
        failure = isinstance(reply, RuntimeFailure)
        built[needs, not failure] += 1
        if isinstance(reply, RuntimeFailure):
            reasons[reply.message.split(": ")[0][:60]] += 1
            failed[target] = reply.message
        else:
            seen[target] = {
                row.name for row in inspection_of(target, reply["inspection"]).attributes if row.unregistered
            }
    wanted = [
        (f"{site / one['path']}:{one['class']}", one["attr"])
        for one in package["findings"]
        if one["phase"] == "construction"
        and one["kind"] in KINDS
        and not (one["alias"] or one["moves"] or one["note"])
    ]
    on_built = [(target, attribute) for target, attribute in wanted if target in seen]
    yield "needs none", percent(built[False, True], built[False, True] + built[False, False])
    yield "needs arguments", percent(built[True, True], built[True, True] + built[True, False])
    yield "state of the list seen", percent(sum(one in seen[at] for at, one in on_built), len(on_built))
    yield "counts", (built, len(on_built), sum(one in seen[at] for at, one in on_built))
    yield "failed", failed
    yield "unseen", [(at, one) for at, one in on_built if one not in seen[at]]


def cost(python: str, classes: int, repeat: int) -> str:
    """The time that it takes to look at many small classes, against one import of torch."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(classes):
            (Path(folder) / f"net{number}.py").write_text(SMALL)
        requests = [Request(f"{folder}/net{number}.py:Net") for number in range(classes)]
        runs, imports = [], []
        for _ in range(repeat):
            start = time.perf_counter()
            replies = [reply for _, reply in answers(requests, python=python)]
            runs.append(time.perf_counter() - start)
            assert not any(isinstance(reply, RuntimeFailure) for reply in replies)
            start = time.perf_counter()
            subprocess.run([python, "-c", "import torch"], check=True)
            imports.append(time.perf_counter() - start)
    ours, floor = statistics.median(runs), statistics.median(imports)
    return f"{classes} small classes: {ours:.2f} s; `import torch`: {floor:.2f} s; ratio {ours / floor:.1f}"


def main() -> None:
    """Measure, and print a table."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--list", type=Path, help="the list of classes that were built, with what was unregistered"
    )
    options.add_argument(
        "--python", default=sys.executable, help="the interpreter that has torch and the packages"
    )
    options.add_argument("--package", action="append", help="only these")
    options.add_argument("--timeout", type=float, default=30.0, help="seconds for a class")
    options.add_argument(
        "--show", action="store_true", help="list what could not be built, and what was not seen"
    )
    options.add_argument(
        "--classes", type=int, default=50, help="how many small classes the cost is measured with"
    )
    given = options.parse_args()
    print(cost(given.python, given.classes, 3), "\n", flush=True)
    if given.list is None:
        return
    site = site_of(given.python)
    total: collections.Counter[tuple[bool, bool]] = collections.Counter()
    on_built = seen = 0
    print(
        "| package | built, needs no arguments | built, needs arguments | unregistered state seen |\n|---|---|---|---|"
    )
    for name, package in sorted(json.loads(given.list.read_text())["packages"].items()):
        if (given.package and name not in given.package) or not (site / package["folder"]).exists():
            continue
        row = dict(measure(site, given.python, package, given.timeout))
        counts, of, found = row["counts"]
        total.update(counts)
        on_built, seen = on_built + of, seen + found
        cells = (row["needs none"], row["needs arguments"], row["state of the list seen"])
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
        if given.show:
            for target, reason in row["failed"].items():
                print(f"    {target.removeprefix(str(site))}: {reason[:300]}", file=sys.stderr)
            for target, attribute in row["unseen"]:
                print(f"    UNSEEN {target.removeprefix(str(site))} {attribute}", file=sys.stderr)
    none = percent(total[False, True], total[False, True] + total[False, False])
    some = percent(total[True, True], total[True, True] + total[True, False])
    print(f"| all | {none} | {some} | {percent(seen, on_built)} |")


if __name__ == "__main__":
    main()
