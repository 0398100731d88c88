"""Applying edits, and finding the places that the analysis would name."""

from __future__ import annotations

import ast
import textwrap

from torchlint.findings import Edit, Place
from torchlint.rewrite import Syntax


def apply_edits(text: str, edits: tuple[Edit, ...]) -> str:
    syntax = Syntax(text)
    spans = sorted(
        (
            syntax.offset(edit.place.line, edit.place.column),
            syntax.offset(edit.place.end_line, edit.place.end_column)
            if edit.place.end_line <= len(syntax.lines)
            else len(text),
            edit.content,
        )
        for edit in edits
    )
    pieces, at = [], 0
    for start, end, content in spans:
        assert start >= at, "edits overlap"
        pieces += [text[at:start], content]
        at = end
    return "".join([*pieces, text[at:]])


def places(text: str) -> dict[str, list[Place]]:
    """Where each attribute of `self` (or `module`) is stored, by its name; `setattr` of a computed name under ""."""
    syntax = Syntax(text)
    found: dict[str, list[Place]] = {}
    for node in ast.walk(ast.parse(text)):
        name = None
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del)):
            name = node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            literal = isinstance(node.args[1], ast.Constant)
            name = node.args[1].value if literal else ""
        if name is not None:
            start, end = syntax.span(node)
            found.setdefault(name, []).append(syntax.edit(start, end, "").place)
    return {name: sorted(values) for name, values in found.items()}


def in_method(body: str) -> str:
    """A class with statements in its constructor."""
    text = textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8)
    return f"class A(nn.Module):\n    def __init__(self, v):\n        super().__init__()\n{text}\n"
