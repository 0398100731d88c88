"""A fix is called safe only where old checkpoints still load, or surely lacked what a new key saves.

Each class is built and used before and after: what it saves after use loads into a fresh one, and has no key but
the one that the fix speaks of.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from tests.rules.projects import about, fixed, imported

torch = pytest.importorskip("torch")

HEAD = """import sys
import torch
from torch import nn


def to_device(like, x):
    if isinstance(like, nn.Module):
        device = next(like.parameters()).device
    else:
        device = like.device
    return x.to(device)


def rebound(x):
    x = torch.zeros(4)
    return x


def bump(x):
    return x.to("cpu") + 1


def blend_(average, new):
    average.mul_(0.5).add_(new, alpha=0.5)


def random_walk(n):
    return sys.modules["unseen"].walk(n)


setattr(sys.modules[__name__], "N" + "AMES", 3)
"""

REBUILT, SAVED = "safe, not saved", "safe, saved"
GIVEN = "a strict load of older checkpoints misses the key `x`"
RESHAPED = (
    "`forward` assigns it something new, and a `state_dict` in which it has another shape no longer loads"
)
EXPANDED = "it is expanded, and torch loads no checkpoint into that: copy it, with `.clone()`"

ZEROS = "self.x = torch.zeros(4)"
CASES = {
    # moved, and no more
    "a move by a helper": (ZEROS, "self.x = to_device(y, self.x)", REBUILT),
    "a move or None": (ZEROS, "self.x = self.x.to(y) if self.x is not None else None", REBUILT),
    "a given one or None": ("self.x = x", "self.x = None if self.x is None else self.x.to(y)", GIVEN),
    "a given one, by a helper": ("self.x = x", "self.x = to_device(y, self.x)", GIVEN),
    "a helper that gives something else": (ZEROS + " + 1", "self.x = rebound(self.x)", SAVED),
    "a helper that computes": (ZEROS, "self.x = bump(self.x)", SAVED),
    "there already": (f"{ZEROS}\nif not hasattr(self, 'x'):\n    self.x = 0", "", REBUILT),
    # another shape
    "repeated on first use": (ZEROS, "self.x = self.x.repeat(len(y))", RESHAPED),
    "it grows": (ZEROS, "self.x = torch.cat([self.x, y])", RESHAPED),
    "a part of it": (ZEROS, "self.x = self.x[1:]", RESHAPED),
    "of the same shape": (ZEROS, "self.x = self.x * 0.9 + y.sum(0, keepdim=True) * 0.1", SAVED),
    # changed, surely or not
    "in place": (ZEROS, "self.x += 1", SAVED),
    "in place, under another name": (ZEROS, "old = self.x\nold.add_(1)", SAVED),
    "in place, by a helper": (ZEROS, "blend_(self.x, y)", SAVED),
    "what may be a part": (ZEROS, "got = y\nif y[0] > 9:\n    got = self.x[y.long()]\ngot[0] = 1", GIVEN),
    # chance
    "an index by chance": ("x = torch.zeros(4)\nx[torch.randint(0, 4, (2,))] += 1\nself.x = x", "", SAVED),
    "a walk by chance": (
        "x = torch.zeros(4)\nfor at in random_walk(4):\n    x[at] = 1\nself.x = x",
        "",
        SAVED,
    ),
    # no graph
    "like a parameter": (
        "self.p = nn.Parameter(torch.ones(4))\nself.x = torch.zeros_like(self.p)",
        "",
        REBUILT,
    ),
    "of a frozen one": (
        "self.p = nn.Parameter(torch.ones(4), requires_grad=False)\nself.x = self.p.sum().sqrt()",
        "",
        REBUILT,
    ),
    # shared memory
    "expanded": ("self.x = torch.zeros(1).expand(4)", "", REBUILT),
    "expanded by chance": ("self.x = torch.rand(1).expand(4).unsqueeze(0)", "", EXPANDED),
    "a grid of what is given": ("self.x, _ = torch.meshgrid(x, x, indexing='ij')", "", EXPANDED),
    "expanded and copied": ("self.x = torch.rand(1).expand(4).clone()", "", SAVED),
    "expanded, and put together": ("self.x = torch.cat([torch.rand(1).expand(2)] * 2)", "", SAVED),
    "expanded and computed with": ("self.x = torch.rand(1).expand(4) * 2", "", SAVED),
}


def source(init: str, use: str) -> str:
    body = indent(f"super().__init__()\n{init}", " " * 8)
    used = indent(use or "pass", " " * 8)
    return (
        f"{HEAD}\n\nclass M(nn.Module):\n    def __init__(self, x: torch.Tensor = torch.ones(4)):\n{body}\n\n"
        f"    def forward(self, y):\n{used}\n        return self.x + y\n"
    )


def made(folder: Path, *, use: bool) -> dict[str, object]:
    with imported(folder, "m") as module:
        one, fresh = module.M(), module.M()
        if use:
            one(torch.ones(4))
        saved = one.state_dict()
        fresh.load_state_dict(saved)
        return saved


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_what_a_fix_promises(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    init, use, expected = CASES[name]
    text = source(init, use)
    report = fixed(tmp_path / "after", {"m.py": text}, unsafe=False)
    found = about(report.fixed, "x") or about(report.report.findings, "x")
    if found.fix is None:
        assert found.unfixable == expected
        return
    if found.fix.applicability == "unsafe":
        assert found.fix.reason == expected
        return
    assert expected == (SAVED if found.fix.persistent else REBUILT)
    if "random_walk" in init:  # what it calls is nowhere
        return
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "m.py").write_text(text)
    before, after = made(tmp_path / "before", use=True), made(tmp_path / "after", use=True)
    assert set(after) - set(before) == ({"x"} if found.fix.persistent else set())


def test_what_is_assigned_from_outside_may_be_another(tmp_path: Path):
    other = dedent(
        """
        import torch
        from m import M


        def grow(found: M):
            other = found.inner
            other.x = torch.cat([other.x, other.x])
        """
    )
    report = fixed(tmp_path, {"m.py": source("self.x = x", ""), "s.py": other}, unsafe=False)
    assert about(report.report.findings, "x").fix.reason == GIVEN
