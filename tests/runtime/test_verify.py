"""`torchlint --verify` on real files: what the live modules say of each finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.running import NET, torchlint, verdicts

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
