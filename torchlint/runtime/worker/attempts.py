"""Arguments for a constructor that nobody has shown a call of: each attempt is guided by what the last one raised."""

from __future__ import annotations

import inspect
import linecache
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .alternatives import Alternative, alternatives, choices, parameters

ATTEMPTS = 60
_VARIATIONS = 40


@dataclass(frozen=True)
class Arguments:
    """Arguments by name, each made anew for each build."""

    chosen: dict[str, Alternative]
    positional: frozenset[str]

    def make(self, cls: type) -> Callable[[], Any]:
        """The call of a class with them."""

        def make() -> Any:
            first = [one.make() for name, one in self.chosen.items() if name in self.positional]
            rest = {name: one.make() for name, one in self.chosen.items() if name not in self.positional}
            return cls(*first, **rest)

        return make

    def text(self, cls: type) -> str:
        """That call as Python."""
        parts = (
            f"{'' if name in self.positional else name + '='}{one.text}" for name, one in self.chosen.items()
        )
        return f"{cls.__name__}({', '.join(parts)})"


class Attempts:
    """The arguments to try, one set after the other. An optional argument is left out until an error points to it.

    Where they build the class and more is asked for, each optional argument is given in turn.
    """

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
        self._optional = [one for one, _ in known if one.default is not one.empty]
        self._tried: set[tuple[tuple[str, int], ...]] = set()
        self._error: BaseException | None = None
        self._base: dict[str, int] | None = None
        self._turn = 0

    def __iter__(self) -> Iterator[Arguments]:
        """The next arguments, until there is nothing left to try."""
        for number in range(ATTEMPTS):
            self._tried.add(tuple(self._at.items()))
            chosen = {name: self._options[name][at] for name, at in self._at.items()}
            arguments = Arguments(chosen, self._positional)
            if number == 0:
                self.first = f"`{arguments.text(self.cls)}`"
            yield arguments
            if not self._advance():
                return

    def failed(self, error: BaseException) -> None:
        """Note what the last attempt raised."""
        self.reason = self.reason or error
        self._error = error

    def succeeded(self) -> None:
        """Note that the last attempt has built it."""
        self._error = None
        if self._base is None:
            self._base = dict(self._at)

    def _advance(self) -> bool:
        """Change the argument that the last error points to; False if all that can be changed was tried."""
        if self._base is not None:
            return self._vary()
        if self._error is None:  # a call of the project has built it
            return True
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

    def _vary(self) -> bool:
        """Give the next optional argument another value than its default, beside those that built it."""
        assert self._base is not None
        while self._turn < min(2 * len(self._optional), _VARIATIONS):
            parameter, round_ = self._optional[self._turn // 2], self._turn % 2
            self._turn += 1
            default = parameter.default
            options = self._options[parameter.name]
            others = [
                at
                for at, one in enumerate(options)
                if one.text != repr(default) and (default is None or one.kind == type(default).__name__)
            ]
            if len(others) > round_ and (round_ == 0 or default is None):
                self._at = {**self._base, parameter.name: others[round_]}
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
