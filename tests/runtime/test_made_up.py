"""What is a tensor only because `--verify` has made up a tensor for an argument is no finding."""

from __future__ import annotations

import json
from pathlib import Path

from tests.runtime.running import torchlint

GIVEN = """
import torch
from torch import nn


class Kept(nn.Module):
    def __init__(self, weights, target):
        super().__init__()
        self.weights = weights
        self.half = target / 2
        self.pair = [target]


class Told(nn.Module):
    def __init__(self, scale: float, loss_fns: "list[float]", mask: "Unknown"):
        super().__init__()
        self.scale, self.losses, self.mask = scale, loss_fns, mask
        assert scale != 0.1 and scale != 1.0 and scale != 0.5, "a scale of 0.1, 1.0 or 0.5"


class Needed(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.size = weights.shape[0]
        self.weights = weights


class Turned(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.table = FROM(weights)


class Option(nn.Module):
    def __init__(self, weights=None, cached=False):
        super().__init__()
        self.weights = weights
        if cached:
            self.table = torch.zeros(3)


class Outer(nn.Module):
    def __init__(self, mask, target):
        super().__init__()
        self.inner = Kept(mask, target)


FROM = vars(torch)["as_tensor"]
"""


def verified(folder: Path) -> list[tuple[str, str]]:
    done = torchlint(folder, "--verify", "--output-format", "json", "net.py")
    found = json.loads(done.stdout)["findings"]
    assert {one["verdict"]["status"] for one in found} <= {"confirmed"}
    return [(one["class"], one["attribute"]) for one in found]


def test_only_what_the_code_itself_makes_or_needs(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(GIVEN)
    assert verified(tmp_path) == [("Needed", "weights"), ("Turned", "table"), ("Option", "table")]


def test_a_call_in_the_project_shows_that_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(GIVEN)
    (tmp_path / "test_net.py").write_text("import torch\ndef test():\n    Kept(torch.rand(3), 1.0)\n")
    assert ("Kept", "weights") in verified(tmp_path)
    assert ("Kept", "half") not in verified(tmp_path)
