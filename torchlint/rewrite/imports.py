"""How a class of `torch.nn` is spelled at a place of a file, and the import that it takes where there is none."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from torchlint.findings import Edit
from torchlint.rewrite.names import FUNCTIONS, Function, names_in
from torchlint.rewrite.statements import Statement
from torchlint.rewrite.syntax import CannotRewrite, Syntax

_IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class Spelling:
    """The expression for a class of `torch.nn`, and the edits that import what it needs."""

    text: str
    edits: tuple[Edit, ...] = ()


def spell(syntax: Syntax, name: str, statement: Statement) -> Spelling:
    """The spelling of `torch.nn.<name>` in a statement. Raises CannotRewrite where no name is left for it."""
    functions = [node for node in statement.path if isinstance(node, FUNCTIONS)]
    for number in range(len(functions) - 1, -1, -1):
        inner = functions[number + 1 :]
        nodes = list(_imports_before(functions[number], statement))
        for root, text in _spellings(nodes, name):
            others = _bound_in(functions[number], nodes)
            if root not in others and not any(root in _bound_in(function, ()) for function in inner):
                return Spelling(text)
    nodes = list(_module_imports(syntax.tree.body))
    elsewhere = _bound_in_module(syntax.tree)
    for root, text in _spellings(nodes, name):
        if root not in elsewhere and not any(root in _bound_in(function, ()) for function in functions):
            return Spelling(text)
    taken = names_in([syntax.tree])
    if "nn" not in taken:
        return Spelling(f"nn.{name}", (_import(syntax, "from torch import nn", statement),))
    if name not in taken:
        return Spelling(name, (_import(syntax, f"from torch.nn import {name}", statement),))
    raise CannotRewrite(f"the names `nn` and `{name}` mean something else in this file")


def _spellings(nodes: Sequence[ast.Import | ast.ImportFrom], name: str) -> list[tuple[str, str]]:
    """The spellings that imports allow, each with the name that it begins with; the most direct one first."""
    found: list[tuple[int, str, str]] = []
    for node in nodes:
        for alias in node.names:
            bound = alias.asname or alias.name
            if isinstance(node, ast.ImportFrom):
                if (
                    node.level == 0
                    and node.module in ("torch.nn", "torch.nn.parameter")
                    and alias.name == name
                ):
                    found.append((0, bound, bound))
                elif node.level == 0 and node.module == "torch" and alias.name == "nn":
                    found.append((1, bound, f"{bound}.{name}"))
            elif alias.name == "torch.nn" and alias.asname:
                found.append((1, bound, f"{bound}.{name}"))
            elif alias.name == "torch" or (alias.name.startswith("torch.") and not alias.asname):
                root = alias.asname or "torch"
                found.append((2, root, f"{root}.nn.{name}"))
    return [(root, text) for _, root, text in sorted(found, key=lambda item: item[0])]


def _module_imports(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a module that are always run, those that are tried included."""
    for node in body:
        if isinstance(node, _IMPORTS):
            yield node
        elif isinstance(node, ast.Try):
            yield from _module_imports(node.body)


def _imports_before(function: Function, statement: Statement) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a function that have been run where its statement stands."""
    path = [*statement.path, statement.node]
    for above, below in zip(path[path.index(function) :], path[path.index(function) + 1 :], strict=False):
        if isinstance(below, (ast.ClassDef, *FUNCTIONS)) and above is not function:
            return
        for field in ("body", "orelse", "finalbody"):
            block = getattr(above, field, None)
            if isinstance(block, list) and below in block:
                yield from (node for node in block[: block.index(below)] if isinstance(node, _IMPORTS))
        if isinstance(below, (ast.ClassDef, *FUNCTIONS)):
            return


def _bound_in(function: Function, without: Sequence[ast.stmt]) -> set[str]:
    """The names that a function binds, nested functions included, but for some of its imports."""
    nodes = (node for node in ast.walk(function) if node is not function and node not in without)
    imported = {alias for node in without for alias in ast.walk(node)}
    return {name for node in nodes if node not in imported for name in _binds(node)}


def _binds(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name


def _bound_in_module(tree: ast.Module) -> set[str]:
    """The names that a module binds by anything else than an import; what happens after a failed one is left out."""
    found: set[str] = set()
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif not isinstance(node, (ast.ExceptHandler, ast.Lambda)):
            stack += ast.iter_child_nodes(node)
    return found


def _import(syntax: Syntax, line: str, statement: Statement) -> Edit:
    """The edit that adds an import in front of what is being rewritten.

    It replaces a newline or a character, and is never empty: the edits of two fixes for one file overlap.
    """
    top = statement.path[1] if len(statement.path) > 1 else statement.node
    body = syntax.tree.body
    above = body[: body.index(top)] if isinstance(top, ast.stmt) and top in body else []
    imports = [node for node in above if isinstance(node, _IMPORTS)]
    ours = [node for node in imports if _is_torch(node)]
    docstring = body[0] if ast.get_docstring(syntax.tree, clean=False) is not None else None
    absolute = [node for node in imports if isinstance(node, ast.Import) or not node.level]
    anchor: ast.stmt | None = (ours or absolute or imports)[-1] if imports else docstring
    if anchor is None:
        return _import_at_start(syntax, line, body[0], statement)
    at = syntax.line_end(syntax.span(anchor)[1])
    for node in body:  # statements that begin behind the anchor on its line
        if node.lineno <= syntax.edit(at, at, "").place.line < (node.end_lineno or node.lineno):
            at = syntax.line_end(syntax.span(node)[1])
    newline, end = syntax.newline(at), syntax.next_line(at)
    blank = not syntax.text[end : syntax.line_end(end)].strip()
    text = newline * (2 if anchor is docstring or _is_standard(anchor) else 1) + line
    if anchor is docstring and not blank:
        text += newline
    return syntax.edit(at, end, text + syntax.text[at:end])


def _is_standard(anchor: ast.stmt) -> bool:
    """Whether an import is of the standard library: a blank line separates it from others."""
    names = [alias.name for alias in anchor.names] if isinstance(anchor, ast.Import) else []
    if isinstance(anchor, ast.ImportFrom) and anchor.level == 0:
        names = [anchor.module or ""]
    return any(name.partition(".")[0] in sys.stdlib_module_names for name in names)


def _is_torch(node: ast.Import | ast.ImportFrom) -> bool:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    relative = isinstance(node, ast.ImportFrom) and node.level > 0
    return not relative and any(name.partition(".")[0] == "torch" for name in names)


def _import_at_start(syntax: Syntax, line: str, first: ast.stmt, statement: Statement) -> Edit:
    start = syntax.span(first)[0]
    if isinstance(first, (*FUNCTIONS, ast.ClassDef)) and first.decorator_list:
        start = syntax.line_start(syntax.span(first.decorator_list[0])[0])
    start = syntax.line_start(start)
    newline = syntax.newline(start)
    blanks = newline * (3 if isinstance(first, (*FUNCTIONS, ast.ClassDef)) else 2)
    end = start if first is statement.node else start + 1  # the statement has an edit of its own
    return syntax.edit(start, end, line + blanks + syntax.text[start:end])
