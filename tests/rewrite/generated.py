"""Generated constructors that store tensors in many forms, and what torch makes of them."""

from __future__ import annotations

import ast
import tokenize
from typing import Any

import torch
from hypothesis import strategies as st
from torch import nn

from torchlint.files.source import split_lines

VALUES = [torch.full((2,), float(number)) for number in range(8)]

_COMMENT = st.sampled_from(["", "", "  # why", "  # noqa: E501", "  # type: ignore", "  # é = (", "  # it's"])


@st.composite
def atoms(draw: st.DrawFn, depth: int = 1) -> str:
    """An expression that gives one of the tensors, or a new one; it can stand anywhere but needs no parentheses."""
    first = f"V[{draw(st.integers(0, 7))}]"
    if depth == 0 or draw(st.booleans()):
        return first
    inner, comment = draw(atoms(depth - 1)), draw(_COMMENT)
    return draw(
        st.sampled_from(
            [
                f"f({inner})",
                f"f({inner}, '# no comment: (')",
                f"f(\n    {inner},{comment}\n)",
                f"f({inner},{comment}\n  {first})",
                f'f({inner}, """a\n  # b\n""")',
                f'f({inner}, f"{{1}} # (")',
                f"[{inner}, {first}][\n  0]",
                f"({inner})",
                f"({comment}\n    {inner}{comment}\n)",
                f"(w := {inner})",
            ]
        )
    )


@st.composite
def values(draw: st.DrawFn) -> str:
    """The right side of an assignment."""
    first, second = draw(atoms()), draw(atoms())
    comment = draw(_COMMENT)
    return draw(
        st.sampled_from(
            [
                first,
                f"{first} + {second}",
                f"{first} if flag else {second}",
                f"({first} + {second})",
                f"({first}\n     + {second})",
                f"({comment}\n        {first}\n        + {second}{comment}\n    )",
                f"({comment}\n        {first}{comment}\n        # last\n    )",
                f"((\n    {first}{comment}\n))",
                f"\\\n    {first}",
                f"{first} \\\n    + {second}",
                f"f({first},\n          {second})",
            ]
        )
    )


class Shape:
    """A statement, and the attributes of `self` that it stores."""

    def __init__(self, text: str, attributes: list[str]) -> None:
        self.text = text
        self.attributes = attributes


@st.composite
def statements(draw: st.DrawFn, number: int) -> Shape:
    """A statement that stores attributes, in any form."""
    a, b, c = (f"{letter}{number}" for letter in "abc")
    value, (one, two) = draw(values()), (draw(atoms()), draw(atoms()))
    blank = draw(st.sampled_from([" = ", "=", "  =  "]))
    forms = {
        f"self.{a}{blank}{value}": [a],
        f"(self.{a}){blank}{value}": [a],
        f"self . {a}{blank}{value}": [a],
        f"self.{a}: Tensor{blank}{value}": [a],
        f'self.{a}: "Tensor | None" = {value}': [a],
        f"self.{a} = self.{b}{blank}{value}": [a, b],
        f"{a} = self.{a}{blank}{value}": [a],
        f"self.{a} = {a} = self.{b} = other.o{b} = {value}": [a, b],
        f"other.o{a} = store[0] = self.{a} = {value}": [a],
        f"self.{a}, self.{b}{blank}{one}, {two}": [a, b],
        f"self.{a}, {c}, self.{b} = {one}, 1, {two}": [a, b],
        f"(self.{a}, [{c}, self.{b}]) = ({one}, (1, {two}))": [a, b],
        f"self.{a}, self.{b} = (\n    {one},\n    {two},\n)": [a, b],
        f"self.{a}, self.{b} = (\n    {one},  # one\n    {two},  # two\n)": [a, b],
        f"self.{a}, self.{b} = pair({one}, {two})": [a, b],
        f"(\n    self.{a},  # one\n    self.{b},\n) = pair({one}, {two})": [a, b],
        f"self.{a}, *{c} = pair({one}, {two})": [a],
        f"both = (self.{a}, self.{b}) = pair({one}, {two})": [a, b],
        f"setattr(self, '{a}', {one})": [a],
        f"setattr(self, f'{{\"{a}\"}}', {one})": [a],
        f"setattr(\n    self,\n    '{a}',  # name\n    {one},  # value\n)": [a],
        f"setattr(\n    self, '{a}',\n    {one})": [a],
        f"self.{a} = None": [a],
        f"self.{a} = self.{b} = None": [a, b],
    }
    text = draw(st.sampled_from(list(forms)))
    return Shape(text, forms[text])


@st.composite
def modules(draw: st.DrawFn) -> tuple[str, list[str]]:
    """The text of a module class with an unusual constructor, and the attributes that are to become buffers."""
    lines: list[str] = []
    given: list[str] = []
    for number in range(draw(st.integers(1, 3))):
        shape = draw(statements(number))
        given += draw(st.lists(st.sampled_from(shape.attributes), min_size=1, unique=True))
        text, comment = shape.text, draw(_COMMENT)
        head = draw(
            st.sampled_from(
                ["", "", "if flag:", "for _ in [1]:", "try:", "with ctx:", "match 1:\n    case 1:"]
            )
        )
        tail = "except OSError: pass" if head == "try:" else ""
        line = draw(st.sampled_from(["{}", "{}", "{}; n = 1", "é = 'é'; {}", "{};"])).format(text) + comment
        if not head:
            block = line
        elif draw(st.booleans()) and "match" not in head:
            block = f"{head} {line}"
        else:
            indent = "        " if "match" in head else "    "
            block = f"{head}\n{indent}" + line.replace("\n", f"\n{indent}")
        lines += [
            f"before{number} = {number}  # before",
            *block.split("\n"),
            *([tail] if tail else []),
            "# after",
        ]
    body = "".join(f"        {line}\n" if line else "\n" for line in lines)
    docstring = draw(
        st.sampled_from(["", '    """Doc."""\n', '    """Doc."""\n\n', "    y: int\n", "    # words\n\n"])
    )
    imports = draw(
        st.sampled_from(["import torch\n", "import torch.nn as nn\n", "from torch import nn as knots\n", ""])
    )
    text = (
        f"{imports}from torch import Tensor\nclass A(Base):\n{docstring}    def __init__(self, other, flag):\n"
        f"        super().__init__()\n        store, ctx = [0], manager()\n{body}"
    )
    if draw(st.booleans()):
        text = _with_tabs(text)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"]))), given


def _with_tabs(text: str) -> str:
    out = []
    for line in text.split("\n"):
        rest = line.lstrip(" ")
        blanks = len(line) - len(rest)
        out.append("\t" * (blanks // 4) + " " * (blanks % 4) + rest)
    return "\n".join(out)


class _Manager:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


class _Other:
    pass


def build(text: str, flag: bool) -> tuple[nn.Module, dict[str, Any]]:
    """The module that the text defines, built, and what it stored elsewhere."""
    scope: dict[str, Any] = {
        "Base": nn.Module,
        "V": VALUES,
        "f": lambda value, *_: value,
        "pair": lambda one, two: (one, two),
        "manager": _Manager,
    }
    exec(compile(text, "generated", "exec"), scope)
    other = _Other()
    return scope["A"](other, flag), vars(other)


def comments(text: str) -> list[str]:
    """The comments of a text, in any order."""
    lines = iter([line.rstrip("\r\n") + "\n" for line in split_lines(text)])
    tokens = tokenize.generate_tokens(lambda: next(lines, ""))
    return sorted(token.string for token in tokens if token.type == tokenize.COMMENT)


def strings(text: str) -> list[Any]:
    """The string literals of a text that hold more than a name."""
    found = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return sorted(value for value in found if isinstance(value, str) and not value.isidentifier())
