"""`pkg.net:Net` or `path/net.py:Net` → what is there, and functions that build a module anew."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import os
import random
import sys
from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType
from typing import Any

import torch
from torch import nn

from .checks import Build


class TargetError(Exception):
    """What was named cannot be built; the message says why."""


def builder(target: str, arguments: str, roots: Sequence[str]) -> Build:
    """How to build what `target` names, a class or a function; `arguments` are Python, as in a call.

    `roots` are folders that imports start from. Raises TargetError, and whatever the import of the user's code raises.
    """
    module, found = find(target, roots)
    name = target.rpartition(":")[2]
    if isinstance(found, nn.Module):
        if arguments.strip():
            raise TargetError(f"`{name}` is a module already, and takes no arguments")
        return lambda seed: copy.deepcopy(found)
    if not callable(found):
        raise TargetError(f"`{name}` is neither a class nor a function")
    return calling(found, name, arguments, {"torch": torch, "nn": nn, **vars(module)})


def find(target: str, roots: Sequence[str]) -> tuple[ModuleType, Any]:
    """The module that a target is in, and what it names there. Raises as `builder` does."""
    where, _, name = target.rpartition(":")
    if not where or not name:
        raise TargetError(f"{target!r} names no class: write `package.module:Class` or `path/file.py:Class`")
    sys.path[:0] = [root for root in roots if root not in sys.path]
    module = _module(where, roots)
    found: Any = module
    for part in name.split("."):
        if isinstance(found, FunctionType):
            raise TargetError(f"`{name}` is a class inside a function, which only that function can build")
        try:
            found = getattr(found, part)
        except AttributeError:
            raise TargetError(f"`{where}` has no `{name}`") from None
    return module, found


def calling(found: Callable[..., Any], name: str, arguments: str, scope: dict[str, Any]) -> Build:
    """How to build what a call gives. Raises TargetError where the arguments are no Python."""
    return evaluating(
        f"__torchlint_target__({arguments}\n)", name, {**scope, "__torchlint_target__": found}, arguments
    )


def evaluating(expression: str, name: str, scope: dict[str, Any], arguments: str | None = None) -> Build:
    """How to build what an expression gives. Raises TargetError where it is no Python."""
    try:
        call = compile(expression, "<arguments>", "eval")
    except SyntaxError as error:
        what = f"`{expression}` is" if arguments is None else f"the arguments `{arguments}` are"
        raise TargetError(f"{what} no Python: {error.msg}") from None

    def build(seed: int) -> nn.Module:
        random.seed(seed)
        torch.manual_seed(seed)
        if (numpy := sys.modules.get("numpy")) is not None:
            numpy.random.seed(seed)
        built: Any = eval(call, scope)
        if not isinstance(built, nn.Module):
            raise TargetError(f"`{name}` gives a {type(built).__name__}, and no `nn.Module`")
        return built

    return build


def _module(where: str, roots: Sequence[str]) -> ModuleType:
    if not where.endswith(".py"):
        return importlib.import_module(where)
    path = os.path.abspath(where)
    if not os.path.isfile(path):
        raise TargetError(f"there is no file `{where}`")
    folder, names = os.path.dirname(path), [os.path.basename(path)[: -len(".py")]]
    while os.path.isfile(os.path.join(folder, "__init__.py")):  # so that its relative imports work
        names.insert(0, os.path.basename(folder))
        folder = os.path.dirname(folder)
    sys.path.insert(0, folder)
    if len(names) > 1:
        # a part of a namespace package is known by its whole name, if it is below a root
        names = _below(folder, roots) + names
        return importlib.import_module(".".join(names).removesuffix(".__init__"))
    # a script: its name need not be an identifier, and must not hide a module of that name
    spec = importlib.util.spec_from_file_location(f"torchlint_target_{names[0]}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        outer = _below(folder, roots)
        if "relative import" not in str(error) or not outer:
            raise
        return importlib.import_module(".".join([*outer, names[0]]))
    return module


def _below(folder: str, roots: Sequence[str]) -> list[str]:
    """The names of the folders between the innermost root that holds a folder, and that folder."""
    holding = [root for root in roots if folder.startswith(os.path.join(root, ""))]
    if not holding:
        return []
    names = os.path.relpath(folder, max(holding, key=len)).split(os.sep)
    return names if all(name.isidentifier() for name in names) else []
