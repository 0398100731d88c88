"""Annotations that surely say "neither a tensor nor a module", told by their spelling alone."""

from __future__ import annotations

import ast

_NAMES = {"int", "float", "str", "bool", "complex", "bytes", "None", "Any", "Callable", "dict", "list", "tuple", "set",
          "object", "Dict", "List", "Tuple", "Sequence", "Iterable", "Mapping", "Set", "Path", "PathLike"}  # fmt: skip
_GENERICS = {"Optional", "Union", "list", "List", "tuple", "Tuple", "Sequence", "Iterable", "dict", "Dict", "Mapping",
             "set", "Set", "Literal"}  # fmt: skip
_DOTTED = {"torch.dtype", "torch.device", "torch.Size", "np.ndarray", "typing.Any"}


def plain_annotation(node: ast.expr | None) -> bool:
    """No annotation, a scalar, a container of such, or a configuration object: never taken for a tensor."""
    if node is None:
        return True
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, str):
            return value.isidentifier() and (value in _NAMES or value.endswith("Config"))
        return value is None or value is ...
    if isinstance(node, ast.Name):
        return node.id in _NAMES or node.id.endswith("Config")
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and f"{node.value.id}.{node.attr}" in _DOTTED
    if isinstance(node, ast.BinOp):
        return plain_annotation(node.left) and plain_annotation(node.right)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        if node.value.id == "Literal":
            return True
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return node.value.id in _GENERICS and all(map(plain_annotation, parts))
    return False


def is_plain_literal(node: ast.expr | None) -> bool:
    """A literal of scalars, or a non-empty container of such."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return bool(node.elts) and all(map(is_plain_literal, node.elts))
    if isinstance(node, ast.Dict):
        return bool(node.values) and all(map(is_plain_literal, node.values))
    if isinstance(node, ast.UnaryOp):
        return is_plain_literal(node.operand)
    return isinstance(node, ast.BinOp) and is_plain_literal(node.left) and is_plain_literal(node.right)
