"""What `torchlint.observe` says of live modules, held against torch."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.ao.nn import quantized
from torch.ao.nn.quantized import dynamic
from torch.nn.utils import parametrizations

import torchlint
from torchlint.project.module_state import AttributeState, Kind, Registration
from torchlint.runtime.worker.checks import _STEP, _sgd, inspect
from torchlint.testing import assert_registered


@dataclass
class Statistics:
    mean: torch.Tensor


class Everything(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.register_parameter("second", nn.Parameter(torch.ones(2)))
        self.register_parameter("bias", None)
        self.register_buffer("saved", torch.ones(2))
        self.register_buffer("unsaved", torch.ones(2), persistent=False)
        self.layer = nn.Linear(2, 2)
        self.plain = torch.randn(1)
        self.number = 3
        self.tensors = [torch.ones(1), (torch.zeros(1),)]
        self.parameters_by_name = {"a": nn.Parameter(torch.ones(1))}
        self.pair = (nn.Linear(2, 2), nn.Linear(2, 2))
        self.normal = torch.distributions.Normal(torch.zeros(1), torch.ones(1))
        self.statistics = Statistics(torch.zeros(1))
        self.second_name = self.saved
        self.both = [self.layer, self.weight]
        self.__dict__["hidden"] = nn.Linear(1, 1)


def state_of(module: nn.Module) -> dict[str, AttributeState]:
    return {attribute.name: attribute for attribute in torchlint.observe(module).attributes}


def test_each_attribute_is_what_it_is():
    state = state_of(Everything())
    kinds = {
        name: (one.kind, one.registration) for name, one in state.items() if not name.startswith("layer.")
    }
    assert kinds == {
        "weight": (Kind.PARAMETER, Registration.PARAMETER),
        "second": (Kind.PARAMETER, Registration.PARAMETER),
        "bias": (Kind.PARAMETER, Registration.PARAMETER),
        "saved": (Kind.BUFFER, Registration.BUFFER),
        "unsaved": (Kind.BUFFER, Registration.BUFFER),
        "layer": (Kind.MODULE, Registration.MODULE),
        "plain": (Kind.TENSOR, Registration.PLAIN),
        "tensors": (Kind.TENSORS, Registration.PLAIN),
        "parameters_by_name": (Kind.PARAMETERS, Registration.PLAIN),
        "pair": (Kind.MODULES, Registration.PLAIN),
        "normal": (Kind.OBJECT, Registration.PLAIN),
        "statistics": (Kind.OBJECT, Registration.PLAIN),
        "second_name": (Kind.TENSOR, Registration.PLAIN),
        "both": (Kind.MODULES, Registration.PLAIN),
        "hidden": (Kind.MODULE, Registration.PLAIN),
    }
    assert (state["saved"].persistent, state["unsaved"].persistent, state["plain"].persistent) == (
        True,
        False,
        None,
    )
    assert {name for name, one in state.items() if one.alias} == {"second_name", "both"}
    assert (state["tensors"].container, state["parameters_by_name"].container, state["pair"].container) == (
        "list",
        "dict",
        "tuple",
    )
    assert state["layer.weight"].owner == "Linear"


def test_the_class_and_its_file_are_named():
    state = torchlint.observe(Everything())
    assert (state.class_name, state.path) == ("Everything", __file__)


def test_all_that_torch_saves_is_registered_and_persistent():
    module = Everything()
    registered = {
        name
        for name, one in state_of(module).items()
        if one.registration in (Registration.PARAMETER, Registration.BUFFER) and one.persistent is not False
    }
    assert registered - {"bias"} == set(module.state_dict())


class Cyclic(nn.Module):
    def __init__(self):
        super().__init__()
        self.itself = [self]
        self.loop: list[object] = [torch.ones(1)]
        self.loop.append(self.loop)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(4, 2)
        self.output = nn.Linear(2, 4, bias=False)
        self.output.weight = self.words.weight


class Scripted(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.ones(2))
        self.linear = nn.Linear(2, 2)

    def forward(self, x):
        return self.linear(x) * self.scale


def scripted():
    return torch.jit.trace(Scripted(), torch.ones(1, 2))


@pytest.mark.parametrize(
    "make",
    [
        Tied,
        scripted,
        lambda: nn.LazyLinear(2),
        lambda: nn.LSTM(2, 2),
        lambda: parametrizations.weight_norm(nn.Linear(2, 2)),
        lambda: parametrizations.orthogonal(nn.Linear(2, 2)),
        lambda: torch.compile(nn.Linear(2, 2)),
        lambda: nn.Transformer(4, 2, 1, 1, 4),
    ],
)
def test_what_torch_itself_builds_is_registered(make):
    module = make()
    state = state_of(module)
    lost = [name for name, one in state.items() if one.registration is Registration.PLAIN and not one.alias]
    assert lost == []
    assert set(dict(module.named_parameters())) <= set(state)
    assert set(dict(module.named_buffers())) <= set(state)


class Counted(tuple):
    def __len__(self):
        raise NotImplementedError("what is a length?")

    __iter__ = __getitem__ = __len__


class Renamed(dict):
    def items(self):
        raise NotImplementedError


@pytest.mark.parametrize(
    "value",
    [Counted([torch.ones(2)]), Counted([torch.ones(2), Counted([1])]), Renamed(a=torch.ones(2))],
    ids=lambda value: type(value).__name__,
)
def test_containers_that_count_in_a_way_of_their_own_are_looked_into(value):
    module = nn.Linear(2, 2)
    module.held = value
    assert state_of(module)["held"].kind is Kind.TENSORS


def test_cycles_end():
    assert {name: one.kind for name, one in state_of(Cyclic()).items()} == {
        "itself": Kind.MODULES,
        "loop": Kind.TENSORS,
    }


@pytest.mark.parametrize(
    "value",
    [
        torch.ones(2).to_sparse(),
        torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
        torch.nested.nested_tensor([torch.ones(1), torch.ones(2)]),
        torch.nested.nested_tensor([torch.ones(1), torch.ones(2)], layout=torch.jagged),
        torch.ones(2, device="meta"),
        torch.ones(2, dtype=torch.complex64),
    ],
)
def test_uncommon_tensors_are_tensors(value):
    module = nn.Module()
    module.value = value
    assert state_of(module)["value"].kind is Kind.TENSOR


class Slotted:
    __slots__ = ("__mangled", "empty", "value")

    def __init__(self):
        self.value = torch.ones(1)
        self.__mangled = nn.Linear(1, 1)


class SlottedModule(nn.Module):
    __slots__ = ("cache", "unset")

    def __init__(self):
        super().__init__()
        self.cache = torch.ones(1)
        self.holder = Slotted()
        self.listed = [Slotted()]


def test_slots_are_looked_into():
    state = state_of(SlottedModule())
    assert {name: one.kind for name, one in state.items()} == {
        "cache": Kind.TENSOR,
        "holder": Kind.OBJECT,
        "listed": Kind.MODULES,
    }
    assert "cache" not in SlottedModule().state_dict()


def test_a_module_under_two_names_is_listed_under_both():
    module = nn.Module()
    module.own_layer = nn.Linear(1, 1)
    module.shared_layer = module.own_layer
    module.no_layer = None
    module.register_module("never", None)
    state = state_of(module)
    assert {name: one.alias for name, one in state.items() if one.kind is Kind.MODULE} == {
        "own_layer": False,
        "shared_layer": True,
    }
    assert {"own_layer.weight", "shared_layer.weight"} <= set(module.state_dict())


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.plain = torch.ones(2)
        self.listed = [torch.ones(2)]
        self.number = 3
        self.register_buffer("kept", torch.ones(2))

    def forward(self, x):
        return x + self.plain + self.listed[0] + self.kept


def saved_and_loaded(scripted):
    file = io.BytesIO()
    torch.jit.save(scripted, file)
    file.seek(0)
    return torch.jit.load(file)


@pytest.mark.parametrize("then", [lambda scripted: scripted, saved_and_loaded])
def test_plain_tensors_of_a_scripted_module_are_seen(then):
    module = then(torch.jit.script(nn.Sequential(Noisy())))
    lost = {
        name: one.kind for name, one in state_of(module).items() if one.registration is Registration.PLAIN
    }
    assert lost == {"0.plain": Kind.TENSOR, "0.listed": Kind.TENSORS}
    assert list(module.state_dict()) == ["0.kept"]
    assert getattr(module.to("meta"), "0").plain.device.type == "cpu"


@pytest.mark.filterwarnings("ignore")  # torch says that these layers are to move to another package
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: quantized.Linear(2, 3), "_packed_params._packed_params"),
        (lambda: quantized.Conv2d(2, 3, 1), "_packed_params"),
        (lambda: dynamic.Linear(2, 3), "_packed_params._packed_params"),
        (lambda: dynamic.LSTM(2, 3), "_all_weight_values.0.param"),
    ],
)
def test_packed_parameters_of_quantized_layers_are_seen_and_no_fault(make, name):
    packed = state_of(make())[name]
    assert (packed.kind, packed.registration) == (Kind.OBJECT, Registration.PACKED)
    assert_registered(make())
    [seen] = [one for one in inspect(lambda seed: make()).evidence if one.observed.name == name]
    assert (seen.saved, seen.survives, seen.trained, seen.moved, seen.cast) == (
        True,
        True,
        False,
        False,
        False,
    )


def test_looking_changes_nothing():
    module = Everything()
    before = {name: id(value) for name, value in vars(module).items()}
    torchlint.observe(module)
    assert {name: id(value) for name, value in vars(module).items()} == before


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match=r"an nn\.Module is to be observed, not list"):
        torchlint.observe([])


def test_torchlint_alone_does_not_import_torch():
    code = "import sys, torchlint; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_optimizer_step_is_that_of_torch():
    torch.manual_seed(0)
    ours, theirs = nn.Linear(3, 2), nn.Linear(3, 2)
    theirs.load_state_dict(ours.state_dict())
    for module in (ours, theirs):
        module(torch.ones(1, 3)).pow(2).sum().backward()
    _sgd(list(ours.parameters()))
    torch.optim.SGD(theirs.parameters(), _STEP).step()
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
