"""Tensors that are to be trained to parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torchlint.findings import Edit, Place
from torchlint.rewrite.gradients import needless_after, needless_in
from torchlint.rewrite.imports import spell
from torchlint.rewrite.layout import Call, Layout, Region
from torchlint.rewrite.statements import Leaf, Statement
from torchlint.rewrite.syntax import Syntax
from torchlint.rewrite.wrapping import Around, Wrapper, wrap_all


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

    def wrapper(
        statement: Statement, leaf: Leaf, _: ParameterStore, region: Region | None
    ) -> tuple[Wrapper, list[Edit]]:
        spelling = spell(syntax, "Parameter", statement)
        call = Call(spelling.text)
        edits = [*spelling.edits, *needless_after(syntax, statement, leaf)]
        return Wrapper(leaf, call, _around(syntax, call)), edits

    return wrap_all(syntax, stores, wrapper)


def _around(syntax: Syntax, call: Call) -> Around:
    def around(region: Region, layout: Layout) -> str:
        return call.around(syntax, region, layout, needless_in(syntax, region))

    return around
