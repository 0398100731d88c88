"""Tensors that are to be trained to parameters."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from torchlint.findings import Edit, Place
from torchlint.rewrite.assignments import value_of
from torchlint.rewrite.gradients import needless_after, needless_in
from torchlint.rewrite.grouping import grouped
from torchlint.rewrite.imports import spell
from torchlint.rewrite.layout import Call, Layout, Region
from torchlint.rewrite.syntax import Syntax
from torchlint.rewrite.wrapping import Around, Wrapper, wrap


@dataclass(frozen=True, slots=True)
class ParameterStore:
    """A stored attribute that is to be a parameter; `place` and `name` as those of a buffer."""

    place: Place
    name: str | None


def make_parameters(syntax: Syntax, stores: Sequence[ParameterStore]) -> tuple[Edit, ...]:
    """The edits that make each of the stored attributes an `nn.Parameter`.

    What only asked for a gradient goes: `requires_grad=True` in the value, `.requires_grad_()` behind it, and a later
    statement of the same block that does the same, where it stands on lines of its own. A stored None stays as it is.
    Raises CannotRewrite where a statement cannot be rewritten, SyntaxError and RecursionError where the text cannot
    be parsed.
    """
    edits: list[Edit] = []
    for group in grouped(syntax, stores):
        wrappers: dict[ast.expr, Wrapper] = {}
        for leaf, _ in group.members:
            region = value_of(syntax, leaf)
            if region is not None and isinstance(region.node, ast.Constant) and region.node.value is None:
                continue
            spelling = spell(syntax, "Parameter", group.statement)
            wrappers[leaf.node] = Wrapper(leaf, Call(spelling.text), _around(syntax, Call(spelling.text)))
            edits += [*spelling.edits, *needless_after(syntax, group.statement, leaf)]
        if wrappers:
            edits.append(wrap(syntax, group.statement, wrappers))
    return tuple(sorted(set(edits), key=lambda edit: edit.place))


def _around(syntax: Syntax, call: Call) -> Around:
    def around(region: Region, layout: Layout) -> str:
        return call.around(syntax, region, layout, needless_in(syntax, region))

    return around
