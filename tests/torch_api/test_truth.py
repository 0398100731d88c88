"""The table of torch's API against torch itself: what it says is compared with what a call gives."""

from __future__ import annotations

import contextlib
import inspect
import io
import signal
import subprocess
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from torchlint import torch_api

torch = pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parents[2]
SAME_TORCH = torch.__version__.partition("+")[0] == torch_api.TORCH_VERSION
pytestmark = pytest.mark.skipif(
    not SAME_TORCH, reason=f"the table is of torch {torch_api.TORCH_VERSION}, this is {torch.__version__}"
)


class TooLongError(Exception):
    """A call took too long."""


@contextlib.contextmanager
def attempt() -> Iterator[None]:
    """Make a call that may fail, print or warn."""

    def stop(signum: int, frame: types.FrameType | None) -> None:
        raise TooLongError

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(5)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            with contextlib.suppress(Exception):
                yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def choices() -> list[tuple[Any, ...]]:
    eye = torch.eye(3)
    image = torch.rand(2, 3, 8, 8)
    return [
        (eye,),
        (eye, torch.ones(3, 3)),
        (eye, 1),
        (eye, 0, 1),
        (eye, 2.0),
        (eye, 0.1, 0.9),
        (torch.rand(3, 3),),
        (torch.rand(4, 3, 3), torch.rand(4, 3, 3)),
        (torch.ones(3), torch.ones(3)),
        (torch.ones(3, dtype=torch.long),),
        (torch.ones(3, dtype=torch.long), torch.ones(3, dtype=torch.long)),
        (torch.ones(3, dtype=torch.bool),),
        (torch.ones(3, dtype=torch.complex64),),
        (image,),
        (image, 2),
        (image, torch.rand(4, 3, 3, 3)),
        (eye, eye > 0),
        (eye, eye > 0, 1.0),
        (eye, 0, torch.zeros(3, 3, dtype=torch.long)),
        (eye, 0, torch.zeros(3, dtype=torch.long), eye),
        (eye, (3, 3)),
        (eye, torch.float64),
        (eye, eye.clone(), eye.clone()),
        ([eye, eye.clone()],),
        (3,),
        (3, 4),
        (0, 1, 5),
        ((3, 4),),
        ((3, 4), 1.0),
        (torch.float32,),
        (),
    ]


def kind_of(value: Any, first: Any) -> str | None:
    if isinstance(first, torch.Tensor) and value is first:
        return "argument"
    if isinstance(value, torch.Tensor):
        return "tensor"
    if isinstance(value, torch.Size):
        return "other"
    if isinstance(value, tuple | list):
        inner = {kind_of(v, None) for v in value}
        return (
            "tensors" if inner & {"tensor", "tensors"} else "other" if value and inner == {"other"} else None
        )
    return "other"


def agrees(said: str, seen: str) -> bool:
    """A function that gives its argument back may be said to return a tensor, as `Tensor.to` is."""
    return said in (seen, "maybe") or (said == "tensor" and seen == "argument")


def called(function: Callable[..., Any]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every argument list that works, with what came back."""
    for arguments in choices():
        results: list[str | None] = []
        with attempt():
            results.append(kind_of(function(*arguments), arguments[0] if arguments else None))
        if results and results[0]:
            yield arguments, results[0]


# not called: they change the process, read files, or print
UNSAFE = ("set_", "_set", "load", "save", "seed", "import_", "compile", "export", "use_", "segment_reduce")
SPACES = (
    "torch torch.linalg torch.fft torch.special torch.nn.functional torch.nn.init torch.signal.windows "
    "torch.sparse"
)


def functions() -> list[str]:
    found = []
    for space in SPACES.split():
        module = sys.modules.get(space)
        for name, value in sorted(vars(module).items() if module else ()):
            known = not name.startswith("_") and torch_api.function(f"{space}.{name}") is not None
            if known and callable(value) and not isinstance(value, type) and not name.startswith(UNSAFE):
                found.append(f"{space}.{name}")
    return found


def find(dotted: str) -> Any:
    value: Any = torch
    for part in dotted.split(".")[1:]:
        value = getattr(value, part)
    return value


def test_functions_return_what_the_table_says() -> None:
    checked, wrong = 0, list[tuple[object, ...]]()
    for dotted in functions():
        results = list(called(find(dotted)))
        checked += bool(results)
        for arguments, seen in results:
            for said in (torch_api.function(dotted), torch_api.function(dotted, len(arguments))):
                if said is not None and not agrees(said, seen):
                    wrong.append((dotted, [type(a).__name__ for a in arguments], said, seen))
    assert not wrong, "\n".join(map(str, wrong))
    assert checked > 600


def test_methods_return_what_the_table_says() -> None:
    checked, wrong = 0, list[tuple[object, ...]]()
    for name in dir(torch.Tensor):
        said = torch_api.method(name)
        if name.startswith("_") or said is None or name.startswith(UNSAFE) or name == "backward":
            continue
        results = []
        for arguments, seen in called(lambda *a, name=name: getattr(a[0], name)(*a[1:])):
            if isinstance(arguments[0], torch.Tensor):
                results.append((arguments, seen))
        checked += bool(results)
        for arguments, seen in results:
            told = torch_api.method(name, len(arguments) - 1)
            unnarrowed = agrees(said, seen) or (name, seen) == ("type", "other")  # `x.type()`: see OVERRIDES
            if told is None or not agrees(told, seen) or not unnarrowed:
                wrong.append((name, [type(a).__name__ for a in arguments], told, seen))
            if seen == "argument" and not torch_api.may_return_self(name):
                wrong.append((name, [type(a).__name__ for a in arguments], "not self", seen))
    assert not wrong, "\n".join(map(str, wrong))
    assert checked > 450


def test_every_public_method_and_property_of_a_tensor_is_known() -> None:
    silent = []
    for name in dir(torch.Tensor):
        if name.startswith("_"):
            continue
        value = inspect.getattr_static(torch.Tensor, name)
        if torch_api.method(name) is None and torch_api.attribute(name) is None:
            silent.append(name)
        assert not (callable(value) and torch_api.attribute(name)), name
    assert len(silent) < 30, silent


def test_attributes_are_what_the_table_says() -> None:
    tensor = torch.eye(3, requires_grad=True)
    tensor.sum().backward()
    for name in (
        "T",
        "H",
        "mT",
        "mH",
        "data",
        "grad",
        "real",
        "shape",
        "dtype",
        "device",
        "ndim",
        "is_leaf",
        "layout",
    ):
        value = getattr(tensor, name)
        assert torch_api.attribute(name) == ("tensor" if isinstance(value, torch.Tensor) else "other"), name
    assert torch_api.attribute("imag") == "tensor"
    assert torch_api.attribute("nothing") is None


def all_subclasses(cls: type) -> Iterator[type]:
    subclasses: list[type] = type.__subclasses__(cls)
    for sub in subclasses:
        yield sub
        yield from all_subclasses(sub)


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "Linear": (3, 4),
    "Bilinear": (2, 3, 4),
    "Conv1d": (3, 4, 2),
    "Conv2d": (3, 4, 2),
    "ConvTranspose3d": (3, 4, 2),
    "BatchNorm2d": (4,),
    "InstanceNorm1d": (4,),
    "GroupNorm": (2, 4),
    "LayerNorm": (4,),
    "RMSNorm": (4,),
    "Embedding": (5, 3),
    "EmbeddingBag": (5, 3),
    "MultiheadAttention": (4, 2),
    "LSTM": (3, 4),
    "GRU": (3, 4),
    "RNN": (3, 4),
    "LSTMCell": (3, 4),
    "GRUCell": (3, 4),
    "RNNCell": (3, 4),
    "TransformerEncoderLayer": (4, 2),
    "TransformerDecoderLayer": (4, 2),
    "LazyLinear": (3,),
    "LazyConv2d": (3, 2),
    "AdaptiveLogSoftmaxWithLoss": (4, 10, [3]),
    "SyncBatchNorm": (3,),
    "CTCLoss": (),
    "PReLU": (),
    "Module": (),
    "ModuleList": (),
    "Sequential": (),
    "ReLU": (),
    "CrossEntropyLoss": (),
    "Upsample": (),
    "FractionalMaxPool2d": (2, (3, 3)),
    "Transformer": (4, 2, 1, 1, 4),
}


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_module_registers_what_the_table_says(name: str) -> None:
    cls = getattr(torch.nn, name)
    built = cls(*ARGUMENTS[name])
    for dotted in (f"torch.nn.{name}", f"{cls.__module__}.{name}"):
        said = torch_api.module_class(dotted)
        assert said is not None
        assert {n for n, _ in built.named_parameters(recurse=False)} <= set(said.parameters)
        assert {n for n, _ in built.named_buffers(recurse=False)} <= set(said.buffers)
        assert {n for n, _ in built.named_children()} <= set(said.modules)
        # what the table has beyond is registered as None, or by other arguments
        optional = {n for n in said.parameters if getattr(built, n, None) is None}
        assert set(said.parameters) == {n for n, _ in built.named_parameters(recurse=False)} | optional


def test_every_module_class_of_torch_nn_is_known() -> None:
    for cls in all_subclasses(torch.nn.Module):
        if cls.__module__.startswith("torch.nn.modules") and "<locals>" not in cls.__qualname__:
            assert torch_api.module_class(f"{cls.__module__}.{cls.__name__}") is not None, cls
    assert torch_api.module_class("torch.jit.ScriptModule") is not None
    assert torch_api.module_class("torch.distributed.fsdp.FullyShardedDataParallel") is not None
    assert torch_api.module_class("torch.ao.nn.quantized.Linear") is not None
    assert torch_api.module_class("torch.device") is None


def test_random_functions_change_with_the_seed() -> None:
    def drawn(seed: int, function: Callable[[], Any]) -> Any:
        torch.manual_seed(seed)
        return function()

    calls: dict[str, Callable[[], Any]] = {
        "torch.randn": lambda: torch.randn(50),
        "torch.rand": lambda: torch.rand(50),
        "torch.randint": lambda: torch.randint(1000, (50,)),
        "torch.randperm": lambda: torch.randperm(50),
        "torch.normal": lambda: torch.normal(torch.zeros(50), torch.ones(50)),
        "torch.bernoulli": lambda: torch.bernoulli(torch.full((50,), 0.5)),
        "torch.multinomial": lambda: torch.multinomial(torch.ones(50), 20),
        "torch.rand_like": lambda: torch.rand_like(torch.zeros(50)),
        "torch.nn.functional.dropout": lambda: torch.nn.functional.dropout(torch.ones(50)),
        "torch.nn.init.xavier_uniform_": lambda: torch.nn.init.xavier_uniform_(torch.zeros(9, 9)),
        "torch.nn.init.orthogonal_": lambda: torch.nn.init.orthogonal_(torch.zeros(9, 9)),
        "torch.nn.init.trunc_normal_": lambda: torch.nn.init.trunc_normal_(torch.zeros(9, 9)),
        "Tensor.normal_": lambda: torch.zeros(50).normal_(),
        "Tensor.uniform_": lambda: torch.zeros(50).uniform_(),
        "Tensor.exponential_": lambda: torch.zeros(50).exponential_(),
        "torch.linspace": lambda: torch.linspace(0, 1, 50),
        "torch.nn.init.ones_": lambda: torch.nn.init.ones_(torch.zeros(9, 9)),
        "torch.eye": lambda: torch.eye(9),
        "Tensor.fill_": lambda: torch.zeros(50).fill_(3),
    }
    for dotted, function in calls.items():
        differs = not torch.equal(drawn(0, function), drawn(1, function))
        assert torch_api.is_random(dotted) == differs, dotted


def test_uninitialised() -> None:
    for dotted in (
        "torch.empty",
        "torch.empty_like",
        "torch.empty_strided",
        "Tensor.new_empty",
        "torch.Tensor.new_empty",
    ):
        assert torch_api.is_uninitialised(dotted)
    for dotted in ("torch.zeros", "torch.randn", "Tensor.new_zeros", "torch.full"):
        assert not torch_api.is_uninitialised(dotted)


@pytest.mark.parametrize(
    ("dotted", "returns"),
    [
        ("torch.max", "maybe"),
        ("torch.unique", "maybe"),
        ("torch.where", "maybe"),
        ("torch.sort", "tensors"),
        ("torch.std_mean", "tensors"),
        ("torch.meshgrid", "tensors"),
        ("torch.split", "tensors"),
        ("torch.einsum", "tensor"),
        ("torch.from_numpy", "tensor"),
        ("torch.as_tensor", "tensor"),
        ("torch.nn.utils.rnn.pad_sequence", "tensor"),
        ("torch._C._VariableFunctions.zeros", "tensor"),
        ("torch._VF.zeros", "tensor"),
        ("torch.Tensor.add", "tensor"),
        ("torch.nn.functional.conv2d", "tensor"),
        ("torch.nn.functional.relu_", "argument"),
        ("torch.relu_", "argument"),
        ("torch.nn.init.dirac_", "argument"),
        ("torch.nn.utils.weight_norm", "argument"),
        ("torch.nn.utils.clip_grad_norm_", "tensor"),
        ("torch.is_tensor", "other"),
        ("torch.cuda.is_available", "other"),
        ("torch.get_default_dtype", "other"),
        ("torch.load", None),
        ("torch.no_such_function", None),
        ("numpy.zeros", None),
    ],
)
def test_function(dotted: str, returns: str | None) -> None:
    assert torch_api.function(dotted) == returns


def test_the_number_of_arguments_decides_between_overloads() -> None:
    assert torch_api.function("torch.max", 1) == "tensor"
    assert torch_api.function("torch.where", 1) == "tensors"
    assert torch_api.function("torch.where", 3) == "tensor"
    assert torch_api.method("max", 0) == "tensor"
    assert torch_api.method("type", 0) == "other"
    assert torch_api.overloads("torch.max") == ("tensor", "tensors")


@pytest.mark.parametrize(
    ("dotted", "kind"),
    [
        ("torch.Tensor", "tensor"),
        ("torch.FloatTensor", "tensor"),
        ("torch.cuda.FloatTensor", "tensor"),
        ("torch.autograd.Variable", "tensor"),
        ("torch.nn.Parameter", "parameter"),
        ("torch.nn.parameter.Parameter", "parameter"),
        ("torch.nn.UninitializedParameter", "parameter"),
        ("torch.nn.Buffer", "buffer"),
        ("torch.distributions.Normal", "distribution"),
        ("torch.distributions.normal.Normal", "distribution"),
        ("torch.device", "object"),
        ("torch.dtype", "object"),
        ("torch.Size", "object"),
        ("torch.Generator", "object"),
        ("torch.utils.data.Dataset", "object"),
        ("torch.utils.data.DataLoader", "object"),
        ("torch.optim.Optimizer", "object"),
        ("torch.optim.SGD", "object"),
        ("torch.no_grad", "object"),
        ("torch.nn.Linear", None),
        ("torch.zeros", None),
    ],
)
def test_object_class(dotted: str, kind: str | None) -> None:
    assert torch_api.object_class(dotted) == kind


@pytest.mark.parametrize(
    ("dotted", "canonical"),
    [
        ("torch.nn.modules.linear.Linear", "torch.nn.Linear"),
        ("torch.nn.modules.module.Module", "torch.nn.Module"),
        ("torch.nn.parameter.Parameter", "torch.nn.Parameter"),
        ("torch.autograd.variable.Variable", "torch.autograd.Variable"),
        ("torch.nn.modules.activation.F.hardtanh", "torch.nn.functional.hardtanh"),
        ("torch.functional.einsum", "torch.einsum"),
        ("torch._C._VariableFunctions.zeros", "torch.zeros"),
        ("torch._VF.zeros", "torch.zeros"),
        ("torch._C._nn.gelu", "torch.nn.functional.gelu"),
        ("torch.nn.functional.conv1d", "torch.conv1d"),
        ("torch.Tensor.normal_", "torch.Tensor.normal_"),
        ("torch.nn.modules.linear.Linear.weight", "torch.nn.Linear.weight"),
        ("torch", "torch"),
        ("torchvision.ops.nms", "torchvision.ops.nms"),
    ],
)
def test_canonical(dotted: str, canonical: str) -> None:
    assert torch_api.canonical(dotted) == canonical


def test_namespaces_and_constants() -> None:
    for dotted in ("torch", "torch.nn", "torch.nn.functional", "torch.linalg", "torch.nn.modules.linear"):
        assert torch_api.is_namespace(dotted)
    assert not torch_api.is_namespace("torch.nn.Linear")
    for dotted in ("torch.float32", "torch.pi", "torch.strided"):
        assert torch_api.is_constant(dotted)


def test_torch_is_not_imported() -> None:
    code = (
        "import sys; from torchlint import torch_api as t; t.function('torch.zeros');"
        "assert not [m for m in sys.modules if m.split('.')[0] == 'torch'], sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_table_is_what_the_script_writes() -> None:
    script = ROOT / "scripts" / "generate_torch_api.py"
    done = subprocess.run([sys.executable, str(script), "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
