"""Chance and the world outside: calls whose result is not the same in every construction."""

from __future__ import annotations

import re

from msgspec.structs import replace

from torchlint.facts import ir
from torchlint.project.interpret import torch_calls
from torchlint.project.interpret.state import Arguments, Frame, Run
from torchlint.project.values import UNKNOWN, Container, Literal, Origin, Unknown, Value, tainted, worst

_RANDOM = ("random.", "numpy.random.", "secrets.", "uuid.", "os.urandom", "scipy.stats.")
_SAYS_RANDOM = re.compile(r"(?i)random|shuffled?(_|$)")
_WORLD = ("builtins.open", "builtins.input", "os.", "io.", "time.", "datetime.", "pathlib.", "socket.", "json.load",
          "pickle.", "numpy.load", "numpy.fromfile", "numpy.genfromtxt", "numpy.memmap", "numpy.empty", "safetensors.",
          "pandas.read", "yaml.", "h5py.", "urllib.", "requests.", "scipy.io.", "joblib.load", "builtins.id",
          "builtins.hash", "builtins.eval", "builtins.exec", "builtins.__import__", "sys.", "glob.", "itertools.count",
          "tempfile.", "subprocess.", "platform.", "csv.", "marshal.", "shelve.", "tomllib.", "toml.", "cv2.im", "PIL.",
          "imageio.", "soundfile.", "torchaudio.", "datasets.", "gzip.", "zipfile.")  # fmt: skip
_PURE = ("builtins.", "math.", "numpy.", "scipy.", "itertools.", "functools.", "operator.", "collections.", "einops.",
         "librosa.filters.", "copy.", "string.", "fractions.", "decimal.", "statistics.")  # fmt: skip


def result(run: Run, dotted: str, value: Value, arguments: Arguments) -> Value:
    """The result of a call of something outside of the project, marked where it may differ from run to run."""
    if dotted.startswith("torch.") or not all(isinstance(atom, (Unknown, Literal)) for atom in value):
        return value
    given = list(arguments.values())
    origin = run.taint(given)
    if dotted.startswith(_RANDOM):
        origin = Origin.RANDOM
    elif dotted.startswith(_WORLD):
        origin = worst(origin, Origin.UNKNOWN)
    elif not dotted.startswith(_PURE) or any(_is_given(run, argument) for argument in given):
        origin = worst(origin, Origin.GIVEN)
    if all(isinstance(atom, Literal) for atom in value):
        return (
            value
            if origin is Origin.GIVEN
            else tuple(
                replace(atom, origin=worst(atom.origin, origin)) if isinstance(atom, Literal) else atom
                for atom in value
            )
        )
    return (Unknown(origin),)


def named(func: ir.Expr, value: Value) -> Value:
    """The result of a call: random where it cannot be followed, and the function is called so (`random_walk`)."""
    name = func.attr if isinstance(func, ir.Attribute) else getattr(func, "id", "")
    if not _SAYS_RANDOM.search(name):
        return value
    return tuple(replace(atom, origin=Origin.RANDOM) if isinstance(atom, Unknown) else atom for atom in value)


def statement(run: Run, frame: Frame, func: ir.Attribute, node: ir.Call, given: list[Value]) -> None:
    """A call for its effect alone: `random.shuffle(order)`, `array.fill(value)` on something unknown."""
    if func.attr == "shuffle" and node.args and given:
        torch_calls.changed(run, given[0], [], random=True)
        for atom in given[0]:
            if isinstance(atom, Container):
                cell = run.heap[atom.identity]
                cell.content, cell.items, cell.by_key = tainted(cell.content, Origin.RANDOM), None, None
        _spoil(frame, node.args[0], Origin.RANDOM)
    else:
        put_into(run, frame, func.base, given)


def put_into(run: Run, frame: Frame, target: ir.Expr, values: list[Value]) -> None:
    """Something that no tensor is, such as an array, gets these values in it."""
    _spoil(frame, target, worst(run.decided, run.taint(values), run.origin(*values)))


def _spoil(frame: Frame, target: ir.Expr, origin: Origin) -> None:
    while isinstance(target, (ir.Attribute, ir.Subscript)):
        target = target.base
    current: Frame | None = frame
    while isinstance(target, ir.Name) and current is not None:
        if target.id in current.env:
            kept = current.env[target.id]
            current.env[target.id] = tainted(kept, origin) if _unknown(kept) else kept
            return
        current = current.closure


def _unknown(value: Value) -> bool:
    return any(isinstance(atom, Unknown) for atom in value)


def read(dotted: str) -> Value:
    """What is in something outside of the project: `os.environ["RANK"]`, `sys.argv[1]`."""
    return (Unknown(Origin.UNKNOWN),) if dotted.startswith(_WORLD) else UNKNOWN


def _is_given(run: Run, value: Value, depth: int = 0) -> bool:
    return any(
        _is_given(run, run.heap[atom.identity].content, depth + 1)
        if isinstance(atom, Container) and depth < 4
        else isinstance(atom, Unknown) and atom.origin is Origin.GIVEN
        for atom in value
    )
