"""Sources that are easily missed: each of these was a result that did not hold any more, or depended on the order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import torchlint
from torchlint.config import SettingsResolver
from torchlint.findings import Report
from torchlint.rules import all_rules
from torchlint.runs.check import check
from torchlint.runs.options import RunOptions

HEAD = "import torch\nfrom torch import nn\n"


def module(name: str, base: str, value: str = "torch.zeros(3)", attribute: str = "x") -> str:
    return (
        f"class {name}({base}):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.{attribute} = {value}\n"
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def reports(*paths: str) -> tuple[Report, Report]:
    """With the cache, and without."""
    codes = frozenset(rule.code for rule in all_rules())
    found = [
        check(paths, SettingsResolver(codes, cwd=Path.cwd()), RunOptions(cache=cache))
        for cache in (Path(".torchlint_cache").absolute(), None)
    ]
    return found[0], found[1]


def attributes(report: Report) -> list[tuple[str, str | None]]:
    return [(finding.path, finding.attribute) for finding in report.findings]


def touch(*names: str) -> None:
    for name in names:
        with open(name, "a", encoding="utf-8") as file:
            file.write("# touched\n")


def test_a_variable_of_a_module_that_another_function_has_asked_for(project: Path) -> None:
    body = "    if USE:\n        return torch.{}(n)\n    return n\n"
    write(
        {
            "deep.py": "def flag():\n    return False\n",
            "consts.py": "from deep import flag\nUSE = flag()\n",
            "helper.py": "import torch\nfrom consts import USE\ndef f(n):\n"
            + body.format("zeros")
            + "def g(n):\n"
            + body.format("ones"),
            "a.py": HEAD
            + "from helper import f, g\n"
            + module("A", "nn.Module", "f(3)")
            + "        self.y = g(3)\n",
            "b.py": HEAD + "from helper import g\n" + module("B", "nn.Module", "g(3)", "y"),
        }
    )
    assert reports(".")[0].findings == ()
    write({"deep.py": "def flag():\n    return True\n"})
    cached, fresh = reports(".")
    assert attributes(fresh) == [("a.py", "x"), ("a.py", "y"), ("b.py", "y")]
    assert cached == fresh


@pytest.mark.parametrize(
    "ignored", [{".gitignore": "app.py\n"}, {"pyproject.toml": '[tool.torchlint]\nexclude = ["app.py"]\n'}]
)
def test_a_file_that_was_imported_and_is_searched_from_now_on(project: Path, ignored: dict[str, str]) -> None:
    app = (
        "from model import Net\nfrom torch import nn\nclass B(nn.Module):\n    pass\nnet = Net()\nnet.x = 4\n"
    )
    write(
        {
            **ignored,
            "model.py": HEAD + module("Net", "nn.Module"),
            "app.py": app,
            "user.py": HEAD + "from app import B\n" + module("User", "B", attribute="y"),
        }
    )
    first, fresh = reports(".")
    assert first == fresh
    for name in ignored:
        Path(name).write_text("")
    cached, fresh = reports(".")
    assert cached == fresh
    (net,) = [finding for finding in fresh.findings if finding.path == "model.py"]
    assert "app.py" in str(net.caveat)


CIRCLES = {
    "stars of a package": (
        {
            "pkg/__init__.py": "from .a import *\nfrom .b import *\n",
            "pkg/a.py": "from . import *\n",
            "pkg/b.py": HEAD + "class Base(nn.Module):\n    pass\n",
            "app.py": HEAD + "from pkg import Base\n" + module("App", "Base"),
            "pkg/net.py": HEAD + "from .a import Base\n" + module("Net", "Base"),
        },
        ("pkg/net.py",),
    ),
    "stars of files": (
        {
            "a.py": "from b import *\nfrom c import *\n",
            "b.py": "from a import *\n",
            "c.py": HEAD + "class Base(nn.Module):\n    pass\n",
            "m_a.py": HEAD + "from a import Base\n" + module("A", "Base"),
            "m_b.py": HEAD + "from b import Base\n" + module("B", "Base"),
        },
        ("m_b.py",),
    ),
    "classes": (
        {
            "p.py": "from q import B\nclass A(B):\n    pass\n",
            "q.py": HEAD + "from p import A\nclass B(A, nn.Module):\n    pass\n",
            "c.py": HEAD + "from q import B\n" + module("C", "B"),
            "d.py": HEAD + "from p import A\n" + module("D", "A"),
        },
        ("d.py",),
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_gives_the_same_wherever_it_is_entered(project: Path, name: str) -> None:
    files, touched = CIRCLES[name]
    write(files)
    first = reports(".")[0]
    assert len(first.findings) == 2
    touch(*touched)
    cached, fresh = reports(".")
    assert cached == fresh == first
    one_by_one = [torchlint.check([finding.path]).findings for finding in fresh.findings]
    assert [found for some in one_by_one for found in some] == list(fresh.findings)


def test_how_deep_a_function_is_called_does_not_count_for_the_next_class(project: Path) -> None:
    """Calls are followed to a certain depth: a class that comes later must not profit from one that came earlier."""
    deepest = 40
    calls = "".join(f"def h{n}(n):\n    return h{n + 1}(n)\n" for n in range(deepest))
    write({"helper.py": f"import torch\n{calls}def h{deepest}(n):\n    return torch.zeros(n)\n"})
    for number in range(deepest + 1):
        text = HEAD + f"from helper import h{number}\n" + module("Net", "nn.Module", f"h{number}(3)")
        write({f"m{number:02}.py": text})
    first = reports(".")[0]
    assert 5 < len(first.findings) < deepest
    touch(*(f"m{number:02}.py" for number in range(20, deepest, 2)))
    cached, fresh = reports(".")
    assert cached == fresh == first
    alone = [torchlint.check([f"m{number:02}.py"]).findings for number in range(deepest + 1)]
    assert [found for some in alone for found in some] == list(first.findings)


def test_a_function_that_calls_back_into_the_file_of_a_class(project: Path) -> None:
    write(
        {
            "helper.py": "def g(n):\n    from a import thing\n    return thing(n)\n",
            "a.py": HEAD
            + "from helper import g\ndef thing(n) -> nn.Module:\n    return torch.zeros(n)\n"
            + module("A", "nn.Module", "g(3)"),
            "b.py": HEAD + "from helper import g\n" + module("B", "nn.Module", "g(3)"),
        }
    )
    first, fresh = reports(".")
    assert first == fresh
    assert ("a.py", "x") in attributes(first)
    touch("b.py")
    assert reports(".") == (first, first)
    alone = [found for path in ("a.py", "b.py") for found in torchlint.check([path]).findings]
    assert alone == list(first.findings)


def test_a_file_with_an_error_leaves_nothing_that_could_break(project: Path) -> None:
    write({"ok.py": "print(1)\n", "net.py": HEAD + module("Net", "nn.Module"), "err.py": "def f(:\n"})
    reports(".")
    write({"z.py": "from net import Net\nclass Z(Net):\n    pass\n", "err.py": "X = 1\n"})
    for paths in (("ok.py",), (".",), (".",)):
        cached, fresh = reports(*paths)
        assert cached == fresh


def test_a_name_that_no_encoding_knows(project: Path) -> None:
    body = "        setattr(self, '\\ud83d\\ude00', torch.zeros(3))\n"
    write({"net.py": HEAD + module("Net", "nn.Module") + body})
    for _ in range(2):
        cached, fresh = reports(".")
        assert cached == fresh
        assert fresh.errors == ()
        assert len(fresh.findings) >= 1


def test_a_configuration_that_the_run_does_not_need(project: Path) -> None:
    write(
        {
            "pyproject.toml": "[tool.torchlint]\nignore = 3\n",
            "sub/pyproject.toml": "[tool.torchlint]\n",
            "sub/net.py": HEAD + module("Net", "nn.Module"),
        }
    )
    from click.testing import CliRunner

    from torchlint.cli import cli

    for _ in range(2):
        results = [CliRunner().invoke(cli, [*words, "sub"]) for words in ([], ["--no-cache"])]
        assert results[0].output == results[1].output
        assert results[0].exit_code == results[1].exit_code == 1


def test_a_broken_configuration_in_the_project_of_an_earlier_finding(project: Path) -> None:
    write(
        {
            "pyproject.toml": "[tool.torchlint]\n",
            "b/pyproject.toml": "[tool.torchlint]\nignore = 3\n",
            "b/x.py": "x = 1\n",
            "a/net.py": HEAD + module("Net", "nn.Module"),
        }
    )
    for _ in range(2):
        cached, fresh = reports("a")
        assert cached == fresh
    write({"a/net.py": "x = 1\n"})
    for _ in range(2):
        cached, fresh = reports("a")
        assert cached == fresh
        assert fresh.errors == ()


def test_a_folder_that_is_named_as_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path.joinpath(*"1234567")
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    write(
        {
            "script.py": HEAD + module("Net", "nn.Module"),
            "app.py": "from script import Net\nnet = Net()\nnet.x = 4\n",
            "script": "no folder yet\n",
        }
    )
    first = reports(".")[0]
    Path("script").unlink()
    write({"script/data.txt": "\n"})
    assert reports(".") == (first, first)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_the_order_in_which_files_are_searched(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    user = "from model import Net\nnet = Net()\nnet.x = 4\n"
    (outside / "u.py").write_text(user)
    write({"model.py": HEAD + module("Net", "nn.Module"), "b/u.py": user})
    Path("a").symlink_to(outside)
    reports(".")
    Path("a").unlink()
    write({"a/u.py": user})
    cached, fresh = reports(".")
    assert cached == fresh


def test_a_file_of_the_same_size_and_time(project: Path) -> None:
    text = HEAD + module("Net", "nn.Module", '"orch.zeros 3"')
    write({"net.py": text})
    os.utime("net.py", (1_500_000_000, 1_500_000_000))
    assert reports(".")[0].findings == ()
    write({"net.py": text.replace('"orch.zeros 3"', "torch.zeros(3)")})
    os.utime("net.py", (1_500_000_000, 1_500_000_000))
    cached, fresh = reports(".")
    assert len(fresh.findings) == 1
    assert cached == fresh


CHAIN = HEAD + (
    "class Chain(nn.Module):\n    def __init__(self, steps):\n        super().__init__()\n"
    "        self.steps = steps\n"
    "    def forward(self, x):\n        for step in self.steps:\n            x = step(x)\n        return x\n"
)


def test_a_file_that_builds_a_class_from_now_on(project: Path) -> None:
    use = HEAD + "from chain import Chain\n"
    write({"chain.py": CHAIN, "use.py": use})
    assert reports(".")[0].findings == ()
    write({"use.py": use + "chain = Chain([nn.Linear(2, 2)])\n"})
    cached, fresh = reports(".")
    assert attributes(fresh) == [("chain.py", "steps")]
    assert cached == fresh
    write({"use.py": use + "chain = Chain(nn.ModuleList([nn.Linear(2, 2)]))\n"})
    cached, fresh = reports(".")
    assert attributes(fresh) == []
    assert cached == fresh


def test_a_new_file_that_builds_a_class(project: Path) -> None:
    write({"chain.py": CHAIN})
    assert reports(".")[0].findings == ()
    write({"tests/use.py": HEAD + "from chain import Chain\ndef test():\n    Chain([nn.Linear(2, 2)])\n"})
    cached, fresh = reports(".")
    assert attributes(fresh) == [("chain.py", "steps")]
    assert cached == fresh
