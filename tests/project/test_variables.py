"""Module-level variables are found once for all classes: no class sees what another has made of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from torchlint.config import SettingsResolver
from torchlint.rules import all_rules
from torchlint.runs.check import check
from torchlint.runs.options import RunOptions

TABLE = """\
import torch
from torch import nn
def make(size):
    return torch.zeros(size)
def width(size):
    return 3
class Gate(nn.Module):
    pass
class Lazy(dict):
    def __getitem__(self, key):
        return super().__getitem__(key)()
SIZES = [1, 2]
MAKERS = {"make": make, "width": width, "gate": Gate}
LAZY = Lazy(MAKERS)
PLAIN = {"width": width, "half": lambda x: x}
FIRST = torch.ones(3)
ALL = [FIRST, torch.ones(2)]
LAYERS = [nn.Linear(1, 1)]
NAMES = ("a", "b")
CLOSED = {"it": lambda: FIRST}
"""


def found(paths: Iterable[Path], *, sieve: bool = True) -> list[tuple[str, str, str | None]]:
    resolver = SettingsResolver(frozenset(rule.code for rule in all_rules()), cwd=Path.cwd(), isolated=True)
    report = check([str(path) for path in paths], resolver, RunOptions(sieve=sieve))
    assert not report.errors
    return [(Path(one.path).name, one.code, one.attribute) for one in report.findings]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("self.x = table.MAKERS['make'](3)", ["x"]),
        ("self.x = table.MAKERS['width'](3)", []),
        ("self.x = table.MAKERS['gate']()", []),
        ("self.x = [table.MAKERS[kind]() for kind in kinds]", ["x"]),
        ("self.x = table.LAZY[kind]", []),
        ("self.x = table.PLAIN['half'](torch.ones(3))", ["x"]),
        ("self.x = table.CLOSED['it']()", ["x"]),
        ("self.x = table.FIRST", ["x"]),
        ("self.register_buffer('y', table.FIRST)\nself.x = table.FIRST", []),
        ("self.register_buffer('y', table.FIRST)\nself.x = table.CLOSED['it']()", []),
        ("self.register_buffer('y', table.FIRST)\nself.x = table.ALL[0]", []),
        ("self.register_buffer('y', table.ALL[0])\nself.x = table.FIRST", []),
        ("self.register_buffer('y', table.FIRST)\nself.x = table.ALL[1]", ["x"]),
        ("self.x = table.ALL", ["x"]),
        ("self.x = table.LAYERS", ["x"]),
        ("self.y = table.LAYERS[0]\nself.x = table.LAYERS", []),
        ("table.SIZES.append(torch.ones(3))\nself.x = table.SIZES", ["x"]),
        ("self.x = table.SIZES", []),
        ("for name in table.NAMES:\n    setattr(self, name, torch.ones(3))", ["a", "b"]),
    ],
)
def test_each_class_finds_them_as_if_it_were_alone(body: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "table.py").write_text(TABLE)
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    text = (
        "import torch\nfrom torch import nn\nimport table\n"
        "class {}(nn.Module):\n"
        "    def __init__(self, kind='make', kinds=()):\n        super().__init__()\n" + lines
    )
    others = (  # which leave something else behind in the variables
        "class Before(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        table.SIZES.append(torch.ones(3))\n        self.register_buffer('y', table.FIRST)\n"
        "        self.z = table.LAYERS[0]\n        self.fill = table.MAKERS['make'](3)\n"
    )
    files = [tmp_path / "a.py", tmp_path / "b.py", tmp_path / "c.py"]
    files[0].write_text("import torch\nfrom torch import nn\nimport table\n" + others)
    files[1].write_text(text.format("First"))
    files[2].write_text(text.format("Second") + others)
    alone = [one for file in files for one in found([file])]
    together = found(files)
    assert sorted(together) == sorted(alone)
    assert list(dict.fromkeys(attribute for name, _, attribute in together if name == "b.py")) == expected
    assert sorted(found(files, sieve=False)) == sorted(together)
