"""Arguments for a constructor, changed step by step as its exceptions tell."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import TracebackType

from torch import nn

from .asking import asked
from .guessing import (
    Scope,
    alternatives,
    arguments_of,
    asks_for_state,
    class_itself,
    hints_of,
    instances,
    is_empty,
    is_flag,
    is_none,
    is_nothing,
    may_be_tensor,
)
from .hinting import EXCLUDED, QUOTED, TYPES, values_of, words_of
from .traces import condition, constructor_parameters, progress, statements, words

_SHRINKING: tuple[tuple[str, Callable[[int], int]], ...] = (
    (r"depth|layers?$|blocks?$|stages?$", lambda count: min(count, 1)),
    (
        r"dim|width|chan|hidden|feat|vocab|size|embed",
        lambda size: size // 8 if size >= 128 and size % 8 == 0 else size,
    ),
)
"""Which options make a model large, and what they are to be."""
_FETCHING = re.compile(r"pretrain|download|fetch|weights|checkpoint")
_MISSING = re.compile(r"missing \d+ required [\w-]+ arguments?: (.*)")
_UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")
_MAPPINGS = ("_Config()", "{}")
_OF_TENSOR = "torch.ones(8)"
_TENSORS = (_OF_TENSOR, "torch.ones(8, 8)", "torch.ones(2, 4, 8)")
_OF_SHAPE = re.compile(r"shape|dim|rank|size|out of range|too many indices", re.IGNORECASE)
_MAKES_STATE = ("torch.ones(", "[nn.", "[torch.")
_NUMBER = "2.0"
_MOST_KEYS = 24
_DICT = re.compile(r"\bdict(?:ionary)?\b(?!' object)", re.IGNORECASE)
_ITEM = re.compile(r"(\w+)\[['\"](\w+)['\"]\]")
_CHAIN = re.compile(r"\b\w+(?:\.get\(['\"]\w+['\"]|\.\w+|\[['\"]\w+['\"]\])+")
"""What is taken from a thing: `config.decoder["width"]`."""
_DEEPEST = 3
_ABSENT = re.compile(r"'([\w.]+)' object has no attribute '(\w+)'")
_ASKED = re.compile(r"(?:hasattr\([\w.]+, ?)?['\"](\w+)['\"](?:\)| not in\b)")
_NAMESPACES = ("SimpleNamespace", "Namespace")
_NEEDED = re.compile(r"need|miss|requir|must (?:have|contain|provide|specify|include)", re.IGNORECASE)


class Guesses:
    """What to try for each argument of a class, and what has been tried."""

    def __init__(self, cls: type[nn.Module], scope: Scope) -> None:
        """Take the first guess for each argument that is needed."""
        self._cls = cls
        self._scope = scope
        self._parameters = dict(inspect.signature(cls).parameters)
        self._own = set(self._parameters)
        self._hints = hints_of(cls)
        self._keys: dict[str, tuple[str, str]] = {}
        self._options = arguments_of(cls, scope)
        for name in self._options:
            self._prefer(name, words_of(cls, name))
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
        reached = *progress(error.__traceback__), not isinstance(error, (TypeError, AttributeError))
        if reached >= self._best[0]:
            self._best = reached, dict(self._chosen)
        self._chosen = dict(self._best[1])
        self._learns(error.__traceback__)
        if self._adds(message) or self._drops(message) or self._excludes(message):
            return True
        if self._extends(error) or self._fills(error):
            return True
        self._refines(error)
        suspects = self._suspects(message, error.__traceback__)
        if self._advance(self._answers(error)) or self._reshapes(message):
            return True
        for name in suspects:
            self._prefer(name, values_of(message))
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

    def stay_offline(self) -> bool:
        """Turn off the options by which something is fetched; False if there are none."""
        for name, parameter in self._parameters.items():
            if parameter.default is True and name not in self._chosen and _FETCHING.search(name):
                self._options[name], self._chosen[name] = ["False"], "False"
        return self._is_new()

    def variants(self) -> list[str]:
        """Calls like the present one with an option taken that it leaves out, or tensors where they are allowed too."""
        tensors = {
            name: _OF_TENSOR
            for name, value in self._chosen.items()
            if may_be_tensor(self._hints.get(name)) and not value.startswith("torch.")
        }
        found = [self._written({**self._chosen, **tensors})] if tensors else []
        for name, parameter in self._parameters.items():
            if name in self._chosen or parameter.default is parameter.empty:
                continue
            if isinstance(parameter.default, bool):
                values = [repr(not parameter.default)]
            elif isinstance(parameter.default, str):
                values = [one for one in words_of(self._cls, name) if one != repr(parameter.default)]
            elif parameter.default is None or parameter.default == 0:
                guesses = self._alternatives(parameter)
                values = [one for one in guesses if one not in ("None", "0")]
            else:
                values = []
            found += [self._written({**self._chosen, name: value}) for value in values[:2]]
        return found

    def undemanding(self) -> list[str]:
        """Calls like the present one, each with a number for a tensor (or modules) that nothing in the code asks for.

        What is a tensor only as long as such an argument is one, nobody but the guess has made a tensor.
        """
        return [
            self._written({**self._chosen, name: _NUMBER})
            for name, value in self._chosen.items()
            if value.startswith(_MAKES_STATE) and not self._asks_for_state(name)
        ]

    def _asks_for_state(self, name: str) -> bool:
        parameter = self._parameters.get(name)
        annotation = parameter and self._hints.get(name, parameter.annotation)
        return annotation not in (None, inspect.Parameter.empty) and asks_for_state(annotation)

    def _written(self, chosen: dict[str, str]) -> str:
        bare, named = [], []
        for name in chosen:
            if name in self._keys:
                continue
            value = self._value(name, chosen)
            parameter = self._parameters.get(name)
            if parameter is not None and parameter.kind is parameter.POSITIONAL_ONLY:
                bare.append(value)
            else:
                named.append(f"{name}={value}")
        return ", ".join((*bare, *named))

    def _value(self, name: str, chosen: dict[str, str]) -> str:
        value = chosen[name]
        inside = ", ".join(
            f"{key!r}: {self._value(entry, chosen)}"
            for entry, (holder, key) in self._keys.items()
            if holder == name and entry in chosen
        )
        if not inside or value not in _MAPPINGS:
            return value
        return f"{{{inside}}}" if value == "{}" else f"_Config({{{inside}}})"

    def _alternatives(self, parameter: inspect.Parameter) -> list[str]:
        return alternatives(parameter, self._hints.get(parameter.name, parameter.annotation), self._scope)

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

    def _reshapes(self, message: str) -> bool:
        """Give all tensors alike more dimensions: inputs and targets have to fit each other."""
        tensors = [name for name, value in self._chosen.items() if value in _TENSORS]
        for value in _TENSORS if len(tensors) > 1 and _OF_SHAPE.search(message) else ():
            chosen = {**self._chosen, **dict.fromkeys(tensors, value)}
            written = self._written(chosen)
            if written not in self._tried:
                self._tried.add(written)
                self._chosen = chosen
                return True
        return False

    def _adds(self, message: str) -> bool:
        """Add what a constructor misses that takes any keyword."""
        match = _MISSING.search(message)
        open_ended = self._open_ended()
        added = False
        for name in QUOTED.findall(match[1]) if match else ():
            known = self._parameters.get(name)
            if name not in self._chosen and (known is not None or open_ended):
                parameter = known or inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
                self._options[name] = alternatives(parameter, parameter.annotation, self._scope)
                self._chosen[name] = self._options[name][0]
                added = True
        return added and self._is_new()

    def _drops(self, message: str) -> bool:
        match = _UNEXPECTED.search(message)
        if match is None or match[1] in self._own or match[1] not in self._chosen:
            return False
        del self._chosen[match[1]], self._options[match[1]]
        self._parameters.pop(match[1], None)
        self._own.add(match[1])  # and is not to be learnt again
        return self._is_new()

    def _excludes(self, message: str) -> bool:
        """Leave out an option that must not be given beside another one, as the message says that names both."""
        for name in self._named(message) if EXCLUDED.search(message) else ():
            if name in self._chosen and self._parameters[name].default is not inspect.Parameter.empty:
                del self._chosen[name]
                return self._is_new()
        return False

    def _learns(self, trace: TracebackType | None) -> None:
        """Where a constructor takes any keyword: those of the constructors that it has passed them on to."""
        if not self._open_ended():
            return
        for one, cls in constructor_parameters(trace):
            by_keyword = one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
            if by_keyword and one.name not in self._parameters and one.name not in self._own:
                self._parameters[one.name] = one.replace(kind=one.KEYWORD_ONLY)
                self._hints[one.name] = hints_of(cls).get(one.name, one.annotation)

    def _open_ended(self) -> bool:
        return any(one.kind is one.VAR_KEYWORD for one in self._parameters.values())

    def _extends(self, error: BaseException) -> bool:
        """Give a mapping that was made up the keys that an exception names."""
        message = str(error)
        mappings = [name for name, value in self._chosen.items() if value in _MAPPINGS]
        if not mappings:
            return False
        called = self._called(mappings)
        holders = [called[word] for word in words(message, error.__traceback__) if word in called]
        holder = (holders or mappings)[0]
        keys = []
        for name, key in _ITEM.findall(message):
            if name in called:
                keys.append(key)
                holder = called[name]
        if not keys and isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
            keys = [error.args[0]]
        if not keys and (absent := _ABSENT.search(message)):
            keys = [absent[2]] if absent[1].endswith(_NAMESPACES) else []
        if not keys:
            keys = _ASKED.findall(condition(error.__traceback__))
        if not keys and _NEEDED.search(message):
            keys = [word for word in QUOTED.findall(message) if word not in (*TYPES, *called)]
        added = [self._enters(holder, key) for key in keys]
        return any(added) and self._is_new()

    def _refines(self, error: BaseException) -> None:
        """Let the entries of made-up mappings be chosen that were used on a line that was running."""
        called = self._called([name for name, value in self._chosen.items() if value in _MAPPINGS])
        for statement in statements(error.__traceback__) if called else ():
            for chain in _CHAIN.findall(statement):
                path = re.findall(r"\w+", chain.replace(".get(", "."))
                start = next((place for place, name in enumerate(path) if name in called), len(path))
                holder = called[path[start]] if start < len(path) else ""
                for key in path[start + 1 :]:
                    self._enters(holder, key)
                    holder = f"{holder}[{key!r}]"
                    if self._chosen.get(holder) not in _MAPPINGS:
                        break

    def _answers(self, error: BaseException) -> list[str]:
        """Prefer what the exception asks for; the arguments of which it speaks."""
        found = []
        called = self._called(list(self._chosen))
        for one in asked(str(error), error.__traceback__):
            values = list(one.values)
            if one.cls is not None:
                values = (class_itself if one.itself else instances)(one.cls, self._scope)
            names = list(dict.fromkeys(called[word] for word in one.of if word in called))
            for name in names[:1] if one.loosely else names:
                self._prefer(name, values)
                found.append(name)
        return list(dict.fromkeys(found))

    def _called(self, names: list[str]) -> dict[str, str]:
        """What is chosen, by the name under which code speaks of it."""
        entries = {self._keys[name][1]: name for name in names if name in self._keys}
        return entries | {name: name for name in names if name not in self._keys}

    def _enters(self, holder: str, key: str) -> bool:
        """Make an entry of a mapping one of the things to choose; False if it is one already."""
        name = f"{holder}[{key!r}]"
        if (
            name in self._keys
            or not key.isidentifier()
            or key.startswith("_")
            or hasattr(dict, key)
            or len(self._keys) >= _MOST_KEYS
            or holder.count("[") >= _DEEPEST
        ):
            return False
        self._keys[name] = holder, key
        parameter = inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY)
        self._options[name] = alternatives(parameter, parameter.empty, self._scope)
        self._chosen[name] = self._options[name][0]
        return True

    def _fills(self, error: BaseException) -> bool:
        """Give options that were left out at None, or at nothing.

        Those that a message names, or the condition under which it was raised; where a None is the trouble, or a
        sequence that has too little in it, those that were spoken of.
        """
        message, trace = str(error), error.__traceback__
        spoken, conditional = words(message, trace), re.findall(r"\w+", condition(trace))
        for names, absent in (
            (self._named(message), is_none),
            (self._named(message) if isinstance(error, (ValueError, AssertionError)) else [], is_nothing),
            (spoken if "NoneType" in message else [], is_none),
            (spoken if isinstance(error, IndexError) else [], is_empty),
            (conditional, is_none),
            (conditional, is_flag),
        ):
            added = False
            for name in names:
                known = self._parameters.get(name)
                if known is None or name in self._chosen or not absent(known.default):
                    continue
                options = [
                    one for one in self._alternatives(known) if one not in ("None", repr(known.default))
                ]
                if is_flag(known.default):
                    options = [repr(not known.default)]
                if _DICT.search(message):
                    options = list(dict.fromkeys((*_MAPPINGS, *options)))
                self._options[name], self._chosen[name] = options, options[0]
                added = True
            if added and self._is_new():
                return True
        return False

    def _named(self, message: str) -> list[str]:
        """The parameters that a message names: `in_features`, or "in features"."""
        named, spaced = re.findall(r"\w+", message), f" {' '.join(re.findall('[a-z0-9]+', message.lower()))} "
        return [
            name
            for name in self._parameters
            if name in named or ("_" in name and f" {name.replace('_', ' ').strip()} " in spaced)
        ]

    def _is_new(self) -> bool:
        written = self.arguments()
        new = written not in self._tried
        self._tried.add(written)
        self._best = (self._best[0], dict(self._chosen))
        return new

    def _suspects(self, message: str, trace: TracebackType | None) -> list[str]:
        """The arguments that may be at fault: named by the message, or on a line that was running."""
        spoken = words(message, trace)
        entries = [pseudo for word in spoken for pseudo, (_, key) in self._keys.items() if key == word]
        holders = {self._keys[pseudo][0] for pseudo in entries}
        return [*entries, *(word for word in spoken if word in self._chosen and word not in holders)]
