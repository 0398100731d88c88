"""Files that a quick look spares from being parsed: what they define is found all the same, however it is spelled."""

from __future__ import annotations

from pathlib import Path

import pytest

import torchlint

BASE = "from torch import nn\nclass Base(nn.Module):\n    pass\n"
USER = """\
import torch
from pkg import Base

class Net(Base):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(3)
"""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    "star",
    [
        "from .inner import *",
        "from .inner import*",
        "from .inner import \\\n    *",
        "from .inner import\\\n*  # all of it",
        "from .unrelated import *\nfrom .inner import *",
    ],
)
@pytest.mark.parametrize("inner", [BASE, "from .deep import *\n"])
def test_a_base_behind_star_imports(tmp_path: Path, star: str, inner: str) -> None:
    write(
        tmp_path,
        {
            "pkg/__init__.py": star + "\n",
            "pkg/unrelated.py": "class Other:\n    pass\n",
            "pkg/inner.py": inner,
            "pkg/deep.py": BASE,
            "user.py": USER,
        },
    )
    found = torchlint.check([tmp_path / "user.py"], isolated=True).findings
    assert [(one.code, one.attribute) for one in found] == [("TL101", "table")]


NET = """\
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(3)
"""


@pytest.mark.parametrize(
    "heir",
    [
        "from net import Net\nclass Sub(Net):\n",
        "import net\nclass Sub(object, net . Net):\n",
        "from net import Net\nclass Sub(\n    # a note\n    dict,\n    Net,\n):\n",
        "from net import Net\nclass Sub(make(Mixin, {1: 2}), Net):\n",
        "from net import Net as Base\nclass Sub(Base):\n",
        "from net import (\n    Net \\\n    as Base,\n)\nclass Sub(Base):\n",
        "import net\nBase = net.Net\nclass Sub(Base):\n",
        "import net\nBase=net.Net  # another name\nclass Sub(Base):\n",
        "from net import Net\nclass Sub(Net): # said: so\n",
    ],
)
def test_a_subclass_that_takes_the_name(tmp_path: Path, heir: str) -> None:
    body = "    def __init__(self):\n        super().__init__()\n        self.table = 3\n"
    write(tmp_path, {"net.py": NET, "heir.py": heir + body, "pyproject.toml": "", "other.py": "# Net\n"})
    (finding,) = torchlint.check([tmp_path / "net.py"]).findings
    assert finding.fix is None
    assert finding.unfixable is not None
    assert "Sub" in finding.unfixable
