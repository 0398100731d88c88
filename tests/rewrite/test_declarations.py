"""Annotations that move from a method to its class."""

from __future__ import annotations

import ast

import pytest

from tests.rewrite.support import apply_edits, places
from torchlint.rewrite import BufferStore, BufferStyle, CannotRewrite, Syntax, register_buffers

METHOD = "    def __init__(self):\n        self.x: Tensor = v\n"
FIXED = '    def __init__(self):\n        self.register_buffer("x", v)\n'


def fix(text):
    given = [BufferStore(place, name, True) for name, spots in places(text).items() for place in spots]
    fixed = apply_edits(text, register_buffers(Syntax(text), given, BufferStyle.REGISTER_BUFFER))
    ast.parse(fixed)
    return fixed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "    x: Tensor\n\n"),
        ("\n", "    x: Tensor\n\n"),
        ("    # words\n\n", "    x: Tensor\n\n    # words\n\n"),
        ('    """Doc."""\n', '    """Doc."""\n\n    x: Tensor\n\n'),
        ('    """Doc.\n\n    More.\n    """\n\n', '    """Doc.\n\n    More.\n    """\n\n    x: Tensor\n\n'),
        ("    a: int\n    b: int = 3\n\n", "    a: int\n    b: int = 3\n    x: Tensor\n\n"),
        (
            "    __constants__ = ['a']\n    c = 3\n\n",
            "    __constants__ = ['a']\n    x: Tensor\n    c = 3\n\n",
        ),
        ('    "Doc."; a: int  # why\n\n', '    "Doc."; a: int  # why\n    x: Tensor\n\n'),
        ("    c = 3\n\n", "    x: Tensor\n    c = 3\n\n"),
        ("    x: Tensor\n\n", "    x: Tensor\n\n"),
        ("    @decorated\n", "    x: Tensor\n\n    @decorated\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_where_the_class_declares_it(before, after, newline):
    head = "from torch import Tensor\nclass A(\n    Base,\n):  # why\n"
    text = f"{head}{before}{METHOD}".replace("\n", newline)
    assert fix(text) == f"{head}{after}{FIXED}".replace("\n", newline)


@pytest.mark.parametrize(
    ("imports", "annotation", "declared"),
    [
        ("import torch\n", "torch.Tensor", "torch.Tensor"),
        ("from torch import Tensor\n", "Tensor | None", '"Tensor | None"'),
        ("from torch import Tensor\n", "Optional[Tensor]", '"Optional[Tensor]"'),
        ("from __future__ import annotations\n", "Tensor | None", "Tensor | None"),
        ("", "Tensor", '"Tensor"'),
        ("if TYPE_CHECKING:\n    from torch import Tensor\n", "Tensor", '"Tensor"'),
        ("", '"Tensor"', '"Tensor"'),
        ("", "'Tensor'", "'Tensor'"),
        ("", 'Optional["Tensor"]', "'Optional[\"Tensor\"]'"),
        ("", "Dict['a', \"b\"]", "\"Dict['a', 'b']\""),
        ("", "List[\n            int\n        ]", '"List[int]"'),
        ("", "int", "int"),
        ("", "None", "None"),
        ("Tensor = int\n", "Tensor", "Tensor"),
    ],
)
def test_what_is_evaluated_too_early_is_quoted(imports, annotation, declared):
    text = f"{imports}class A(Base):\n    def f(self):\n        self.x: {annotation} = v\n"
    fixed = fix(text)
    assert (
        fixed == f"{imports}class A(Base):\n    x: {declared}\n\n    def f(self):\n{FIXED.splitlines()[1]}\n"
    )


def test_several_are_declared_together_and_once():
    text = (
        "import torch\nclass A(Base):\n    def __init__(self):\n        if v:\n            self.x: torch.Tensor = v\n"
        "        else:\n            self.x: torch.Tensor = None\n        self.y: torch.Tensor = v\n"
    )
    assert fix(text).startswith(
        "import torch\nclass A(Base):\n    x: torch.Tensor\n    y: torch.Tensor\n\n    def"
    )


def test_an_inner_class_and_a_closure():
    text = (
        "import torch\ndef make():\n    class A(Base):\n\n        def f(this):\n            def g():\n"
        "                this.x: torch.Tensor = v\n"
    )
    fixed = fix(text)
    assert '    class A(Base):\n        x: "torch.Tensor"\n\n        def f(this):\n' in fixed
    assert '                this.register_buffer("x", v)\n' in fixed


REFUSED = {
    "@dataclass\nclass A(Base):\n" + METHOD: "its annotation would make it a field of a dataclass",
    "@attr.s(auto_attribs=True)\nclass A(Base):\n"
    + METHOD: "its annotation would make it a field of a dataclass",
    "def f(m):\n    m.x: Tensor = v\n": "its annotation has no class to go to",
    "class A:\n    def f(self, other):\n        other.x: Tensor = v\n": "its annotation has no class to go to",
    METHOD.replace("    def", "class A:\n    def").replace("Tensor", "Final"): (
        "its annotation cannot be declared by the class"
    ),
    "class A:\n    def f(self):\n        self.x: List[  # why\n    int] = v\n": "a comment stands in its annotation",
    "class A:\n    def f(self):\n        (self.x  # why\n        ): int = v\n": (
        "a comment stands between the target and its annotation"
    ),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_what_cannot_be_declared(text, reason):
    with pytest.raises(CannotRewrite) as error:
        fix(text)
    assert error.value.reason == reason
