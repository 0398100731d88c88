"""How much `--verify` builds and sees, on the packages of a list of what torch says (see oracle-dev.json).

python benchmarks/verify.py --list oracle-dev.json --site SITE_PACKAGES --python PYTHON [--only kornia,timm]

SITE_PACKAGES holds the pinned packages, PYTHON is an interpreter that has them and torch. Printed for each package: the
share of module classes that were built with no configuration (concrete ones, by whether their constructor needs
arguments; those that need the network, or a dependency that is not installed, are counted apart, and both shares are
printed), the verdicts, and the share of the unregistered state on the list that was seen on the same classes.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path

from torchlint.config import SettingsResolver
from torchlint.rules import all_rules
from torchlint.runs.check import Run
from torchlint.runs.unforeseen import unforeseen
from torchlint.runs.verify import VerifyOptions, see
from torchlint.runtime.process import Limits, RuntimeFailure
from torchlint.runtime.verdicts import verdict


def needs_arguments(classes: list[tuple[str, str]], trees: dict[str, dict[str, ast.ClassDef]]) -> bool:
    """Whether the first constructor on the way through the bases needs any."""
    for path, name in classes:
        if path not in trees:
            trees[path] = dict(_classes(ast.parse(Path(path).read_text(encoding="utf-8")), ""))
        cls = trees[path].get(name)
        for node in cls.body if cls is not None else ():
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                given = node.args
                positional = len(given.posonlyargs) + len(given.args) - 1 - len(given.defaults)
                return positional > 0 or any(one is None for one in given.kw_defaults)
    return False


def _classes(node: ast.AST, prefix: str):
    for child in ast.iter_child_nodes(node):
        name = prefix
        if isinstance(child, (ast.ClassDef, ast.FunctionDef)):
            name = f"{prefix}.{child.name}".lstrip(".")
        if isinstance(child, ast.ClassDef):
            yield name, child
        yield from _classes(child, name)


def kind_of(message: str) -> str:
    """A reason without its particulars."""
    message = re.sub(r"no arguments were found.*raises (\w+).*", r"no arguments were found (\1)", message)
    return re.sub(r"`[^`]*`|'[^']*'|\d+", "…", message)[:70]


def measure(name: str, package: dict, site: Path, python: str, timeout: float, verbose: bool) -> Counter:
    folder = site / package["folder"]
    resolver = SettingsResolver(frozenset(rule.code for rule in all_rules()), cwd=site, isolated=True)
    run = Run([str(folder)], resolver)
    findings = run.check(run.files, {}).findings
    classes = {one.name: one for path in run.files for one in run.module_classes(path)}
    start = time.monotonic()
    looks = see(run, findings, resolver, VerifyOptions(python, Limits(timeout)))
    seconds = time.monotonic() - start
    counts: Counter = Counter()
    trees: dict = {}
    reasons: Counter = Counter()
    for key, found in looks.items():
        failed = isinstance(found, RuntimeFailure)
        if failed and ("it is abstract" in found.message or "inside a function" in found.message):
            counts["abstract, or inside a function"] += 1
            continue
        kind = "with arguments" if needs_arguments([key, *classes[key].bases], trees) else "without arguments"
        if failed and verbose:
            print(f"    {os.path.relpath(key[0], site)}:{key[1]}: {found.message[:300]}")
        if failed and re.search("it needs `|raises ImportError", found.message):
            counts[f"{kind}, without a dependency"] += 1
            continue
        counts[kind] += 1
        if failed and re.search(r"https?://|urlopen|URLError|download", found.message):
            counts[f"{kind}, needs the network"] += 1
            continue
        if failed:
            reasons[kind_of(found.message)] += 1
        else:
            counts[f"built {kind}"] += 1
    seen = [look for found in looks.values() if not isinstance(found, RuntimeFailure) for look in found]
    for finding in findings:
        if finding.class_name is not None:
            cls = (os.path.realpath(finding.path), finding.class_name)
            answer = verdict(finding, cls, looks.get(cls, RuntimeFailure("no class")), seen)
            counts[answer.status] += 1
            if answer.status == "refuted" or (verbose and answer.status == "unverified"):
                place = f"{finding.path}:{finding.place.line} {finding.class_name}.{finding.attribute}"
                print(f"    {answer.status} {finding.code} {place}: {answer.reason}")
    paths = {os.path.realpath(path): path for path in run.files}
    counts["only live"] = len(list(unforeseen(seen, paths, findings)))
    attributes = set()
    built = set()
    for look in seen:
        for prefix, mro in look.classes.items():
            built |= set(mro[:1])
            for one in look.inspection.attributes:
                if one.name.rpartition(".")[0] == prefix and one.registration == "plain":
                    attributes |= {(*cls, one.name.rpartition(".")[2]) for cls in mro}
    for one in package["findings"]:
        cls = (os.path.realpath(site / one["path"]), one["class"])
        if one["phase"] != "construction":
            continue
        counts["listed"] += 1
        if cls in built:
            made_up = "synthetic-arg" in one["note"]
            counts["listed, class built"] += 1
            counts["listed, class built, of an argument made up"] += made_up
            if (*cls, one["attr"]) in attributes:
                counts["listed, seen"] += 1
                counts["listed, seen, of an argument made up"] += made_up
            else:
                print(
                    f"    not seen: {one['path']} {one['class']}.{one['attr']} ({one['kind']}, {one['note']})"
                )
    print(f"{name}: {seconds:.0f} s, {dict(counts)}")
    print(f"    not built: {dict(reasons.most_common(8))}", flush=True)
    return counts


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} = {part / whole:.3f}" if whole else f"{part}/{whole}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", required=True, type=Path)
    parser.add_argument("--site", required=True, type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--timeout", default=30.0, type=float)
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    os.chdir(given.site)
    total: Counter = Counter()
    for name, package in json.loads(given.list.read_text())["packages"].items():
        if not given.only or name in given.only.split(","):
            total += measure(name, package, given.site, given.python, given.timeout, given.verbose)
    for kind in ("with arguments", "without arguments"):
        built, network, absent = (
            total[name]
            for name in (f"built {kind}", f"{kind}, needs the network", f"{kind}, without a dependency")
        )
        print(f"built {kind}: {_share(built, total[kind])}; ", end="")
        print(
            f"without the {network} that need the network: {_share(built, total[kind] - network)}; ", end=""
        )
        print(f"with the {absent} whose dependency is not installed: {_share(built, total[kind] + absent)}")
    seen, listed = total["listed, seen"], total["listed, class built"]
    print(f"seen of what is listed on classes that were built: {_share(seen, listed)}")
    seen -= total["listed, seen, of an argument made up"]
    listed -= total["listed, class built, of an argument made up"]
    print(f"without what is a tensor only because the list made up an argument: {_share(seen, listed)}")
    print({status: total[status] for status in ("confirmed", "refuted", "unverified", "only live")})


if __name__ == "__main__":
    main()
