"""One class of the user's code, built and looked at, for the verdicts on its findings."""

from __future__ import annotations

import inspect as introspection
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from torch import nn

from .building import Builder, Built
from .checks import Build, Inputs, inspect_built
from .guessing import base_scope
from .observation import PLAIN, is_made_up, observe, own_items
from .targets import find
from .timing import TooLong, limited_until

_MOST_LOOKS = 4
_SEARCHING = 0.7
"""The part of the time left after the import that may go into the search for arguments."""
_LOOKING = 0.2
"""The part of it that is left for a look, where one construction takes nearly all."""


def verify(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Build the class, and look at the instance; further looks where an option brings a wanted attribute to light.

    The request has `target`, `roots`, `calls`, `recipe`, `inputs`, `wanted` (attributes), `watched` (lines by file),
    `seconds` (for the search) and `until`, when the last look has to end: what it has seen by then is given. Raises
    what `Builder` and the import of the user's code raise, and TooLong where not even one instance was looked at.
    """
    end = time.monotonic() + request["seconds"]
    module, cls = find(request["target"], request["roots"])
    name = request["target"].rpartition(":")[2]
    left = request["until"] - time.monotonic()
    builder = Builder(
        cls,
        name,
        vars(module),
        min(request["seconds"], _SEARCHING * left),
        request["until"] - _LOOKING * left,
        request["watched"],
    )
    if request["recipe"] is None:
        built = builder.without_recipe(request["calls"])
    else:
        built = builder.from_recipe(request["recipe"], request["roots"])
    inputs = inputs_of(request["inputs"], vars(module))
    looks = [_look(built, request, inputs)]
    missing = set(request["wanted"]) - _seen(looks[0])
    try:
        for names in _made_up(built, builder, looks[0], request):
            looks[0]["untold"] += names
        for arguments in built.variants:
            if not missing or len(looks) == _MOST_LOOKS or time.monotonic() > end:
                break
            variant = builder.variant(arguments)
            if variant is not None and missing & _unregistered(variant, request["until"]):
                looks.append(_look(variant, request, inputs))
                # what else is there may be so because of the option, which nobody has shown
                looks[-1]["untold"] += _seen(looks[-1]) - {*request["wanted"]} - _seen(looks[0])
                missing -= _seen(looks[-1])
    except TooLong:
        pass
    return looks


def _made_up(
    built: Built, builder: Builder, look: Mapping[str, Any], request: Mapping[str, Any]
) -> Iterator[set[str]]:
    """The unregistered attributes that are not in question and hold tensors only because a made-up argument is one.

    As they are found, one such argument after the other. Raises TooLong.
    """
    others = _seen(look) - {*request["wanted"]}
    for arguments in built.undemanding if others else ():
        other = builder.variant(arguments)
        if other is not None:
            yield others - _unregistered(other, request["until"])


def _unregistered(built: Built, until: float) -> set[str]:
    with limited_until(until):
        found = observe(built.made[0])
    return {one.observed.name for one in found if one.observed.registration == PLAIN}


def _seen(look: Mapping[str, Any]) -> set[str]:
    return {
        one["observed"]["name"]
        for one in look["inspection"]["evidence"]
        if one["observed"]["registration"] == PLAIN  # another branch may register something under the name
    }


def _look(built: Built, request: Mapping[str, Any], inputs: Inputs | None) -> dict[str, Any]:
    """What is seen of an instance.

    `classes`: the classes (file, name) of each module of the tree, in the order in which they are searched.
    `reached`: the watched lines that construction ran. `held`: what kind of thing each wanted attribute is. `untold`:
    attributes that are not to be told of: one module hidden on purpose (`[teacher]`), and later also what depends on
    arguments that nobody has shown.
    """
    with limited_until(request["until"]):
        module = built.first()
        held = {}
        untold = []
        for prefix, child in module.named_modules():
            start = f"{prefix}." if prefix else ""
            untold += [start + name for name, value in own_items(child) if _hides_one(value)]
            found = {
                name: "dict" if is_made_up(vars(child)[name]) else type(vars(child)[name]).__name__
                for name in request["wanted"]
                if name in vars(child)
            }
            if found:
                held[prefix] = found
        classes = {prefix: _classes(type(child)) for prefix, child in module.named_modules()}
    inspection = inspect_built(module, built.build, inputs, request["until"])
    return {
        "build": built.expression,
        "inspection": asdict(inspection),
        "classes": classes,
        "reached": sorted(built.reached),
        "held": held,
        "untold": untold,
    }


def _hides_one(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 1 and isinstance(value[0], nn.Module)


def by_recipe(request: Mapping[str, Any]) -> tuple[Build, Inputs | None]:
    """How to build a class by its recipe, and what its `forward` takes. Raises as `verify` does."""
    module, cls = find(request["target"], request["roots"])
    builder = Builder(cls, request["target"].rpartition(":")[2], vars(module), request["seconds"])
    built = builder.from_recipe(request["recipe"], request["roots"])
    return built.build, inputs_of(request["inputs"], vars(module))


def inputs_of(expression: str | None, scope: Mapping[str, Any]) -> Inputs | None:
    """How to make what `forward` is called with."""
    if expression is None:
        return None

    def make() -> tuple[Any, ...]:
        made = eval(expression, {**base_scope(), **scope})
        return made if isinstance(made, tuple) else (made,)

    return make


def _classes(cls: type[nn.Module]) -> list[tuple[str, str]]:
    found = []
    for one in cls.__mro__:
        if one is nn.Module:
            break
        try:
            file = introspection.getsourcefile(one)
        except (OSError, TypeError):
            file = None
        if file is not None:
            found.append((os.path.realpath(file), one.__qualname__.replace(".<locals>", "")))
    return found
