"""Tensors on plain attributes to buffers."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from torchlint.findings import Edit, Place
from torchlint.rewrite import registering, wrapping
from torchlint.rewrite.assignments import value_of
from torchlint.rewrite.declarations import declaration
from torchlint.rewrite.grouping import grouped
from torchlint.rewrite.imports import spell
from torchlint.rewrite.layout import Call
from torchlint.rewrite.statements import Leaf, receiver_text
from torchlint.rewrite.syntax import CannotRewrite, Syntax


class BufferStyle(Enum):
    """How a buffer is made: `self.register_buffer("x", v)`, or `self.x = nn.Buffer(v)` (torch 2.5 and newer)."""

    REGISTER_BUFFER = "register_buffer"
    NN_BUFFER = "nn.Buffer"


@dataclass(frozen=True, slots=True)
class BufferStore:
    """A stored attribute that is to be a buffer.

    `place` spans the target (`self.x`) or the call `setattr(self, name, v)`; `name` is None where it is computed.
    """

    place: Place
    name: str | None
    persistent: bool


def register_buffers(syntax: Syntax, stores: Sequence[BufferStore], style: BufferStyle) -> tuple[Edit, ...]:
    """The edits that make each of the stored attributes a buffer; attributes not given are assigned as before.

    A bare annotation (`self.x: Tensor`) stores nothing and gives no edit. Raises CannotRewrite where a statement
    cannot be rewritten, SyntaxError and RecursionError where the text cannot be parsed.
    """
    edits: list[Edit] = []
    for group in grouped(syntax, stores):
        empty = any(_stores_none(syntax, leaf) for leaf, _ in group.members)
        if style is BufferStyle.NN_BUFFER and not empty:
            spelling = spell(syntax, "Buffer", group.statement)
            wrappers: dict[ast.expr, wrapping.Wrapper] = {
                leaf.node: wrapping.by_call(syntax, leaf, Call(spelling.text, (), _arguments(store)))
                for leaf, store in group.members
            }
            edits += [wrapping.wrap(syntax, group.statement, wrappers), *spelling.edits]
            continue
        calls: dict[ast.expr, Call] = {leaf.node: _call(syntax, leaf, store) for leaf, store in group.members}
        annotated = isinstance(group.statement.node, ast.AnnAssign)
        annotation = declaration(syntax, group.members[0][0]) if annotated else None
        edits.append(registering.register(syntax, group.statement, calls, annotation))
    return tuple(sorted(set(edits), key=lambda edit: edit.place))


def _stores_none(syntax: Syntax, leaf: Leaf) -> bool:
    region = value_of(syntax, leaf)
    return region is not None and isinstance(region.node, ast.Constant) and region.node.value is None


def _arguments(store: BufferStore) -> tuple[str, ...]:
    return () if store.persistent else ("persistent=False",)


def _call(syntax: Syntax, leaf: Leaf, store: BufferStore) -> Call:
    head = f"{receiver_text(syntax, leaf)}.register_buffer"
    if isinstance(leaf.node, ast.Call):
        return Call(head, (), _arguments(store))
    name = leaf.node.attr
    if name.startswith("__") and not name.endswith("__"):
        raise CannotRewrite(f"`{name}` is a private name of the class, which cannot be written as a string")
    return Call(head, (syntax.quoted(name),), _arguments(store))
