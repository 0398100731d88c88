"""`torchlint --verify` on real files: what the live modules say of each finding, and what hostile code cannot do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.test_docs import code_of
from torchlint.project.constructions import constructions
from torchlint.rules import all_rules

LIVE = '''
import dataclasses
import functools
from abc import ABC, abstractmethod
import torch
from torch import nn


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = torch.randn(2)


class Optional_(nn.Module):
    def __init__(self, table=False):
        super().__init__()
        if table:
            self.x = torch.zeros(2)


class Private(nn.Module):
    def __init__(self):
        super().__init__()
        self.__x = torch.zeros(2)


class Never(nn.Module):
    def __init__(self, size=3):
        super().__init__()
        if size == 12345:
            self.x = torch.zeros(2)


class Base(nn.Module, ABC):
    def __init__(self):
        super().__init__()
        self.x = torch.zeros(2)

    @abstractmethod
    def forward(self): ...


class Heir(Base):
    def forward(self): ...


class Alone(nn.Module, ABC):
    def __init__(self):
        super().__init__()
        self.x = torch.zeros(2)

    @abstractmethod
    def forward(self): ...


def registering(cls):
    """After construction every tensor is a buffer."""
    init = cls.__init__

    @functools.wraps(init)
    def wrapped(self, *args, **kwargs):
        init(self, *args, **kwargs)
        for name, value in list(vars(self).items()):
            if isinstance(value, torch.Tensor):
                delattr(self, name)
                self.register_buffer(name, value)

    cls.__init__ = wrapped
    return cls


@registering
class Decorated(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = torch.zeros(2)


def make():
    class Inner(nn.Module):
        def __init__(self):
            super().__init__()
            self.x = torch.zeros(2)

    return Inner()


class Attention(nn.Module):
    def __init__(self, embed_dim, num_heads, kind, block: nn.Module, sizes):
        super().__init__()
        if embed_dim % num_heads or embed_dim % 3:
            raise ValueError("embed_dim must be divisible by num_heads and 3")
        if kind not in ("soft", "hard"):
            raise ValueError(f"unknown {kind}")
        first, second, third = sizes
        self.block = block
        self.x = torch.zeros(embed_dim)


@dataclasses.dataclass
class Settings:
    width: int
    kind: str = "a"


class Configured(nn.Module):
    def __init__(self, settings: Settings, **kwargs):
        super().__init__()
        self.x = torch.zeros(settings.width)


class Namespace(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.x = torch.zeros(cfg.model_width)


class Called(nn.Module):
    def __init__(self, magic):
        super().__init__()
        if magic != 4711:
            raise ValueError("no")
        self.x = torch.zeros(2)


class Documented(nn.Module):
    """Needs a word.

    >>> net = Documented("open sesame")
    """

    def __init__(self, word):
        super().__init__()
        assert word == "open sesame"
        self.x = torch.zeros(2)


class Recipe(nn.Module):
    def __init__(self, size, secret):
        super().__init__()
        assert secret == (1, "two")
        self.x = torch.zeros(size)
        self.weight = nn.Parameter(torch.ones(size))
        self.unused = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return x * self.weight


class Factory(nn.Module):
    def __init__(self, secret):
        super().__init__()
        assert secret == (1, "two")
        self.x = torch.zeros(2)


class Impossible(nn.Module):
    def __init__(self, secret):
        super().__init__()
        self.x = torch.zeros(2)
        if not isinstance(secret, frozenset):
            raise RuntimeError("never")


class WrongRecipe(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = torch.zeros(2)


class MovesItself(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = torch.zeros(2)
        self.y = torch.zeros(2)

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        for name in ("x", "y"):
            setattr(self, name, fn(getattr(self, name)))
        return self


class OwnTo(nn.Module):
    """Its `to` is not called when it is a part of a model."""

    def __init__(self):
        super().__init__()
        self.x = torch.zeros(2)

    def to(self, *args, **kwargs):
        super().to(*args, **kwargs)
        self.x = self.x.to(*args, **kwargs)
        return self
'''
CONFIGURATION = """
[tool.torchlint.verify.build]
"pkg.live:Recipe" = { call = "Recipe(4, (1, 'two'))", inputs = "torch.ones(4)" }
"src/pkg/live.py:Factory" = "factories:make_factory"
"pkg.live:WrongRecipe" = "WrongRecipe(1)"
"""


def torchlint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torchlint", *arguments]
    environment = {**os.environ, "TORCHLINT_TESTED": str(folder)}  # marks what it starts, to be found
    return subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", check=False, env=environment
    )


def verdicts(folder: Path, *arguments: str) -> dict[str, dict]:
    done = torchlint(folder, "--verify", "--output-format", "json", *arguments)
    assert "Traceback" not in done.stderr
    assert done.returncode == 1, done.stderr
    return {one["class"]: one["verdict"] for one in json.loads(done.stdout)["findings"]}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    package = folder / "src" / "pkg"
    package.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    (package / "__init__.py").write_text("")
    (package / "live.py").write_text(LIVE)
    (package / "relative.py").write_text("from .live import *\nclass Again(Plain): pass\n")
    (folder / "factories.py").write_text(
        "from pkg.live import Factory\ndef make_factory(): return Factory((1, 'two'))\n"
    )
    tests = folder / "tests"
    tests.mkdir()
    (tests / "test_live.py").write_text("def test():\n    magic = 4711\n    Called(magic=magic)\n")
    return folder


@pytest.fixture(scope="module")
def live(project):
    return verdicts(project, "src")


@pytest.mark.parametrize(
    ("name", "status", "build"),
    [
        ("Plain", "confirmed", "Plain()"),
        ("Optional_", "confirmed", "Optional_(table=True)"),
        ("Private", "confirmed", "Private()"),
        ("Never", "unverified", "Never()"),
        ("Base", "confirmed", "Heir()"),
        ("Alone", "unverified", None),
        ("Decorated", "refuted", "Decorated()"),
        ("make.Inner", "unverified", None),
        ("Attention", "confirmed", ...),
        ("Configured", "confirmed", ...),
        ("Namespace", "confirmed", "Namespace(cfg=_Config())"),
        ("Called", "confirmed", "Called(magic=4711)"),
        ("Documented", "confirmed", "Documented('open sesame')"),
        ("Recipe", "confirmed", "Recipe(4, (1, 'two'))"),
        ("Factory", "confirmed", "factories:make_factory()"),
        ("Impossible", "unverified", None),
        ("WrongRecipe", "unverified", None),
        ("OwnTo", "confirmed", "OwnTo()"),
    ],
)
def test_each_class_is_built_and_asked(live, name, status, build):
    found = live[name]
    assert found["status"] == status, found
    if build is not ...:
        assert found["build"] == build


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Plain", "in `Plain()` it is not in `state_dict()`, left behind by `.to('meta')`"),
        ("Never", "`Never()` does not run the assignment"),
        ("Alone", "it is abstract (`forward`), and no subclass was built"),
        ("Decorated", "torch has it registered as a buffer"),
        ("make.Inner", "is a class inside a function"),
        ("Impossible", "no arguments were found that build it: `Impossible(secret="),
        ("WrongRecipe", "its recipe `WrongRecipe(1)` raises TypeError"),
    ],
)
def test_the_reason_is_a_sentence(live, name, reason):
    assert reason in live[name]["reason"]


def test_the_evidence(live):
    evidence = live["Plain"]["evidence"]
    assert evidence.pop("reload") > 0
    assert evidence == {"state_dict": False, "optimizer_step": False, "device": False, "dtype": False}
    assert live["Impossible"]["evidence"] is None


def test_text_says_the_verdict_behind_the_finding_and_what_it_does_before(project):
    done = torchlint(project, "--verify", "--output-format", "concise", "src")
    assert done.stderr == "--verify imports and runs the code that it checks, in processes of its own.\n"
    lines = done.stdout.splitlines()
    plain = next(line for line in lines if "live.py:12:9: TL101" in line)
    assert " (confirmed: in `Plain()` it is not in" in plain
    assert lines[-2].startswith("On the live modules: 12 confirmed, 1 refuted, 5 unverified.")
    assert not list(project.rglob("*.pyc"))


def test_what_is_refuted_is_shown_and_does_not_count(tmp_path):
    start, end = LIVE.index("def registering"), LIVE.index("def make()")
    imports = "import functools\nimport torch\nfrom torch import nn\n"
    (tmp_path / "script-1.py").write_text(imports + LIVE[start:end] + "def broken(): pass\n")
    done = torchlint(tmp_path, "--verify", "-q", "script-1.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "= refuted: in `Decorated()` torch has it registered as a buffer" in done.stdout
    assert torchlint(tmp_path, "script-1.py").returncode == 1


HOSTILE = {
    "exit": ("import os\nos._exit(3)", "it ended its process with exit code 3"),
    "leave": ("import sys\nsys.exit(1)", "it ends its process (`sys.exit(1)`)"),
    "loop": ("while True: pass", "it did not end within 6 s"),
    "crash": ("import ctypes\nctypes.string_at(0)", "it crashed (SIGSEGV)"),
    "memory": ("x = bytearray(64 << 30)", "it needs more memory than it may have"),
    "absent": ("import no_such_dependency", "it needs `no_such_dependency`, which is not installed"),
    "reads": ("input()", "it raises EOFError"),
    "kills": ("import os\nos.kill(os.getppid(), 9)", "it ended the process that started it"),
    "writes": (
        "import os\nfor n in range(3, 64):\n    try: os.write(n, b'{\"looks\": []}')\n    except OSError: pass",
        "it ended its process without an answer",
    ),
    "children": ("import os, time\nos.fork()\nwhile True: time.sleep(1)", "it did not end within 6 s"),
    "signals": (
        "import signal\nfor n in (signal.SIGTERM, signal.SIGALRM, signal.SIGINT): signal.signal(n, signal.SIG_IGN)\n"
        "while True: pass",
        "it did not end within 6 s",
    ),
}
NET = """
import torch
from torch import nn
class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        {inside}
        self.x = torch.zeros(2)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="signals and the memory limit are those of Linux")
@pytest.mark.parametrize("forks", [True, False])
def test_a_folder_of_hostile_code_is_survived(tmp_path, monkeypatch, forks):
    monkeypatch.setenv("TORCHLINT_NO_FORK", "" if forks else "1")
    for name, (source, _) in HOSTILE.items():
        text = NET.format(name="Net", inside="pass") + source + "\n"
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "hangs.py").write_text(NET.format(name="Net", inside="while True: pass"))
    (tmp_path / "good.py").write_text(NET.format(name="Good", inside="pass"))
    (tmp_path / "last.py").write_text(NET.format(name="Last", inside="pass"))
    before = sorted(path.name for path in tmp_path.iterdir())
    done = torchlint(tmp_path, "--verify", "--verify-timeout", "6", "--no-cache", "--output-format", "json")
    assert done.returncode == 1
    found = {one["path"]: one["verdict"] for one in json.loads(done.stdout)["findings"]}
    for name, (_, reason) in HOSTILE.items():
        if name == "writes" and not forks:  # there is nothing open that it could write to
            continue
        assert (found[f"{name}.py"]["status"], name) == ("unverified", name)
        assert reason in found[f"{name}.py"]["reason"]
    assert found["hangs.py"]["status"] == "unverified"
    assert found["good.py"]["status"] == found["last.py"]["status"] == "confirmed"
    assert sorted({path.name for path in tmp_path.iterdir()} - {".torchlint_cache"}) == before
    own = str(tmp_path).encode()
    left = [path for path in Path("/proc").glob("[0-9]*/environ") if own in contents(path)]
    assert left == []


def contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--verify", "-"), "--verify runs files"),
        (("--python", "x", "."), "--python needs --verify"),
        (("--verify", "--add-noqa", "."), "--verify goes with neither"),
    ],
)
def test_contradictions(tmp_path, arguments, message):
    done = torchlint(tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_an_interpreter_without_torch(tmp_path):
    (tmp_path / "net.py").write_text(NET.format(name="Net", inside="pass"))
    found = verdicts(tmp_path, "--python", "no/such/python", ".")
    assert found["Net"]["status"] == "unverified"
    assert "cannot run no/such/python" in found["Net"]["reason"]


UNSEEN = """
import os
import torch
from torch import nn

MAKE = vars(torch)[os.environ.get("NO_SUCH_VARIABLE", "zeros")]
NAMES = os.environ.get("NO_SUCH_VARIABLE", "table0 table1").split()


class Computed(nn.Module):
    def __init__(self):
        super().__init__()
        for name in NAMES:
            setattr(self, name, torch.zeros(2))


class Dynamic(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = MAKE(2)
        self.quiet = MAKE(2)  # noqa
        self.tables = [MAKE(2)]
        self.register_buffer("y", MAKE(2))
        self.z = getattr(self, "y")


class Moves(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = MAKE(2)

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        self.x = fn(self.x)
        return self


class Holds(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Dynamic()
        self.prior = torch.distributions.Normal(torch.zeros(2), torch.ones(2))
"""


@pytest.fixture(scope="module")
def unseen(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unseen")
    (folder / "net.py").write_text(UNSEEN)
    return folder


def test_what_only_the_live_module_shows_is_a_finding_where_it_is_assigned(unseen):
    done = torchlint(unseen, "--verify", "--output-format", "json", ".")
    found = json.loads(done.stdout)["findings"]
    assert [(one["code"], one["class"], one["attribute"], one["line"]) for one in found] == [
        ("TL101", "Computed", "table0", 14),
        ("TL101", "Computed", "table1", 14),
        ("TL101", "Dynamic", "x", 20),
        ("TL103", "Dynamic", "tables", 22),
        ("TL109", "Holds", "prior", 42),
    ]
    assert {one["verdict"]["status"] for one in found} == {"confirmed"}
    assert all(one["fix"] is None and one["verdict"]["evidence"]["state_dict"] is False for one in found)
    assert json.loads(torchlint(unseen, "--output-format", "json", ".").stdout)["findings"] == []


EXCUSED = UNSEEN.replace(
    "self.quiet = MAKE(2)  # noqa", "self.quiet = MAKE(2)  # noqa: TL101, TL105"
).replace("self.tables = [MAKE(2)]", "self.tables = [MAKE(2)]  # noqa: TL103")


def test_a_comment_that_suppresses_what_only_the_live_module_shows_is_not_unused(tmp_path):
    (tmp_path / "net.py").write_text(EXCUSED)
    options = "--select", "TL103,TL101,TL105,TL901", "--output-format", "json"
    unused = "`# noqa: TL105` suppresses nothing here: there is no such finding on this line. Remove it"
    done = torchlint(tmp_path, "--verify", *options)
    found = [one for one in json.loads(done.stdout)["findings"] if one["code"] == "TL901"]
    assert [(one["line"], one["message"]) for one in found] == [(21, unused)]
    torchlint(tmp_path, "--verify", "--fix", *options)
    assert "# noqa: TL103" in (tmp_path / "net.py").read_text()
    assert "# noqa: TL101, TL105" in (tmp_path / "net.py").read_text()
    done = torchlint(tmp_path, *options)
    assert [one["line"] for one in json.loads(done.stdout)["findings"]] == [21, 22]


def test_a_recipe_for_no_class_is_told(tmp_path):
    (tmp_path / "net.py").write_text(NET.format(name="Net", inside="pass"))
    (tmp_path / "other.py").write_text(NET.format(name="Other", inside="pass"))
    (tmp_path / "pyproject.toml").write_text(
        '[tool.torchlint.verify.build]\n"net:Net" = "Net()"\n"net.py:Nett" = "Nett()"\n"absent:Net" = "Net()"\n'
    )
    done = torchlint(tmp_path, "--verify", "-q", ".")
    assert done.returncode == 1
    assert done.stderr.count("warning") == 1
    assert "the recipe `net.py:Nett` is for no class" in done.stderr
    assert torchlint(tmp_path, "--verify", "-q", "other.py").stderr == ""  # as pre-commit does: not all files
    assert torchlint(tmp_path, ".").stderr == ""


def test_only_the_selected_rules(unseen):
    done = torchlint(unseen, "--verify", "--select", "TL109", "--output-format", "concise", ".")
    assert done.stdout.startswith("net.py:42:9: TL109 `self.prior` is an object that holds tensors")
    assert "Found 1 finding" in done.stdout


@pytest.mark.parametrize(
    "rule", [rule for rule in all_rules() if rule.runtime_only], ids=lambda rule: rule.code
)
def test_the_example_of_a_rule_for_live_modules(tmp_path, rule):
    for heading, code in (("Example", 1), ("Use instead", 0)):
        (tmp_path / "net.py").write_text(code_of(rule, heading))
        done = torchlint(tmp_path, "--verify", "--output-format", "concise", "net.py")
        assert done.returncode == code, done.stdout
        assert (f" {rule.code} " in done.stdout) is bool(code)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("Net(4, d=8)", ["4, d=8"]),
        ("def test():\n    size, n = 3, -1\n    return Net(size, n)", ["3, -1"]),
        ("size = 3\nsize = 4\nNet(size)", []),
        ("def test(size):\n    Net(size)", []),
        ("Net(*[f(x) for x in y], **z)", []),
        ("Net(**z)", []),
        ("Net(lambda: 1)", []),
        ("pkg.Net(nn.Linear(2, 3), torch.ones(2), Other(1))", ["nn.Linear(2, 3), torch.ones(2), Other(1)"]),
        ("Net(1000000000)", []),
        ('class Net:\n    """Text.\n\n    >>> size = 2\n    >>> Net(\n    ...     size)\n    """', ["2"]),
        ('def f():\n    """Example::\n\n        net = Net(7)\n    """', ["7"]),
        ("Net(", []),
    ],
)
def test_the_calls_whose_arguments_the_text_tells(text, arguments):
    assert [one.arguments for _, one in constructions(text, {"Net"})] == arguments


BRANCHES = """
import time
import torch
from torch import nn


class Either(nn.Module):
    def __init__(self, bias=True):
        super().__init__()
        if bias:
            self.bias = nn.Parameter(torch.zeros(2))
        else:
            self.bias = torch.zeros(2)
            self.no = 1


class Needs(nn.Module):
    def __init__(self, input_shape=None, width=None):
        super().__init__()
        if width is None:
            raise ValueError("Must pass a width")
        self.x = torch.zeros(width)


class Large(nn.Module):
    def __init__(self, depth=24, embed_dim=1024):
        super().__init__()
        if depth * embed_dim > 1024:
            raise MemoryError
        self.x = torch.zeros(embed_dim)
"""


def test_other_branches_options_that_a_message_names_and_models_that_are_too_large(tmp_path):
    (tmp_path / "net.py").write_text(BRANCHES)
    found = verdicts(tmp_path, "net.py")
    assert {name: one["status"] for name, one in found.items()} == dict.fromkeys(
        ("Needs", "Large", *found), "confirmed"
    )
    assert found["Either"]["build"] == "Either(bias=False)"
    assert found["Needs"]["build"] == "Needs(width=8)"
    assert found["Large"]["build"] == "Large(depth=1)"
