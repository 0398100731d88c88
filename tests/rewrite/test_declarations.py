"""Annotations of what becomes a call."""

from __future__ import annotations

import ast

import pytest

from tests.rewrite.support import apply_edits, places
from torchlint.rewrite import BufferStore, BufferStyle, CannotRewrite, Syntax, register_buffers


def fix(text):
    given = [BufferStore(place, name, True) for name, spots in places(text).items() for place in spots]
    fixed = apply_edits(text, register_buffers(Syntax(text), given, BufferStyle.REGISTER_BUFFER))
    ast.parse(fixed)
    return fixed


HEAD = "class A(Base):\n    def f(self):\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("self.x: torch.Tensor = v", ['self.register_buffer("x", v)', "self.x: torch.Tensor"]),
        ("self.x: Optional[Tensor] = None", ['self.register_buffer("x", None)', "self.x: Optional[Tensor]"]),
        ("self.x: 'Tensor' = v", ['self.register_buffer("x", v)', "self.x: 'Tensor'"]),
        ("self.x: Tensor = v  # why", ['self.register_buffer("x", v)  # why', "self.x: Tensor"]),
        (
            "self.x: List[\n            int\n        ] = v",
            ['self.register_buffer("x", v)', "self.x: List[int]"],
        ),
        ("if v: self.x: Tensor = v", ['if v: self.register_buffer("x", v); self.x: Tensor']),
        ("a = 1; self.x: Tensor = v  # why", ['a = 1; self.register_buffer("x", v); self.x: Tensor  # why']),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_annotation_stays_behind_the_call(before, after, newline):
    text = f"{HEAD}        {before}\n        g()\n".replace("\n", newline)
    wanted = "".join(f"        {line}\n" for line in after)
    assert fix(text) == f"{HEAD}{wanted}        g()\n".replace("\n", newline)


def test_each_branch_keeps_its_own():
    text = f"{HEAD}        if v:\n            self.x: Tensor = v\n        else:\n            self.x: Tensor = None\n"
    assert fix(text) == (
        f'{HEAD}        if v:\n            self.register_buffer("x", v)\n            self.x: Tensor\n'
        '        else:\n            self.register_buffer("x", None)\n            self.x: Tensor\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "class A(Base):\n    x: 'Tensor'\n\n    def f(this):\n        def g():\n            this.x: Tensor = v\n",
        "class A(Base):\n    y = 3\n    x: Tensor\n    def f(this):\n        this.x: Tensor = v\n",
    ],
)
def test_what_the_class_declares_is_not_said_again(text):
    assert fix(text) == text.replace("this.x: Tensor = v", 'this.register_buffer("x", v)')


@pytest.mark.parametrize(
    "text",
    [
        "class B:\n    x: Tensor\n    class A(Base):\n        def f(self):\n            self.x: Tensor = v\n",
        "class A:\n    x: Tensor\n    def f(self, other):\n        other.x: Tensor = v\n",
        "def f(m):\n    m.x: Tensor = v\n",
        "@dataclass\nclass A(Base):\n    def f(self):\n        self.x: Tensor = v\n",
    ],
)
def test_it_needs_no_class(text):
    fixed = fix(text)
    assert fixed.count(": Tensor") == text.count(": Tensor")
    assert ".x: Tensor\n" in fixed.rpartition("register_buffer")[2]


REFUSED = {
    "class A:\n    def f(self):\n        self.x: Final = v\n": "its annotation cannot be kept without a value",
    "class A:\n    def f(self):\n        self.x: List[  # why\n    int] = v\n": "a comment stands in its annotation",
    "class A:\n    def f(self):\n        (self.x  # why\n        ): int = v\n": (
        "a comment stands between the target and its annotation"
    ),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_what_cannot_be_kept(text, reason):
    with pytest.raises(CannotRewrite) as error:
        fix(text)
    assert error.value.reason == reason


@pytest.mark.parametrize("head", ["", "from __future__ import annotations\n"])
@pytest.mark.parametrize("value", ["None", "torch.ones(2)"])
@pytest.mark.filterwarnings("ignore")
def test_torchscript_still_compiles_the_class(head, value, tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    text = (
        f"{head}from typing import Optional\nimport torch\nfrom torch import Tensor, nn\n"
        f"class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.x: Optional[Tensor] = {value}\n"
        "    def forward(self, y: Tensor):\n        x = self.x\n        return y if x is None else y + x\n"
    )
    name = f"scripted_{abs(hash((head, value)))}"
    (tmp_path / f"{name}.py").write_text(fix(text))
    monkeypatch.syspath_prepend(tmp_path)
    made = __import__(name).A()
    assert "x" in made._buffers
    assert torch.jit.script(made)(torch.ones(2)).tolist() == made(torch.ones(2)).tolist()
