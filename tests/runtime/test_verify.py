"""`torchlint --verify` on real projects: classes are built in processes of their own, and torch has the last word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

HEAD = "import torch\nfrom torch import nn\n\n\n"
LOST = """class Net(nn.Module):
    def __init__(self{parameters}):
        super().__init__()
        {body}
        self.table = torch.rand(3)
"""


def lost(parameters: str = "", body: str = "pass") -> str:
    """A module that leaves `self.table` unregistered."""
    return HEAD + LOST.format(parameters=f", {parameters}" if parameters else "", body=body)


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def torchlint(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torchlint", *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False, env=env)


def verdicts(folder: Path, *arguments: str, **environment: str) -> dict[str, dict[str, Any]]:
    """The verdict on each finding, by path and attribute."""
    done = torchlint(folder, "--verify", "--output-format", "json", *arguments, **environment)
    report = json.loads(done.stdout)
    assert report["errors"] == []
    return {f"{one['path']}:{one['attribute']}": one["verdict"] for one in report["findings"]}


def test_a_lost_tensor_is_confirmed_with_the_evidence(tmp_path):
    write(tmp_path, {"net.py": lost("size=3")})
    found = verdicts(tmp_path)["net.py:table"]
    assert (found["status"], found["build"]) == ("confirmed", "Net()")
    evidence = found["evidence"]
    assert 0 < evidence.pop("reload") < 1
    assert evidence == {"state_dict": False, "optimizer_step": False, "device": False, "dtype": False}
    assert "not in `state_dict()`" in found["reason"]
    assert found["device"] in ("cuda", "mps", "xpu", "meta")


def test_every_format_says_it(tmp_path):
    write(tmp_path, {"net.py": lost()})
    full = torchlint(tmp_path, "--verify")
    assert (full.returncode, full.stderr) == (1, "note: --verify imports and runs the code that it checks\n")
    assert "= confirmed: not in `state_dict()`, left behind by" in full.stdout
    assert "Verified: 1 confirmed, 0 refuted, 0 unverified." in full.stdout
    concise = torchlint(tmp_path, "--verify", "--output-format", "concise", "-q")
    assert (concise.returncode, concise.stderr) == (1, "")
    assert " (confirmed: not in `state_dict()`" in concise.stdout


def test_nothing_runs_where_nothing_is_found(tmp_path):
    write(tmp_path, {"net.py": "open('ran', 'w')\n"})
    done = torchlint(tmp_path, "--verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "ran").exists()


PROMOTE = """import torch


def promote(module):
    for name in [name for name in dir(module) if name == "table"]:
        value = module.__dict__.pop(name)
        getattr(module, "register" + "_buffer")(name, value)
"""


def test_a_refuted_finding_does_not_count(tmp_path):
    net = HEAD + LOST.format(parameters="", body="pass") + "        promote(self)\n"
    write(tmp_path, {"net.py": "from tools import promote\n" + net, "tools.py": PROMOTE})
    found = verdicts(tmp_path)["net.py:table"]
    assert (found["status"], found["reason"]) == ("refuted", "torch has it registered as a buffer")
    assert found["evidence"]["state_dict"] is True
    assert torchlint(tmp_path, ".").returncode == 1
    assert torchlint(tmp_path, "--verify", ".").returncode == 0


def test_an_option_that_is_off_is_turned_on(tmp_path):
    body = "if not relative:\n            return"
    write(tmp_path, {"net.py": lost("relative=False", body)})
    found = verdicts(tmp_path)["net.py:table"]
    assert (found["status"], found["build"]) == ("confirmed", "Net(relative=True)")


def test_what_the_built_module_has_not_is_unverified(tmp_path):
    body = "if size < 10_000:\n            return"
    write(tmp_path, {"net.py": lost("size=2", body)})
    found = verdicts(tmp_path)["net.py:table"]
    assert found["status"] == "unverified"
    assert "leaves nothing of torch's on `self.table`" in found["reason"]
    assert torchlint(tmp_path, "--verify").returncode == 1


# -- how a class is built ---------------------------------------------------------------------------------------------

PICKY = "assert (size, kind) == (17, 'odd'), 'the wrong size'"
CALLS = {
    "a test": ("tests/test_net.py", "from net import Net\n\ndef test():\n    Net(17, kind='odd')\n"),
    "the file itself": (
        "other.py",
        "import net\n\nif __name__ == '__main__':\n    net.Net(size=17, kind='odd')\n",
    ),
    "an example in a docstring": (
        "guide.py",
        'class Guide:\n    """How to.\n\n    >>> net = Net(17, "odd")\n    """\n',
    ),
    "a fenced example": ("guide.py", '"""How to.\n\n```python\nnet = Net(17, "odd")\nnet.eval()\n```\n"""\n'),
}


@pytest.mark.parametrize("where", CALLS)
def test_the_calls_of_the_project_are_tried(tmp_path, where):
    path, text = CALLS[where]
    write(tmp_path, {"net.py": lost("size, kind", PICKY), path: text, "pyproject.toml": ""})
    found = verdicts(tmp_path, "net.py")["net.py:table"]
    assert found["status"] == "confirmed"
    assert "17" in found["build"]
    assert "odd" in found["build"]


@pytest.mark.parametrize("recipe", ["Net(17, 'odd')", "factories:make"])
@pytest.mark.parametrize("target", ["package.net:Net", "package/net.py:Net"])
def test_recipes_of_the_configuration(tmp_path, recipe, target):
    write(
        tmp_path,
        {
            "package/__init__.py": "",
            "package/net.py": lost("size, kind", PICKY),
            "factories.py": "from package.net import Net\n\ndef make():\n    return Net(17, 'odd')\n",
            "torchlint.toml": f'[verify.build]\n"{target}" = "{recipe}"\n',
        },
    )
    found = verdicts(tmp_path, "package")["package/net.py:table"]
    assert (found["status"], found["build"]) == ("confirmed", recipe if "(" in recipe else f"{recipe}()")


CONSTRUCTORS = {
    "sizes": ("in_features, out_features", "self.fc = nn.Linear(in_features, out_features)"),
    "annotated": ("n: int, rate: float, deep: bool, name: str", "assert isinstance(n + rate, float) and name.upper()"),
    "divisible": ("embed_dim, num_heads", "self.attention = nn.MultiheadAttention(embed_dim, num_heads)"),
    "a module": ("backbone", "self.backbone = nn.Sequential(backbone)"),
    "an annotated module": ("inner: nn.Module", "self.inner = inner.eval()"),
    "a class of modules": ("norm_layer, dim", "self.norm = norm_layer(dim)"),
    "a choice": ("pooling", "assert pooling in ('attentive', 'gated'), 'unknown pooling'"),
    "a literal": ("pooling: 'Literal[\"attentive\"]'", "assert pooling == 'attentive'"),
    "a list of sizes": ("hidden_dims", "self.layers = [].extend(nn.Linear(a, 2) for a in hidden_dims)"),
    "a number that is a list": ("size", "self.fc = nn.Linear(*size)"),
    "a configuration": ("config", "self.fc = nn.Linear(config.hidden_size, config.num_labels)"),
    "a class of the file": ("options: 'Options'", "self.fc = nn.Linear(options.width, options.depth)"),
    "an image": ("image_size, patch_size", "self.conv = nn.Conv2d(3, 8, patch_size); assert image_size > patch_size"),
    "keywords only": ("*, dim, depth=1", "self.fc = nn.Linear(dim, dim)"),
    "positional only": ("dim, /", "self.fc = nn.Linear(dim, dim)"),
    "a tensor": ("weights: torch.Tensor", "assert weights.dim() >= 1"),
    "a tensor without a word": ("values", "assert values.shape[0] > 1"),
    "an optional that is needed": ("width=None", "self.fc = nn.Linear(width, width)"),
    "an enumeration": ("level: 'Level'", "assert level.value == 1"),
    "a function": ("act", "assert act(torch.ones(1)) is not None if not isinstance(act, type) else act()"),
    "anything": ("*args, **kwargs", "pass"),
}  # fmt: skip
EXTRA = """import enum
from dataclasses import dataclass
from typing import Literal


@dataclass
class Options:
    width: int
    depth: int = 2


class Level(enum.Enum):
    LOW = 1


"""


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("constructors")
    for number, (parameters, body) in enumerate(CONSTRUCTORS.values()):
        text = lost(parameters, body)
        write(folder, {f"net{number}.py": text.replace(HEAD, HEAD + EXTRA)})
    return verdicts(folder)


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_arguments_are_made_up(built, name):
    found = built[f"net{list(CONSTRUCTORS).index(name)}.py:table"]
    assert found["status"] == "confirmed", found["reason"]


def test_relative_imports_and_a_folder_of_sources(tmp_path):
    write(
        tmp_path,
        {
            "src/package/__init__.py": "",
            "src/package/sizes.py": "SIZE = 3\n",
            "src/package/net.py": "from .sizes import SIZE\n" + lost("size=SIZE"),
            "script-1.py": "from package.sizes import SIZE\n" + lost("size=SIZE"),
        },
    )
    found = verdicts(tmp_path)
    assert {name: one["status"] for name, one in found.items()} == {
        "script-1.py:table": "confirmed",
        "src/package/net.py:table": "confirmed",
    }


def test_classes_that_cannot_be_built(tmp_path):
    abstract = (
        "from abc import ABC, abstractmethod\n"
        + lost().replace("(nn.Module)", "(nn.Module, ABC)")
        + "\n    @abstractmethod\n    def f(self): ...\n"
    )
    inner = (
        HEAD
        + "def make():\n"
        + "".join(f"    {line}\n" for line in LOST.format(parameters="", body="pass").splitlines())
    )
    picky = lost("a, b", "open('no/weights/here')")
    write(tmp_path, {"abstract.py": abstract, "inner.py": inner, "picky.py": picky})
    found = {name: (one["status"], one["reason"]) for name, one in verdicts(tmp_path).items()}
    assert found["abstract.py:table"] == ("unverified", "`Net` is abstract: its `f` is left to subclasses")
    assert found["inner.py:table"] == (
        "unverified",
        "it is made inside of a function, where it cannot be reached",
    )
    status, reason = found["picky.py:table"]
    assert status == "unverified"
    assert reason.startswith("no way to build it was found: with `Net(a=")
    assert reason.endswith(
        "it raises FileNotFoundError: [Errno 2] No such file or directory: 'no/weights/here'"
    )


# -- code that misbehaves ---------------------------------------------------------------------------------------------

HOSTILE = {
    "exit": ("os._exit(3)", "it ended its process with exit code 3"),
    "leave": ("sys.exit(1)", "it ends its process (`sys.exit(1)`)"),
    "loop": ("while True: pass", "it did not end within 5 s"),
    "crash": ("ctypes.string_at(0)", "it crashed (SIGSEGV)"),
    "memory": ("bytearray(64 << 30)", "it needs more memory than it may have"),
    "absent": ("import no_such_dependency", "it needs `no_such_dependency`, which is not installed"),
    "reads": ("input()", "it raises EOFError: EOF when reading a line"),
    "children": ("subprocess.Popen(['sleep', '9']); os._exit(4)", "it ended its process with exit code 4"),
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="signals and the memory limit are those of POSIX")
def test_hostile_code_is_survived(tmp_path):
    files = {
        f"{name}.py": f"import ctypes, os, subprocess, sys\n{source}\n{lost()}"
        for name, (source, _) in HOSTILE.items()
    }
    write(tmp_path, {**files, "late.py": lost(body="import os; os._exit(5)"), "good.py": lost()})
    found = verdicts(tmp_path, "--verify-timeout", "5")
    assert {name: one["reason"] for name, one in found.items() if one["status"] == "unverified"} == {
        **{f"{name}.py:table": reason for name, (_, reason) in HOSTILE.items()},
        "late.py:table": "it ended its process with exit code 5",
    }
    assert found["good.py:table"]["status"] == "confirmed"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*files, "late.py", "good.py"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere no process is forked for a class")
def test_code_that_ends_the_process_above_it_takes_no_other_class_along(tmp_path):
    names = [f"net{number}.py" for number in range(6)]
    files = {name: lost() for name in names}
    files["net2.py"] = (
        "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(1)\n" + lost()
    )
    write(tmp_path, files)
    found = verdicts(tmp_path)
    assert found["net2.py:table"]["reason"] == "the process that ran it was ended"
    others = [found[f"{name}:table"]["status"] for name in names if name != "net2.py"]
    assert others.count("confirmed") >= 4  # one other class may have run beside it


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere no process is forked for a class")
def test_torch_is_imported_once(tmp_path):
    write(
        tmp_path,
        {
            **{f"code/net{number}.py": lost() for number in range(5)},
            "site/sitecustomize.py": (
                "import sys\n\nclass Watch:\n    def find_spec(self, name, *rest):\n        if name == 'torch':\n"
                f"            open({str(tmp_path / 'log')!r}, 'a').write('torch ')\n\n"
                "sys.meta_path.insert(0, Watch())\n"
            ),
        },
    )
    found = verdicts(tmp_path / "code", PYTHONPATH=str(tmp_path / "site"))
    assert [one["status"] for one in found.values()] == ["confirmed"] * 5
    assert (tmp_path / "log").read_text() == "torch "


def test_an_interpreter_without_torch(tmp_path):
    venv.create(tmp_path / "bare", symlinks=sys.platform != "win32")
    python = next(path for path in tmp_path.glob("bare/*/python*") if path.stem == "python")
    write(tmp_path, {"code/net.py": lost()})
    for arguments in (["--python", str(python)], ["--python", "no/such/python"]):
        found = verdicts(tmp_path / "code", *arguments)["net.py:table"]
        assert found["status"] == "unverified"
        assert "cannot import torch" in found["reason"] or "cannot run no/such/python" in found["reason"]
    write(tmp_path / "code", {"torchlint.toml": f'[verify]\npython = "{python.as_posix()}"\n'})
    assert "cannot import torch" in verdicts(tmp_path / "code")["net.py:table"]["reason"]


def test_contradictions_are_refused(tmp_path):
    for arguments in (["--verify", "-"], ["--python", "x"], ["--verify", "--add-noqa"]):
        done = torchlint(tmp_path, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "--verify" in done.stderr
