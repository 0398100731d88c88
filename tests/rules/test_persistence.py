"""`persistent = "auto"` never loses a value, and keeps the `state_dict` as it is where nothing can be lost.

Each value is built under one seed, saved, and loaded into an instance that was built under another one.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.rules.projects import about, fixed, imported

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")

HEAD = """import itertools, math, os, random, secrets, time, uuid
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MEAN = [0.4, 0.5]
CONFIG = {"size": 4, "mean": MEAN}


def table(n):
    return torch.arange(n) * 2


def unfilled(n):
    mask = torch.empty(n, n)
    mask.fill_(float("-inf"))
    mask.triu_(1)
    return mask


def shuffled(n):
    order = list(range(n))
    random.shuffle(order)
    return order


def shuffled_array(n):
    order = np.arange(n)
    np.random.shuffle(order)
    return order


def drawn_array(n):
    values = np.zeros(n)
    for index in range(n):
        values[index] = random.random()
    return values


def changed_in_place(n):
    values = torch.zeros(n)
    values.normal_()
    return values.unsqueeze(0)


def one_of_two(n):
    if random.random() > 0.5:
        return torch.zeros(n)
    return torch.rand(n)


def coin_by_coin(n):
    values = torch.zeros(n)
    for index in range(n):
        if random.random() > 0.5:
            values[index] = 1
    return values


def some(n):
    values = torch.zeros(n)
    values[torch.randperm(n)[: n // 2]] = 1
    return values


class Net(nn.Module):
    def __init__(self, n=4, size: int = 4):
        super().__init__()
"""


def net(init: str, methods: str = "") -> str:
    """A module with a line in its constructor, and further methods."""
    return HEAD + "".join(f"        {line}\n" for line in init.splitlines()) + methods


def seeds(number: int) -> None:
    torch.manual_seed(number)
    random.seed(number)
    numpy.random.seed(number)


def survives(folder: Path) -> bool:
    """Whether `Net().x` is the same after it was saved and loaded."""
    with imported(folder) as module:
        seeds(1)
        saved = module.Net()
        seeds(2)
        loaded = module.Net()
        loaded.load_state_dict(saved.state_dict(), strict=True)
        return torch.equal(saved.x, loaded.x)


REBUILT = [
    "torch.arange(n)",
    "torch.sin(torch.arange(n).float() / 10)",
    "torch.tril(torch.ones(n, n))",
    "torch.linspace(0, 1, n)",
    "torch.hann_window(8)",
    "torch.tensor([1.0, 2.0])",
    "torch.tensor([[math.sin(i * j) for i in range(n)] for j in range(n)])",
    "torch.full((n,), math.pi)",
    "1.0 / (10000 ** (torch.arange(0, n, 2).float() / n))",
    "torch.triu(torch.full((n, n), float('-inf')), diagonal=1)",
    "torch.tensor(n ** -0.5)",
    "torch.tensor(size ** -0.5)",
    "torch.ones(3) * n",
    "torch.empty(n).fill_(2.0)",
    "unfilled(n)",
    "torch.tensor(sorted({3, 1, 2}))",
    "torch.tensor([len(w) for w in sorted({'a', 'bc'})])",
    "torch.tensor(MEAN)",
    "torch.tensor(CONFIG['mean']).view(1, 2, 1, 1)",
    "table(n)",
    "torch.from_numpy(np.hanning(8))",
    "torch.from_numpy(np.arange(4))",
    "torch.tensor(np.linspace(0, 1, 4), dtype=torch.float32)",
    "torch.from_numpy(np.triu(np.ones((3, 3)), k=1).astype('uint8'))",
    "torch.tensor(np.linalg.inv(np.eye(3) * 2))",
    "torch.tensor(torch.ones(3).sum().item())",
    "torch.zeros(torch.rand(n).shape[0])",
    "torch.tensor([i for i in range(n) if i % 2])",
    "F.one_hot(torch.arange(n), n)",
    "torch.tensor(float('inf'))",
]

LOST = [
    "torch.rand(n)",
    "torch.randperm(50)",
    "torch.zeros(n).normal_()",
    "nn.init.normal_(torch.empty(n)).detach()",
    "torch.tensor(random.random())",
    "torch.tensor([random.gauss(0, 1) for _ in range(n)])",
    "torch.tensor(np.random.rand(4))",
    "torch.from_numpy(np.random.permutation(100))",
    "torch.tensor(np.random.default_rng().normal(size=4))",
    "torch.tensor([np.random.uniform() for _ in range(n)])",
    "torch.ones(n) * np.random.rand()",
    "torch.tensor(torch.rand(1).item())",
    "torch.tensor(float(torch.rand(1)))",
    "torch.full((n,), torch.rand(1).item())",
    "torch.tensor(torch.randperm(50).tolist())",
    "torch.from_numpy(torch.randn(3).numpy())",
    "torch.arange(n) * torch.rand(1).item()",
    "torch.tensor(abs(torch.rand(1).item()))",
    "torch.tensor(round(random.random(), 6))",
    "torch.tensor(int(random.random() * 10**6))",
    "torch.tensor([float(v) for v in torch.rand(3)])",
    "torch.tensor(sum(torch.rand(3).tolist()))",
    "torch.tensor(max(random.random(), 0.0))",
    "torch.tensor([random.random() > 0.5 for _ in range(100)])",
    "torch.where(torch.tensor([random.random() > 0.5 for _ in range(64)]), 1.0, 0.0)",
    "torch.tensor([i for i in range(200) if random.random() > 0.5][:10])",
    "torch.tensor(shuffled(50))",
    "torch.from_numpy(shuffled_array(50))",
    "torch.tensor(drawn_array(4))",
    "changed_in_place(n)",
    "one_of_two(n)",
    "coin_by_coin(64)",
    "some(50)",
    "torch.zeros(1) if random.random() > 2 else torch.ones(1) * random.random()",
    "torch.tensor(eval('random.random()'))",
    "torch.tensor(time.time_ns())",
    "torch.tensor(uuid.uuid4().int % 10**9)",
    "torch.tensor(secrets.randbelow(10**9))",
    "torch.tensor(torch.initial_seed())",
    "torch.get_rng_state().clone()",
    "torch.zeros(3) + torch.distributions.Normal(0.0, 1.0).sample()",
    "nn.Linear(n, n).weight.detach().clone()",
    "torch.tensor({'a': random.random()}['a'])",
    "torch.tensor(math.sqrt(random.random()))",
    "torch.tensor(list(map(lambda i: random.random(), range(3))))",
    "torch.tensor(int.from_bytes(os.urandom(4), 'big'))",
]


@pytest.mark.parametrize("value", REBUILT)
def test_what_is_rebuilt_is_not_saved(value, tmp_path):
    report = fixed(tmp_path, {"net.py": net(f"self.x = {value}")}, unsafe=False)
    assert about(report.fixed, "x").fix.applicability == "safe"
    with imported(tmp_path) as module:
        built = module.Net()
        assert "x" in dict(built.named_buffers())
        assert list(built.state_dict()) == []
    assert survives(tmp_path)


@pytest.mark.parametrize("value", LOST)
def test_what_may_differ_is_saved(value, tmp_path):
    (tmp_path / "before").mkdir()
    report = fixed(tmp_path / "after", {"net.py": net(f"self.x = {value}")}, unsafe=True)
    with imported(fixed_not(tmp_path / "before", value)) as module:
        seeds(1)
        first = module.Net().x
        seeds(2)
        assert not torch.equal(first, module.Net().x), "the case does not show what it is about"
    assert "so the `state_dict` gains the key `x`" in about(report.fixed, "x").fix.message
    assert survives(tmp_path / "after")


def fixed_not(folder: Path, value: str) -> Path:
    """The project as it was."""
    (folder / "net.py").write_text(net(f"self.x = {value}"))
    return folder
