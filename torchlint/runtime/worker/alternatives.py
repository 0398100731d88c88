"""What an argument of a constructor may be, told from its annotation, its name and the source: the likeliest first.

Values are small, as those of a test: a model of eight features and two layers.
"""

from __future__ import annotations

import ast
import collections.abc as abc
import dataclasses
import enum
import inspect
import re
import textwrap
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

_DEPTH = 2


@dataclass(frozen=True)
class Alternative:
    """One value: made anew for each build. `kind` is matched with what an exception asks for; `text` is its source."""

    kind: str
    text: str
    make: Callable[[], Any]


def _literal(value: Any, kind: str = "") -> Alternative:
    return Alternative(kind or type(value).__name__, repr(value), lambda: value)


def _made(kind: str, text: str) -> Alternative:
    code = compile(text, "<alternative>", "eval")
    return Alternative(kind, text, lambda: eval(code, {"torch": torch, "nn": nn}))


_TENSORS = [_made("tensor", "torch.ones(8)"), _made("tensor", "torch.eye(8)"), _made("tensor", "torch.ones(2, 8)"),
            _made("tensor", "torch.arange(8)"), _made("tensor", "torch.ones(())")]  # fmt: skip
_MODULES = [_made("module", "nn.Linear(8, 8)"), _made("module", "nn.Identity()"),
            _made("module", "nn.Sequential(nn.Linear(8, 8))"),
            _made("module", "nn.ModuleList([nn.Linear(8, 8)])")]  # fmt: skip
_CALLABLES = [_made("callable", "nn.ReLU"), _made("callable", "torch.relu"), _made("module", "nn.ReLU()"),
              _made("callable", "nn.LayerNorm"), _made("callable", "nn.Linear")]  # fmt: skip
_INTEGERS = [_literal(one) for one in (8, 2, 1, 16, 32, 64, 3)]
_SEQUENCES = [
    _literal([8, 8], "sequence"), _literal((8, 8), "sequence"), _literal([1, 1], "sequence"),
    _literal([8, 8, 8, 8], "sequence"), _literal((3, 8, 8), "sequence"), _literal([2], "sequence"),
    _literal([[8, 8], [8, 8]], "sequence"),
    _made("sequence", "[nn.Linear(8, 8), nn.Linear(8, 8)]"), _made("sequence", "[torch.ones(8), torch.ones(8)]"),
]  # fmt: skip
_STRINGS = [
    _literal(one) for one in ("relu", "gelu", "mean", "sum", "none", "same", "zeros", "bilinear", "batch", "")
]
_MAPPINGS = [
    _literal({}, "mapping"),
    _made("mapping", '{"a": nn.Linear(8, 8)}'),
    _literal({"a": 8}, "mapping"),
]
_FALLBACK = [_INTEGERS[0], _MODULES[0], _TENSORS[0], _SEQUENCES[0], _CALLABLES[0], _STRINGS[0], _literal(None),
             _MAPPINGS[0], _INTEGERS[1], _literal(0.5), _literal(False)]  # fmt: skip

_NAMES: list[tuple[str, list[Alternative]]] = [
    (r"(^|_)(dropout|drop|p|prob|rate|ratio|keep|pdrop)($|_)|_p$|dropout", [_literal(0.1), _literal(0.0), _literal(1)]),
    (r"(^|_)(eps|epsilon|tol|tolerance)($|_)", [_literal(1e-5)]),
    (r"(^|_)(alpha|beta|gamma|momentum|scale|temperature|temp|sigma|std|lr|weight_decay|factor|mu|lambd?a?|margin)($|_)",
     [_literal(0.5), _literal(1.0), _INTEGERS[1], *_TENSORS[:1]]),
    (r"(^|_)(bias|use|is|with|has|do|return|learn\w*|train\w*|affine|residual|causal|bidirectional|normali[sz]e)($|_)",
     [_literal(True), _literal(False)]),
    (r"kernel", [_literal(3), _literal((3, 3), "sequence"), _literal([3, 3], "sequence"), _literal(1)]),
    (r"stride|dilation|groups", [_literal(1), _literal((1, 1), "sequence"), _literal([1, 1], "sequence")]),
    (r"padding|pad($|_)", [_literal(1), _literal(0), _literal((1, 1), "sequence"), _literal("same")]),
    (r"(^|_)n?heads?($|_)|num_groups|upscale|(^|_)ratio", [_literal(2), _literal(1), _literal(4), _literal(8)]),
    (r"layers|depths?|blocks|num_(?!classes|embed|token|feat|channel|point|vocab)|(^|_)n_(?!embd|feat|channel)|order|levels?"
     r"|iterations|steps|iters|groups|experts|stages|hops|K$|(^|_)k($|_)",
     [_literal(2), _literal(1), _literal([2, 2], "sequence"), _literal((1, 1, 1, 1), "sequence"), _literal(4)]),
    (r"image|img|resolution|(^|_)res($|_)|(^|_)(height|width|h|w)($|_)|input_size",
     [_literal(32), _literal((32, 32), "sequence"), _literal([32, 32], "sequence"), _literal(64)]),
    (r"patch", [_literal(4), _literal((4, 4), "sequence"), _literal(16)]),
    (r"in_chan|in_ch|channels?$|chans?$|in_c($|_)|(^|_)c_in", [_literal(8), _literal(3), _literal(16), _literal(1)]),
    (r"act(ivation)?($|_)|nonlin|act_layer|act_fn",
     [_STRINGS[0], _CALLABLES[0], _made("module", "nn.ReLU()"), _CALLABLES[1]]),
    (r"norm(_layer)?$|norm_type", [_CALLABLES[3], _made("callable", "nn.BatchNorm2d"), _literal("batch"), _MODULES[1]]),
    (r"device", [_literal("cpu"), _made("device", 'torch.device("cpu")')]),
    (r"dtype", [_made("dtype", "torch.float32")]),
    (r"(^|_)(model|module|net|network|backbone|encoder|decoder|layer|block|head|body|trunk|base|stem|fn|func|function"
     r"|embedder|cell|discriminator|generator|unet|vae|kernel_module|mean_module|likelihood)($|_|\d)",
     [*_MODULES, *_CALLABLES]),
    (r"(tensor|weights?|matrix|mask|table|points|values|buffer|anchors|train_x|train_y|inputs?|data|loc|bounds)s?$",
     [*_TENSORS, *_INTEGERS[:2], *_SEQUENCES[:1]]),
    (r"layers$|modules$|blocks$|models$|heads$", [_made("sequence", "[nn.Linear(8, 8), nn.Linear(8, 8)]")]),
    (r"mode|type|kind|method|reduction|variant|strategy|name|(^|_)key($|_)|path", _STRINGS),
    (r"shape|sizes$|dims$|channels$|features$|(^|_)units$", [*_SEQUENCES, *_INTEGERS[:2]]),
    (r"vocab|num_|classes|tokens|length|len($|_)|max_|seq|size|dim|feat|hidden|embed|channel|width|(^|_)d($|_)|(^|_)n($|_)"
     r"|in_|out_|planes|units|inner|latent|rank|window|nf|nc|ndf|ngf", [*_INTEGERS, *_SEQUENCES[:2]]),
]  # fmt: skip
_CONFIG = re.compile(r"(^|_)(config|cfg|conf|args|opts?|options|hparams|settings|params)($|_)")


class Settings:
    """Stands for a configuration object whose class is not known: any attribute is what its name suggests."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = Settings() if _CONFIG.search(name) else by_name(name)[0].make()
        setattr(self, name, value)  # the same again
        return value

    def __getitem__(self, name: str) -> Any:
        return getattr(self, str(name))

    def get(self, name: str, default: Any = None) -> Any:
        """As that of a dict: a default, where it is given, is the better guess."""
        return getattr(self, name) if default is None else default


def by_name(name: str) -> list[Alternative]:
    """What a name alone suggests."""
    for pattern, found in _NAMES:
        if re.search(pattern, name.lower()):
            return found
    return _FALLBACK


def alternatives(
    parameter: inspect.Parameter, annotation: Any, choices: list[str], depth: int = 0
) -> list[Alternative]:
    """What a parameter may be given. `choices` are the strings that the source compares it with."""
    found = [_literal(one) for one in choices]
    found += _annotated(annotation, parameter.name, depth)
    if _CONFIG.search(parameter.name.lower()):
        found.append(Alternative("config", "…", Settings))
    found += by_name(parameter.name)
    found += _FALLBACK
    if not _CONFIG.search(parameter.name.lower()):
        found.append(Alternative("config", "…", Settings))
    unique: dict[str, Alternative] = {}
    for one in found:
        unique.setdefault(one.text, one)
    return list(unique.values())


def _annotated(annotation: Any, name: str, depth: int) -> list[Alternative]:
    if isinstance(annotation, str):
        annotation = _BY_TEXT.get(
            annotation.removeprefix("Optional[").removesuffix("]").removesuffix(" | None"), Any
        )
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return [_literal(one) for one in arguments]
    if origin in (typing.Union, types.UnionType):
        return [one for part in arguments for one in _annotated(part, name, depth)]
    if origin is typing.Annotated:
        return _annotated(arguments[0], name, depth)
    simple = _of_type(origin or annotation, name)
    if origin in (list, tuple, abc.Sequence, set) and arguments:
        items = [one for one in _annotated(arguments[0], name, depth) if one.kind != "NoneType"][:2]
        count = len(arguments) if origin is tuple and ... not in arguments else 2
        brackets = "({},)" if origin is tuple else "[{}]"
        return [
            Alternative(
                "sequence",
                brackets.format(", ".join([one.text] * count)),
                lambda one=one: (tuple if origin is tuple else list)(one.make() for _ in range(count)),  # type: ignore[misc]
            )
            for one in items
        ] + simple
    if simple or not isinstance(annotation, type):
        return simple
    return list(_of_class(annotation, depth))


def _of_type(cls: Any, name: str) -> list[Alternative]:
    if cls is type(None):
        return [_literal(None)]
    if cls is bool:
        return [_literal(False), _literal(True)]
    if cls is int:
        return [one for one in by_name(name) if one.kind == "int"] + _INTEGERS
    if cls is float:
        return [one for one in by_name(name) if one.kind == "float"] + [_literal(0.5), _literal(1.0)]
    if cls is str:
        return [one for one in by_name(name) if one.kind == "str"] + _STRINGS
    if cls in (torch.Tensor, nn.Parameter):
        return _TENSORS
    if cls is nn.Module:
        return _MODULES
    if cls in (abc.Callable, type):
        return _CALLABLES
    if cls in (list, tuple, set, abc.Sequence, abc.Iterable):
        return [one for one in by_name(name) if one.kind == "sequence"] + _SEQUENCES
    if cls in (dict, abc.Mapping):
        return _MAPPINGS
    if cls is torch.device:
        return [_made("device", 'torch.device("cpu")')]
    if cls is torch.dtype:
        return [_made("dtype", "torch.float32")]
    return []


def _of_class(cls: type, depth: int) -> Iterator[Alternative]:
    """An instance of a class of the project or of torch: its arguments are made in turn."""
    if issubclass(cls, enum.Enum):
        yield from (_literal(one, "enum") for one in list(cls)[:4])
        return
    if depth >= _DEPTH or inspect.isabstract(cls):
        return
    yield Alternative("instance", f"{cls.__name__}()", cls)
    try:
        required = required_parameters(cls)
    except (TypeError, ValueError):
        return
    if required:
        found = {one.name: alternatives(one, annotation, [], depth + 1)[0] for one, annotation in required}
        text = ", ".join(f"{name}={one.text}" for name, one in found.items())
        yield Alternative(
            "instance",
            f"{cls.__name__}({text})",
            lambda: cls(**{name: one.make() for name, one in found.items()}),
        )


def required_parameters(cls: type) -> list[tuple[inspect.Parameter, Any]]:
    """The parameters of a constructor that have no default, with their annotations."""
    return [
        (one, annotation)
        for one, annotation in parameters(cls)
        if one.default is one.empty and one.kind not in _REST
    ]


_REST = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def parameters(cls: Any) -> list[tuple[inspect.Parameter, Any]]:
    """The parameters of a class or a function, with their annotations resolved where they can be."""
    found = list(inspect.signature(cls).parameters.values())
    hints: dict[str, Any] = {}
    for holder in (_constructor(cls), cls) if isinstance(cls, type) else (cls,):
        if holder is cls and isinstance(cls, type) and not dataclasses.is_dataclass(cls):
            continue
        try:
            hints = {**typing.get_type_hints(holder), **hints}
        except Exception:  # names that are only there for a type checker
            continue
    return [
        (one, hints.get(one.name, Any if one.annotation is one.empty else one.annotation)) for one in found
    ]


def _constructor(cls: type) -> Any:
    return getattr(cls, "__init__")  # noqa: B009 - mypy takes `cls.__init__` for a mistake


def choices(cls: type, names: set[str], scope: dict[str, Any]) -> dict[str, list[str]]:
    """The strings that the source of a class compares its arguments with, or looks up by them, by argument."""
    found: dict[str, list[str]] = {name: [] for name in names}
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id in names:
            for inner in ast.walk(node.comparators[0]):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    found[node.left.id].append(inner.value)
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Name)
            and node.slice.id in names
            and isinstance(node.value, ast.Name)
            and isinstance(table := scope.get(node.value.id), dict)
        ):
            found[node.slice.id] += [key for key in list(table)[:3] if isinstance(key, str)]
    return found


_BY_TEXT: dict[str, Any] = {"int": int, "float": float, "bool": bool, "str": str, "Tensor": torch.Tensor,
            "torch.Tensor": torch.Tensor, "nn.Module": nn.Module, "Module": nn.Module, "list": list, "tuple": tuple,
            "dict": dict, "Callable": abc.Callable, "List[int]": list[int], "list[int]": list[int],
            "Tuple[int, int]": tuple[int, int]}  # fmt: skip
