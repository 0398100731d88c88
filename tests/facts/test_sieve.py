"""The sieve lets everything through that matters: with it and without it, the findings are the same."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchlint.config import SettingsResolver
from torchlint.facts.index import index
from torchlint.findings import Report
from torchlint.rules import all_rules
from torchlint.runs.check import check
from torchlint.runs.options import RunOptions

HEAD = """\
import math
import torch
import torch.nn.functional as F
from torch import nn, Tensor
from .elsewhere import Gate, TABLE, build
SIZE = 3
SIZES = [1, 2]
MASK = torch.ones(3)
def make(x): return torch.zeros(x)
def fill(items): items.append(torch.zeros(2))
class Block(nn.Module):
    def __init__(self, size=1):
        super().__init__()
        self.fc = nn.Linear(size, size)
"""


def run(paths: list[str], *, sieve: bool, text: str | None = None) -> Report:
    resolver = SettingsResolver(frozenset(rule.code for rule in all_rules()), cwd=Path.cwd(), isolated=True)
    stdin = None if text is None else (paths[0], text.encode())
    return check([] if stdin else paths, resolver, RunOptions(sieve=sieve), stdin=stdin)


def same(paths: list[str], text: str | None = None) -> None:
    with_sieve, without = run(paths, sieve=True, text=text), run(paths, sieve=False, text=text)
    assert set(without.findings) <= set(with_sieve.findings), text
    assert with_sieve.errors == without.errors


def is_candidate(body: str, head: str = HEAD, signature: str = "self, x, config, size: int = 3") -> bool:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    text = f"{head}class Net(nn.Module):\n    def __init__({signature}):\n        super().__init__()\n{lines}"
    return index("a.py", text, text.encode()).classes["Net"].candidate


@pytest.mark.parametrize(
    "body",
    [
        "self.size = size",
        "self.x = x",
        "self.half = size // 2 + config.width",
        "self.scale = math.sqrt(size) ** -0.5",
        "self.fc = nn.Linear(size, size)",
        "self.fc = nn.Linear(size, size) if size else nn.Identity()",
        "fc = nn.Linear(size, size)\nself.fc = fc",
        "self.block = Block(size)",
        "self.layers = nn.ModuleList()\nfor i in range(size):\n    self.layers.append(Block(i))",
        "layers = []\nfor i in range(size):\n    layers.append(Block(i))\nself.layers = nn.Sequential(*layers)",
        "self.weight = nn.Parameter(torch.ones(3))",
        "self.register_buffer('mask', torch.ones(3))",
        "self.size = size\nself.double = self.size * 2",
        "self.names = ['a', 'b']",
        "self.dtype = torch.float32",
        "self.sizes = SIZES",
        "if isinstance(x, int):\n    x = (x, x)\nself.x = x",
        "self.act = F.gelu",
    ],
)
def test_harmless(body: str) -> None:
    assert not is_candidate(body)


@pytest.mark.parametrize(
    "body",
    [
        "self.x = torch.ones(3)",
        "self.x = make(3)",
        "self.x = MASK",
        "self.x = x.unsqueeze(0)",
        "self.x = x\ny = x.unsqueeze(0)",
        "self.layers = [Block(1)]",
        "self.layers = []\nself.layers.append(Block(1))",
        "layers = []\nself.layers = layers\nlayers.append(Block(1))",
        "layers = []\nfill(layers)\nself.layers = layers",
        "for i in range(3):\n    self.last = x\n    x = torch.ones(3)",
        "if isinstance(x, Tensor):\n    self.x = x",
        "self.x = x if torch.is_tensor(x) else None",
        "assert isinstance(x, torch.Tensor)\nself.x = x",
        "f = torch.zeros\nself.x = f(3)",
        "setattr(self, 'x', torch.ones(3))",
        "me = self\nme.x = torch.ones(3)",
        "self.y = self.x",
        "items = self.items = [1]\nfill(items)",
        "self.items = []\nfill(self.items)",
    ],
)
def test_candidates(body: str) -> None:
    assert is_candidate(body)


def test_conditions() -> None:
    body = "        self.gate = Gate()\n        self.act = TABLE[0]\n"
    text = f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n{body}"
    facts = index("a.py", text, text.encode()).classes["Net"]
    assert facts.candidate
    assert facts.stores == ("__init__",)
    assert facts.conditions == ("Gate", "TABLE")


def test_a_method_of_a_base_called_by_name_is_a_condition() -> None:
    text = f"{HEAD}class Net(Gate):\n    def __init__(self):\n        Gate.__init__(self, 3)\n"
    facts = index("a.py", text, text.encode()).classes["Net"]
    assert facts.conditions == ("Gate.",)


def test_a_base_called_by_name_is_followed_like_super(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(
        "from torch import nn\n"
        "class Base(nn.Module):\n"
        "    def __init__(self, size):\n        super().__init__()\n        self.size = size\n        self.start()\n"
        "    def start(self):\n        self.build(self.size)\n"
        "    def build(self, size):\n        pass\n"
    )
    (tmp_path / "net.py").write_text(
        "import torch\nfrom base import Base\n"
        "class Plain(Base):\n    def __init__(self, size):\n        Base.__init__(self, size)\n"
        "class Builds(Base):\n    def __init__(self, size):\n        Base.__init__(self, size)\n"
        "    def build(self, size):\n        self.scale = torch.ones(size)\n"
        "class Helper:\n    def attach(net):\n        net.shift = torch.ones(3)\n"
        "class Helped(Base):\n"
        "    def __init__(self, size):\n        super().__init__(size)\n        Helper.attach(self)\n"
    )
    found = run([str(tmp_path)], sieve=True).findings
    assert [finding.attribute for finding in found] == ["scale", "shift"]
    same([str(tmp_path)])


def test_a_mixin_of_another_file_that_hands_on_to_this_one_is_followed(tmp_path: Path) -> None:
    (tmp_path / "mixin.py").write_text(
        "class Mixin:\n    def __init__(self, size):\n        super().__init__(size)\n        self.size = size\n"
    )
    (tmp_path / "net.py").write_text(
        "import torch\nfrom torch import nn\nfrom mixin import Mixin\n"
        "class Base(nn.Module):\n"
        "    def __init__(self, size):\n        super().__init__()\n        self.scale = torch.ones(size)\n"
        "class Net(Mixin, Base):\n    def __init__(self, size):\n        super().__init__(size)\n"
    )
    found = run([str(tmp_path)], sieve=True).findings
    assert {finding.attribute for finding in found} == {"scale"}
    same([str(tmp_path)])


def test_what_a_function_makes_twice_is_two_things(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import torch\nfrom torch import nn\n"
        "TABLE = torch.ones(3)\n"
        "def make(size):\n    return torch.zeros(size)\n"
        "def pair(size):\n    return torch.zeros(size), size\n"
        "def table(size):\n    return TABLE\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.register_buffer('a', make(3))\n"
        "        self.b = make(3)\n"
        "        c, _ = pair(3)\n"
        "        self.register_buffer('c', c)\n"
        "        self.d, self.size = pair(3)\n"
        "        self.register_buffer('e', table(3))\n"
        "        self.f = table(3)\n"
    )
    found = run([str(tmp_path)], sieve=True).findings
    assert [finding.attribute for finding in found] == ["b", "d"]


@pytest.mark.parametrize(
    "signature", ["self, x: Tensor", "self, x=torch.ones(3)", "self, x: 'torch.Tensor | None' = None"]
)
def test_arguments_that_may_be_tensors(signature: str) -> None:
    assert is_candidate("self.x = x", signature=signature)


VALUES = st.recursive(
    st.sampled_from(
        [
            "x",
            "t",
            "1",
            "None",
            "a",
            "b",
            "SIZE",
            "MASK",
            "torch.ones(3)",
            "nn.Linear(1, 1)",
            "Block()",
            "make(3)",
            "nn.Parameter(torch.ones(1))",
            "[]",
            "{}",
            "self.u",
            "self.v",
            "torch.float32",
            "torch.zeros",
            "x.size",
            "nn.ReLU",
            "torch.distributions.Normal(0, 1)",
            "super().thing",
            "self",
        ]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]} + {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"[{p[0]}, {p[1]}]"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}, {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} if torch.is_tensor(x) else {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} or {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"[{p[0]} for b in {p[1]}]"),
        inner.map(lambda p: f"{p}[0]"),
        inner.map(lambda p: f"({p}).to(x)"),
        inner.map(lambda p: f"{{'k': {p}}}"),
        inner.map(lambda p: f"list({p})"),
        inner.map(lambda p: f"max({p}, 1)"),
        inner.map(lambda p: f"-{p}"),
        inner.map(lambda p: f"(a := {p})"),
        inner.map(lambda p: f"a({p})"),
        inner.map(lambda p: f"self.help({p})"),
        inner.map(lambda p: f"(lambda q: q)({p})"),
        inner.map(lambda p: f"dict(k={p}).get('k')"),
    ),
    max_leaves=4,
)
TARGETS = st.sampled_from(
    ["self.u", "self.v", "a", "b", "x", "self.u, b", "*self.u, a", "a.u", "self.u[0]", "a[0]", "a = self.v"]
)
SIMPLE = st.one_of(
    st.tuples(TARGETS, VALUES).map(lambda p: [f"{p[0]} = {p[1]}"]),
    st.tuples(st.sampled_from(["self.u", "a"]), VALUES).map(lambda p: [f"{p[0]} += {p[1]}"]),
    st.tuples(st.sampled_from(["self.u", "a", "b"]), VALUES).map(lambda p: [f"{p[0]}.append({p[1]})"]),
    st.tuples(st.sampled_from(["self.u: Tensor", "a: int", "self.v: 'list[Tensor]'"]), VALUES).map(
        lambda p: [f"{p[0]} = {p[1]}"]
    ),
    VALUES.map(lambda p: [f"setattr(self, 'u', {p})"]),
    VALUES.map(lambda p: [f"self.keep({p})"]),
    st.just(["fill(a)"]),
    st.just(["assert isinstance(x, Tensor)"]),
    st.just(["del self.u"]),
)
STATEMENTS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.tuples(
            st.sampled_from(["x", "isinstance(x, Tensor)", "x is None", "isinstance(a, nn.Module)"]),
            inner,
            inner,
        ).map(lambda p: [f"if {p[0]}:", *("  " + s for s in p[1]), "else:", *("  " + s for s in p[2])]),
        st.tuples(VALUES, inner, inner).map(
            lambda p: [f"for a in {p[0]}:", *("  " + s for s in (*p[1], *p[2]))]
        ),
        inner.map(lambda p: ["with x as b:", *("  " + s for s in p)]),
        inner.map(lambda p: ["try:", *("  " + s for s in p), "except E as a:", "  pass"]),
    ),
    max_leaves=3,
)
BODIES = st.lists(STATEMENTS, min_size=1, max_size=5).map(
    lambda blocks: "".join(f"        {line}\n" for block in blocks for line in block)
)


@settings(max_examples=250, deadline=None)
@given(
    BODIES, BODIES, st.sampled_from(["", ": Tensor", "=None", "=torch.ones(2)", ": int", ": 'list[Tensor]'"])
)
def test_generated_modules(first: str, second: str, annotation: str) -> None:
    text = (
        HEAD
        + f"class Net(nn.Module):\n    def __init__(self, x{annotation}, t=1):\n        super().__init__()\n{first}"
        + f"    def keep(self, x, t=nn.ReLU):\n{second}    def help(self, a):\n        return a\n"
    )
    same(["generated.py"], text)


@pytest.mark.parametrize("folder", ["nn", "ao", "distributions", "optim"])
def test_real_code(folder: str) -> None:
    spec = importlib.util.find_spec("torch")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    same([str(Path(spec.submodule_search_locations[0]) / folder)])
