"""Annotations that move from a method to its class: `self.x: Tensor = v` → `x: Tensor` at class level."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence

from torchlint.findings import Edit
from torchlint.rewrite.names import FUNCTIONS
from torchlint.rewrite.statements import Leaf
from torchlint.rewrite.syntax import CannotRewrite, Syntax

_ATTRS = frozenset({"attr", "attrs", "attributes", "define", "frozen", "mutable"})


def declared_class(syntax: Syntax, leaf: Leaf) -> ast.ClassDef | None:
    """The class that is to declare an annotated attribute; None where it does so already.

    Raises CannotRewrite where a declaration there would mean something else, or there is no class.
    """
    path = leaf.statement.path
    depth = next(
        (number for number, node in enumerate(path) if path[number:] and _is_class_of(path, number)), None
    )
    receiver = leaf.receiver
    if depth is None or not isinstance(receiver, ast.Name):
        raise CannotRewrite("its annotation has no class to go to")
    cls = path[depth]
    assert isinstance(cls, ast.ClassDef)
    method = next(node for node in path[depth + 1 :] if isinstance(node, FUNCTIONS))
    arguments = [*method.args.posonlyargs, *method.args.args]
    if not arguments or arguments[0].arg != receiver.id:
        raise CannotRewrite("its annotation has no class to go to")
    if any(_makes_fields(decorator) for decorator in cls.decorator_list):
        raise CannotRewrite("its annotation would make it a field of a dataclass")
    if cls.body[0].lineno == cls.lineno:
        raise CannotRewrite("the body of the class stands on the line of its name")
    assert isinstance(leaf.node, ast.Attribute)
    name = leaf.node.attr
    there = any(
        isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name
        for node in cls.body
    )
    return None if there else cls


def _is_class_of(path: Sequence[ast.AST], number: int) -> bool:
    """Whether the node is the innermost class of a path."""
    return isinstance(path[number], ast.ClassDef) and not any(
        isinstance(node, ast.ClassDef) for node in path[number + 1 :]
    )


def _makes_fields(decorator: ast.expr) -> bool:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    words = ast.unparse(node).split(".")
    return any("dataclass" in word or word in _ATTRS for word in words)


def declaration(syntax: Syntax, leaf: Leaf, cls: ast.ClassDef) -> str:
    """The line that declares an annotated attribute, quoted where evaluating the annotation could fail."""
    node = leaf.statement.node
    assert isinstance(node, ast.AnnAssign)
    assert isinstance(node.target, ast.Attribute)
    annotation = node.annotation
    words = {inner.id for inner in ast.walk(annotation) if isinstance(inner, ast.Name)}
    words |= {inner.attr for inner in ast.walk(annotation) if isinstance(inner, ast.Attribute)}
    if words & {"Final", "ClassVar"}:
        raise CannotRewrite("its annotation cannot be declared by the class")
    start, end = syntax.span(annotation)
    source = syntax.text[start:end]
    if annotation.lineno != annotation.end_lineno:
        if "#" in source:
            raise CannotRewrite("a comment stands in its annotation")
        source = ast.unparse(annotation)
    literal = isinstance(annotation, ast.Constant) and isinstance(annotation.value, (str, type(None)))
    if not literal and not _is_bound(syntax, annotation, leaf, cls) and not _has_lazy_annotations(syntax):
        source = _quoted(syntax, source)
    return f"{node.target.attr}: {source}"


def _quoted(syntax: Syntax, source: str) -> str:
    for quote in (syntax.quote, '"', "'"):
        if quote not in source and "\\" not in source:
            return f"{quote}{source}{quote}"
    return repr(ast.unparse(ast.parse(source, mode="eval")))


def _has_lazy_annotations(syntax: Syntax) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in syntax.tree.body
    )


def _is_bound(syntax: Syntax, annotation: ast.expr, leaf: Leaf, cls: ast.ClassDef) -> bool:
    """Whether the annotation is a dotted name that the module has bound when it comes to the class."""
    root = annotation
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return False
    scopes = leaf.statement.path[1 : leaf.statement.path.index(cls)]
    bound = (
        set(_bound_before(syntax, cls)) if not any(isinstance(node, FUNCTIONS) for node in scopes) else set()
    )
    inside = {node.name for node in cls.body if isinstance(node, (*FUNCTIONS, ast.ClassDef))}
    inside |= {node.id for part in cls.body if isinstance(part, ast.Assign) for node in _target_names(part)}
    if root.id in inside:
        return False
    return root.id in bound or (hasattr(builtins, root.id) and isinstance(annotation, ast.Name))


def _target_names(node: ast.Assign) -> Iterator[ast.Name]:
    for target in node.targets:
        yield from (name for name in ast.walk(target) if isinstance(name, ast.Name))


def _bound_before(syntax: Syntax, cls: ast.ClassDef) -> Iterator[str]:
    for node in syntax.tree.body:
        if node.lineno >= cls.lineno:
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (name.id for name in _target_names(node))


def declare(syntax: Syntax, cls: ast.ClassDef, lines: Sequence[str]) -> Edit:
    """The edit that adds declarations to a class: behind its docstring and the declarations that it begins with.

    The edit replaces a newline, and is never empty: the edits of two fixes for one class overlap.
    """
    docstring = ast.get_docstring(cls, clean=False) is not None
    last = 0 if docstring else -1
    while last + 1 < len(cls.body) and _is_declaration(cls.body[last + 1]):
        last += 1
    while 0 <= last < len(cls.body) - 1 and cls.body[last + 1].lineno == cls.body[last].end_lineno:
        last += 1
    following = cls.body[last + 1 :]
    first = syntax.span(cls.body[0])[0]
    if isinstance(cls.body[0], (*FUNCTIONS, ast.ClassDef)) and cls.body[0].decorator_list:
        first = syntax.span(cls.body[0].decorator_list[0])[0]
    indent = syntax.indentation(first)
    at = syntax.line_end(syntax.span(cls.body[last])[1]) if last >= 0 else _header_end(syntax, first)
    newline = syntax.newline(at)
    text = "".join(f"{newline}{indent}{line}" for line in lines)
    if docstring and last == 0:
        text = newline + text
    end = syntax.next_line(at)
    blank = not syntax.text[end : syntax.line_end(end)].strip()
    if following and not blank and isinstance(following[0], (*FUNCTIONS, ast.ClassDef)):
        text += newline
    return syntax.edit(at, end, text + syntax.text[at:end])


def _is_declaration(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) and target.id == "__constants__" for target in node.targets)
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


def _header_end(syntax: Syntax, first: int) -> int:
    """The end of the line on which the head of a class ends, whose first statement is given."""
    at = syntax.line_start(first)
    while True:
        above = syntax.line_start(at - 1)
        line = syntax.text[above:at].strip()
        if line and not line.startswith("#"):
            return syntax.line_end(above)
        at = above
