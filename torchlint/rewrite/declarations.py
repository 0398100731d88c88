"""Annotations of what becomes a call: `self.x: Tensor = v` → `self.register_buffer("x", v)`, `self.x: Tensor`.

torch itself writes it so (`_NormBase`). In the class, the annotation would be evaluated, or be a string, which
TorchScript refuses, or make a field of a dataclass.
"""

from __future__ import annotations

import ast

from torchlint.rewrite.names import FUNCTIONS
from torchlint.rewrite.statements import Leaf, receiver_text
from torchlint.rewrite.syntax import CannotRewrite, Syntax


def declaration(syntax: Syntax, leaf: Leaf) -> str | None:
    """The statement that keeps an annotation; None where the class declares the attribute already.

    Raises CannotRewrite where it cannot be written so.
    """
    node = leaf.statement.node
    assert isinstance(node, ast.AnnAssign)
    assert isinstance(leaf.node, ast.Attribute)
    annotation = node.annotation
    words = {inner.id for inner in ast.walk(annotation) if isinstance(inner, ast.Name)}
    words |= {inner.attr for inner in ast.walk(annotation) if isinstance(inner, ast.Attribute)}
    if words & {"Final", "ClassVar"}:
        raise CannotRewrite("its annotation cannot be kept without a value")
    source = syntax.source(annotation)
    if annotation.lineno != annotation.end_lineno:
        if "#" in source:
            raise CannotRewrite("a comment stands in its annotation")
        source = ast.unparse(annotation)
    if _declared(leaf, leaf.node.attr):
        return None
    return f"{receiver_text(syntax, leaf)}.{leaf.node.attr}: {source}"


def _declared(leaf: Leaf, name: str) -> bool:
    """Whether the class whose method it is declares the attribute."""
    path = leaf.statement.path
    depth = next((at for at in range(len(path) - 1, -1, -1) if isinstance(path[at], ast.ClassDef)), None)
    if depth is None:
        return False
    cls = path[depth]
    assert isinstance(cls, ast.ClassDef)
    method = next(node for node in path[depth + 1 :] if isinstance(node, FUNCTIONS))
    arguments = [*method.args.posonlyargs, *method.args.args]
    if not arguments or not isinstance(leaf.receiver, ast.Name) or arguments[0].arg != leaf.receiver.id:
        return False
    return any(
        isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name
        for node in cls.body
    )
