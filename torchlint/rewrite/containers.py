"""Lists, tuples and dicts to the containers that torch looks into."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from torchlint.findings import Edit, Place
from torchlint.rewrite.imports import Spelling, spell
from torchlint.rewrite.layout import Call, Layout, Region
from torchlint.rewrite.statements import Leaf, Statement
from torchlint.rewrite.syntax import CannotRewrite, Change, Syntax
from torchlint.rewrite.wrapping import Wrapper, wrap_all

Container: TypeAlias = Literal["ModuleList", "ModuleDict", "ParameterList", "ParameterDict"]

_LISTS = (ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp)
_DICTS = (ast.Dict, ast.DictComp)
_SETS = (ast.Set, ast.SetComp)
_LIST_CALLS = ("list", "tuple")
_DICT_CALLS = ("dict", "OrderedDict")


@dataclass(frozen=True, slots=True)
class ContainerStore:
    """A stored attribute that is to be a container of torch; `place` and `name` as those of a buffer.

    `nested`: its items are lists, each of which must be written out in the statement.
    """

    place: Place
    name: str | None
    container: Container
    nested: bool = False


def make_containers(syntax: Syntax, stores: Sequence[ContainerStore]) -> tuple[Edit, ...]:
    """The edits that put each stored list or dict into a container of torch, and the lists inside it as well.

    A stored None stays as it is and gives no edit. An annotation (`list[nn.Module]`) becomes that of the container.
    Raises CannotRewrite where a statement cannot be rewritten, SyntaxError and RecursionError where the text cannot
    be parsed.
    """

    def wrapper(
        statement: Statement, leaf: Leaf, store: ContainerStore, region: Region | None
    ) -> tuple[Wrapper, list[Edit]]:
        made, spellings = _wrapper(syntax, statement, leaf, store, region)
        return made, [edit for spelling in spellings for edit in spelling.edits]

    return wrap_all(syntax, stores, wrapper)


def _wrapper(
    syntax: Syntax, statement: Statement, leaf: Leaf, store: ContainerStore, region: Region | None
) -> tuple[Wrapper, list[Spelling]]:
    container = store.container
    spelling = spell(syntax, container, statement)
    spellings = [spelling]
    changes: list[Change] = []
    if region is not None:
        if _is_comma(syntax, region.node):
            raise CannotRewrite(
                "a comma without parentheses makes it a tuple, very probably by a slip: remove the comma"
            )
        kind = _kind(region.node)
        if kind == "set":
            raise CannotRewrite("a set has no order, and its items would get one")
        if kind is not None and kind != container[-4:].lower():
            raise CannotRewrite(f"the value is no {container[-4:].lower()}")
        inner, used = _inner(
            syntax, statement, container.removesuffix("List").removesuffix("Dict"), region.node
        )
        if store.nested and not inner and not _is_empty(syntax, region):
            raise CannotRewrite("the lists in it are not written out where it is assigned")
        changes += inner
        spellings += used
    call = Call(spelling.text)

    def around(region: Region, layout: Layout) -> str:
        if _is_empty(syntax, region):
            return f"{call.head}()"
        if func := _list_call(syntax, region.node):
            start, end = syntax.span(func)
            return syntax.changed(region.outer_start, region.outer_end, [(start, end, call.head), *changes])
        if isinstance(region.node, ast.GeneratorExp) and not region.opening:
            return call.head + syntax.changed(region.start, region.end, changes)
        return call.around(syntax, region, layout, changes)

    return Wrapper(leaf, call, around, call.head), spellings


def _kind(node: ast.expr) -> str | None:
    """What a display or a comprehension makes; None for everything else."""
    if isinstance(node, _LISTS):
        return "list"
    if isinstance(node, _DICTS):
        return "dict"
    return "set" if isinstance(node, _SETS) else None


def _is_comma(syntax: Syntax, node: ast.expr) -> bool:
    """Whether a value is a tuple by a comma at its end alone: `value,`; `*values,` is meant."""
    if not isinstance(node, ast.Tuple) or len(node.elts) != 1 or isinstance(node.elts[0], ast.Starred):
        return False
    return syntax.source(node).endswith(",")


def _items(node: ast.expr) -> list[ast.expr]:
    """The expressions for the items of a display or a comprehension."""
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return items
        case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item) | ast.DictComp(value=item):
            return [item]
        case ast.Dict(values=items):
            return items
        case ast.Call(args=[argument]) if _called(node) in _LIST_CALLS:
            return _items(argument)
        case _:
            return []


def _inner(
    syntax: Syntax, statement: Statement, family: str, node: ast.expr
) -> tuple[list[Change], list[Spelling]]:
    """The changes that wrap the lists and dicts inside a list or dict."""
    changes: list[Change] = []
    spellings: list[Spelling] = []
    items = _items(node)
    kinds = {_kind(item) for item in items}
    if any(isinstance(item, ast.Constant) and item.value is not None for item in items):
        raise CannotRewrite("some of its items are plain values")
    if isinstance(node, ast.Dict) and any(_is_bad_key(key) for key in node.keys):
        raise CannotRewrite("its keys cannot be the names of modules or parameters")
    if kinds <= {None}:
        if any(_called(item) in (*_LIST_CALLS, *_DICT_CALLS, "set") for item in items):
            raise CannotRewrite("its items are made by calls of `list` or `dict`")
        return changes, spellings
    if None in kinds or "set" in kinds or any(isinstance(item, ast.GeneratorExp) for item in items):
        raise CannotRewrite("some of its items are lists, and some are not")
    for item in items:
        spelling = spell(syntax, f"{family}{'Dict' if _kind(item) == 'dict' else 'List'}", statement)
        start, end = syntax.span(item)
        changes += [(start, start, f"{spelling.text}("), (end, end, ")")]
        deeper, used = _inner(syntax, statement, family, item)
        changes += deeper
        spellings += [spelling, *used]
    return changes, spellings


def _is_bad_key(key: ast.expr | None) -> bool:
    if not isinstance(key, ast.Constant):
        return False
    return not isinstance(key.value, str) or not key.value or "." in key.value


def _called(node: ast.expr) -> str | None:
    """The name of the function that a call calls."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def _is_empty(syntax: Syntax, region: Region) -> bool:
    """Whether a value is `[]`, `()`, `{}`, `list()`, `dict()` or the like, with no comment in it."""
    node = region.node
    empty = isinstance(node, (ast.List, ast.Tuple)) and not node.elts
    empty = empty or (isinstance(node, ast.Dict) and not node.values)
    if isinstance(node, ast.Call) and not node.args and not node.keywords:
        empty = _called(node) in (*_LIST_CALLS, *_DICT_CALLS)
    return empty and not syntax.has_comment(region.outer_start, region.outer_end)


def _list_call(syntax: Syntax, node: ast.expr) -> ast.expr | None:
    """The `list` of `list(items)`, where it means Python's."""
    if not isinstance(node, ast.Call) or _called(node) not in _LIST_CALLS:
        return None
    if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
        return None
    bound = any(
        isinstance(inner, ast.Name) and inner.id in _LIST_CALLS and not isinstance(inner.ctx, ast.Load)
        for inner in ast.walk(syntax.tree)
    )
    return None if bound else node.func
