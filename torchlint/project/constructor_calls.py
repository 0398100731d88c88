"""How a project itself makes an instance of a class: calls with literal arguments, in code and in docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

_EXAMPLE = re.compile(r"^\s*(?:>>>|\.\.\.)\s?(.*)$", re.MULTILINE)
_FENCED = re.compile(r"```(?:python|py)?\n(.*?)```", re.DOTALL)


def constructor_calls(names: Iterable[str], texts: Iterable[str]) -> dict[str, list[str]]:
    """The arguments of each such call as Python, by the name of the class; the shortest first, each once.

    `names` are those of classes, without what stands before a dot. A text that is no Python gives none.
    """
    found: dict[str, dict[str, None]] = {name: {} for name in names}
    for text in texts:
        for tree in _trees(text):
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and (name := _last(node.func)) in found and _is_literal(node):
                    found[name][_arguments(node)] = None
    return {name: sorted(calls, key=len) for name, calls in found.items()}


def _trees(text: str) -> Iterator[ast.Module]:
    """The text parsed, and the examples in its docstrings."""
    tree = _parsed(text)
    if tree is None:
        return
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "(" in node.value:
            blocks = [line for line in _EXAMPLE.findall(node.value) if "(" in line]
            blocks += _FENCED.findall(node.value)
            for block in blocks:
                example = _parsed(block.strip())
                if example is not None:
                    yield example


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_literal(node: ast.Call) -> bool:
    values = [*node.args, *(keyword.value for keyword in node.keywords)]
    if any(keyword.arg is None for keyword in node.keywords):
        return False
    try:
        for value in values:
            ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def _arguments(node: ast.Call) -> str:
    keywords = [f"{keyword.arg}={ast.unparse(keyword.value)}" for keyword in node.keywords]
    return ", ".join([*map(ast.unparse, node.args), *keywords])
