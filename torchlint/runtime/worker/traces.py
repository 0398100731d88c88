"""What the traceback of a constructor tells: how far it got, and of what the lines speak that were running."""

from __future__ import annotations

import inspect
import linecache
import os
import re
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType

from torch import nn

_CONSTRUCTORS = ("__init__", "__post_init__")
_FOLDER = os.path.dirname(os.path.abspath(__file__))
_LONGEST = 12
"""The number of lines of a statement that are read."""
_FURTHEST = 60
"""How far above a `raise` its condition is looked for."""
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def progress(trace: TracebackType | None) -> tuple[int, ...]:
    """How far the constructors got."""
    return tuple(line for frame, line in _frames(trace) if frame.f_code.co_name in _CONSTRUCTORS)


def words(message: str, trace: TracebackType | None) -> list[str]:
    """The words of a message, then those of the statements that were running, the innermost first."""
    found = re.findall(r"\w+", message)
    for statement in statements(trace):
        found += re.findall(r"\w+", statement)
    return list(dict.fromkeys(found))


def condition(trace: TracebackType | None) -> str:
    """The condition under which the innermost statement of the user's code has raised on purpose; else nothing."""
    for frame, line in reversed(_of_user(trace)):
        file = frame.f_code.co_filename
        text = linecache.getline(file, line)
        if text.lstrip().startswith("assert"):
            return _statement(file, line)
        if not text.lstrip().startswith("raise"):
            return ""
        indent = _indent(text)
        for number in range(line - 1, max(0, line - _FURTHEST), -1):
            above = linecache.getline(file, number)
            if above.strip() and _indent(above) < indent:
                if re.match(r"\s*(?:if|elif|while|for)\b", above):
                    return _statement(file, number)
                indent = _indent(above) + above.lstrip().startswith(("else", ")", "]", "}"))
        return ""
    return ""


def constructor_parameters(trace: TracebackType | None) -> Iterator[tuple[inspect.Parameter, type]]:
    """The parameters of the constructors that were running, each with the class of its constructor."""
    for frame, _ in _frames(trace):
        if frame.f_code.co_name != "__init__" or not frame.f_code.co_argcount:
            continue
        instance = frame.f_locals.get(frame.f_code.co_varnames[0])
        if not isinstance(instance, nn.Module):
            continue
        for cls in type(instance).__mro__:
            if _code_of(cls) is frame.f_code:
                try:
                    constructor = vars(cls)["__init__"]
                    parameters = list(inspect.signature(constructor).parameters.values())[1:]
                except (TypeError, ValueError):
                    break
                yield from ((one, cls) for one in parameters)
                break


def _code_of(cls: type) -> CodeType | None:
    own = vars(cls).get("__init__")
    return getattr(own, "__code__", None)


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _is_torch(code: CodeType) -> bool:
    return "torch" in code.co_filename.split("site-packages")[-1]


def statements(trace: TracebackType | None) -> list[str]:
    """The statements of the user's code that were running, the innermost first."""
    return [_statement(frame.f_code.co_filename, line) for frame, line in reversed(_of_user(trace))]


def user_frames(trace: TracebackType | None) -> list[FrameType]:
    """The frames of the user's code, the innermost last."""
    return [frame for frame, _ in _of_user(trace)]


def _of_user(trace: TracebackType | None) -> list[tuple[FrameType, int]]:
    """Frames that are not of torch, unless it is a class of torch itself that is built."""
    built = [one for one in _frames(trace) if not one[0].f_code.co_filename.startswith((_FOLDER, "<"))]
    return [one for one in built if not _is_torch(one[0].f_code)] or built


def _statement(file: str, line: int) -> str:
    """The lines of a statement that starts here, by its brackets."""
    lines: list[str] = []
    open_ = 0
    while len(lines) < _LONGEST and (not lines or open_ > 0):
        text = linecache.getline(file, line + len(lines))
        if not text:
            break
        lines.append(text)
        open_ += sum(_BRACKETS.get(letter, 0) for letter in text)
    return "".join(lines)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
