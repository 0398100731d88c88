"""The harness itself: a test of tests, for a truth test that passes whatever happens proves nothing."""

from __future__ import annotations

import itertools

import pytest

from tests.rules.marks import marks
from tests.rules.truth import contradictions, marks_by_class

SOURCE = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lost = torch.zeros(1)  # expect: TL101
        self.linear = nn.Linear(1, 1)
        self.hidden = [self.linear.weight.detach()]  # unreported: on purpose
"""


NUMBERS = itertools.count()


@pytest.fixture
def disagreements(tmp_path, monkeypatch):
    """What torch says against a source."""
    pytest.importorskip("torch")
    monkeypatch.setattr("tests.rules.truth.ROOT", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def judge(source: str) -> list[str]:
        path = tmp_path / f"harness_{next(NUMBERS)}.py"  # a name of its own: modules are imported once
        path.write_text(source)
        return contradictions(path, marks_by_class([path]), {})

    return judge


def test_marks(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(SOURCE + "        self.a = self.b = torch.zeros(1)  # expect: TL101 (a), TL102 (b)\n")
    found = [(mark.line, mark.code, mark.class_name, mark.attribute) for mark in marks(path)]
    assert found == [
        (8, "TL101", "Net", "lost"),
        (10, None, "Net", "hidden"),
        (11, "TL101", "Net", "a"),
        (11, "TL102", "Net", "b"),
    ]


def test_an_ambiguous_mark_is_refused(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(SOURCE + "        self.a = self.b = torch.zeros(1)  # expect: TL101\n")
    with pytest.raises(AssertionError, match="name the attribute"):
        marks(path)


def test_torch_agrees(disagreements):
    assert disagreements(SOURCE) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  # expect: TL101", "", "Net.lost is unregistered (tensor), and not marked"),
        ("TL101", "TL105", "Net.lost holds tensor, and is marked ['TL105']"),
        ("torch.zeros(1)  #", "3  #", "line 8: Net.lost is marked, and is not unregistered"),
        (
            "torch.zeros(1)  #",
            "nn.Parameter(torch.zeros(1))  #",
            "Net.lost is marked, and is not unregistered",
        ),
        ("nn.Linear(1, 1)\n", "nn.Linear(1, 1)  # expect: TL105\n", "Net.linear is marked"),
        ("  # unreported: on purpose", "", "Net.hidden is unregistered (tensors), and not marked"),
        ("[self.linear.weight.detach()]", "[self.linear.weight]", "line 10: Net.hidden is marked"),
    ],
)
def test_torch_disagrees(disagreements, old, new, message):
    assert old in SOURCE
    [found] = disagreements(SOURCE.replace(old, new))
    assert message in found
