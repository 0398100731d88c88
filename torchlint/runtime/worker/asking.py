"""What an exception asks for: the classes and values that its condition compares with, or that its message names."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from .traces import condition, statements, user_frames, words

_EXPECTED = re.compile(r"\b(?:expected|must be|should be|instances? of|subclass of)\b(.*)", re.IGNORECASE)
_KEY = re.compile(r"'[^']*'|\d+")
"""The whole message of a KeyError."""
_MOST = 6


@dataclass(frozen=True)
class Asked:
    """A class that is asked for, an instance of it, or values.

    `of`: the names of which is spoken; `loosely`: only the first that is an argument is meant.
    """

    of: tuple[str, ...]
    loosely: bool = False
    cls: type | None = None
    itself: bool = False
    values: tuple[str, ...] = ()


def asked(message: str, trace: TracebackType | None) -> list[Asked]:
    """What an exception asks for."""
    frames = user_frames(trace)
    if not frames:
        return []
    found = list(_in_condition(condition(trace), frames[-1]))
    if _KEY.fullmatch(message):
        found += _of_dict(statements(trace)[0], frames[-1])
    spoken = tuple(words(message, trace))
    for match in _EXPECTED.finditer(message):
        for dotted in re.findall(r"[A-Za-z_][\w.]*", match[1]):
            for frame in reversed(frames):
                for cls in _classes(_resolved(dotted.rstrip("."), frame)):
                    if not issubclass(cls, BaseException):
                        found.append(Asked(spoken, True, cls))
    return found[:_MOST]


def _of_dict(text: str, frame: FrameType) -> Iterator[Asked]:
    """The keys of the dicts in a statement that looks something up in them."""
    for node in _nodes(text):
        if isinstance(node, ast.Subscript):
            place = node.value
            if isinstance(place, ast.Dict):
                keys = [one.value for one in place.keys if isinstance(one, ast.Constant)]
            else:
                held = _resolved(ast.unparse(place), frame)
                keys = list(held) if type(held) is dict else []
            values = tuple(repr(key) for key in keys if isinstance(key, (str, int)))
            if values:
                yield Asked(_names(node.slice), values=values[:_MOST])


def _in_condition(text: str, frame: FrameType) -> Iterator[Asked]:
    for node in _nodes(text):
        if isinstance(node, ast.Call) and len(node.args) == 2:
            name = ast.unparse(node.func)
            if name in ("isinstance", "issubclass"):
                for cls in _classes(_resolved(ast.unparse(node.args[1]), frame)):
                    yield Asked(_names(node.args[0]), cls=cls, itself=name == "issubclass")
        elif isinstance(node, ast.Compare) and (values := _literals(node.comparators[0])):
            yield Asked(_names(node.left), values=values)
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Call):
            for cls in _classes(_resolved(ast.unparse(node.comparators[0]), frame)):
                yield Asked(_names(node.left), cls=cls)


def _nodes(text: str) -> Iterator[ast.AST]:
    """The nodes of a statement, or of the head of one; nothing if it is only a part of one."""
    text = re.sub(r"^elif\b", "if", textwrap.dedent(text).strip())
    try:
        tree = ast.parse(f"{text} pass" if text.endswith(":") else text)
    except (SyntaxError, ValueError):
        return
    yield from ast.walk(tree)


def _literals(node: ast.expr) -> tuple[str, ...]:
    """The strings that are written there."""
    written = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return tuple(
        repr(one.value) for one in written if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


def _names(node: ast.expr) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", ast.unparse(node)))


def _classes(value: Any) -> list[type]:
    values = value if isinstance(value, (tuple, list)) else [value]
    return [one for one in values if isinstance(one, type)]


def _resolved(expression: str, frame: FrameType) -> Any:
    """What names with dots between them, or several in brackets, mean in a frame; nothing else is evaluated."""
    if "," in expression:
        return [_resolved(one.strip(), frame) for one in expression.strip("()[] ").split(",")]
    first, *others = expression.strip("() ").split(".")
    value = frame.f_locals.get(first, frame.f_globals.get(first))
    for name in others:
        value = getattr(value, name, None) if isinstance(value, (type, type(ast))) else None
    return value
