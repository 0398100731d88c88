"""Builds a class that nobody has said how to build: with the calls that the project makes, with its defaults, or with
arguments made up from names and annotations, each attempt guided by what the last one raised.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import torch
from torch import nn

from .attempts import Attempts
from .checks import described
from .targets import TargetError, evaluated, locate, seed_everything

_MOST_CALLS = 8


@dataclass(frozen=True)
class Built:
    """How a module is built anew under a seed, the call that does it, as Python, and the `first` one built so."""

    build: Callable[[int], nn.Module]
    call: str
    first: nn.Module


def find_build(target: str, roots: list[str], recipe: str, calls: list[str], wanted: list[str]) -> Built:
    """How to build a class, in this order: a recipe, calls of the project, defaults, arguments made up.

    Of the calls that build it, the first is taken that leaves something on all `wanted` attributes, or else on most.
    Raises TargetError with the reason of the likeliest attempt, and whatever the import of the user's code raises.
    """
    found, module = locate(target, roots)
    name = target.rpartition(":")[2]
    if recipe:
        return _by_recipe(recipe, roots, module)
    if not isinstance(found, type) or not issubclass(found, nn.Module):
        raise TargetError(f"`{name}` is no `nn.Module` once it is imported")
    if inspect.isabstract(found):
        missing = ", ".join(f"`{one}`" for one in sorted(getattr(found, "__abstractmethods__", ()))[:3])
        raise TargetError(f"`{name}` is abstract: its {missing} is left to subclasses")
    best: Built | None = None
    shown = -1
    attempts = Attempts(found, module)
    reason: BaseException | None = None
    for make, text in _ways(found, module, calls, attempts):
        try:
            built = _checked(make, text)
            count = sum(getattr(built.first, one, None) is not None for one in wanted)
        except Exception as error:  # the user's code may raise anything
            attempts.failed(error)
            reason = reason or error
            continue
        attempts.succeeded()
        if count > shown:
            best, shown = built, count
        if shown == len(wanted):
            break
    if best is None:
        said = described(attempts.reason or reason or ValueError("it has no constructor"))
        raise TargetError(f"no way to build it was found: with {attempts.first}, it raises {said}")
    return best


def _ways(
    found: type, module: ModuleType, calls: list[str], attempts: Attempts
) -> Iterator[tuple[Callable[[], Any], str]]:
    for call in calls[:_MOST_CALLS]:
        yield partial(evaluated, found, call, module), f"{found.__name__}({call})"
    for arguments in attempts:
        yield arguments.make(found), arguments.text(found)


def _by_recipe(recipe: str, roots: list[str], module: ModuleType) -> Built:
    if "(" in recipe:
        code = compile(recipe, "<recipe>", "eval")
        return _checked(lambda: eval(code, {"torch": torch, "nn": nn, **vars(module)}), recipe)
    factory, _ = locate(recipe, roots)
    return _checked(factory, f"{recipe}()")


def _checked(make: Callable[[], Any], call: str) -> Built:
    """Build it once; raises what that raises."""

    def build(seed: int) -> nn.Module:
        seed_everything(seed)
        built: Any = make()
        if not isinstance(built, nn.Module):
            raise TargetError(f"`{call}` gives a {type(built).__name__}, and no `nn.Module`")
        return built

    return Built(build, call, build(0))
