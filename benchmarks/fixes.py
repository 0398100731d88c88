"""Fixes on real code: the bugs of `regfix-dev.jsonl` (kind `buffer`), fixed by torchlint and by their maintainers.

    python benchmarks/fixes.py --manifest regfix-dev.jsonl --work DIR

DIR holds the repositories as `regfix.py` lays them out (`owner+name@commit`): run that first. Printed is a table in
Markdown: how many rows get a fix, whether the result parses, changes nothing when run again and touches nothing but the
statements that store the attribute, and whether torchlint and the maintainers agree on persistence.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from torchlint.config import Overrides, SettingsResolver
from torchlint.files import decode
from torchlint.findings import Finding
from torchlint.fixes.edits import apply_edits
from torchlint.rules import all_rules
from torchlint.runs.check import check
from torchlint.runs.fix import fix

CODES = frozenset(rule.code for rule in all_rules())


def names(row: dict[str, Any], finding: Finding) -> bool:
    """Whether a finding is about the attribute of a row."""
    return (
        finding.attribute == row["attr"]
        and (finding.class_name or "").rsplit(".", 1)[-1] == row["class"].rsplit(".", 1)[-1]
    )


def statements_with(text: str, attribute: str) -> set[int]:
    """The lines of the statements that store an attribute of this name."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)):
            continue
        stores = any(
            (isinstance(part, ast.Attribute) and part.attr == attribute and isinstance(part.ctx, ast.Store))
            or (isinstance(part, ast.Constant) and part.value == attribute and isinstance(node, ast.Expr))
            for part in ast.walk(node)
        )
        if stores:
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def outcome(row: dict[str, Any], root: Path) -> tuple[str, dict[str, bool], str]:
    """What became of a row: what there is for a fix, what holds of it, and a note."""
    resolver = SettingsResolver(CODES, cwd=root, isolated=True, overrides=Overrides(unsafe_fixes=True))
    path = row["path"]
    found = [finding for finding in check([path], resolver).findings if names(row, finding)]
    if not found:
        return "not found", {}, ""
    finding = found[0]
    if finding.fix is None:
        return "no fix", {}, finding.unfixable or ""
    text = decode(path, Path(path).read_bytes()).text
    new = apply_edits(text, finding.fix.edits)
    facts = {"parses": True, "runs again without change": True, "touches only its statements": True}
    try:
        ast.parse(new)
    except SyntaxError:
        return finding.fix.applicability, dict.fromkeys(facts, False), "does not parse"
    again = fix((), resolver, stdin=(path, fix((), resolver, stdin=(path, text.encode())).changes[0].after))
    facts["runs again without change"] = again.changes == ()
    allowed = statements_with(text, row["attr"])
    for edit in finding.fix.edits:
        declares = (
            edit.place.line == edit.place.end_line and edit.content.strip().partition(":")[0] == row["attr"]
        )
        imports = "import" in edit.content
        if not (declares or imports):
            facts["touches only its statements"] &= (
                set(range(edit.place.line, edit.place.end_line + 1)) <= allowed
            )
    saved = "persistent=False" not in finding.message
    theirs = bool(row["persistent"]) and not row["later_persistent"]
    kind = finding.fix.applicability
    return (
        kind,
        facts,
        f"ours {'saved' if saved else 'not saved'}, theirs {'saved' if theirs else 'not saved'}",
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Measure the fixes on real bugs.")
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--show", action="store_true", help="print each row")
    parser.add_argument(
        "--all", action="store_true", help="rows outside of construction and of the core sample, too"
    )
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.manifest.read_text().splitlines() if line.strip()]
    rows = [row for row in rows if row["kind"] == "buffer"]
    rows = [row for row in rows if options.all or (row["core"] and row["construction"])]
    kinds: Counter[str] = Counter()
    holds: Counter[str] = Counter()
    persistence: Counter[str] = Counter()
    for row in rows:
        root = (options.work / f"{row['repo'].replace('/', '+')}@{row['parent'][:12]}").absolute()
        if not root.exists():
            kinds["not there"] += 1
            continue
        os.chdir(root)
        kind, facts, note = outcome(row, root)
        kinds[kind] += 1
        holds.update(name for name, true in facts.items() if true)
        if note.startswith("ours"):
            persistence[note] += 1
        if options.show:
            print(
                row["id"],
                row["class"],
                row["attr"],
                kind,
                note,
                *(name for name, true in facts.items() if not true),
            )
    fixed = kinds["safe"] + kinds["unsafe"]
    print(f"| rows (buffer{'' if options.all else ', core, construction'}) | {len(rows)} |\n|---|---|")
    for kind, count in sorted(kinds.items()):
        print(f"| {kind} | {count} |")
    for name, count in sorted(holds.items()):
        print(f"| {name} | {count} of {fixed} |")
    for name, count in sorted(persistence.items()):
        print(f"| {name} | {count} |")


if __name__ == "__main__":
    main()
