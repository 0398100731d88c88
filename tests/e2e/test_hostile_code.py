"""Valid Python that nobody would write: no crash, no error, and the findings beside it stand."""

from __future__ import annotations

import sys

import pytest

from tests.e2e.conftest import GOOD, LOST


def test_circular_imports_and_star_imports(torchlint, project, nothing_written):
    (project / "a.py").write_text(
        LOST.replace("import torch\n", "import torch\nfrom b import *\nimport b\n", 1)
    )
    (project / "b.py").write_text(
        LOST.replace("import torch\n", "import torch\nfrom a import *\nfrom c import X\n", 1)
    )
    (project / "c.py").write_text("from c import *\nfrom b import X\nfrom a import Y as X\nX = X\n")
    (project / "d.py").write_text(
        "from b import Nowhere, Net\nimport torch\n\n\nclass A(Nowhere):\n    pass\n\n\n"
        "class B(Net):\n    def __init__(self):\n        super().__init__()\n"
        "        self.x = torch.zeros(1)\n"
    )
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert [line.partition(": ")[0] for line in result.stdout.splitlines() if ": TL" in line] == [
        "a.py:10:9",
        "b.py:10:9",
        "d.py:12:9",
    ]


@pytest.mark.parametrize(
    "classes",
    [
        "class A(A):\n    pass\n",
        "class A(B):\n    pass\n\n\nclass B(A):\n    pass\n",
        "class A(A.B):\n    class B(A):\n        b = 1\n\n    pass\n",
        "A = A\n\n\nclass B(A):\n    pass\n",
        "A = B\nB = A\n\n\nclass C(A, B):\n    pass\n",
        "class A(nn.Module, object, nn.Module):\n    pass\n",
        "class A(nn.Module):\n    pass\n\n\nclass B(nn.Module, A):\n    pass\n",
    ],
)
def test_a_class_that_inherits_from_itself(torchlint, project, nothing_written, classes):
    body = "    def __init__(self):\n        super().__init__()\n        self.x = torch.zeros(1)\n"
    (project / "bad.py").write_text(
        f"import torch\nfrom torch import nn\n\n\n{classes.replace('    pass', body)}"
    )
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert GOOD in result.stdout


def test_an_inheritance_loop_across_files(torchlint, project, nothing_written):
    (project / "a.py").write_text(
        "from b import B\n\n\nclass A(B):\n    def __init__(self):\n        self.x = 1\n"
    )
    (project / "b.py").write_text(
        "from a import A\n\n\nclass B(A):\n    def __init__(self):\n        self.x = 1\n"
    )
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert GOOD in result.stdout


def test_functions_that_call_each_other_for_ever(torchlint, project, nothing_written):
    (project / "bad.py").write_text(
        "import torch\nfrom torch import nn\n\n\ndef f(x):\n    return g(x) + g(x)\n\n\n"
        "def g(x):\n    return f(x) * f(x)\n\n\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.x = f(3)\n        self.a()\n        self.y = torch.zeros(1)\n\n"
        "    def a(self):\n        self.b()\n        self.b()\n\n"
        "    def b(self):\n        self.a()\n        self.a()\n"
    )
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert "bad.py:18:9: TL101" in result.stdout
    assert GOOD in result.stdout


def test_a_file_of_50_000_lines(torchlint, project, nothing_written):
    header, body = LOST.split("\n\n\n")
    lost, fine = body.strip(), body.strip().replace("torch.zeros", "tuple")
    number = 50_000 // 6
    classes = "\n\n\n".join((fine if n % 10 else lost).replace("Net", f"Net{n}") for n in range(number))
    (project / "long.py").write_text(f"{header}\n\n\n{classes}\n")
    (project / "good.py").write_text(LOST)
    nothing_written()
    assert (project / "long.py").read_text().count("\n") > 49_000
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.count("long.py") == number // 10 + 1
    assert GOOD in result.stdout


def test_one_class_of_50_000_lines(torchlint, project, nothing_written):
    lines = "".join(f"        self.n{n} = {n}\n" for n in range(50_000))
    (project / "long.py").write_text(f"{LOST}{lines}        self.last = torch.zeros(1)\n")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert "long.py:8:9: TL101" in result.stdout
    assert GOOD in result.stdout


DEEP = 1_000

NESTED = {
    "parentheses": "self.x = " + "(" * DEEP + "torch.zeros(1)" + ")" * DEEP,
    "lists": "self.x = " + "[" * DEEP + "torch.zeros(1)" + "]" * DEEP,
    "attributes": "self.x = torch.zeros(1)" + ".data" * DEEP,
    "calls": "self.x = " + "abs(" * DEEP + "torch.zeros(1)" + ")" * DEEP,
    "method calls": "self.x = torch.zeros(1)" + ".abs()" * DEEP,
    "sums": "self.x = torch.zeros(1)" + " + 1" * DEEP,
    "minus": "self.x = " + "-" * DEEP + "torch.zeros(1)",
    "not": "self.x = " + "not " * DEEP + "torch.zeros(1)",
    "subscripts": "self.x = torch.zeros(1)" + "[...]" * DEEP,
    "lambdas": "self.x = " + "lambda: " * DEEP + "torch.zeros(1)",
    "conditional": "self.x = " + "1 if x else " * DEEP + "torch.zeros(1)",
    "elif": "if x:\n            pass\n" + "        elif x:\n            pass\n" * DEEP,
    "names": "self" + ".x" * DEEP + " = torch.zeros(1)",
    "strings": "self.x = torch.tensor(" + "'a' " * DEEP + ")",
    "chained": "self.x = " + "y = " * DEEP + "torch.zeros(1)",
}


@pytest.mark.parametrize("kind", NESTED)
def test_nesting_of_1_000(torchlint, project, nothing_written, kind):
    """Where Python itself can parse it, it is checked; where not, the message says so."""
    (project / "bad.py").write_text(f"{LOST}        {NESTED[kind]}\n")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert GOOD in result.stdout
    assert result.returncode in (1, 2)
    if result.returncode == 2:
        [line] = result.stderr.splitlines()
        assert line.startswith("error: bad.py: ")
        assert "nested" in line
    else:
        assert result.stderr == ""
        assert "bad.py:8:9: TL101" in result.stdout


@pytest.mark.parametrize("kind", ["elif", "sums", "method calls", "attributes", "conditional"])
def test_nesting_that_python_compiles_is_checked(torchlint, project, nothing_written, kind):
    """What the interpreter of the user runs is no error: 200 levels are nothing in generated code."""
    (project / "bad.py").write_text(f"{LOST}        {NESTED[kind].replace('x', 'other')}\n")
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert "bad.py:8:9: TL101" in result.stdout


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the nesting that is allowed differs")
def test_nested_functions_and_classes(torchlint, project, nothing_written):
    lines = [f"{' ' * depth}class C{depth}:" for depth in range(90)]
    lines.append(" " * 90 + "pass")
    (project / "bad.py").write_text("\n".join(lines) + "\n")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert GOOD in result.stdout


@pytest.mark.parametrize(
    "line",
    [
        "self.x = torch.zeros(1).a.b.c.d()()[0].e(*x, **y)",
        "self.x, *self.y = *x, *y",
        "self[0] = self.x = torch.zeros(1)",
        "self.x: int",
        "del self.x, self.y[0], (self.z, self.w)",
        "self.x = yield",
        "self.x = f'{torch.zeros(1)!r:>{self.w}}'",
        "self.x = lambda *, a=torch.zeros(1), **k: (yield)",
        "self.x = [*[*[]], *{}, *()]",
        "global x; x = self; x.y = torch.zeros(1)",
        "setattr(self, 3, torch.zeros(1)); setattr(self); setattr(); setattr(*x)",
        "self.register_buffer(); self.register_buffer(*x); self.register_buffer(**x)",
        "getattr(self, 'a')(getattr(self, 'b', None), getattr(self))",
        "super(Net, self).__init__().x = torch.zeros(1)",
        "self.__class__.x = torch.zeros(1); type(self).y = torch.zeros(1)",
        "self.x = self.x; self.y = self.z.y = self.y",
        "self.x = torch.zeros; self.x = self.x(self.x)(self.x)",
        "(self.x for self.x in self.x); [self for self in self]",
        "self = torch.zeros(1); self.x = self",
        "torch = self; torch.zeros = torch.zeros(1)",
        "self.x = 10 ** 10 ** 10; self.y = [0] * 10 ** 12; self.z = 'x' * 10 ** 12; self.w = 1 << 10 ** 12",
        "self.x = int('9' * 5000); self.y = -9 % 0; self.z = 1 / 0; self.w = [1][5]",
        "self.x = " + "9" * 4000,
        "for self.x, (self.y, *self.z) in self.w: pass\n        else: self.v = 1",
        "with a as self.x, b as (self.y, self.z): pass",
        "import os as self_; from os import (path as p)",
        "self.a = self.b = self.c; self.a.b.c = self; self.append(self); self.x = [self]; self.y = [self.y]",
        "assert self.x, self.y\n        if self.x: raise self.x from self.y",
        "while True: self.x = torch.zeros(1); continue",
        "x = []; x.append(x); self.x = x; self.x += x; self.x = {**{'a': self.x}}",
        "async def f(self): await self.x; self.y = [z async for z in self.x]",
        "self.x = self.__init__(); self.y = Net(); self.z = [Net() for _ in self.z]",
        "self.\u0445 = torch.zeros(1); self.ﬁ = torch.zeros(1)",
        "match self:\n            case Net(x=self_, y=[*_, {'a': b, **c}]) if self.x: self.x = b",
        "class self: x = torch.zeros(1)\n        self.y = torch.zeros(1)",
        "exec('self.x = 1'); locals()['x'] = 1; self.x = x",
    ],
)
def test_strange_lines(torchlint, project, nothing_written, line):
    """Valid Python that nobody expects: no crash, and the finding before it stands."""
    (project / "strange.py").write_text(f"{LOST}        {line}\n", encoding="utf-8")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.stderr == ""
    assert "strange.py:8:9: TL101" in result.stdout or "yield" in line  # a constructor that yields never runs
    assert GOOD in result.stdout
