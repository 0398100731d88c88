"""`torchlint.testing.assert_registered`, as a project's own tests use it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from torchlint.testing import assert_registered


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.cache = torch.zeros(2)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()
        self.layers = [nn.Linear(1, 1)]


def test_what_is_registered_passes():
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    module.register_parameter("bias", None)
    module.weight_of_the_first = module[0].weight
    assert_registered(module)
    assert "bias" not in module.state_dict()


def test_the_error_names_what_is_lost_and_what_to_write():
    with pytest.raises(AssertionError) as caught:
        assert_registered(Net())
    assert str(caught.value) == (
        "torch does not register 2 attributes of Net:\n"
        "  layers (Net): a plain container of modules; make it an `nn.ModuleList` or `nn.ModuleDict`\n"
        "  inner.cache (Inner): a plain tensor; make it a buffer (`register_buffer`) or an `nn.Parameter`"
    )


@pytest.mark.parametrize("ignore", [["layers", "inner.cache"], ["lay*", "*.cache"], ("*",), "*"])
def test_names_can_be_ignored(ignore):
    with pytest.raises(AssertionError):
        assert_registered(Net(), ignore=["layers"])
    assert_registered(Net(), ignore=ignore)
