"""A project that is large enough for worker processes, and has all that a run can meet."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDERS, FILES = 6, 3
PADDING = "# Nothing but bytes: what a file weighs decides whether workers are started.\n" * 900
BASE = """\
import torch
from torch import nn


class Base(nn.Module):
    def keep(self, value):
        self.kept = value
"""
MODULE = """\
import torch
from torch import nn

from pkg.base import Base


class Net{number}(Base):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros({number} + 1)
        self.noise = torch.randn(3)
        self.layers = [nn.Linear(2, 2)]
        self.quiet = torch.ones(1)  # noqa: TL101
        self.size = {number}  # noqa: TL101
        self.keep(torch.arange(3))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a package with findings of several rules, errors, comments and configurations."""
    package = tmp_path / "pkg"
    package.mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.torchlint]\n")
    (package / "__init__.py").write_text("")
    (package / "base.py").write_text(BASE)
    for folder in range(FOLDERS):
        inside = package / f"part{folder}"
        inside.mkdir()
        (inside / "__init__.py").write_text("")
        for number in range(FILES):
            (inside / f"net{number}.py").write_text(MODULE.format(number=number) + PADDING)
    (package / "part1" / "broken.py").write_text("def f(:\n")
    (package / "part2" / "torchlint.toml").write_text('select = ["TL105"]\n')
    (package / "part3" / "torchlint.toml").write_text("selekt = []\n")
    (package / "part4" / "empty.py").write_text("")
    (package / "part5" / "binary.py").write_bytes(b"\x00\xff" * 100)
    monkeypatch.chdir(tmp_path)
    return tmp_path
