"""What the exceptions of a constructor say about its arguments: each kind of correction, on a class of its own."""

from __future__ import annotations

import json
import subprocess
import sys

HEAD = """
import types
import torch
from torch import nn


class Base(nn.Module):
    def __init__(self, width=None, depth=1):
        super().__init__()
        self.fc = nn.Linear(width, depth)


class Sized(nn.Module):
    def __init__(self, dim, num_classes):
        super().__init__()
        self.fc = nn.Linear(dim, num_classes)


class Head(nn.Module):
    def __init__(self, size, /):
        super().__init__()


"""
CLASS = """class Net({base}):
    def __init__(self{parameters}):
{body}
        self.table = torch.rand(3)
"""
BODIES = {
    "a parameter that the message names": ("hparams=None", """
        if not hparams: pass
        if hparams is None: raise ValueError("Need to provide hparams dict.")
    """),
    "a parameter that the message names in words": ("input_shape=None", """
        if not isinstance(input_shape, list): raise ValueError("Must pass an input shape")
        self.fc = nn.Linear(*input_shape)
    """),
    "a parameter that an assertion names": ("out_features=None", """
        assert out_features, "the head projects to another width, pass out_features"
        self.fc = nn.Linear(2, out_features)
    """),
    "a parameter that is at zero": ("rate=0", """
        if rate <= 0: raise ValueError("rate must be positive")
    """),
    "a parameter in the condition": ("width=None, depth=None", """
        if width is None or depth is None:
            raise ValueError("please, not like this")
        self.fc = nn.Linear(width, depth)
    """),
    "a parameter in a condition over several lines": ("width=None, depth=None", """
        if (
            width is None
            or depth is None
        ):
            raise ValueError("please, not like this")
    """),
    "a parameter in a call over several lines": ("width=None", """
        self.fc = nn.Linear(
            width,
            2,
        )
    """),
    "a flag in the condition": ("loops=True", """
        if loops:
            raise ValueError("not supported")
    """),
    "a flag by which something is fetched": ("width=2, pretrained=True", """
        if pretrained: error = __import__("urllib.error").error.URLError("there is no network")
        if pretrained: raise RuntimeError("cannot load the weights") from error
    """),
    "tensors that have to fit each other": ("x: torch.Tensor, y: torch.Tensor", """
        if x.dim() != y.dim(): raise ValueError("x and y must have as many dimensions")
        if x.dim() < 2: raise ValueError(f"Unsupported shape {tuple(x.shape)} for x.")
    """),
    "an empty sequence": ("widths=()", """
        self.fc = nn.Linear(widths[0], widths[1])
    """),
    "keys that the message names": ("settings=None", """
        for key in ("sample_rate", "coder"):
            if settings is None or key not in settings:
                raise ValueError(f"Need settings['{key}']")
    """),
    "keys that the message only quotes": ("settings=None", """
        for key in ("sample_rate", "coder"):
            if key not in (settings or {}):
                raise ValueError(f"settings: the entry '{key}' is missing")
    """),
    "a missing key": ("options", """
        self.fc = nn.Linear(dict(options)["width"], 2)
    """),
    "a missing key in a mapping of a mapping": ("options", """
        inner = dict(dict(options)["inner"])
        self.fc = nn.Linear(inner["width"], 2)
    """),
    "an attribute of a namespace": ("options", """
        self.options = types.SimpleNamespace(**options)
        self.fc = nn.Linear(self.options.width, 2)
    """),
    "an attribute that a condition asks for": ("options", """
        self.options = types.SimpleNamespace(**options)
        if hasattr(self.options, "width"):
            self.fc = nn.Linear(self.options.width, 2)
        else:
            raise NotImplementedError
    """),
    "an entry of another kind than guessed": ("config", """
        self.fc = nn.Linear(*config["num_features"])
    """),
    "an entry of an entry of another kind than guessed": ("config", """
        self.fc = nn.Linear(*config["inner"]["num_features"])
    """),
    "an entry of what has the name of its parameter": ("model", """
        self.fc = nn.Linear(*model.model.get("num_features", 8))
    """),
    "a module with an attribute of its own": ("inner: nn.Module", """
        self.fc = nn.Linear(inner.special_dim, 2)
    """),
    "an attribute of what was guessed for a key": ("config", """
        self.fc = nn.Linear(config["decoder"].special_dim, 2)
    """),
    "an instance that the condition asks for": ("inner", """
        if not isinstance(inner, Head):
            raise TypeError("no")
    """),
    "an instance whose constructor has no annotations": ("inner: Sized", """
        self.fc = nn.Linear(inner.fc.in_features, 2)
    """),
    "a class that the condition asks for": ("kind", """
        if not issubclass(kind, Head):
            raise TypeError("no")
    """),
    "an instance that the message asks for": ("inner", """
        check(inner, Head)
    """),
    "options that exclude each other": ("width=None, kernel_size=None", """
        if not width and not kernel_size: raise ValueError("give either width or kernel_size")
        if width and kernel_size: raise TypeError("width and kernel_size cannot be given at the same time")
    """),
    "modules with an attribute of their own": ("models", """
        first = models[0]
        self.fc = nn.Linear(first.special_dim, len(models))
    """),
    "a key of a dict that the constructor looks up": ("how", """
        makers = {"wide": 8, "narrow": 2}
        self.fc = nn.Linear(makers[how], 2)
    """),
    "a key of a dict that is written there": ("how", """
        self.fc = nn.Linear({"wide": 8, "narrow": 2}[how], 2)
    """),
    "a word that the condition compares with": ("config", """
        kind = config["kind"]
        assert kind in ["soft", "hard"]
    """),
}  # fmt: skip
BASES = {
    "a parameter of the base, behind keywords": ("**kwargs", "super().__init__(**kwargs)"),
    "a parameter of the base, behind anything": ("*args, **kwargs", "super().__init__(*args, **kwargs)"),
}
TAIL = """

def check(value, cls):
    if not isinstance(value, cls):
        raise TypeError(f"expected {cls.__name__}")
"""


def source(base: str, parameters: str, body: str) -> str:
    """A class whose constructor loses a tensor, if it gets as far as that."""
    start = ["super().__init__()"] if base == "nn.Module" else []
    lines = start + [line[8:] if line.startswith(8 * " ") else line for line in body.splitlines()]
    inside = "\n".join(8 * " " + line for line in lines if line.strip())
    return HEAD + CLASS.format(base=base, parameters=f", {parameters}", body=inside) + TAIL


ANNOTATED = """
import torch
from torch import nn


class Blur(nn.Module):
    def __init__(self, size: int, angle: float | torch.Tensor):
        super().__init__()
        if isinstance(angle, torch.Tensor):
            self.angle = angle * torch.ones(8)
"""


def verdicts(folder, sources):
    """The verdict on the one finding of each of these sources."""
    names = {f"net{number}.py": name for number, name in enumerate(sources)}
    for path, name in names.items():
        (folder / path).write_text(sources[name])
    command = [sys.executable, "-m", "torchlint", "--verify", "--no-cache", "--output-format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    return {names[one["path"]]: one["verdict"] for one in json.loads(done.stdout)["findings"]}


def test_what_an_exception_says_is_answered(tmp_path):
    cases = {name: source("nn.Module", *case) for name, case in BODIES.items()}
    cases |= {name: source("Base", *case) for name, case in BASES.items()}
    found = verdicts(tmp_path, cases)
    assert found.keys() == cases.keys()
    assert {name: one["reason"] for name, one in found.items() if one["status"] != "confirmed"} == {}


def test_tensors_are_tried_where_an_annotation_allows_them_too(tmp_path):
    found = verdicts(tmp_path, {"a union": ANNOTATED})["a union"]
    assert found["status"] == "confirmed"
    assert found["build"] == "Blur(size=8, angle=torch.ones(8))"


def test_what_cannot_be_had_is_told_after_a_while(tmp_path):
    never = source("nn.Module", "config", """
        if config["width"] != 4711: raise ValueError(f"config['width'] is needed, not {config['width']}")
    """)  # fmt: skip
    found = verdicts(tmp_path, {"never": never})["never"]
    assert found["status"] == "unverified"
    assert found["reason"].startswith("no arguments were found that build it: `Net(config=")


def test_the_attempt_that_got_furthest_is_told(tmp_path):
    never = source("nn.Module", "width", """
        self.fc = nn.Linear(width, 2)
        if width < 4711: raise RuntimeError("please, not like this")
    """)  # fmt: skip
    found = verdicts(tmp_path, {"never": never})["never"]
    assert found["reason"].endswith("`Net(width=8)` raises RuntimeError: please, not like this")


def test_what_is_in_a_made_up_configuration_is_no_state_of_the_class(tmp_path):
    keeps = source("nn.Module", "config", """
        self.config = config
        self.fc = nn.Linear(config.width, 2)
        if not isinstance(config["decoder"], nn.Module): raise TypeError("a module is expected")
    """)  # fmt: skip
    (tmp_path / "net.py").write_text(keeps)
    command = [sys.executable, "-m", "torchlint", "--verify", "--no-cache", "--output-format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    found = {one["attribute"]: one["verdict"]["status"] for one in json.loads(done.stdout)["findings"]}
    assert found == {"table": "confirmed"}
