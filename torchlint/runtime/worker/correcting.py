"""Arguments for a constructor, changed step by step as its exceptions tell."""

from __future__ import annotations

import inspect
import linecache
import re
from collections.abc import Callable
from types import TracebackType

from torch import nn

from .guessing import Scope, alternatives, arguments_of, hints_of

_CHOICES = re.compile(
    r"one of|choose|choice|(?<!un)support|valid|expected|allowed|in \[|must be|should be", re.IGNORECASE
)
_TENSOR_ATTRIBUTES = re.compile(
    r"has no attribute '(?:shape|dim|ndim|size|dtype|device|numel|clone|detach|float|unsqueeze|view|mean|T|sum|to)'"
)
# What a message asks for: the first pattern that fits gives values to try.
_HINTS = (
    (_TENSOR_ATTRIBUTES, ("torch.ones(8)", "torch.ones(8, 8)", "torch.ones(2, 4, 8)")),
    (re.compile(r"must be (?:a )?(?:torch\.)?Tensor|expected Tensor|not int.*Tensor", re.IGNORECASE),
     ("torch.ones(8)", "torch.ones(8, 8)")),
    (re.compile(r"not iterable|not subscriptable|has no len|unsized|not a sequence|must be (?:a )?(?:list|tuple|seq)"),
     ("[8, 8]", "(8, 8)", "[8, 8, 8]", "[8, 8, 8, 8]", "[nn.Linear(8, 8)]", "{}", "'ab'")),
    (re.compile(r"not a mapping|keys|list indices must be|tuple indices must be"), ("_Config()", "{}")),
    (re.compile(r"not callable"), ("nn.ReLU", "torch.relu", "nn.Linear", "nn.Identity()")),
    (re.compile(r"not a Module subclass|must be (?:an? )?(?:instance of )?(?:torch\.)?nn\.Module", re.IGNORECASE),
     ("nn.Linear(8, 8)", "nn.Identity()")),
    (re.compile(r"has no attribute"), ("_Config()", "_Module()", "nn.Linear(8, 8)", "nn.Conv2d(8, 8, 1)", "nn.ReLU")),
    (re.compile(r"divisible|multiple|power of"), ("8", "24", "64", "1", "2", "4")),
    (re.compile(r"between 0 and 1|\[0, 1\]|probability", re.IGNORECASE), ("0.1", "0.5", "1")),
    (re.compile(r"positive|greater|larger|at least|least|> ?0|>= ?|odd|small", re.IGNORECASE),
     ("1", "3", "16", "64", "5", "0.5")),
    (re.compile(r"even", re.IGNORECASE), ("2", "8")),
    (re.compile(r"unsupported operand|integer|real number|not supported between|must be int|an int"),
     ("8", "2", "0.5", "1")),
    (re.compile(r"string|must be str"), ("'mean'", "'relu'")),
)  # fmt: skip
_SHRINKING: tuple[tuple[str, Callable[[int], int]], ...] = (
    (r"depth|layers?$|blocks?$|stages?$", lambda count: min(count, 1)),
    (
        r"dim|width|chan|hidden|feat|vocab|size|embed",
        lambda size: size // 8 if size >= 128 and size % 8 == 0 else size,
    ),
)
"""Which options make a model large, and what they are to be."""
_UNPACKED = re.compile(r"values to unpack \(expected (\d)")
_MISSING = re.compile(r"missing \d+ required [\w-]+ arguments?: (.*)")
_UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")
_TYPES = ("int", "float", "str", "bool", "list", "tuple", "dict", "NoneType", "Tensor", "type", "module")
_QUOTED = re.compile(r"['\"]([\w.+-]{1,30})['\"]")


class Guesses:
    """What to try for each argument of a class, and what has been tried."""

    def __init__(self, cls: type[nn.Module], scope: Scope) -> None:
        """Take the first guess for each argument that is needed."""
        self._cls = cls
        self._scope = scope
        self._parameters = inspect.signature(cls).parameters
        self._options = arguments_of(cls, scope)
        for name in self._options:
            self._prefer(name, _literals(cls, name))
        self._chosen = {name: values[0] for name, values in self._options.items()}
        self._best: tuple[tuple[int, ...], dict[str, str]] = ((), dict(self._chosen))
        self._tried = {self.arguments()}

    def arguments(self) -> str:
        """The present choice, as in a call."""
        return self._written(self._chosen)

    def correct(self, error: BaseException) -> bool:
        """Choose anew after an exception; False if there is nothing left to try."""
        message = str(error)
        # wrong types are further from the aim than wrong values
        progress = *_progress(error.__traceback__), not isinstance(error, (TypeError, AttributeError))
        if progress >= self._best[0]:
            self._best = progress, dict(self._chosen)
        self._chosen = dict(self._best[1])
        if self._adds(message) or self._drops(message) or self._fills(message, error.__traceback__):
            return True
        suspects = self._suspects(message, error.__traceback__)
        for name in suspects:
            self._prefer(name, _hints(message))
        others = [name for name in self._chosen if name not in suspects]
        return self._advance(suspects) or self._advance(others)

    def shrink(self) -> bool:
        """Give the counts of layers that were left out, and then the widths, small; False if there are none."""
        for pattern, small in _SHRINKING:
            added = False
            for name, parameter in self._parameters.items():
                default = parameter.default
                if name in self._chosen or not re.search(pattern, name):
                    continue
                if isinstance(default, (tuple, list)) and all(type(one) is int for one in default):
                    value = repr(type(default)(small(one) for one in default))
                elif type(default) is int:
                    value = repr(small(default))
                else:
                    continue
                if value != repr(default):
                    self._options[name], self._chosen[name] = [value], value
                    added = True
            if added and self._is_new():
                return True
        return False

    def variants(self) -> list[str]:
        """Calls like the present one with an option taken that it leaves out."""
        found = []
        hints = hints_of(self._cls)
        for name, parameter in self._parameters.items():
            if name in self._chosen or parameter.default is parameter.empty:
                continue
            if isinstance(parameter.default, bool):
                values = [repr(not parameter.default)]
            elif isinstance(parameter.default, str):
                values = [one for one in _literals(self._cls, name) if one != repr(parameter.default)]
            elif parameter.default is None or parameter.default == 0:
                guesses = alternatives(parameter, hints.get(name, parameter.annotation), self._scope)
                values = [one for one in guesses if one not in ("None", "0")]
            else:
                values = []
            found += [self._written({**self._chosen, name: value}) for value in values[:2]]
        return found

    def _written(self, chosen: dict[str, str]) -> str:
        bare, named = [], []
        for name, value in chosen.items():
            parameter = self._parameters.get(name)
            if parameter is not None and parameter.kind is parameter.POSITIONAL_ONLY:
                bare.append(value)
            else:
                named.append(f"{name}={value}")
        return ", ".join((*bare, *named))

    def _prefer(self, name: str, values: list[str]) -> None:
        self._options[name] = list(dict.fromkeys((*values, *self._options[name])))

    def _advance(self, names: list[str]) -> bool:
        """Choose the next value of one of these arguments; False if all have been tried beside the present others."""
        most = max((len(self._options[name]) for name in names), default=0)
        for index in range(most):
            for name in names:
                for value in self._options[name][index : index + 1]:
                    written = self._written({**self._chosen, name: value})
                    if written not in self._tried:
                        self._tried.add(written)
                        self._chosen[name] = value
                        return True
        return False

    def _adds(self, message: str) -> bool:
        """Add what a constructor misses that takes any keyword."""
        match = _MISSING.search(message)
        open_ended = any(one.kind is one.VAR_KEYWORD for one in self._parameters.values())
        added = False
        for name in _QUOTED.findall(match[1]) if match else ():
            known = self._parameters.get(name)
            if name not in self._chosen and (known is not None or open_ended):
                parameter = known or inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
                self._options[name] = alternatives(parameter, parameter.annotation, self._scope)
                self._chosen[name] = self._options[name][0]
                added = True
        return added and self._is_new()

    def _drops(self, message: str) -> bool:
        match = _UNEXPECTED.search(message)
        if match is None or match[1] in self._parameters or match[1] not in self._chosen:
            return False
        del self._chosen[match[1]], self._options[match[1]]
        return self._is_new()

    def _fills(self, message: str, trace: TracebackType | None) -> bool:
        """Give the options that were left out at None: those that a message names, or where a None is the trouble."""
        added = False
        named = re.findall(r"\w+", message)
        for name in _words(message, trace) if "NoneType" in message else named:
            known = self._parameters.get(name)
            if known is not None and name not in self._chosen and known.default is None:
                hints = hints_of(self._cls)
                guesses = alternatives(known, hints.get(name, known.annotation), self._scope)
                self._options[name] = [one for one in guesses if one != "None"]
                self._chosen[name] = self._options[name][0]
                added = True
        return added and self._is_new()

    def _is_new(self) -> bool:
        written = self.arguments()
        new = written not in self._tried
        self._tried.add(written)
        self._best = (self._best[0], dict(self._chosen))
        return new

    def _suspects(self, message: str, trace: TracebackType | None) -> list[str]:
        """The arguments that may be at fault: named by the message, or on a line that was running."""
        return [word for word in _words(message, trace) if word in self._chosen]


def _words(message: str, trace: TracebackType | None) -> list[str]:
    """The words of a message, then those of the lines that were running, the innermost first."""
    words = re.findall(r"\w+", message)
    lines: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if "torch" not in code.co_filename.split("site-packages")[-1]:
            lines.insert(0, linecache.getline(code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    for line in lines:
        words += re.findall(r"\w+", line)
    return list(dict.fromkeys(words))


def _progress(trace: TracebackType | None) -> tuple[int, ...]:
    """How far the constructors got."""
    found = []
    while trace is not None:
        if trace.tb_frame.f_code.co_name in ("__init__", "__post_init__"):
            found.append(trace.tb_lineno)
        trace = trace.tb_next
    return tuple(found)


def _hints(message: str) -> list[str]:
    """Values that a message asks for."""
    unpacked = _UNPACKED.search(message)
    if unpacked:
        return [f"[{', '.join(['8'] * int(unpacked[1]))}]"]
    found: list[str] = []
    if _CHOICES.search(message):
        found += [repr(word) for word in _QUOTED.findall(message) if word not in _TYPES]
    for pattern, values in _HINTS:
        if pattern.search(message):
            return [*values, *found] if pattern.pattern.startswith("has no") else [*found, *values]
    return found


def _literals(cls: type, name: str) -> list[str]:
    """The strings that the source of a class compares an argument with."""
    try:
        source = inspect.getsource(cls)
    except (OSError, TypeError):
        return []
    found = []
    for match in re.finditer(
        rf"\b{re.escape(name)}(?:\.lower\(\))?\s*(?:==|!=|not in|in)\s*([^:\n]*)", source
    ):
        found += [repr(word) for word in re.findall(r"['\"]([\w.+-]{1,30})['\"]", match[1])]
    return list(dict.fromkeys(found))
