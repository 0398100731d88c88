"""After any change, a run with a cache reports what a run without one does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torchlint.config import SettingsResolver
from torchlint.findings import Report
from torchlint.project import reads
from torchlint.rules import all_rules
from torchlint.runs.check import check
from torchlint.runs.options import RunOptions

PADDING = "# nothing\n" * 500
HEAD = "import torch\nfrom torch import nn\n"
NET = "class Net(Base):\n    def __init__(self, n):\n        super().__init__()\n        "
BASES = {
    "module": "class Base(nn.Module):\n    pass\n",
    "plain": "class Base:\n    pass\n",
    "keeps": (
        "class Base(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "       self.k = torch.ones(3)\n"
    ),
    "registers": (
        "class Base(nn.Module):\n    def __setattr__(self, name, value):\n"
        "        self._buffers[name] = value\n"
    ),
    "moves": (
        "class Base(nn.Module):\n    def _apply(self, f):\n        super()._apply(f)\n"
        "        self.x = f(self.x)\n        return self\n"
    ),
    "takes": 'class Base(nn.Module):\n    x = 1\n    def reset(self):\n        self.x = "none"\n',
}
CONTENTS = {
    "pkg/__init__.py": [
        "",
        "from .base import *\n",
        "from .base import Base\n",
        "from .other import Base, make\n",
    ],
    "pkg/base.py": [
        *(HEAD + text for text in BASES.values()),
        HEAD + '__all__ = ["make"]\n' + BASES["module"] + "def make(n):\n    return torch.zeros(n)\n",
        HEAD + BASES["module"] + "def make(n):\n    return n\n",
        "from .other import *\n",
        "class Base(:\n",
    ],
    "pkg/other.py": [
        HEAD + BASES["module"] + "def make(n):\n    return [nn.Linear(n, n)]\n",
        "from .base import *\nfrom .base import Base\n",
        "LIMIT = 3\n",
    ],
    "pkg/model.py": [
        HEAD + "from . import Base\nfrom .other import make\n" + NET + "self.x = make(n)\n",
        HEAD + "from pkg import *\nfrom pkg.base import make\n" + NET + "self.x = make(n)\n",
        HEAD + "from pkg import Base\n" + NET + "self.x = torch.zeros(n)\n",
        HEAD + "from helper import Base, make\n" + NET + "self.x = make(n)\n        self.y = torch.ones(n)\n",
        HEAD
        + "from pkg import base\n"
        + NET.replace("Base", "base.Base")
        + "self.x = torch.zeros(n)  # noqa: TL101\n",
    ],
    "pkg/heir.py": [
        HEAD
        + "from .model import Net\nclass Heir(Net):\n    def __init__(self):\n"
        + "        super().__init__(2)\n        self.x = None\n",
        HEAD + "from .model import Net\nclass Heir(Net):\n    def step(self):\n        self.x.add_(1)\n",
        "from .model import Net as Other\nclass Heir(Other):\n    x = property(lambda self: 1)\n",
        "",
    ],
    "helper.py": [
        HEAD + BASES["module"] + "def make(n):\n    return torch.arange(n)\n",
        "from pkg.base import *\n",
    ],
    "src/helper.py": [HEAD + BASES["plain"] + "def make(n):\n    return torch.arange(n)\n"],
    "helper/__init__.py": ["from pkg.base import Base\nmake = range\n"],
    "app.py": [
        "from pkg.model import Net\nnet = Net(3)\nnet.x = 4\n",
        "from pkg.model import Net\nnet = Net(3)\nnet.x.mul_(2)\nnet.reset()\n",
        "from pkg.model import Net\ndef use(net):\n    setattr(net, name, 4)\n",
        "from pkg.model import Net\nNet.x = 3\n",
        "from pkg.model import Net\ndef build():\n    return Net(3)\n",
        "print(1)\n",
    ],
    "tool.py": [
        "from app import build\nbuild().x = 3\n",
        "from app import build\ndef tool():\n    build().x.add_(1)\n    return vars(build())\n",
        "from app import use\nuse(net).y = 3\n",
        "def build(net):\n    net.x = net.x.cpu()\n    return 1\n",
    ],
    "pyproject.toml": [
        "",
        '[tool.torchlint]\nignore = ["TL102"]\n',
        '[tool.torchlint]\nmodule-bases = ["pkg.base.Base"]\n',
    ],
    ".gitignore": ["app.py\n", "pkg/heir.py\n"],
    "notes.txt": ["no code\n"],
}
CHANGES = st.lists(
    st.one_of(
        *(st.tuples(st.just(path), st.sampled_from([*contents, None])) for path, contents in CONTENTS.items())
    ),
    min_size=1,
    max_size=3,
)


class Project:
    """A project on the disk. Where it is `settled`, its times count as those of long ago."""

    def __init__(self, root: Path, *, settled: bool) -> None:
        self.root, self.settled, self.steps = root, settled, 0
        shutil.rmtree(root, ignore_errors=True)
        (root / ".git").mkdir(parents=True)
        for path, contents in CONTENTS.items():
            if path not in ("pyproject.toml", ".gitignore", "src/helper.py", "helper/__init__.py"):
                self.write(path, contents[0])
        self.settle()

    def write(self, path: str, content: str | None) -> None:
        file = self.root / path
        if content is None:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(exist_ok=True)
            # long enough for its facts to be kept, too
            file.write_text(content + PADDING if path.endswith(".py") else content)
            self._date(file)

    def settle(self) -> None:
        for folder, folders, _ in os.walk(self.root):
            folders[:] = [name for name in folders if name != ".torchlint_cache"]
            self._date(Path(folder))

    def _date(self, path: Path) -> None:
        """Each change has its time, long ago: what matters to a cache is that it is another."""
        if self.settled:
            self.steps += 1
            os.utime(path, (1_000_000_000 + self.steps, 1_000_000_000 + self.steps))


def report(project: Project, paths: list[str], **options: object) -> Report:
    resolver = SettingsResolver(frozenset(rule.code for rule in all_rules()), cwd=project.root)
    return check(paths, resolver, RunOptions(**options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cached") / "project"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(CHANGES, min_size=1, max_size=4), settled=st.booleans(), alone=st.booleans())
def test_a_cached_report_is_a_fresh_one(
    folder: Path, steps: list[list[tuple[str, str | None]]], settled: bool, alone: bool
) -> None:
    project = Project(folder, settled=settled)
    before = os.getcwd()
    os.chdir(project.root)
    coarsest = reads.COARSEST
    if settled:  # as if the clock were far ahead of all files
        reads.COARSEST = -(10**18)
    try:
        cache = project.root / ".torchlint_cache"
        report(project, ["."], cache=cache)
        for step in steps:
            for path, content in step:
                project.write(path, content)
            project.settle()
            if alone:  # some files first, as an editor or a hook does
                some = [path for path in ("pkg/model.py", "app.py") if Path(path).exists()]
                if some:
                    assert report(project, some, cache=cache) == report(project, some)
            assert report(project, ["."], cache=cache) == report(project, ["."])
    finally:
        os.chdir(before)
        reads.COARSEST = coarsest
