"""`pkg.net:Net` or `path/net.py:Net` → a function that builds the module anew."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import os
import random
import sys
from collections.abc import Callable
from functools import reduce
from types import ModuleType
from typing import Any

import torch
from torch import nn


class TargetError(Exception):
    """What was named cannot be built; the message says why."""


def builder(target: str, arguments: str, roots: list[str]) -> Callable[[int], nn.Module]:
    """How to build what `target` names, a class or a function; `arguments` are Python, as in a call.

    `roots` are folders that imports start from. Raises TargetError, and whatever the import of the user's code raises.
    """
    where, _, name = target.rpartition(":")
    if not where or not name:
        raise TargetError(f"{target!r} names no class: write `package.module:Class` or `path/file.py:Class`")
    sys.path[:0] = [root for root in roots if root not in sys.path]
    module = _module(where)
    try:
        found = reduce(getattr, name.split("."), module)
    except AttributeError:
        raise TargetError(f"`{where}` has no `{name}`") from None
    if isinstance(found, nn.Module):
        if arguments.strip():
            raise TargetError(f"`{name}` is a module already, and takes no arguments")
        return lambda seed: copy.deepcopy(found)
    if not callable(found):
        raise TargetError(f"`{name}` is neither a class nor a function")
    scope = {"torch": torch, "nn": nn, **vars(module), "__torchlint_target__": found}
    try:
        call = compile(f"__torchlint_target__({arguments}\n)", "<arguments>", "eval")
    except SyntaxError as error:
        raise TargetError(f"the arguments `{arguments}` are no Python: {error.msg}") from None

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


def _module(where: str) -> ModuleType:
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
        return importlib.import_module(".".join(names).removesuffix(".__init__"))
    # a script: its name need not be an identifier, and must not hide a module of that name
    spec = importlib.util.spec_from_file_location(f"torchlint_target_{names[0]}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
