"""Builds a class that nobody has said how to build: with the calls that the project makes, with its defaults, or with
arguments made up from names and annotations, each attempt guided by what the last one raised.
"""

from __future__ import annotations

import inspect
import linecache
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import torch
from torch import nn

from .alternatives import Alternative, alternatives, choices, parameters
from .checks import described
from .targets import TargetError, evaluated, locate, seed_everything

_ATTEMPTS = 60
_MOST_CALLS = 8


@dataclass(frozen=True)
class Built:
    """How a module is built anew under a seed, and the call that does it, as Python."""

    build: Callable[[int], nn.Module]
    call: str


def find_build(target: str, roots: list[str], recipe: str, calls: list[str]) -> Built:
    """How to build a class, in this order: a recipe, calls of the project, defaults, arguments made up.

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
    reason: BaseException | None = None
    for call in calls[:_MOST_CALLS]:
        try:
            return _checked(partial(evaluated, found, call, module), f"{found.__name__}({call})")
        except Exception as error:
            reason = reason or error
    attempts = _Attempts(found, module)
    for arguments in attempts:
        try:
            return _checked(arguments.make(found), arguments.text(found))
        except Exception as error:  # the user's code may raise anything
            attempts.failed(error)
            reason = reason or error
    said = described(attempts.reason or reason or ValueError("it has no constructor"))
    raise TargetError(f"no way to build it was found: with {attempts.first}, it raises {said}")


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

    build(0)
    return Built(build, call)


@dataclass(frozen=True)
class _Arguments:
    """Arguments by name, each made anew for each build."""

    chosen: dict[str, Alternative]
    positional: frozenset[str]

    def make(self, cls: type) -> Callable[[], Any]:
        def make() -> Any:
            first = [one.make() for name, one in self.chosen.items() if name in self.positional]
            rest = {name: one.make() for name, one in self.chosen.items() if name not in self.positional}
            return cls(*first, **rest)

        return make

    def text(self, cls: type) -> str:
        parts = (
            f"{'' if name in self.positional else name + '='}{one.text}" for name, one in self.chosen.items()
        )
        return f"{cls.__name__}({', '.join(parts)})"


class _Attempts:
    """The arguments to try, one set after the other. An optional argument is left out until an error points to it."""

    def __init__(self, cls: type, module: ModuleType) -> None:
        self.cls = cls
        self.reason: BaseException | None = None
        self.first = "its defaults"
        try:
            known = parameters(cls)
        except (TypeError, ValueError):
            known = []
        rest = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        known = [(one, annotation) for one, annotation in known if one.kind not in rest]
        texts = choices(cls, {one.name for one, _ in known}, vars(module))
        self._options = {
            one.name: alternatives(one, annotation, texts[one.name]) for one, annotation in known
        }
        self._required = [one.name for one, _ in known if one.default is one.empty]
        self._positional = frozenset(one.name for one, _ in known if one.kind is one.POSITIONAL_ONLY)
        self._at = dict.fromkeys(self._required, 0)
        self._tried: set[tuple[tuple[str, int], ...]] = set()
        self._error: BaseException | None = None

    def __iter__(self) -> Iterator[_Arguments]:
        """The next arguments, until there is nothing left to try."""
        for number in range(_ATTEMPTS):
            self._tried.add(tuple(self._at.items()))
            chosen = {name: self._options[name][at] for name, at in self._at.items()}
            arguments = _Arguments(chosen, self._positional)
            if number == 0:
                self.first = f"`{arguments.text(self.cls)}`"
            yield arguments
            if not self._advance():
                return

    def failed(self, error: BaseException) -> None:
        """Note what the last attempt raised."""
        self.reason = self.reason or error
        self._error = error

    def _advance(self) -> bool:
        """Change the argument that the last error points to; False if all that can be changed was tried."""
        assert self._error is not None
        wanted = _wanted(self._error)
        suspects = [*_suspects(self._error, self.cls, set(self._options)), *self._required]
        for fitting in (True, False):
            for name in dict.fromkeys(suspects):
                options = self._options[name]
                start = self._at.get(name, -1)
                for at in (*range(start + 1, len(options)), *range(max(start, 0))):
                    if fitting and wanted and options[at].kind not in wanted:
                        continue
                    changed = {**self._at, name: at}
                    if tuple(changed.items()) not in self._tried:
                        self._at = changed
                        return True
        return False


_HINTS = [
    (r"not iterable|not subscriptable|has no len|cannot unpack|not enough values|too many values|(tuple|list|sequence)",
     ("sequence", "mapping", "config")),
    (r"is not callable", ("callable", "module")),
    (r"is not a Module subclass|no attribute '(parameters|named_parameters|forward|weight|in_features|out_features"
     r"|children|modules|state_dict|train|eval)'", ("module",)),
    (r"must be Tensor|no attribute '(shape|size|dim|ndim|device|dtype|numel|unsqueeze|float|detach|clone|to|long|view)'"
     r"|Tensor", ("tensor",)),
    (r"no attribute '(lower|upper|startswith|endswith|split|strip|replace)'|must be str|expected str", ("str",)),
    (r"no attribute '(items|keys|values|get|update|pop)'", ("mapping", "config")),
    (r"no attribute '(device_type|type|index)'", ("device",)),
    (r"no attribute", ("config", "instance", "module")),
    (r"divisible|must be (greater|positive|smaller|less|even|odd)|expected .* to be", ("int", "sequence")),
    (r"must be one of|[Uu]nknown|[Uu]nsupported|[Nn]ot (implemented|supported|recogni)|[Ii]nvalid|KeyError",
     ("str", "enum", "int")),
    (r"'(str|list|tuple|function|type)'.*(int|float)|must be (real )?(int|number|float)|int\(\) argument|integer",
     ("int", "float")),
]  # fmt: skip


def _wanted(error: BaseException) -> tuple[str, ...]:
    """The kinds of values that an exception asks for; none if it does not say."""
    text = f"{type(error).__name__}: {error}"
    return next((kinds for pattern, kinds in _HINTS if re.search(pattern, text)), ())


def _suspects(error: BaseException, cls: type, names: set[str]) -> list[str]:
    """The arguments that stand in the lines where an exception was raised, innermost first."""
    found: list[str] = []
    constructors = {
        getattr(vars(base).get("__init__"), "__code__", None) for base in cls.__mro__ if base is not object
    }
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code in constructors:
            line = linecache.getline(code.co_filename, trace.tb_lineno)
            found = [name for name in re.findall(r"\w+", line) if name in names] + found
        trace = trace.tb_next
    named = [name for name in re.findall(r"\w+", str(error)) if name in names]
    return [*named, *found]
