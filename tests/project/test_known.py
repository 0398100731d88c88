"""Classes of libraries that are not installed, known by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

import torchlint

LIT = (
    "import torch\n"
    "from {package} import LightningModule\n"
    "class Base(LightningModule):\n"
    "    def __init__(self):\n"
    "        super().__init__()\n"
    "        self.example_input_array = torch.zeros(1, 2)\n"
    "class Lit(Base):\n"
    "    def __init__(self):\n"
    "        super().__init__()\n"
    "        self.example_input_array = {{'x': torch.zeros(1)}}\n"
    "        self.table = torch.zeros(2)\n"
)


@pytest.mark.parametrize("package", ["lightning", "pytorch_lightning"])
def test_what_a_property_of_a_base_keeps_is_no_finding(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lit.py").write_text(LIT.format(package=package))
    report = torchlint.check(["lit.py"], isolated=True)
    assert [(one.class_name, one.attribute) for one in report.findings] == [("Lit", "table")]
