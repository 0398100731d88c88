"""What the real command writes: the JSON contract, excerpts, the same bytes each time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import LOST, TWO, concise

ROOT = Path(__file__).parents[2]


KEYS = {
    "code": str,
    "name": str,
    "path": str,
    "line": int,
    "column": int,
    "end_line": int,
    "end_column": int,
    "class": str,
    "method": str,
    "attribute": str,
    "message": str,
}


def test_the_json_contract(torchlint, project, nothing_written):
    (project / "a.py").write_text(
        "import torch\nfrom torch import nn\n\n\ndef make():\n    class Outer(nn.Module):\n"
        "        class Inner(nn.Module):\n            def build(self):\n"
        '                é = "ü"; self.größe = torch.zeros(2)\n\n'
        "            def __init__(self):\n                super().__init__()\n                self.build()\n",
        encoding="utf-8",
    )
    (project / "b.py").write_text("def f(:\n")
    nothing_written()
    result = torchlint("--output-format", "json", ".")
    report = json.loads(result.stdout)
    assert set(report) == {"schema", "version", "files", "findings", "errors"}
    assert report["schema"] == 1
    assert report["files"] == 2
    assert report["version"] in torchlint("--version").stdout
    [finding] = report["findings"]
    assert set(finding) == {*KEYS, "fix", "unfixable", "verdict"}
    assert {key: type(finding[key]) for key in KEYS} == KEYS
    assert set(finding["fix"]) == {"applicability", "message", "edits"}
    places = {"line", "column", "end_line", "end_column", "content"}
    assert all(set(edit) == places for edit in finding["fix"]["edits"])
    assert finding["unfixable"] is None
    assert finding["verdict"] is None
    assert (finding["class"], finding["method"], finding["attribute"]) == (
        "make.Outer.Inner",
        "build",
        "größe",
    )
    assert (finding["code"], finding["name"], finding["path"]) == ("TL101", "unregistered-buffer", "a.py")
    line = (project / "a.py").read_text(encoding="utf-8").splitlines()[finding["line"] - 1]
    assert finding["line"] == finding["end_line"] == 9
    assert line[finding["column"] - 1 : finding["end_column"] - 1].startswith("self.größe")
    [error] = report["errors"]
    assert set(error) == {"path", "message"}


def test_full_shows_and_underlines_the_line(torchlint, project, nothing_written):
    (project / "a.py").write_text(LOST)
    nothing_written()
    lines = torchlint("--output-format", "full", ".").stdout.splitlines()
    [index] = [index for index, line in enumerate(lines) if "self.table = torch.zeros(2)" in line]
    shown, underlined = lines[index], lines[index + 1]
    start = underlined.index("^")
    assert shown[start:].startswith("self.table")
    assert "a.py:8:9" in "\n".join(lines[:index])


def test_statistics(torchlint, project, nothing_written):
    (project / "a.py").write_text(TWO)
    (project / "b.py").write_text(LOST)
    nothing_written()
    lines = [line.split() for line in torchlint("--statistics", ".").stdout.splitlines()]
    counts = {word: line for line in lines for word in line if word.startswith("TL")}
    assert "2" in counts["TL101"]
    assert "1" in counts["TL105"]


@pytest.mark.parametrize("form", ["full", "concise", "json"])
def test_two_runs_say_the_same_byte_for_byte(torchlint, form):
    first = torchlint("--output-format", form, "fixtures", "tests/rules/cases", cwd=ROOT)
    again = torchlint("--output-format", form, "fixtures", "tests/rules/cases", cwd=ROOT)
    assert (first.stdout, first.stderr) == (again.stdout, again.stderr)
    assert first.stdout


@pytest.mark.parametrize("form", ["full", "concise", "json"])
def test_the_order_of_the_paths_does_not_matter(torchlint, project, nothing_written, form):
    """Findings come in order of path and place, whatever the order of the arguments; each file once."""
    package = project / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text(TWO)
    (package / "b.py").write_text(
        LOST.replace("nn.Module", "Base").replace("from torch import nn", "from .a import Net as Base")
    )
    (package / "c.py").write_text(LOST)
    nothing_written()
    orders = [
        ("package/a.py", "package/b.py", "package/c.py"),
        ("package/c.py", "package/b.py", "package/a.py"),
        ("package/b.py", "package", "package/b.py"),
        ("package",),
        (".",),
    ]
    outputs = {torchlint("--output-format", form, *order).stdout for order in orders[:2]}
    assert len(outputs) == 1
    shapes = {tuple(concise(torchlint("--output-format", "concise", *order))) for order in orders}
    assert len(shapes) == 1


def test_a_copy_elsewhere_gives_the_same(torchlint, project, nothing_written):
    """Findings do not depend on where a project lies."""
    shutil.copytree(ROOT / "fixtures", project / "fixtures", ignore=shutil.ignore_patterns("__pycache__"))
    nothing_written()
    here = torchlint("--output-format", "json", "fixtures")
    there = torchlint("--output-format", "json", "fixtures", cwd=ROOT)
    assert here.stdout == there.stdout


def test_line_endings_and_encodings_change_no_place(torchlint, project, nothing_written):
    for name, newline in (("a.py", "\n"), ("b.py", "\r\n"), ("c.py", "\r")):
        (project / name).write_bytes(TWO.replace("\n", newline).encode())
    (project / "d.py").write_bytes(b"\xef\xbb\xbf" + TWO.encode())
    nothing_written()
    found = [place.partition(":")[2] for place in concise(torchlint("--output-format", "concise", "."))]
    assert found == ["8:9: TL101", "9:9: TL105"] * 4


def test_torch_is_never_imported(torchlint, project, nothing_written):
    """A file named torch.py that fails beside the checked file changes nothing."""
    import os
    import subprocess
    import sys

    (project / "a.py").write_text(LOST)
    (project / "guard.py").write_text(
        "import sys\n\n\nclass Guard:\n    def find_spec(self, name, path=None, target=None):\n"
        "        assert name.partition('.')[0] not in ('torch', 'numpy', 'a'), name\n\n\n"
        "sys.meta_path.insert(0, Guard())\nfrom torchlint.cli import main\n\nmain()\n"
    )
    nothing_written()
    process = subprocess.run(
        [sys.executable, "guard.py", "--output-format", "concise", "a.py"],
        cwd=project,
        capture_output=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=60,
    )
    assert process.stderr == b""
    assert process.returncode == 1
