"""Arguments made up from the annotation, the name and the default of a parameter: small, as a test would use them.

A value is a Python expression, so that what was built can be told; names in it are looked up in a scope.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

Scope = dict[str, Any]

_BY_NAME = (
    (r"(?:^|_)(?:cfg|config|configs|conf|args|opt|opts|options|hparams|hyperparams)$", ("_Config()", "{}")),
    (r"(?:^|_)dtype$", ("torch.float32",)),
    (r"(?:^|_)device$", ("'cpu'",)),
    (r"kernel|window|patch", ("3", "1", "(3, 3)")),
    (r"stride|dilation|padding|expansion|ratio|scale|factor|reduction", ("1", "2")),
    (r"drop|prob|(?:^|_)p$|rate|momentum|alpha|beta|gamma|temp|sigma|margin|lr$", ("0.1", "1")),
    (r"(?:^|_)eps|tol", ("1e-05",)),
    (r"^(?:is|use|with|has|do|return|enable|apply)_|bias|causal|affine|pre_?norm", ("False", "True")),
    (r"(?:^|_)act(?:ivation|_layer|_fn|_func)?$|nonlin", ("nn.ReLU()", "'relu'", "nn.ReLU", "torch.relu")),
    (r"norm_layer|(?:^|_)norm$", ("nn.LayerNorm", "nn.BatchNorm2d", "nn.Identity()", "'layer'", "True")),
    (r"^(?:layers|blocks|modules|models|networks|encoders|transforms|losses)$", ("[nn.Linear(8, 8)]", "2")),
    (r"shapes?$|(?:^|_)size$", ("8", "(8, 8)", "torch.Size([8])")),
    (r"(?:^|_)(?:dims|widths|channels_list|sizes|units|mlp)$", ("[8, 8]", "8")),
    (r"heads?$|groups?$", ("2", "1")),
    (r"layers?$|depth|blocks?$|stages?$|levels?$|steps?$|iter|(?:^|_)order$", ("2", "1", "nn.Linear(8, 8)")),
    (r"^(?:n|num|dim|d|in|out|embed|hidden|vocab|max|len)(?:_|$)|dim|chan|feat|hidden|width|height|len|classes|size|num",
     ("8", "4", "16")),
    (r"model|module|backbone|encoder|decoder|network|(?:^|_)net$|layer|block|head|embed|learner|estimator",
     ("nn.Linear(8, 8)", "nn.Conv2d(8, 8, 1)", "8")),
    (r"fn$|func|callable|kernel_fn|transform|loss|criterion", ("torch.relu", "nn.MSELoss()", "nn.Identity()")),
    (r"^(?:x|y|input|inputs|data|tensor|mean|std|var|loc|weight|weights|train_|target)|mask|points|tensor|matrix",
     ("torch.ones(8)", "torch.ones(8, 8)", "8")),
    (r"name|mode|type|kind|method|path|key|string", ("'mean'", "'default'")),
)  # fmt: skip
ANYTHING = (
    "8", "2", "0.5", "nn.Linear(8, 8)", "torch.ones(8)", "[8, 8]", "(8, 8)", "True", "None", "'mean'",
    "torch.ones(2, 8)", "[nn.Linear(8, 8)]", "nn.ReLU", "_Config()", "{}", "1",
)  # fmt: skip
_OF_TYPE: dict[Any, tuple[str, ...]] = {
    int: ("8", "2", "1", "4", "3"),
    float: ("0.1", "1.0", "0.5"),
    complex: ("1j",),
    bool: ("False", "True"),
    str: ("'mean'", "'default'"),
    bytes: ("b''",),
    list: ("[8, 8]", "[nn.Linear(8, 8)]", "[]"),
    tuple: ("(8, 8)", "(1, 1)"),
    dict: ("{}", "{'a': 8}"),
    set: ("{1, 2}",),
    torch.Tensor: ("torch.ones(8)", "torch.ones(8, 8)", "torch.tensor(1.0)", "torch.ones(2, 4, 8)"),
    nn.Parameter: ("nn.Parameter(torch.ones(8))",),
    nn.Module: ("nn.Linear(8, 8)", "nn.Identity()", "nn.Conv2d(8, 8, 1)", "nn.Embedding(8, 8)"),
    nn.ModuleList: ("nn.ModuleList([nn.Linear(8, 8)])",),
    nn.Sequential: ("nn.Sequential(nn.Linear(8, 8))",),
    torch.dtype: ("torch.float32",),
    torch.device: ("torch.device('cpu')",),
    torch.Size: ("torch.Size([8])",),
    torch.Generator: ("torch.Generator()",),
    type(None): ("None",),
}
_DEEPEST = 3


class Config(dict[str, Any]):
    """Stands for a configuration of any kind: it has whatever attribute and key is asked for, guessed by its name."""

    __torchlint_made_up__ = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __missing__(self, key: Any) -> Any:
        value = eval(by_name(str(key))[0], base_scope())
        self[key] = value
        return value

    def get(self, key: Any, default: Any = None) -> Any:
        """As in a dict: the default, if one is given."""
        return dict.get(self, key, default)


def base_scope() -> Scope:
    """The names that every expression may use."""
    return {"torch": torch, "nn": nn, "_Config": Config}


def by_name(name: str) -> tuple[str, ...]:
    """What a parameter of this name may be, best first; all sorts of things if the name says nothing."""
    for pattern, values in _BY_NAME:
        if re.search(pattern, name, re.IGNORECASE):
            return values
    return ANYTHING


def alternatives(parameter: inspect.Parameter, annotation: Any, scope: Scope, depth: int = 0) -> list[str]:
    """What may be given for a parameter, best first; classes that an expression names are put into the scope.

    `depth` is how many constructors stand around it: an annotation may lead back to its own class.
    """
    named = by_name(parameter.name)
    typed = list(_of_type(annotation, scope, depth)) if annotation is not inspect.Parameter.empty else []
    if typed:
        fitting = [one for one in named if named is not ANYTHING and _fits(one, annotation)]
        return list(dict.fromkeys([*fitting, *typed, *named, *ANYTHING]))
    return list(dict.fromkeys([*named, *ANYTHING]))


def arguments_of(function: Callable[..., Any], scope: Scope, depth: int = 0) -> dict[str, list[str]]:
    """The parameters of a function that need an argument, and what each may be."""
    hints = hints_of(function)
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            annotation = hints.get(name, parameter.annotation)
            # (what stands for no annotation is a type as well)
            if depth and isinstance(annotation, type) and annotation not in (parameter.empty, *_OF_TYPE):
                typed = list(_of_type(annotation, scope, depth))
                found[name] = typed or alternatives(parameter, parameter.empty, scope, depth)
            else:
                found[name] = alternatives(parameter, annotation, scope, depth)
    return found


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function or of the constructor of a class, evaluated where that works."""
    target = function.__init__ if isinstance(function, type) else function  # type: ignore[misc]
    try:
        return typing.get_type_hints(target)
    except Exception:  # the user's annotations may be anything
        return {}


def instances(cls: type, scope: Scope) -> list[str]:
    """Expressions for instances of a class."""
    return list(_of_type(cls, scope, 0))[:3]


def may_be_tensor(annotation: Any) -> bool:
    """Whether an annotation allows a tensor beside other things."""
    return _is_union(annotation) and torch.Tensor in typing.get_args(annotation)


def asks_for_state(annotation: Any) -> bool:
    """Whether tensors or modules are among what an annotation allows; a string is one that cannot be evaluated."""
    if isinstance(annotation, str):
        return any(name in annotation for name in ("Tensor", "Module", "Parameter"))
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return issubclass(annotation, (torch.Tensor, nn.Module))
    return any(map(asks_for_state, typing.get_args(annotation)))


def class_itself(cls: type, scope: Scope) -> list[str]:
    """An expression for a class."""
    return list(_class(cls, scope))


def _fits(expression: str, annotation: Any) -> bool:
    """Whether a value has the type, as far as a plain type says."""
    try:
        value = eval(expression, base_scope())
        members = typing.get_args(annotation) if _is_union(annotation) else (annotation,)
        plain = tuple(typing.get_origin(one) or one for one in members)
        return any(
            type(value) is one or (one not in (int, float, bool) and isinstance(value, one)) for one in plain
        )
    except Exception:
        return False


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _of_type(annotation: Any, scope: Scope, depth: int) -> Iterator[str]:
    """Expressions for values of a type."""
    if isinstance(annotation, str):  # could not be evaluated
        simple = {"int": int, "float": float, "bool": bool, "str": str, "Tensor": torch.Tensor}
        found = simple.get(annotation.rpartition(".")[2])
        yield from () if found is None else _of_type(found, scope, depth)
        return
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if _is_union(annotation):
        for member in sorted(inner, key=lambda one: one is type(None)):
            yield from list(_of_type(member, scope, depth))[:3]
    elif origin is typing.Literal:
        yield from map(repr, inner)
    elif origin in (typing.Annotated, typing.Final, typing.ClassVar):
        yield from _of_type(inner[0], scope, depth)
    elif origin is type or annotation is type:
        yield from _class(inner[0] if inner else nn.Module, scope)
    elif origin is tuple and inner and inner[-1] is not Ellipsis:
        parts = [next(_of_type(one, scope, depth), "8") for one in inner]
        yield f"({', '.join(parts)},)"
    elif origin is not None and isinstance(origin, type) and issubclass(origin, collections.abc.Mapping):
        value = next(_of_type(inner[1], scope, depth), "8") if len(inner) == 2 else "8"
        yield from (f"{{'a': {value}}}", "{}")
    elif origin is collections.abc.Callable or annotation in (collections.abc.Callable, typing.Callable):
        yield from ("torch.relu", "nn.Identity()", "nn.Linear")
    elif isinstance(origin, type) and issubclass(origin, collections.abc.Iterable):
        item = next(_of_type(inner[0], scope, depth), "8") if inner else "8"
        yield from (f"[{item}, {item}]", f"[{item}]", f"({item}, {item})")
    elif isinstance(annotation, typing.TypeVar):
        yield from _of_type(annotation.__bound__, scope, depth) if annotation.__bound__ else ()
    elif isinstance(annotation, type):
        yield from _instance(annotation, scope, depth)


def _instance(cls: type, scope: Scope, depth: int) -> Iterator[str]:
    known = _OF_TYPE.get(cls)
    if known is not None:
        yield from known
    elif issubclass(cls, enum.Enum):
        yield from (f"{_named(cls, scope)}.{member}" for member in list(cls.__members__)[:3])
    elif cls in (collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection):
        yield from _OF_TYPE[list]
    elif depth < _DEEPEST and cls is not object:
        for concrete in [cls] if not inspect.isabstract(cls) else _heirs(cls):
            yield from _call(concrete, scope, depth + 1)
        if issubclass(cls, nn.Module):
            yield from _OF_TYPE[nn.Module]


def _call(cls: type, scope: Scope, depth: int) -> Iterator[str]:
    """A call of the constructor with the first guess for each argument that it needs."""
    try:
        needed = arguments_of(cls, scope, depth)
        parameters = inspect.signature(cls).parameters
    except (TypeError, ValueError):
        return
    if dataclasses.is_dataclass(cls) or len(needed) <= 8:
        given = [
            values[0] if parameters[name].kind is inspect.Parameter.POSITIONAL_ONLY else f"{name}={values[0]}"
            for name, values in needed.items()
        ]
        yield f"{_named(cls, scope)}({', '.join(given)})"


def _heirs(cls: type) -> list[type]:
    """Concrete subclasses, as far as they are imported."""
    found: list[type] = []
    pending: list[Any] = [cls]
    while pending and len(found) < 3:
        for heir in pending.pop(0).__subclasses__():
            pending.append(heir)
            if not inspect.isabstract(heir):
                found.append(heir)
    return found


def _class(cls: Any, scope: Scope) -> Iterator[str]:
    if cls is nn.Module or not isinstance(cls, type):
        yield from ("nn.ReLU", "nn.LayerNorm", "nn.Identity")
    else:
        yield _named(cls, scope)


def _named(cls: type, scope: Scope) -> str:
    """A name for a class in the scope."""
    name = cls.__name__
    while scope.setdefault(name, cls) is not cls:
        name += "_"
    return name


def is_none(default: object) -> bool:
    """Whether a parameter is left out at None."""
    return default is None


def is_flag(default: object) -> bool:
    """Whether a parameter is a flag."""
    return isinstance(default, bool)


def is_nothing(default: object) -> bool:
    """Whether a parameter is left out at zero, or at something empty."""
    return type(default) in (int, float, str, tuple, list, dict) and not default


def is_empty(default: object) -> bool:
    """Whether a parameter is left out at a sequence with nothing in it."""
    return isinstance(default, (tuple, list)) and not default
