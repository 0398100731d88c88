"""When the time of a class runs out after it was built: what was seen until then is told, and nothing beyond."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

import pytest

MODULES = """
import time
import torch
from torch import nn


class CopySlowly(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = torch.rand(2)

    def __deepcopy__(self, memo):
        try:
            time.sleep(60)
        except Exception:
            time.sleep(60)


class BuiltSlowly(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = torch.rand(2)
        time.sleep(3.5)


class NeverBuilt(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.x = torch.rand(2)
        time.sleep(60)


class MovesItself(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = torch.rand(2)

    __deepcopy__ = CopySlowly.__deepcopy__


class MovesSlowly(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = torch.rand(2)


class Unseen(nn.Module):
    def __init__(self):
        super().__init__()
        vars(self)["y"] = torch.rand(2)


def moving(self, fn, recurse=True):
    self.x = fn(self.x)
    return self


def sleeping(self, fn, recurse=True):
    time.sleep(60)


for cls, apply in ((MovesItself, moving), (MovesSlowly, sleeping), (Unseen, sleeping)):
    setattr(cls, "_" + "apply", apply)  # where no reading of the source sees it
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="nothing can interrupt a check here")
def test_what_was_seen_before_the_time_ran_out_is_told(tmp_path):
    (tmp_path / "slow.py").write_text(MODULES)
    command = [sys.executable, "-m", "torchlint", "--verify", "--verify-timeout", "10", "--no-cache"]
    command += ["--output-format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    found = {one["class"]: one["verdict"] for one in json.loads(done.stdout)["findings"]}
    copied, moved, slow = (found.pop(name) for name in ("CopySlowly", "MovesItself", "MovesSlowly"))
    built, never = found.pop("BuiltSlowly"), found.pop("NeverBuilt")
    assert not found  # of what is in `Unseen` nobody knows whether it moves
    assert copied["status"] == "confirmed"
    assert copied["reason"] == (
        "in `CopySlowly()` it is not in `state_dict()`, left behind by `.to('meta')`"
        " (the time ran out for: deepcopy, reload, optimizer_step, dtype)"
    )
    evidence = {"state_dict": False, "reload": None, "optimizer_step": None, "device": False, "dtype": None}
    assert copied["evidence"] == evidence
    assert moved["status"] == "refuted"
    assert slow["status"] == "unverified"
    assert slow["reason"].endswith("but the time ran out before it was moved")
    assert slow["evidence"]["device"] is None
    assert built["status"] == "confirmed"
    assert built["evidence"]["device"] is False
    assert built["reason"].endswith("(the time ran out for: reload, optimizer_step, dtype)")
    assert never["status"] == "unverified"
    assert re.search(r"`NeverBuilt\(.*\)`: it takes longer than \d", never["reason"]), never["reason"]
