"""Every form of assignment that a fix has to know, in every layout of file: built by torch before and after the fix."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest

from tests.rules.projects import imported
from torchlint.config import SettingsResolver
from torchlint.findings import Finding
from torchlint.rules import all_rules
from torchlint.runs.fix import fix

torch = pytest.importorskip("torch")
compare = pytest.importorskip("tests.rules.compare")

HEAD = "import torch\nfrom torch import nn, Tensor\n\n\nclass Net(nn.Module):\n"
INIT = "    def __init__(self, flag=True):\n        super().__init__()\n"
FORWARD = "\n    def forward(self, y):\n        return y.sum() + self.x.sum()\n"

FORMS = {
    "one line": "self.x = torch.ones(2)",
    "several lines": "self.x = torch.ones(\n    2,\n    3,\n)",
    "parentheses": "self.x = (\n    torch.ones(2)\n    + 1\n)",
    "backslash": "self.x = torch.ones(2) + \\\n    torch.zeros(2)",
    "comments": "self.x = (  # one\n    # two\n    torch.ones(2)  # three\n    # four\n)  # five",
    "annotated": "self.x: Tensor = torch.ones(2)  # kept",
    "chained": "self.x = self.z = torch.ones(2)",
    "tuple": "self.x, self.z = torch.ones(2), torch.zeros(3)",
    "list target": "[self.x, self.z] = [torch.ones(2), torch.zeros(3)]",
    "unpacked": "self.x, self.z = torch.ones(4).chunk(2)",
    "nested targets": "(self.x, n), self.z = (torch.ones(2), 3), torch.zeros(3)",
    "variable first": "a = self.x = torch.ones(2)\nself.total = a.sum().item()",
    "variable last": "self.x = a = torch.ones(2)\nself.total = a.sum().item()",
    "walrus": "self.x = (t := torch.ones(2))\nself.total = t.sum().item()",
    "walrus in a test": "if (t := torch.ones(2)).sum() > 0:\n    self.x = t",
    "one-line body": "if flag: self.x = torch.ones(2)\nelse: self.x = torch.zeros(2)",
    "semicolons": "n = 2; self.x = torch.ones(n); self.z = torch.zeros(n)  # both",
    "None in a branch": "if flag:\n    self.x = torch.ones(2)\nelse:\n    self.x = None",
    "None in the branch taken": (
        "if not flag:\n    self.z = torch.ones(2)\nelse:\n    self.z = None\nself.x = torch.ones(2)"
    ),
    "loop": "for i in range(3):\n    self.x = torch.full((2,), float(i))",
    "while": "n = 0\nwhile n < 2:\n    n += 1\n    self.x = torch.full((2,), float(n))",
    "setattr": 'setattr(self, "x", torch.ones(2))',
    "setattr in a loop": 'for i in range(3):\n    setattr(self, f"z{i}", torch.full((2,), float(i)))\nself.x = self.z1',
    "setattr by a list": 'for name in ("x", "z"):\n    setattr(self, name, torch.ones(2))',
    "None first": "self.x = None\nself.x = torch.ones(2)",
    "None first, a method later": "self.x = None\nself.fill()",
    "assigned again": "self.x = torch.ones(2)\nself.x = self.x.unsqueeze(0)\nself.x = self.x * 2",
    "with": "with torch.no_grad():\n    self.x = torch.ones(2)",
    "try": "try:\n    self.x = torch.ones(2)\nfinally:\n    self.n = 1",
}
METHODS = {
    "None first, a method later": "\n    def fill(self):\n        self.x = torch.ones(2)\n",
}
LAYOUTS = {
    "plain": lambda text: text.encode(),
    "windows": lambda text: text.replace("\n", "\r\n").encode(),
    "old mac": lambda text: text.replace("\n", "\r").encode(),
    "tabs": lambda text: text.replace("    ", "\t").encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "latin-1": lambda text: ("# coding: latin-1\n# größe\n" + text).encode("latin-1"),
    "no newline at the end": lambda text: text.rstrip().encode(),
}
SETTINGS = {
    "register_buffer": "",
    "always": 'persistent = "always"',
    "nn.Buffer": 'buffer-style = "nn.Buffer"\ntarget-torch = "2.5"',
}


def source(form: str) -> str:
    """A module whose constructor has one of the forms."""
    return HEAD + INIT + indent(FORMS[form], " " * 8) + "\n" + METHODS.get(form, "") + FORWARD


def fixed_file(folder: Path, data: bytes, settings: str) -> tuple[Finding, ...]:
    """Write a file, fix it, and hold that a second run changes nothing; what was fixed."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(f"[tool.torchlint]\nunsafe-fixes = true\n{settings}\n")
    (folder / "net.py").write_bytes(data)
    codes = frozenset(rule.code for rule in all_rules())
    resolver = SettingsResolver(codes, cwd=folder)
    report = fix([str(folder)], resolver)
    after = (folder / "net.py").read_bytes()
    again = fix([str(folder)], resolver)
    assert again.changes == ()
    assert (folder / "net.py").read_bytes() == after
    assert not report.undone
    return report.fixed


def built(folder: Path):
    """The module of a folder, under one seed."""
    with imported(folder) as module:
        torch.manual_seed(0)
        return module.Net()


def check(folder: Path, data: bytes, settings: str) -> None:
    """That the fix registers `x` and changes nothing that it should not, as torch sees it."""
    (folder / "before").mkdir()
    (folder / "before" / "net.py").write_bytes(data)
    found = fixed_file(folder / "after", data, settings)
    before, after = built(folder / "before"), built(folder / "after")
    names = {finding.attribute for finding in found}
    assert any(re.fullmatch(re.sub(r"\{.*?\}", ".*", name), "x") for name in names), names
    assert "x" in after._buffers
    assert list(compare.differences(before, after, {("net", "Net"): list(found)})) == []


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_assignment(form: str, settings: str, tmp_path: Path):
    check(tmp_path, source(form).encode(), SETTINGS[settings])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "form", ["comments", "annotated", "semicolons", "None first, a method later", "backslash"]
)
def test_a_layout(form: str, layout: str, tmp_path: Path):
    data = LAYOUTS[layout](source(form))
    check(tmp_path, data, SETTINGS["register_buffer"])
    after = (tmp_path / "after" / "net.py").read_bytes()
    assert after.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")
    for newline in (b"\r\n", b"\r", b"\n"):
        rest_before, rest_after = data.replace(b"\r\n", b""), after.replace(b"\r\n", b"")
        if newline == b"\r\n":
            assert (newline in after) == (newline in data)
        else:
            assert (newline in rest_after) == (newline in rest_before)
