"""Constructors of every kind, for which nobody has shown a call: `--verify` makes up arguments."""

from __future__ import annotations

import json
import subprocess
import sys

HEAD = "import torch\nfrom torch import nn\n\n\n"
LOST = """class Net(nn.Module):
    def __init__(self{parameters}):
        super().__init__()
        {body}
        self.table = torch.rand(3)
"""


def lost(parameters: str = "", body: str = "pass") -> str:
    """A module that leaves `self.table` unregistered."""
    return HEAD + LOST.format(parameters=f", {parameters}" if parameters else "", body=body)


CONSTRUCTORS = {
    "sizes": ("in_features, out_features", "self.fc = nn.Linear(in_features, out_features)"),
    "annotated": ("n: int, rate: float, deep: bool, name: str", "assert isinstance(n + rate, float) and name.upper()"),
    "divisible": ("embed_dim, num_heads", "self.attention = nn.MultiheadAttention(embed_dim, num_heads)"),
    "a module": ("backbone", "self.backbone = nn.Sequential(backbone)"),
    "an annotated module": ("inner: nn.Module", "self.inner = inner.eval()"),
    "a class of modules": ("norm_layer, dim", "self.norm = norm_layer(dim)"),
    "a choice": ("pooling", "assert pooling in ('attentive', 'gated'), 'unknown pooling'"),
    "a literal": ("pooling: 'Literal[\"attentive\"]'", "assert pooling == 'attentive'"),
    "a list of sizes": ("hidden_dims", "self.layers = [].extend(nn.Linear(a, 2) for a in hidden_dims)"),
    "a number that is a list": ("size", "self.fc = nn.Linear(*size)"),
    "a configuration": ("config", "self.fc = nn.Linear(config.hidden_size, config.num_labels)"),
    "a class of the file": ("options: 'Options'", "self.fc = nn.Linear(options.width, options.depth)"),
    "an image": ("image_size, patch_size", "self.conv = nn.Conv2d(3, 8, patch_size); assert image_size > patch_size"),
    "keywords only": ("*, dim, depth=1", "self.fc = nn.Linear(dim, dim)"),
    "positional only": ("dim, /", "self.fc = nn.Linear(dim, dim)"),
    "a tensor": ("weights: torch.Tensor", "assert weights.dim() >= 1"),
    "a tensor without a word": ("values", "assert values.shape[0] > 1"),
    "an optional that is needed": ("width=None", "self.fc = nn.Linear(width, width)"),
    "an enumeration": ("level: 'Level'", "assert level.value == 1"),
    "a function": ("act", "assert act(torch.ones(1)) is not None if not isinstance(act, type) else act()"),
    "anything": ("*args, **kwargs", "pass"),
    "more of its own kind": ("parts: 'list[Net]'", "self.parts = nn.ModuleList(parts[:1])"),
}  # fmt: skip
EXTRA = """import enum
from dataclasses import dataclass
from typing import Literal


@dataclass
class Options:
    width: int
    depth: int = 2


class Level(enum.Enum):
    LOW = 1


"""


def test_arguments_are_made_up(tmp_path):
    names = {f"net{number}.py": name for number, name in enumerate(CONSTRUCTORS)}
    for path, name in names.items():
        parameters, body = CONSTRUCTORS[name]
        (tmp_path / path).write_text(lost(parameters, body).replace(HEAD, HEAD + EXTRA))
    command = [sys.executable, "-m", "torchlint", "--verify", "--output-format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    found = {names[one["path"]]: one["verdict"] for one in json.loads(done.stdout)["findings"]}
    assert found.keys() == CONSTRUCTORS.keys()
    assert {name: one["reason"] for name, one in found.items() if one["status"] != "confirmed"} == {}
