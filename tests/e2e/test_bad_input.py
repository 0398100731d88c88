"""Bad input of every kind: a clear message with the path, every other file still checked, exit code 2."""

from __future__ import annotations

import os
import sys

import pytest

from tests.e2e.conftest import CLEAN, LOST
from torchlint.checking import check
from torchlint.config import SettingsResolver
from torchlint.rules import all_rules
from torchlint.run_options import RunOptions

NOT_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
GOOD = "good.py:8:9: TL101 "

BROKEN = {
    "syntax": (b"def f(:\n    pass\n", "syntax error on line 1"),
    "unclosed": (b"x = (\n", "syntax error on line 1"),
    "indentation": (b"if x:\npass\n", "syntax error on line 2"),
    "python 2": (b"print 'hello'\n", "syntax error on line 1"),
    "unknown encoding": (b"# -*- coding: klingon -*-\nx = 1\n", "klingon"),
    "lying encoding": (b"# -*- coding: ascii -*-\nx = '\xc3\xa9'\n", "ascii"),
    "not UTF-8": (b"x = 1\ny = '\xff\xfe'\n", "utf-8"),
    "BOM against cookie": (b"\xef\xbb\xbf# -*- coding: latin-1 -*-\nx = 1\n", "latin-1"),
    "binary": (bytes(range(256)) * 8, ""),
    "NUL": (b"x = 1\n\x00\n", ""),
    "UTF-16": ("import torch\n".encode("utf-16"), ""),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_is_no_python(torchlint, project, nothing_written, kind):
    content, expected = BROKEN[kind]
    (project / "bad.py").write_bytes(content)
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    assert GOOD in result.stdout
    [line] = result.stderr.splitlines()
    assert line.startswith("error: bad.py: ")
    assert expected.lower() in line.lower()


@pytest.mark.parametrize("order", [("bad.py", "good.py"), ("good.py", "bad.py")])
def test_the_order_of_the_files_does_not_matter(torchlint, project, nothing_written, order):
    (project / "bad.py").write_text("def f(:\n")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", *order)
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert "error: bad.py: syntax error" in result.stderr


def test_errors_are_in_the_json_too(torchlint, project, nothing_written):
    import json

    (project / "bad.py").write_text("def f(:\n")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "json", ".")
    assert result.returncode == 2
    report = json.loads(result.stdout)
    assert [finding["path"] for finding in report["findings"]] == ["good.py"]
    [error] = report["errors"]
    assert error["path"] == "bad.py"
    assert "syntax error" in error["message"]


@pytest.mark.parametrize("codec", ["latin-1", "cp1251", "utf-8-sig", "koi8-r"])
def test_an_honest_encoding_is_no_error(torchlint, project, nothing_written, codec):
    text = LOST if codec == "utf-8-sig" else f"# -*- coding: {codec} -*-\n{LOST}"
    (project / "good.py").write_bytes(text.encode(codec))
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert "TL101" in result.stdout


@NOT_ROOT
def test_an_unreadable_file(torchlint, project, nothing_written):
    (project / "bad.py").write_text(LOST)
    (project / "good.py").write_text(LOST)
    (project / "bad.py").chmod(0)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert result.stderr.startswith("error: bad.py: ")


def test_a_file_that_cannot_be_read_even_by_root(torchlint, project, nothing_written):
    """A name ending in .py that leads nowhere, or to a folder's content."""
    (project / "bad.py").symlink_to("missing.py")
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", "bad.py", "good.py")
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert result.stderr.startswith("error: bad.py: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_does_not_hang(torchlint, project):
    os.mkfifo(project / "bad.py")
    (project / "good.py").write_text(LOST)
    result = torchlint("--output-format", "concise", ".")
    assert GOOD in result.stdout


def test_a_file_that_vanishes_between_discovery_and_reading(project, monkeypatch):
    monkeypatch.chdir(project)
    for name in ("a.py", "b.py", "c.py"):
        (project / name).write_text(LOST)
    resolver = SettingsResolver(frozenset(rule.code for rule in all_rules()), cwd=project, isolated=True)

    def progress(done, total):
        (project / "b.py").unlink(missing_ok=True)

    report = check(["."], resolver, RunOptions(progress=progress))
    assert [finding.path for finding in report.findings] == ["a.py", "c.py"]
    [error] = report.errors
    assert error.path == "b.py"
    assert error.message


def test_a_folder_that_vanishes(project, monkeypatch):
    monkeypatch.chdir(project)
    (project / "inner").mkdir()
    (project / "inner" / "b.py").write_text(LOST)
    (project / "a.py").write_text(LOST)
    resolver = SettingsResolver(frozenset(rule.code for rule in all_rules()), cwd=project)

    def progress(done, total):
        (project / "inner" / "b.py").unlink(missing_ok=True)
        if (project / "inner").exists():
            (project / "inner").rmdir()

    report = check(["."], resolver, RunOptions(progress=progress))
    assert [finding.path for finding in report.findings] == ["a.py"]
    assert [error.path for error in report.errors] == [os.path.join("inner", "b.py")]


def test_a_loop_of_folders(torchlint, project, nothing_written):
    inner = project / "package"
    inner.mkdir()
    (inner / "good.py").write_text(LOST)
    (inner / "loop").symlink_to(project, target_is_directory=True)
    (inner / "self").symlink_to(inner, target_is_directory=True)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.count("TL101") == 1


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


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"# only a comment", b"\x0c", b"\r\r\n"])
def test_an_empty_file(torchlint, project, nothing_written, content):
    (project / "empty.py").write_bytes(content)
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert (result.returncode, result.stderr) == (1, "")
    assert GOOD in result.stdout


def test_a_path_that_does_not_exist(torchlint, project, nothing_written):
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", "missing.py", "good.py", "no/such/folder")
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert "error: missing.py: no such file or directory" in result.stderr
    assert "no/such/folder" in result.stderr


def test_a_broken_import_is_no_error_of_the_file_that_imports(torchlint, project, nothing_written):
    (project / "broken.py").write_text("def f(:\n")
    (project / "good.py").write_text(
        LOST.replace("import torch\n", "import torch\nfrom broken import *\n", 1)
    )
    nothing_written()
    result = torchlint("--output-format", "concise", "good.py")
    assert (result.returncode, result.stderr) == (1, "")
    assert "good.py:9:9: TL101" in result.stdout


CONFIGS = {
    "not TOML": ("torchlint.toml", "select = [", "not valid TOML"),
    "unknown key": ("torchlint.toml", 'selct = ["TL1"]', "selct"),
    "wrong type": ("torchlint.toml", "select = 3", "select"),
    "unknown code": ("torchlint.toml", 'select = ["XY9"]', "XY9"),
    "wrong table": ("pyproject.toml", "[tool]\ntorchlint = 3", "tool.torchlint"),
    "key in pyproject": ("pyproject.toml", "[tool.torchlint]\nignored = []", "tool.torchlint.ignored"),
    "not UTF-8": ("torchlint.toml", b"select = ['\xff']", "UTF-8"),
    "nested": ("torchlint.toml", "x = " + "[" * 5_000, "nested"),
    "dots": ("torchlint.toml", "a." * 20_000 + "a = 1", "dots"),
    "huge": ("torchlint.toml", "# " + "x" * 2_000_000, "large"),
    "binary": ("torchlint.toml", bytes(range(256)), ""),
    "control characters": ("torchlint.toml", '"\\u001b[2J" = 1', "unknown key"),
    "bad glob": ("torchlint.toml", '[per-file-ignores]\n"[" = ["TL101"]', "["),
    "bad version": ("torchlint.toml", 'target-torch = "new"', "target-torch"),
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_broken_or_hostile_configuration(torchlint, project, nothing_written, kind):
    name, content, expected = CONFIGS[kind]
    (project / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    [line] = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert name in line
    assert expected in line
    assert "\x1b" not in line
    assert GOOD in result.stdout


def test_a_broken_configuration_on_the_command_line(torchlint, project, nothing_written):
    (project / "my.toml").write_text("select = 3")
    (project / "good.py").write_text(LOST)
    nothing_written()
    for arguments in (("--config", "my.toml"), ("--config", "missing.toml")):
        result = torchlint(*arguments, ".")
        assert result.returncode == 2
        assert arguments[1] in result.stderr


def test_a_broken_configuration_in_one_folder_only(torchlint, project, nothing_written):
    (project / "inner").mkdir()
    (project / "inner" / "torchlint.toml").write_text("select = 3")
    (project / "inner" / "a.py").write_text(LOST)
    (project / "good.py").write_text(LOST)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    assert GOOD in result.stdout
    assert os.path.join("inner", "a.py:8:9") in result.stdout
    assert result.stderr.count("error:") == 1


def test_many_bad_files_at_once(torchlint, project, nothing_written):
    for number, (content, _) in enumerate(BROKEN.values()):
        (project / f"bad{number:02}.py").write_bytes(content)
    for number in range(5):
        (project / f"good{number}.py").write_text(LOST)
    (project / "clean.py").write_text(CLEAN)
    nothing_written()
    result = torchlint("--output-format", "concise", ".")
    assert result.returncode == 2
    assert result.stdout.count("TL101") == 5
    assert len(result.stderr.splitlines()) == len(BROKEN)


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
    try:
        compile(f"{LOST}        {line}\n", "strange.py", "exec")
    except SyntaxError:
        assert (project / "strange.py").name in result.stderr or result.stderr == ""
    else:
        assert result.stderr == ""
        assert "strange.py:8:9: TL101" in result.stdout or "yield" in line
    assert GOOD in result.stdout


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python knows the syntax of 3.12")
def test_newer_syntax_is_told_from_an_error(torchlint, project):
    (project / "newer.py").write_text("def first[T](items: list[T]) -> T:\n    return items[0]\n")
    (project / "broken.py").write_text("def first(:\n    pass\n")
    result = torchlint("newer.py", "broken.py")
    assert result.returncode == 2
    newer, broken = sorted(result.stderr.splitlines(), reverse=True)
    assert "newer.py" in newer
    assert "valid in a newer Python" in newer
    assert "broken.py" in broken
    assert "newer Python" not in broken
