"""Values that are wrapped where they stand: `self.x = v` → `self.x = nn.Parameter(v)`, in all forms of assignment."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from torchlint.findings import Edit
from torchlint.rewrite import assignments
from torchlint.rewrite.grouping import StoreT, grouped
from torchlint.rewrite.layout import Call, Layout, Region
from torchlint.rewrite.registering import Writer, through_names
from torchlint.rewrite.statements import Leaf, Statement, layout_of, receiver_text, replaced
from torchlint.rewrite.syntax import CannotRewrite, Change, Syntax

Around: TypeAlias = Callable[[Region, Layout], str]
"""Writes the new text of a value."""


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How the value of one target is wrapped: by a call, by `around` where it stands; a new annotation."""

    leaf: Leaf
    call: Call
    around: Around
    annotation: str | None = None


def by_call(syntax: Syntax, leaf: Leaf, call: Call) -> Wrapper:
    """The wrapper that puts a call around the value, and does nothing else."""
    return Wrapper(leaf, call, lambda region, layout: call.around(syntax, region, layout))


def wrap_all(
    syntax: Syntax,
    stores: Sequence[StoreT],
    wrapper_of: Callable[[Statement, Leaf, StoreT, Region | None], tuple[Wrapper, Iterable[Edit]]],
) -> tuple[Edit, ...]:
    """Wrap the values of stored attributes; `wrapper_of` says how, and what else is to be edited for it.

    A stored None stays as it is and gives no edit.
    """
    edits: list[Edit] = []
    for group in grouped(syntax, stores):
        wrappers: dict[ast.expr, Wrapper] = {}
        for leaf, store in group.members:
            region = assignments.value_of(syntax, leaf)
            if region is not None and isinstance(region.node, ast.Constant) and region.node.value is None:
                continue
            wrappers[leaf.node], others = wrapper_of(group.statement, leaf, store, region)
            edits += others
        if wrappers:
            edits.append(wrap(syntax, group.statement, wrappers))
    return tuple(sorted(set(edits), key=lambda edit: edit.place))


def wrap(syntax: Syntax, statement: Statement, wrappers: Mapping[ast.expr, Wrapper]) -> Edit:
    """Wrap the values of the given targets of a statement."""
    node = statement.node
    found = _values(syntax, statement, wrappers)
    if found is None:
        return through_names(syntax, statement, {t: _writer(syntax, w) for t, w in wrappers.items()})
    changes: list[Change] = []
    for region, wrapper in found:
        start = region.outer_start
        layout = layout_of(syntax, statement, start - syntax.line_start(start))
        if len(found) > 1 or node.lineno != region.node.lineno:
            layout = replace(layout, breakable=False)
        changes.append((start, region.outer_end, wrapper.around(region, layout)))
        if isinstance(node, ast.AnnAssign) and wrapper.annotation is not None:
            changes.append((*syntax.span(node.annotation), wrapper.annotation))
    return replaced(syntax, statement, [syntax.changed(statement.start, statement.end, changes)])


def _values(
    syntax: Syntax, statement: Statement, wrappers: Mapping[ast.expr, Wrapper]
) -> list[tuple[Region, Wrapper]] | None:
    """The values to wrap; None where a value is only known once it is unpacked."""
    node = statement.node
    first, *others = wrappers.values()
    if isinstance(node, ast.Expr):
        assert isinstance(node.value, ast.Call)
        return [(assignments.last_argument(syntax, node.value), first)]
    value = assignments.value_region(syntax, node)
    if isinstance(node, ast.AnnAssign):
        return [(value, first)]
    if any(target in wrappers for target in node.targets):
        if not all(target in node.targets for target in wrappers):
            raise CannotRewrite("the statement unpacks a value that it also stores whole")
        if any(other.call != first.call for other in others):
            raise CannotRewrite(
                "the targets of the statement share one value, and want it in different forms"
            )
        return [(value, first)]
    if len(node.targets) > 1:
        return None
    try:
        pairs = list(assignments.pairs(syntax, node.targets[0], value, wrappers))
    except ValueError:
        return None
    return [(pair.value, wrappers[pair.target]) for pair in pairs if pair.target in wrappers]


def _writer(syntax: Syntax, wrapper: Wrapper) -> Writer:
    return partial(_assignment, syntax, wrapper)


def _assignment(syntax: Syntax, wrapper: Wrapper, name: str, layout: Layout) -> str:
    assert isinstance(wrapper.leaf.node, ast.Attribute)
    target = f"{receiver_text(syntax, wrapper.leaf)}.{wrapper.leaf.node.attr} = "
    return target + wrapper.call.on(name, replace(layout, column=layout.column + len(target)))
