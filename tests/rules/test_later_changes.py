"""What changes after construction is saved by the fix, under whatever disguise; what only looks like it is not.

Each case is built under one seed, used as its project would use it, saved, and loaded into a new instance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import pytest

from tests.rules.projects import about, cases, fixed, imported, write

torch = pytest.importorskip("torch")
pytest.importorskip("numpy")

HEAD = "import math\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n"


DATA = Path(__file__).parent / "data"
FORWARD = "def forward(self, y):\n    return y + self.x"


@dataclass(frozen=True)
class Case:
    """A module `M` with a tensor `x`: its constructor, its methods, and how it is used (as `a`)."""

    name: str
    sections: dict[str, str]

    def __getitem__(self, section: str) -> str:
        return self.sections.get(section, DEFAULTS.get(section, ""))

    def project(self) -> dict[str, str]:
        """The files."""
        start = "class M(nn.Module):\n    def __init__(self, n=4, data=None):\n        super().__init__()\n"
        methods = self["methods"]
        if "def forward" not in methods:
            methods = f"{FORWARD}\n\n{methods}"
        init, methods = indent(self["init"], " " * 8), indent(methods, " " * 4)
        files = {
            key.removeprefix("file "): text for key, text in self.sections.items() if key.startswith("file ")
        }
        return {"m.py": f"{HEAD}{self['head']}\n\n{start}{init}\n\n{methods}\n", **files}


DEFAULTS = {"init": "self.x = torch.zeros(4)", "make": "M()"}
CHANGED = [Case(name, sections) for name, sections in cases(DATA / "changed.txt")]
KEPT = [Case(name, sections) for name, sections in cases(DATA / "kept.txt")]


def survives(case: Case, folder: Path) -> bool:
    """Whether `x` is the same after it was used, saved and loaded."""
    with imported(folder, "m") as module:
        names = {**vars(module), "torch": torch}
        torch.manual_seed(1)
        names["a"] = eval(case["make"], names)
        exec(case["use"], names)
        saved = names["a"]
        torch.manual_seed(2)
        loaded = eval(case["make"], names)
        loaded.load_state_dict(saved.state_dict(), strict=True)
        return same(saved.x, loaded.x)


def same(one: object, other: object) -> bool:
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    return one is other


@pytest.mark.parametrize("case", CHANGED, ids=lambda case: case.name)
def test_what_changes_is_saved(case: Case, tmp_path: Path):
    report = fixed(tmp_path / "fixed", case.project(), unsafe=True)
    found = about(report.fixed, "x")
    if found is None:  # there is a reason, and nothing is promised
        assert about(report.report.findings, "x").unfixable
    else:
        assert not survives(case, write(tmp_path / "before", case.project())), "the case shows nothing"
        assert "persistent=False" not in found.message
        assert survives(case, tmp_path / "fixed")


@pytest.mark.parametrize("case", KEPT, ids=lambda case: case.name)
def test_what_is_rebuilt_keeps_the_keys(case: Case, tmp_path: Path):
    report = fixed(tmp_path, case.project(), unsafe=False)
    assert about(report.fixed, "x").fix.applicability == "safe"
    with imported(tmp_path, "m") as module:
        built = eval(case["make"], vars(module))
        assert "x" in dict(built.named_buffers())
        assert "x" not in built.state_dict()
    assert survives(case, tmp_path)
