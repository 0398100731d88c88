"""What a change has nothing to do with is not checked again, and what it has is."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchlint.checker.session import Session
from torchlint.config import SettingsResolver
from torchlint.findings import Report
from torchlint.rules import all_rules
from torchlint.runs.check import check
from torchlint.runs.options import RunOptions

FILES = {
    "pyproject.toml": "",
    "pkg/__init__.py": "from .parts import *\n",
    "pkg/parts/__init__.py": "from .first import *\nfrom .second import *\nfrom .third import *\n",
    "pkg/parts/first.py": '__all__ = ["helper"]\ndef helper():\n    return 1\n',
    "pkg/parts/second.py": "LIMIT = 3\n",
    "pkg/parts/third.py": "from torch import nn\nclass Base(nn.Module):\n    pass\n",
    "pkg/net.py": (
        "import torch\nfrom pkg import Base\nfrom pkg.parts.first import helper\n"
        "class Net(Base):\n    def __init__(self, n):\n        super().__init__()\n"
        "        self.pe = torch.zeros(n)\n"
    ),
    "build.py": "from pkg.net import Net\ndef build():\n    return Net(3)\n",
    "use.py": "from build import build\ndef use():\n    print(build())\n    build().size = 3\n",
    "other.py": "class Other:\n    def reset(self, net):\n        net.pe = 1\n",
}


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The project, checked once; the files that are checked from now on."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    found = report(cache=True)
    assert [finding.attribute for finding in found.findings] == ["pe"]
    again: list[str] = []
    plain = Session._check_file

    def noted(session: Session, path: str, data: bytes) -> object:
        again.append(path)
        return plain(session, path, data)

    monkeypatch.setattr(Session, "_check_file", noted)
    return again


def report(*, cache: bool) -> Report:
    resolver = SettingsResolver(frozenset(rule.code for rule in all_rules()), cwd=Path.cwd())
    return check(["."], resolver, RunOptions(cache=Path(".torchlint_cache").absolute() if cache else None))


@pytest.mark.parametrize(
    "name",
    ["build.py", "use.py", "other.py", "pkg/parts/first.py", "pkg/parts/second.py"],
)
def test_a_comment_in_a_file_that_was_looked_through(checked: list[str], name: str) -> None:
    with open(name, "a", encoding="utf-8") as file:
        file.write("# a comment\n")
    cached = report(cache=True)
    assert checked == [name]
    assert cached == report(cache=False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("build.py", "from pkg.net import Net\ndef build_one():\n    return Net(3)\n"),
        ("use.py", FILES["use.py"] + "    build().pe = 3\n"),
        ("use.py", FILES["use.py"] + "    build().pe.add_(1)\n"),
        ("other.py", FILES["other.py"] + "def more(net: 'Net'):\n    net.pe.add_(1)\n"),
        ("pkg/parts/first.py", FILES["pkg/parts/first.py"] + "class Base:\n    pass\n__all__ = ['Base']\n"),
        ("pkg/parts/second.py", "class Base:\n    pass\n"),
        ("pkg/parts/second.py", "from .fourth import *\n"),
    ],
)
def test_a_change_that_has_to_do_with_it(checked: list[str], name: str, text: str) -> None:
    Path(name).write_text(text)
    cached = report(cache=True)
    assert "pkg/net.py" in checked
    assert cached == report(cache=False)


def test_what_is_found_again_after_two_changes(checked: list[str]) -> None:
    """The second time, what the first one left is taken from what was kept."""
    Path("pkg/net.py").write_text(FILES["pkg/net.py"] + "        self.size = torch.ones(n)\n")
    assert report(cache=True) == report(cache=False)
    Path("use.py").write_text("from build import build\nbuild().size = torch.ones(3)\n")
    checked.clear()
    cached = report(cache=True)
    assert sorted(checked) == ["pkg/net.py", "use.py"]
    assert cached == report(cache=False)


def test_an_error_of_what_a_file_says(checked: list[str]) -> None:
    Path("broken.py").write_text("def f(:\n")
    Path("latin.py").write_bytes(b"name = '\xe9'\n")
    first = report(cache=True)
    assert [error.path for error in first.errors] == ["broken.py", "latin.py"]
    checked.clear()
    assert report(cache=True) == first
    assert checked == []
    Path("broken.py").write_text("def f():\n    pass\n")
    second = report(cache=True)
    assert [error.path for error in second.errors] == ["latin.py"]
    assert checked == ["broken.py"]
