"""Chance and the world outside: calls whose result is not the same in every construction."""

from __future__ import annotations

from torchlint.project.interpret.state import Arguments, Run
from torchlint.project.values import Container, Literal, Origin, Unknown, Value, worst

_RANDOM = ("random.", "numpy.random.", "secrets.", "uuid.", "os.urandom", "scipy.stats.")
_WORLD = ("builtins.open", "builtins.input", "os.", "io.", "time.", "datetime.", "pathlib.", "socket.", "json.load",
          "pickle.", "numpy.load", "numpy.fromfile", "numpy.genfromtxt", "numpy.memmap", "numpy.empty", "safetensors.",
          "pandas.read", "yaml.", "h5py.", "urllib.", "requests.", "scipy.io.", "joblib.load", "builtins.id",
          "builtins.hash")  # fmt: skip
_PURE = ("builtins.", "math.", "numpy.", "scipy.", "itertools.", "functools.", "operator.", "collections.", "einops.",
         "librosa.filters.", "copy.", "string.", "fractions.", "decimal.", "statistics.")  # fmt: skip


def tainted(run: Run, dotted: str, value: Value, arguments: Arguments) -> Value:
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
    if origin in (Origin.REBUILT, Origin.GIVEN) and all(isinstance(atom, Literal) for atom in value):
        return value
    return (Unknown(origin),)


def _is_given(run: Run, value: Value, depth: int = 0) -> bool:
    return any(
        _is_given(run, run.heap[atom.identity].content, depth + 1)
        if isinstance(atom, Container) and depth < 4
        else isinstance(atom, Unknown) and atom.origin is Origin.GIVEN
        for atom in value
    )
