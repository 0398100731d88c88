"""Arguments that are kept as they are, told by what builds the class in other files of its project."""

from __future__ import annotations

from pathlib import Path

import pytest

import torchlint

HEAD = "import torch\nfrom torch import nn\n"
CHAIN = HEAD + (
    "class Chain(nn.Module):\n"
    "    def __init__(self, steps):\n"
    "        super().__init__()\n"
    "        self.steps = steps\n"
    "    def forward(self, x):\n"
    "        for step in self.steps:\n"
    "            x = step(x)\n"
    "        return x\n"
)
SCALE = HEAD + (
    "class Scale(nn.Module):\n"
    "    def __init__(self, by):\n"
    "        super().__init__()\n"
    "        self.by = by\n"
    "    def forward(self, x):\n"
    "        return x * self.by\n"
)
LIST = "[nn.Linear(2, 2), nn.Linear(2, 2)]"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(files: dict[str, str], *paths: str) -> list[tuple[str, str | None, str]]:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    report = torchlint.check(paths or ["."], isolated=True)
    assert report.errors == ()
    return [(finding.path, finding.attribute, finding.code) for finding in report.findings]


@pytest.mark.parametrize(
    "caller",
    [
        f"chain = Chain({LIST})\n",
        f"def test_chain():\n    steps = {LIST}\n    assert Chain(steps=steps)(torch.ones(2)) is not None\n",
        f"class TestChain:\n    def test(self):\n        Chain({LIST}).eval()\n",
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        steps = []\n        for _ in range(3):\n            steps.append(nn.Linear(2, 2))\n"
        "        self.chain = Chain(steps)\n",
    ],
    ids=["variable", "function", "test class", "module"],
)
def test_a_call_in_another_file(project: Path, caller: str) -> None:
    files = {
        "net/__init__.py": "",
        "net/chain.py": CHAIN,
        "tests/use.py": HEAD + "from net.chain import Chain\n" + caller,
    }
    assert found(files, "net/chain.py") == [("net/chain.py", "steps", "TL105")]


def test_the_message_names_the_call(project: Path) -> None:
    files = {"chain.py": CHAIN, "use.py": HEAD + f"from chain import Chain\n\nchain = Chain({LIST})\n"}
    assert found(files) == [("chain.py", "steps", "TL105")]
    (finding,) = torchlint.check(["chain.py"], isolated=True).findings
    assert finding.message.endswith("(given at use.py:5)")


@pytest.mark.parametrize(
    "caller",
    [
        f"chain = Chain(nn.ModuleList({LIST}))\n",
        f"chain = Chain(nn.Sequential(*{LIST}))\n",
        "chain = Chain([torch.relu, torch.tanh])\n",
        "def build():\n    nothing = None\n    return Chain([nothing]), Chain([])\n",
        "def build(steps):\n    return Chain(steps)\n",
        "def build(teacher: nn.Module):\n    return Chain([teacher])\n",
        "import pytest\ndef test_lists():\n    with pytest.raises(TypeError, match='list'):\n"
        f"        Chain({LIST})\n",
        f"one, other = Chain({LIST}), Chain(nn.ModuleList({LIST}))\none = Chain({LIST})\n",
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        steps = {LIST}\n        self.chain = Chain(steps)\n        self.steps = nn.ModuleList(steps)\n",
    ],
    ids=[
        "ModuleList",
        "Sequential",
        "functions",
        "nothing",
        "unknown",
        "one module, hidden",
        "an error is expected",
        "two calls disagree",
        "registered by who builds it",
    ],
)
def test_calls_that_give_nothing_to_be_registered(project: Path, caller: str) -> None:
    files = {"chain.py": CHAIN, "use.py": HEAD + "from chain import Chain\n" + caller}
    assert found(files) == []


def test_a_class_of_the_same_name(project: Path) -> None:
    files = {
        "chain.py": CHAIN,
        "other.py": "class Chain:\n    def __init__(self, steps):\n        self.steps = steps\n",
        "use.py": HEAD + f"from other import Chain\nchain = Chain({LIST})\n",
    }
    assert found(files) == []


def test_what_could_be_a_number_is_looked_for_in_its_own_file_alone(project: Path) -> None:
    use = "scale = Scale(torch.ones(2))\n"
    assert found({"scale.py": SCALE, "use.py": HEAD + "from scale import Scale\n" + use}) == []
    assert found({"scale.py": SCALE + use}) == [("scale.py", "by", "TL101")]
    assert found({"scale.py": SCALE + use + "half = Scale(0.5)\n"}) == []


def test_what_is_called_like_a_tensor_is_looked_for_in_the_whole_project(project: Path) -> None:
    masked = SCALE.replace("by", "mask")
    use = HEAD + "from scale import Scale\nscale = Scale({})\n"
    assert found({"scale.py": masked, "use.py": use.format("torch.ones(2)")}) == [
        ("scale.py", "mask", "TL101")
    ]
    assert found({"scale.py": masked, "use.py": use.format("nn.Parameter(torch.ones(2))")}) == []
    assert found({"scale.py": masked, "use.py": use.format("0.5")}) == []


def test_a_buffer_of_who_builds_it_and_a_tensor_that_it_keeps(project: Path) -> None:
    net = (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.register_buffer('by', torch.ones(2))\n        self.scale = Scale(self.by)\n"
    )
    assert found({"scale.py": SCALE + net}) == []
    plain = net.replace("self.register_buffer('by', torch.ones(2))", "by = torch.ones(2)").replace(
        "self.by", "by"
    )
    assert found({"scale.py": SCALE + plain}) == [("scale.py", "by", "TL101")]


def test_classes_that_build_each_other(project: Path) -> None:
    text = HEAD + (
        "class A(nn.Module):\n    def __init__(self, parts):\n        super().__init__()\n"
        "        self.parts = parts\n        self.b = B(parts)\n"
        "    def forward(self, x):\n        return [part(x) for part in self.parts]\n"
        "class B(nn.Module):\n    def __init__(self, parts):\n        super().__init__()\n"
        "        self.parts = parts\n        self.a = A(parts)\n"
        "    def forward(self, x):\n        return [part(x) for part in self.parts]\n"
    )
    assert found({"both.py": text}) == []
    # each is handed to a module that may register it
    assert found({"both.py": text + f"def build():\n    return A({LIST})\n"}) == []


def test_a_list_that_is_handed_on(project: Path) -> None:
    outer = (
        "from chain import Chain\n"
        "class Outer(nn.Module):\n    def __init__(self, parts):\n        super().__init__()\n"
        "        self.parts = parts\n"
        "    def forward(self, x):\n        return Chain(self.parts)(x)\n"
        f"outer = Outer({LIST})\n"
    )
    assert found({"chain.py": CHAIN, "outer.py": HEAD + outer}) == [
        ("chain.py", "steps", "TL105"),
        ("outer.py", "parts", "TL105"),
    ]


OUTER = (
    "class Outer(nn.Module):\n    def __init__(self, size, what=None):\n        super().__init__()\n"
    "        self.inner = {}(what)\n        self.last = nn.Linear(size, size)\n"
)


@pytest.mark.parametrize(
    ("use", "codes"),
    [
        ("outer = Outer(4, torch.ones(2))\n", ["TL101"]),
        ("def test():\n    for size in (2, 3):\n        Outer(size, what=torch.ones(size))\n", ["TL101"]),
        ("outer = Outer(4, 0.5)\n", []),
        ("outer = Outer(4)\n", []),
        ("one, other = Outer(4, torch.ones(2)), Outer(4, 0.5)\n", []),
        ("outer = Outer(4, nn.Parameter(torch.ones(2)))\n", []),
        ("def build(what):\n    return Outer(4, what)\n", []),
    ],
)
def test_an_argument_that_a_module_hands_on(project: Path, use: str, codes: list[str]) -> None:
    masked = SCALE.replace("by", "mask")
    files = {
        "scale.py": masked,
        "outer.py": HEAD + "from scale import Scale\n" + OUTER.format("Scale"),
        "use.py": HEAD + f"from outer import Outer\n{use}",
    }
    assert [code for _, _, code in found(files)] == codes


def test_a_list_that_a_module_hands_on_without_keeping_it(project: Path) -> None:
    outer = "from chain import Chain\n" + OUTER.format("Chain")
    files = {"chain.py": CHAIN, "outer.py": HEAD + outer, "use.py": f"{HEAD}from outer import Outer\n"}
    assert found({**files, "use.py": files["use.py"] + f"outer = Outer(4, {LIST})\n"}) == [
        ("chain.py", "steps", "TL105")
    ]
    registered = f"outer = Outer(4, nn.ModuleList({LIST}))\n"
    assert found({**files, "use.py": files["use.py"] + registered}) == []
