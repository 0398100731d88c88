"""How far a tensor is off after a reload, and whether a step changed it, for tensors of every kind and size."""

from __future__ import annotations

import pytest

from torchlint.runtime.inspection import inspect

MODULE = """
import torch
from torch import nn

SIZE = (1 << 20) + 7


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.equal = torch.zeros(SIZE)
        self.last = torch.zeros(SIZE)
        self.last[-1] = torch.rand(1).item() + 1
        self.turned = torch.rand(3, 4).t()
        self.holes = torch.tensor([float("nan"), float("inf"), 1.0])
        self.whole = torch.randint(1 << 30, (5,))
        self.empty = torch.zeros(0)
        self.grows = torch.zeros(int(torch.randint(2, 1000, ())))
        self.sparse = torch.eye(3).to_sparse()
        self.scalar = torch.rand(())
        self.complex = torch.rand(2) * 1j
        self.register_buffer("table", torch.full((SIZE,), float("nan")))
        self.weight = nn.Parameter(torch.rand(SIZE))
        self.frozen = nn.Parameter(torch.rand(2), requires_grad=False)
        self.infinite = nn.Parameter(torch.full((2,), float("inf")))
        self.same = [self.weight, self.weight]
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    file = tmp_path_factory.mktemp("module") / "net.py"
    file.write_text(MODULE)
    return {one.name: one for one in inspect(f"{file}:Net").attributes}


@pytest.mark.parametrize("name", ["equal", "holes", "empty", "sparse", "table", "weight", "frozen", "same"])
def test_what_is_equal_after_a_reload(found, name):
    assert (found[name].reload, found[name].survives) == (0, True)


@pytest.mark.parametrize("name", ["last", "turned", "whole", "scalar", "complex"])
def test_what_is_another_after_a_reload(found, name):
    assert 0 < found[name].reload < 2**31
    assert found[name].survives is False


def test_another_shape_is_infinitely_far(found):
    assert found["grows"].reload == float("inf")


def test_what_a_step_changes(found):
    trained = {name for name, one in found.items() if one.trained}
    assert trained == {"weight", "same"}
