"""Where the content of what torch makes comes from: from the arguments, from chance, from outside."""

from __future__ import annotations

from torchlint import torch_api
from torchlint.project.interpret import containers
from torchlint.project.interpret.state import Arguments, Run
from torchlint.project.values import Container, Literal, Origin, Unknown, Value, worst

_CONVERSIONS = {"torch.tensor", "torch.as_tensor", "torch.from_numpy", "torch.asarray", "torch.frombuffer"}
# what these hold does not depend on their arguments, only how much of it
_SIZED = {"zeros", "ones", "arange", "range", "eye", "tril_indices", "triu_indices", "hann_window", "hamming_window",
          "blackman_window", "bartlett_window", "kaiser_window", "zeros_like", "ones_like", "new_zeros",
          "new_ones"}  # fmt: skip
_RANDOM_INIT = ("uniform", "normal", "orthogonal", "sparse")


def of_call(run: Run, name: str, arguments: Arguments) -> Origin:
    """The origin of what a function of torch makes."""
    if torch_api.is_random(name):
        return Origin.RANDOM
    if torch_api.is_uninitialised(name):
        return Origin.UNKNOWN
    args, values = arguments.positional, list(arguments.values())
    if name in ("torch.load", "torch.from_file", "torch.hub.load"):
        return Origin.UNKNOWN
    if name.rpartition(".")[2] in _SIZED:
        return run.taint(values, sizes=True)
    content = Origin.REBUILT
    if name in _CONVERSIONS and args and not _has_number(args[0]):
        content = worst(*(atom.origin for atom in args[0] if isinstance(atom, Unknown)))
    inside = (containers.elements_of(run, only_containers(value)) for value in values)
    return worst(content, run.origin(*values, *inside), run.taint(values))


def _has_number(value: Value) -> bool:
    """Whether a default or an annotation shows that an argument is a number: the constructor gets it again."""
    return any(
        isinstance(atom, Literal) and atom.value is not None and atom.origin is Origin.REBUILT
        for atom in value
    )


def only_containers(value: Value) -> Value:
    """The containers among what a value may be."""
    return tuple(atom for atom in value if isinstance(atom, Container))


def of_index(run: Run, index: Value) -> Origin:
    """How far an index differs from one construction to the next."""
    inside = containers.elements_of(run, only_containers(index))
    found = worst(run.origin(index, inside), run.taint([index]))
    return Origin.REBUILT if found is Origin.GIVEN else found


def is_seed(name: str) -> bool:
    """Whether a function tells the state of torch's random numbers."""
    return name.endswith(("seed", "seed_all", "rng_state", "rng_state_all")) and "set_" not in name


def is_random_init(name: str) -> bool:
    """Whether a function of `torch.nn.init` draws random numbers."""
    return name.startswith("torch.nn.init.") and any(word in name for word in _RANDOM_INIT)
