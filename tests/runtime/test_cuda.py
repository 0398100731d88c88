"""What is said of a module where there is a CUDA device; on other machines `meta` stands in, in the other tests."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from torch import nn

import torchlint
from torchlint.testing import assert_registered

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch can use no CUDA device here"),
]
SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2))
        self.register_buffer("mean", torch.randn(2))
        self.plain = torch.randn(2)
        self.second = self.weight
        self.stale = self.mean
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "net.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def inspected(folder, *options):
    command = [sys.executable, "-m", "torchlint", "inspect", "net.py:Net", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


def test_the_module_is_really_moved(folder):
    done = inspected(folder, "--output-format", "json")
    assert (done.returncode, done.stderr) == (1, "")
    found = json.loads(done.stdout)
    assert (found["device"], found["failures"]) == ("cuda", {})
    moved = {one["name"]: one["moved"] for one in found["attributes"]}
    assert moved == {"weight": True, "mean": True, "plain": False, "second": True, "stale": False}


def test_the_device_is_named(folder):
    done = inspected(folder, "--html", "net.html")
    assert "moved (cuda)" in done.stdout
    assert "No accelerator" not in (folder / "net.html").read_text(encoding="utf-8")


def test_a_live_module_on_the_device_is_observed():
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).cuda()
    assert_registered(module)
    module.left_on_cuda = torch.ones(1, device="cuda")
    state = {one.name: one.registration.value for one in torchlint.observe(module).attributes}
    assert state["left_on_cuda"] == "plain"
    assert state["1.running_mean"] == "buffer"
