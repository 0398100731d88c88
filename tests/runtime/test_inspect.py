"""`torchlint inspect` on real files, in real processes: the facts about torch that this subject is taught by."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.runtime.running import HOSTILE

ROOT = Path(__file__).parents[2]

FACTS = """
import math
import torch
from torch import nn

class Facts(nn.Module):
    def __init__(self, size=4, odd=False):
        super().__init__()
        self.param = nn.Parameter(torch.randn(size))
        self.register_parameter("registered", nn.Parameter(torch.randn(size)))
        self.register_parameter("bias", None)
        self.register_buffer("buffer", torch.randn(size))
        self.register_buffer("rebuilt", torch.arange(4.0), persistent=False)
        self.linear = nn.Linear(size, size)
        self.plain = torch.randn(1)
        self.table = torch.arange(4.0)
        self.counts = [torch.zeros(2)]
        self.second = self.param
        self.stale = self.buffer

def make(size=2):
    return nn.Sequential(nn.Linear(size, size), Facts(size))

READY = nn.Linear(2, 2)
NUMBER = 3
"""


def inspect(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torchlint", "inspect", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def facts(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("facts")
    (folder / "facts.py").write_text(FACTS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def seen(facts):
    done = inspect(facts, "facts.py:Facts", "--args", "size=3", "--output-format", "json")
    assert (done.returncode, done.stderr) == (1, "")
    found = json.loads(done.stdout)
    assert (found["schema"], found["class_name"], found["failures"]) == (1, "Facts", {})
    return {one["name"]: one for one in found["attributes"]}


CHECKS = ("saved", "trained", "moved", "cast", "survives")
REGISTERED = (True, False, True, True, True)
LOST = (False, False, False, False)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("param", (True, True, True, True, True)),
        ("registered", (True, True, True, True, True)),
        ("linear.weight", (True, True, True, True, True)),
        ("bias", (None, None, None, None, None)),
        ("buffer", REGISTERED),
        ("rebuilt", (False, False, True, True, True)),  # not saved, and the same again
        ("plain", (*LOST, False)),
        ("table", (*LOST, True)),
        ("counts", (*LOST, True)),
        ("second", (True, True, True, True, True)),  # a parameter keeps its identity on a move, ...
        ("stale", (True, False, False, False, True)),  # ... a buffer does not; a load fills it in place
    ],
)
def test_what_torch_does_with(seen, name, expected):
    assert tuple(seen[name][check] for check in CHECKS) == expected


def test_the_reload_shows_how_far_the_random_value_is_off(seen):
    assert seen["plain"]["reload"] > 0
    assert seen["buffer"]["reload"] == 0


def test_only_what_torch_lost_is_unregistered(seen):
    assert {name for name, one in seen.items() if one["unregistered"]} == {"plain", "table", "counts"}
    assert seen["param"]["shape"] == [3]


@pytest.mark.parametrize(
    ("target", "more"),
    [("facts.py:make", ()), ("facts:make", ("--args", "2")), (str(ROOT / "fixtures/net.py") + ":Net", ())],
)
def test_targets(facts, target, more):
    done = inspect(facts, target, *more)
    clean = target.endswith("Net")
    assert (done.returncode, done.stderr) == (0 if clean else 1, "")
    assert ("All state is registered." in done.stdout) is clean
    assert ("unregistered: 3 attributes: 1.plain, 1.table, 1.counts" in done.stdout) is not clean


def test_a_module_that_is_there_is_copied(facts):
    done = inspect(facts, "facts:READY")
    assert (done.returncode, done.stderr) == (0, "")


def test_relative_imports_and_the_src_layout_work(tmp_path):
    package = tmp_path / "src" / "pkg" / "models"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package.parent / "base.py").write_text("from torch import nn\nclass Base(nn.Module): pass\n")
    (package / "net.py").write_text("from ..base import Base\nclass Outer:\n    class Net(Base): pass\n")
    for target in ("src/pkg/models/net.py:Outer.Net", "pkg.models.net:Outer.Net"):
        done = inspect(tmp_path, target)
        assert (done.returncode, done.stderr) == (0, ""), target
    assert not list(tmp_path.rglob("*.pyc"))


@pytest.mark.parametrize(
    ("target", "arguments", "message"),
    [
        ("facts.py", "", "names no class"),
        ("missing.py:Net", "", "there is no file"),
        ("no_such_package.net:Net", "", "it needs `no_such_package`, which is not installed"),
        ("facts.py:Absent", "", "has no `Absent`"),
        ("facts.py:NUMBER", "", "`NUMBER` is neither a class nor a function"),
        ("facts.py:math.sqrt", "4", "gives a float, and no `nn.Module`"),
        ("facts.py:Facts", "4,,", "are no Python"),
        ("facts.py:Facts", "nothing=1", "it raises TypeError"),
        ("torch.nn:Linear", "", "'in_features' and 'out_features' (--args gives the arguments)"),
        ("no_such_package.net:Net", "", f"in {sys.executable} (--python names another interpreter)"),
    ],
)
def test_what_cannot_be_built_is_said(facts, target, arguments, message):
    done = inspect(facts, target, "--args", arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error: {target}: " in done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


BROKEN = {**HOSTILE, "broken": ("def", "it raises SyntaxError")}


@pytest.mark.skipif(sys.platform == "win32", reason="signals and the memory limit are those of POSIX")
@pytest.mark.parametrize("name", BROKEN)
def test_hostile_code_is_survived(tmp_path, name):
    source, message = BROKEN[name]
    (tmp_path / "hostile.py").write_text(f"{source}\n", encoding="utf-8")
    done = inspect(tmp_path, "hostile.py:Net", "--timeout", "6")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error: hostile.py:Net: {message}" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["hostile.py"]


def test_what_the_code_had_printed_is_shown_when_it_fails(tmp_path):
    (tmp_path / "loud.py").write_text("print('loading the weights')\nraise RuntimeError('no weights')\n")
    done = inspect(tmp_path, "loud.py:Net")
    assert done.returncode == 2
    assert done.stderr == "loading the weights\nerror: loud.py:Net: it raises RuntimeError: no weights\n"


def test_an_interpreter_that_is_not_there(facts):
    done = inspect(facts, "facts.py:Facts", "--python", "no/such/python")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot run no/such/python" in done.stderr


def test_an_interpreter_without_torch(facts, tmp_path):
    venv.create(tmp_path / "bare", symlinks=sys.platform != "win32")
    python = next(path for path in tmp_path.glob("bare/*/python*") if path.stem == "python")
    done = inspect(facts, "facts.py:Facts", "--python", str(python))
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot import torch" in done.stderr
    assert "name an interpreter that has it with --python" in done.stderr


def test_a_class_is_built_by_its_recipe(tmp_path):
    (tmp_path / "facts.py").write_text(FACTS)
    recipe = '{ call = "Facts(7)", inputs = "torch.ones(1)" }'
    (tmp_path / "pyproject.toml").write_text(f'[tool.torchlint.verify.build]\n"facts:Facts" = {recipe}\n')
    for target, arguments, size in (
        ("facts:Facts", (), 7),
        ("facts.py:Facts", (), 7),
        ("facts:Facts", ("--args", "3"), 3),
    ):
        done = inspect(tmp_path, target, *arguments, "--output-format", "json")
        shapes = {one["name"]: one["shape"] for one in json.loads(done.stdout)["attributes"]}
        assert shapes["param"] == [size], done.stderr
