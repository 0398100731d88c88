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


TRANSFORMS = """
import torchaudio.transforms as T
from torch import nn
from torchaudio import transforms
from torchaudio.transforms import MelScale


class Scales(nn.Module):
    def __init__(self, sizes, mel=None):
        super().__init__()
        self.spectrograms = [T.Spectrogram(n_fft=size) for size in sizes]
        self.mels = []
        for size in sizes:
            self.mels.append(MelScale(size) if mel else None)
        self.resample = T.Resample(3, 4)
        self.kept = nn.ModuleList([transforms.MFCC(size) for size in sizes])
        self.unknown = [T.Other(size) for size in sizes]
"""


def test_lists_of_another_librarys_modules_are_found(tmp_path: Path):
    (tmp_path / "model.py").write_text(TRANSFORMS, encoding="utf-8")
    report = torchlint.check([str(tmp_path)], isolated=True)
    assert [(one.code, one.attribute) for one in report.findings] == [
        ("TL105", "spectrograms"),
        ("TL105", "mels"),
    ]
