"""What the message of a finding says of special classes, and that torch does what it says."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

import torchlint
from tests.rules.projects import about, fixed, imported, write

torch = pytest.importorskip("torch")

HEAD = "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n"
INIT = "    def __init__(self):\n        super().__init__()\n        self.x = "
OWN_TO = "\n    def to(self, *args, **kwargs):\n        super().to(*args, **kwargs)\n        {}\n        return self\n"


def finding(folder: Path, text: str):
    """The finding about `x`, with its fix."""
    return about(torchlint.check([str(write(folder, {"m.py": text}))]).findings, "x")


def built(folder: Path, text: str):
    """An instance of the class."""
    with imported(write(folder / "live", {"m.py": text}), "m") as module:
        return module.Net()


# -- TL106: a parameter that takes no gradient --------------------------------------------------------------------


FROZEN = [
    "nn.Parameter(torch.ones(2), requires_grad=False).to(torch.float64)",
    "nn.Parameter(torch.ones(2), False) * 2",
    "(nn.Parameter(torch.ones(2), requires_grad=False) * 2).unsqueeze(0)",
]
TRAINED = [
    "nn.Parameter(torch.ones(2)).to(torch.float64)",
    "nn.Parameter(torch.ones(2), requires_grad=True) * 2",
    "nn.Parameter(torch.ones(2), requires_grad=False) * nn.Parameter(torch.ones(2))",
]


@pytest.mark.parametrize("value", FROZEN)
def test_a_frozen_parameter_is_not_said_to_lose_its_training(value, tmp_path):
    text = f"{HEAD}{INIT}{value}\n"
    found = finding(tmp_path, text)
    assert found.code == "TL106"
    assert "optimizer" not in found.message
    assert "`state_dict()` does not save it" in found.message
    assert "trained" not in found.fix.message
    net = built(tmp_path, text)
    assert not net.x.requires_grad
    copy.deepcopy(net)  # what carries a graph raises


@pytest.mark.parametrize("value", TRAINED)
def test_a_parameter_that_takes_gradients_is(value, tmp_path):
    text = f"{HEAD}{INIT}{value}\n"
    found = finding(tmp_path, text)
    assert found.code == "TL106"
    assert "the optimizer never updates it" in found.message
    assert built(tmp_path, text).x.requires_grad


def test_the_fix_of_a_frozen_one_keeps_it_frozen_whole_numbers_included(tmp_path):
    text = f"{HEAD}{INIT}nn.Parameter(torch.arange(3), requires_grad=False).reshape(3, 1)\n"
    report = fixed(tmp_path / "fixed", {"m.py": text}, unsafe=True)
    assert report.report.findings == ()
    with imported(tmp_path / "fixed", "m") as module:
        net = module.Net()
    assert [(name, one.requires_grad) for name, one in net.named_parameters()] == [("x", False)]


def test_frozen_parameters_in_a_list_are_not_said_to_lose_their_training(tmp_path):
    value = "[nn.Parameter(torch.ones(2), requires_grad=False) for _ in range(2)]"
    found = finding(tmp_path, f"{HEAD}{INIT}{value}\n")
    assert found.code == "TL104"
    assert "optimizer" not in found.message
    assert "trained" not in found.fix.message


# -- a tuple by a comma ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code", "item"),
    [
        ("(nn.Linear(2, 2),)", "TL105", "module"),
        ("(nn.AvgPool2d(2),)", "TL105", "module"),
        ("nn.Linear(2, 2),", "TL105", "module"),
        ("torch.ones(3),", "TL103", "tensor"),
        ("(nn.Parameter(torch.ones(3)),)", "TL104", "parameter"),
        ("y = nn.Linear(2, 2),", "TL105", "module"),
    ],
)
def test_a_comma_that_makes_a_tuple_is_told(value, code, item, tmp_path):
    text = f"{HEAD}{INIT}{value}\n"
    found = finding(tmp_path, text)
    assert found.code == code
    expected = (
        f"`self.x` is a tuple, because of the comma behind its only {item}: remove the comma if it is a slip."
    )
    assert found.message.startswith(expected)
    assert isinstance(built(tmp_path, text).x, tuple)


@pytest.mark.parametrize(
    "value", ["[nn.Linear(2, 2)]", "tuple([nn.Linear(2, 2)])", "nn.ReLU(), nn.ReLU()", "(*[nn.ReLU()],)"]
)
def test_no_comma_is_told_where_none_made_the_tuple(value, tmp_path):
    found = finding(tmp_path, f"{HEAD}{INIT}{value}\n")
    assert found.code == "TL105"
    assert "comma" not in found.message


# -- modules without parameters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["[nn.ReLU(), nn.Dropout(0.5)]", '{"max": nn.MaxPool2d(2)}', "[nn.Identity() for _ in range(2)]"]
)
def test_nothing_is_said_of_parameters_that_are_not_there(value, tmp_path):
    text = f"{HEAD}{INIT}{value}\n"
    found = finding(tmp_path, text)
    assert found.code == "TL105"
    assert "parameters" not in found.message
    assert "`.train()` and `.eval()` do not reach them, nor does `.modules()` return them" in found.message
    assert found.fix.message.endswith("; but `.eval()` reaches these modules from then on")
    net = built(tmp_path, text).eval()
    inside = net.x.values() if isinstance(net.x, dict) else net.x
    assert all(one.training for one in inside)
    assert not any(list(one.state_dict()) for one in inside)


@pytest.mark.parametrize(
    "value",
    [
        "[nn.ReLU(), nn.PReLU()]",
        "[nn.Sequential(nn.Linear(2, 2)), nn.ReLU()]",
        "[nn.Sequential(*[nn.Linear(2, 2)]), nn.ReLU()]",
        "[nn.BatchNorm1d(2, affine=False), nn.ReLU()]",
        "[Part(), nn.ReLU()]",
        "[nn.ReLU(), make()]",
    ],
)
def test_of_what_may_have_some_it_is(value, tmp_path):
    part = "class Part(nn.Module):\n    pass\n\n\nfrom elsewhere import make\n\n\n"
    text = f"{HEAD}{INIT}{value}\n".replace("class Net", f"{part}class Net")
    assert "their parameters are never trained or saved" in finding(tmp_path, text).message


@pytest.mark.parametrize("given", ["layers: list[nn.Module]", "*layers: nn.Module", "layers: list[nn.ReLU]"])
def test_what_is_given_may_be_of_a_subclass(given, tmp_path):
    text = f"{HEAD}{INIT}layers\n".replace("(self)", f"(self, {given})", 1)
    assert "their parameters are never trained or saved" in finding(tmp_path, text).message


# -- a class that moves its state itself, when it is asked ----------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "moves"),
    [
        ("torch.ones(3)", "self.x = self.x.to(*args, **kwargs)"),
        ("torch.ones(3)", "setattr(self, 'x', self.x.to(*args, **kwargs))"),
        ("torch.ones(3, requires_grad=True)", "self.x = self.x.to(*args, **kwargs)"),
        ("[torch.ones(3)]", "self.x = [x.to(*args, **kwargs) for x in self.x]"),
        ("[nn.Linear(2, 2), nn.Linear(2, 2)]", "[x.to(*args, **kwargs) for x in self.x]"),
    ],
)
def test_what_its_own_to_moves_is_not_said_to_stay_behind(value, moves, tmp_path):
    text = f"{HEAD}{INIT}{value}\n{OWN_TO.format(moves)}"
    message = finding(tmp_path, text).message
    assert "only the class's own `to()` moves " in message
    assert "where this module is a part of another" in message
    assert "`.to()`" not in message
    net = built(tmp_path, text)
    torch.nn.ModuleList([net]).to("meta")
    assert _device(net) == "cpu"
    assert _device(net.to("meta")) == "meta"


@pytest.mark.parametrize("method", ["self.device = args", "self.y = self.x", "self.x.to(*args, **kwargs)"])
def test_a_to_that_does_not_move_it_changes_nothing(method, tmp_path):
    text = f"{HEAD}{INIT}torch.ones(3)\n{OWN_TO.format(method)}"
    assert "`.to()` and `.cuda()` leave it on its old device" in finding(tmp_path, text).message
    assert _device(built(tmp_path, text).to("meta")) == "cpu"


def _device(net) -> str:
    """Where the tensors of `x` are."""
    first = net.x[0] if isinstance(net.x, list) else net.x
    return next(first.parameters()).device.type if isinstance(first, torch.nn.Module) else first.device.type
