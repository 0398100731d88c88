"""The calls of classes in a project whose arguments can be told from the text alone: how people build them."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

_MOST_NUMBER = 1024
"""A model with larger numbers than this is no small one: it is tried last."""

_LARGEST = 100_000
_MOST_NODES = 200
_MODULES = frozenset({"torch", "nn"})
_ALLOWED = (
    ast.Constant, ast.UnaryOp, ast.UAdd, ast.USub, ast.Not, ast.BinOp, ast.operator, ast.List, ast.Tuple, ast.Set,
    ast.Dict, ast.Call, ast.keyword, ast.Attribute, ast.Name, ast.Load,
)  # fmt: skip


class Construction(Struct, frozen=True):
    """The arguments of a call, as text, and the largest number in it."""

    arguments: str
    largest: float


def constructions(text: str, names: Collection[str]) -> Iterator[tuple[str, Construction]]:
    """The calls of classes of these names in a text, in its docstrings too: each with the name."""
    tree = _parsed(text)
    if tree is None:
        return
    yield from _calls(tree, names)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            doc = ast.get_docstring(node)
            if doc is not None and any(f"{name}(" in doc for name in names):
                for example in _examples(doc):
                    yield from _calls(example, names)


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _examples(doc: str) -> Iterator[ast.Module]:
    """The code in a docstring: after `>>>`, and lines that are a call by themselves."""
    lines = re.findall(r"^\s*(?:>>>|\.\.\.) ?(.*)$", doc, re.MULTILINE)
    whole = _parsed("\n".join(lines))
    if whole is not None:
        yield whole
    others = lines if whole is None else [line for line in doc.split("\n") if ">>>" not in line]
    for line in others:
        line = textwrap.dedent(line).strip("` ")
        if "(" in line and (parsed := _parsed(line)) is not None:
            yield parsed


def _calls(tree: ast.Module, names: Collection[str]) -> Iterator[tuple[str, Construction]]:
    pending: list[tuple[ast.AST, Mapping[str, ast.expr]]] = [(tree, _literals(tree, {}))]
    while pending:
        node, known = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            known = _literals(node, known)
        if isinstance(node, ast.Call):
            name = _last(node.func)
            if name in names and (found := _construction(node, known)) is not None:
                yield name, found
        pending += ((child, known) for child in reversed(list(ast.iter_child_nodes(node))))


def _last(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _literals(scope: ast.AST, outer: Mapping[str, ast.expr]) -> Mapping[str, ast.expr]:
    """The names that stand for a literal in a function: assigned once, and plainly."""
    found = dict(outer)
    assigned: dict[str, list[ast.expr | None]] = {}
    pending = list(ast.iter_child_nodes(scope))
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            assigned.setdefault(node.id, []).append(None)
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Name):
                assigned.setdefault(target.id, []).append(value)
            elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                for one, other in zip(target.elts, value.elts, strict=False):
                    if isinstance(one, ast.Name):
                        assigned.setdefault(one.id, []).append(other)
        pending += ast.iter_child_nodes(node)
    for name, values in assigned.items():
        given = [value for value in values if value is not None]
        if len(values) == 2 and len(given) == 1 and _is_literal(given[0]):
            found[name] = given[0]
        else:
            found.pop(name, None)
    return found


def _is_literal(value: ast.expr) -> bool:
    allowed = (ast.Constant, ast.UnaryOp, ast.USub, ast.List, ast.Tuple, ast.Dict, ast.Load)
    return all(isinstance(node, allowed) for node in ast.walk(value))


class _Filled(ast.NodeTransformer):
    """Puts literals in place of the names that stand for them."""

    def __init__(self, known: Mapping[str, ast.expr]) -> None:
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._known.get(node.id, node)


def _construction(call: ast.Call, known: Mapping[str, ast.expr]) -> Construction | None:
    """The arguments of a call; None where they depend on what the text does not say."""
    parts: list[str] = []
    largest = 0.0
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    for name, argument in [(None, one) for one in call.args] + [
        (one.arg, one.value) for one in call.keywords
    ]:
        if not all(isinstance(node, _ALLOWED) for node in _first(argument)):
            return None
        filled = _Filled(known).visit(ast.parse(ast.unparse(argument), mode="eval").body)
        for node in ast.walk(filled):
            if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
                largest = max(largest, abs(node.value))
        if not all(_is_known(node) for node in ast.walk(filled) if isinstance(node, ast.Name)):
            return None
        parts.append(ast.unparse(filled) if name is None else f"{name}={ast.unparse(filled)}")
    return None if largest > _LARGEST else Construction(", ".join(parts), largest)


def _first(expression: ast.expr) -> Iterator[ast.AST | None]:
    """The nodes of an expression; None at the end of those of a very large one."""
    for number, node in enumerate(ast.walk(expression)):
        if number == _MOST_NODES:
            yield None
            return
        yield node


def _is_known(name: ast.Name) -> bool:
    """Whether a name is likely to mean the same where the class is: torch, or a class."""
    return name.id in _MODULES or name.id[:1].isupper()


def by_size(found: Collection[Construction], most: int = 8) -> tuple[str, ...]:
    """The arguments to try, small ones first; else in the order in which they were found."""
    unique = {one.arguments: one for one in found}
    ordered = sorted(unique.values(), key=lambda one: (one.largest > _MOST_NUMBER, one.largest > 64))
    return tuple(one.arguments for one in ordered[:most])
