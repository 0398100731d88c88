"""A class → how to build it: by a recipe, by calls found in the project, by its defaults, by made-up arguments."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from .checks import FIRST_SEED, Build, described
from .correcting import Guesses
from .guessing import base_scope
from .offline import needs_network
from .targets import TargetError, builder, calling, evaluating
from .timing import TooLong, limited
from .traces import progress
from .tracing import Watched, reached_lines

_MOST_ATTEMPTS = 80
_MOST_VARIANTS = 16
_LONGEST = 0.5
"""The part of the time of a class's search that one attempt may take."""
_FACTORY = re.compile(r"[\w.]+:[\w.]+|[^\s()]+\.py:[\w.]+")


class NotBuilt(TargetError):  # noqa: N818 - an answer
    """A class cannot be built; the message says why."""


@dataclass(frozen=True)
class Built:
    """How a class is built: a function, the expression that it stands for, and more calls worth a try.

    `made`: the module that the attempt has built under the first seed, until it is taken; `reached`: the watched lines
    that ran then. `undemanding`: calls that show what is made up (`Guesses.undemanding`).
    """

    build: Build
    expression: str
    made: list[nn.Module]
    reached: frozenset[tuple[str, int]]
    variants: tuple[str, ...] = ()
    undemanding: tuple[str, ...] = ()

    def first(self) -> nn.Module:
        """The module that the attempt has built, for one use."""
        return self.made.pop()


class Builder:
    """Finds out how to build one class, within a time."""

    def __init__(
        self,
        cls: Any,
        name: str,
        scope: dict[str, Any],
        seconds: float,
        latest: float | None = None,
        watched: Watched | None = None,
    ) -> None:
        """Raises NotBuilt for what is no class that can be built at all.

        `latest`, of `time.monotonic`: until then an attempt may take that has nothing to make smaller.
        """
        if not isinstance(cls, type) or not issubclass(cls, nn.Module):
            raise NotBuilt(f"`{name}` is no subclass of `nn.Module` when the file is imported")
        self._cls = cls
        self._name = name.rpartition(".")[2]
        self._scope = {**base_scope(), **scope, "_Module": _AnyModule}
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._latest = latest
        self._watched = watched or {}

    def from_recipe(self, recipe: str, roots: Sequence[str]) -> Built:
        """By a recipe: an expression, or `package.module:factory`."""
        try:
            if _FACTORY.fullmatch(recipe):
                build = builder(recipe, "", roots)
                recipe = f"{recipe}()"
            else:
                build = evaluating(recipe, recipe, self._scope)
            return self._made(build, recipe)
        except TargetError as error:
            raise NotBuilt(f"its recipe fails: {error}") from error
        except Exception as error:
            raise NotBuilt(f"its recipe `{recipe}` raises {described(error)}") from error

    def without_recipe(self, calls: Sequence[str]) -> Built:
        """By the arguments of calls in the project, by defaults, or by guesses. Raises NotBuilt."""
        if inspect.isabstract(self._cls):
            abstract = getattr(self._cls, "__abstractmethods__", ())
            methods = ", ".join(f"`{name}`" for name in sorted(abstract))
            raise NotBuilt(f"it is abstract ({methods}), and no subclass was built")
        failed: dict[str, BaseException] = {}
        for arguments in calls:
            tried = self._tried(arguments)
            if isinstance(tried, Built):
                return replace(tried, variants=self._variants())
            failed[arguments] = tried
        try:
            guesses = Guesses(self._cls, self._scope)
        except (TypeError, ValueError) as error:
            raise NotBuilt(f"its constructor has no signature ({described(error)})") from error
        failure: BaseException | None = None
        furthest: tuple[tuple[int, ...], str, BaseException] | None = None
        for _ in range(_MOST_ATTEMPTS):
            arguments = guesses.arguments()
            tried = failed.pop(arguments, None) or self._tried(arguments)
            if isinstance(tried, Built):
                return replace(
                    tried,
                    variants=tuple(guesses.variants()[:_MOST_VARIANTS]),
                    undemanding=tuple(guesses.undemanding()[:_MOST_VARIANTS]),
                )
            failure = tried
            reached = progress(failure.__traceback__)
            if furthest is None or reached > furthest[0]:
                furthest = reached, arguments, failure
            if isinstance(failure, ModuleNotFoundError) or time.monotonic() > self._end:
                break
            # what takes too long, or too much memory, may be a model of full size
            too_large = isinstance(failure, (TooLong, MemoryError)) or "t allocate memory" in str(failure)
            if needs_network(failure):
                if guesses.stay_offline():
                    continue
                break
            if guesses.shrink() if too_large else guesses.correct(failure):
                continue
            if isinstance(failure, TooLong) and self._latest is not None:
                tried = self._tried(arguments, self._latest - time.monotonic())
                if isinstance(tried, Built):
                    return tried
                failure = tried
            break
        if isinstance(failure, ModuleNotFoundError):
            raise failure
        assert failure is not None
        assert furthest is not None
        if not isinstance(failure, (TooLong, MemoryError)) and not needs_network(failure):
            # what got furthest tells more than what was tried last, which may be far from anything
            _, arguments, failure = furthest
        what = f": {failure}" if isinstance(failure, TooLong) else f" raises {described(failure)}"
        why = f"`{self._written(arguments)}`{what}"
        raise NotBuilt(f"no arguments were found that build it: {why}")

    def by(self, arguments: str) -> Built:
        """By these arguments and no others. Raises what the constructor raises."""
        tried = self._tried(arguments)
        if isinstance(tried, BaseException):
            raise tried
        return tried

    def variant(self, arguments: str) -> Built | None:
        """A build by these arguments, if it works and there is time."""
        if time.monotonic() > self._end:
            return None
        tried = self._tried(arguments)
        return tried if isinstance(tried, Built) else None

    def _variants(self) -> tuple[str, ...]:
        try:
            return tuple(Guesses(self._cls, self._scope).variants()[:_MOST_VARIANTS])
        except (TypeError, ValueError):
            return ()

    def _tried(self, arguments: str, seconds: float | None = None) -> Built | BaseException:
        try:
            build = calling(self._cls, self._name, arguments, self._scope)
            return self._made(build, self._written(arguments), seconds)
        except (Exception, TooLong) as error:
            return error

    def _made(self, build: Build, expression: str, seconds: float | None = None) -> Built:
        if seconds is None:
            seconds = min(self._seconds * _LONGEST, self._end - time.monotonic())
        with limited(max(0.1, seconds)), reached_lines(self._watched) as reached:
            module = build(FIRST_SEED)
        return Built(build, expression, [module], frozenset(reached))

    def _written(self, arguments: str) -> str:
        return f"{self._name}({arguments})"


class _AnyModule(nn.Linear):
    """A module that has whatever attribute is asked for, guessed by its name."""

    def __init__(self) -> None:
        super().__init__(8, 8)
        self._is_built = True

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:  # torch asks whether its own are there before it makes them
            if name.startswith("_") or "_is_built" not in vars(self):
                raise
        from .guessing import by_name

        return eval(by_name(name)[0], base_scope())
