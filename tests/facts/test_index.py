"""The index of a file, and what it does with code that is too deep for it."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap

import pytest

from torchlint.facts.index import index
from torchlint.facts.model import FileFacts, ImportFacts, Span


def facts_of(text: str) -> FileFacts:
    return index("a.py", textwrap.dedent(text), textwrap.dedent(text).encode())


def test_names_of_a_module() -> None:
    facts = facts_of("""\
        import a.b, c as d
        from . import e
        from ..f import *
        try:
            import fast as impl
        except ImportError:
            impl = None
        if x:
            y = 1
        __all__ = ["y"]
        __all__ += ["z"]
        @dec(1)
        @other.thing
        def g() -> "int": pass
        """)
    assert facts.names["a"][0].imported == ImportFacts("a", None, 0)
    assert facts.names["d"][0].imported == ImportFacts("c", None, 0)
    assert facts.names["e"][0].imported == ImportFacts("", "e", 1)
    assert facts.stars == (ImportFacts("f", "*", 2),)
    assert [bool(found.imported) for found in facts.names["impl"]] == [True, False]
    assert facts.names["y"][0].assigned == Span(9, 9)
    assert facts.exports == ("y", "z")
    assert facts.functions["g"].span == Span(12, 14)
    assert facts.functions["g"].decorators == ("dec", "other.thing")


def test_classes_in_functions_see_its_imports() -> None:
    facts = facts_of("""\
        def make():
            from torch import nn
            class Net(nn.Module):
                def __init__(self): pass
            return Net
        """)
    assert facts.classes["make.Net"].scope == ("make",)
    assert facts.local_imports == {"make": {"nn": ImportFacts("torch", "nn", 0)}}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_classes_in_functions_under_any_newline(newline: str) -> None:
    text = "x = 1\ndef f():\n\tif x:\n\t\tclass A(B):\n\t\t\tpass\n".replace("\n", newline)
    data = text.replace("\r\n", "\n").replace("\r", "\n").encode()  # as check() passes it
    assert set(index("a.py", text, data).classes) == {"f.A"}


def test_facts_are_plain_data() -> None:
    facts = facts_of(
        "import torch\nclass A(torch.nn.Module):\n    x: int = 1\n    def f(self): self.a = torch.ones(1)\n"
    )
    assert pickle.loads(pickle.dumps(facts)) == facts
    assert facts.classes["A"].candidate
    assert facts.classes["A"].stores == ("f",)


CLASS = "class A(B):\n    def __init__(self, x):\n"
DEEP = {
    "parentheses": CLASS + "        self.a = " + "(" * 1000 + "x" + ")" * 1000,
    "brackets": "x = " + "[" * 1000 + "]" * 1000,
    "sum": CLASS + "        self.a = " + " + ".join(["x"] * 5000),
    "constants": "x = " + " + ".join(["1"] * 5000),
    "class value": "class A(B):\n    x = " + " + ".join(["y"] * 5000),
    "attributes": CLASS + "        self.a = x" + ".y" * 3000,
    "calls": CLASS + "        self.a = x" + "()" * 3000,
    "elif": CLASS + "        if x: pass\n" + "        elif x: self.a = x\n" * 1000,
    "elif of the module": "if x: pass\n" + "elif x: a = x\n" * 1000,
    "blocks": "".join(" " * i + "if x:\n" for i in range(99)) + " " * 99 + "pass",
    "too many blocks": "".join(" " * i + "if x:\n" for i in range(1000)) + " " * 1000 + "pass",
    "classes": "".join(" " * i + "class A(B):\n" for i in range(90)) + " " * 90 + "pass",
    "not": CLASS + "        self.a = " + "not " * 3000 + "x",
    "lambdas": CLASS + "        self.a = " + "lambda: " * 500 + "x",
}
PROGRAM = """
import sys
from torchlint.facts.index import index
from torchlint.facts.lower import lower_function
from torchlint.files import split_lines
sys.setrecursionlimit(10_000)
text = sys.stdin.read()
try:
    facts = index("a.py", text, text.encode())
    print("indexed")
    for cls in facts.classes.values():
        for functions in cls.methods.values():
            lower_function(split_lines(text), functions[0].span, functions[0].qualname)
except (SyntaxError, RecursionError, MemoryError) as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("name", DEEP)
def test_depth_never_kills_the_process(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=DEEP[name], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.split()
