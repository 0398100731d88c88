"""Stored attributes by the statement that they stand in: those of one statement are rewritten together."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from torchlint.findings import Place
from torchlint.rewrite.statements import Leaf, Statement, find
from torchlint.rewrite.syntax import CannotRewrite, Syntax


class _Store(Protocol):
    @property
    def place(self) -> Place: ...


StoreT = TypeVar("StoreT", bound=_Store)


@dataclass(frozen=True, slots=True)
class Group(Generic[StoreT]):
    """A statement with the given attributes that it stores, in the order of the text."""

    statement: Statement
    members: tuple[tuple[Leaf, StoreT], ...]


def grouped(syntax: Syntax, stores: Sequence[StoreT]) -> list[Group[StoreT]]:
    """The statements of the stores, in the order of the text; bare annotations store nothing and are left out."""
    found: dict[ast.stmt, list[tuple[Leaf, StoreT]]] = {}
    seen: dict[ast.expr, StoreT] = {}
    for store in sorted(stores, key=lambda store: store.place):
        leaf = find(syntax, store.place)
        if seen.setdefault(leaf.node, store) != store:
            raise CannotRewrite("one place is given twice, with different wishes")
        if isinstance(leaf.statement.node, ast.AnnAssign) and leaf.statement.node.value is None:
            continue
        members = found.setdefault(leaf.statement.node, [])
        if all(leaf.node is not other.node for other, _ in members):
            members.append((leaf, store))
    return [Group(members[0][0].statement, tuple(members)) for members in found.values()]
