"""What a careless rewrite of `self.x = tensor` breaks, and that the fix does not: shown by torch, case by case.

In `no_fix*.txt`, nothing is changed, not even with `--unsafe-fixes`. In `careful_fixes.txt`, the fix is either unsafe,
or knows what the careless one does not. The lines marked with `# !` are what the careless rewrite turns into a call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.rules.projects import about, cases, fixed, imported, write

torch = pytest.importorskip("torch")
pytest.importorskip("numpy")

HEAD = "import torch\nfrom torch import nn\n\n"
DATA = Path(__file__).parent / "data"
NO_FIX = [*cases(DATA / "no_fix.txt"), *cases(DATA / "no_fix_containers.txt")]
CAREFUL = list(cases(DATA / "careful_fixes.txt"))


def files(sections: Mapping[str, str]) -> dict[str, str]:
    """The files of a case."""
    return {
        name: f"{HEAD if name == 'm.py' or needs_head(text) else ''}{text}\n"
        for name, text in sections.items()
        if name.endswith(".py")
    }


def needs_head(text: str) -> bool:
    return "nn.Module" in text and "import nn" not in text


def careless(project: Mapping[str, str]) -> dict[str, str]:
    """The project after a rewrite that looks at nothing else."""
    store = re.compile(r"self\.x(?:: [\w.]+)? = (.*)  # !")
    return {name: store.sub(r"self.register_buffer('x', \1)", text) for name, text in project.items()}


def outcome(folder: Path, use: str) -> object:
    """What using the module gives (`out`), or the name of the exception."""
    try:
        with imported(folder, "m") as module:
            names = {**vars(module), "torch": torch, "m": module}
            exec(use, names)
            return names.get("out")
    except Exception as error:
        return type(error).__name__


def check_careless(sections: Mapping[str, str], folder: Path) -> object:
    """That the careless rewrite breaks what the case says; what came before it."""
    project = files(sections)
    before = outcome(write(folder / "before", project), sections["use"])
    if "careless" in sections:
        broken = outcome(write(folder / "careless", careless(project)), sections["use"])
        assert broken != before
        assert sections["careless"] in ("differs", broken)
    return before


def local(message: str | None) -> str:
    """A message without the folder of the test."""
    return re.sub(r"\S*/(?=\w+\.py:)", "", message or "")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "sections"), NO_FIX, ids=[name for name, _ in NO_FIX])
def test_no_fix(name: str, sections: Mapping[str, str], tmp_path: Path):
    before = check_careless(sections, tmp_path)
    report = fixed(tmp_path / "fixed", files(sections), unsafe=True)
    assert local(about(report.report.findings, "x").unfixable) == sections["reason"]
    assert outcome(tmp_path / "fixed", sections["use"]) == before


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "sections"), CAREFUL, ids=[name for name, _ in CAREFUL])
def test_a_careful_fix(name: str, sections: Mapping[str, str], tmp_path: Path):
    before = check_careless(sections, tmp_path)
    report = fixed(tmp_path / "fixed", files(sections), unsafe=False)
    assert outcome(tmp_path / "fixed", sections["use"]) == before
    if "risk" in sections:
        fix = about(report.report.findings, "x").fix
        assert fix.applicability == "unsafe"
        assert local(fix.message).endswith(sections["risk"])
    else:
        assert about(report.fixed, "x").fix.applicability == "safe"
