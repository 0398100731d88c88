"""Tables of texts before and after, written as one string each."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Sequence

from tests.rewrite.support import apply_edits, places
from torchlint.findings import Edit, Place
from torchlint.rewrite import Syntax

HEAD = "import torch\nfrom torch import nn, Tensor\n\n\nclass A(nn.Module):\n    def __init__(self, v):\n"

Rewrite = Callable[[Syntax, Sequence[tuple[str, Place]]], tuple[Edit, ...]]


def rows(table: str) -> list[tuple[str, str]]:
    """The pairs of a table: texts before and after are separated by `--->`, pairs by `====`."""
    found = []
    for row in table.strip("\n").split("\n====\n"):
        before, after = row.split("\n--->\n")
        found.append((before, after))
    return found


def rewritten(before: str, rewrite: Rewrite) -> str:
    """The statements of a constructor, after a rewrite of all that they store on `self`.

    Names that begin with `keep` are not given. Nothing but the statements may change.
    """
    text = HEAD + textwrap.indent(before, " " * 8) + "\n"
    given = [
        (name, place)
        for name, spots in places(text).items()
        for place in spots
        if not name.startswith("keep")
    ]
    fixed = apply_edits(text, rewrite(Syntax(text), given))
    ast.parse(fixed)
    assert fixed.startswith(HEAD)
    return textwrap.dedent(fixed[len(HEAD) :]).rstrip("\n")
