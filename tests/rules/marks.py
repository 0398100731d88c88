"""Reads the expectations that stand in files of examples, as comments on the lines that they are about.

    self.pe = torch.zeros(2)  # expect: TL101
    self.a, self.b = torch.zeros(1), 3  # expect: TL101 (a)
    module.pe = torch.zeros(2)  # expect: TL101 (Net.pe)
    self.teacher = [teacher]  # unreported: hidden on purpose

`expect`: the tool reports this code here, and torch has the attribute unregistered. `unreported`: so has
torch, but the tool is silent on purpose. What is marked nowhere is registered, or needs no registration. The
name of the attribute is that of the only one which the statement stores; it stands in parentheses where there
are several: `# expect: TL101 (a), TL103 (b)`, `# unreported (a): why`.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MARK = re.compile(r"#\s*(expect|unreported)\s*(\([^)]*\))?:\s*(.*)")
_ITEM = re.compile(r"(TL\d{3})(?:\s*\(([^)]+)\))?")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, order=True)
class Mark:
    """An expectation; `code` is None for `unreported`, `attribute` for what is about a comment (TL901)."""

    path: Path
    line: int
    code: str | None
    class_name: str | None
    attribute: str | None


def marks(path: Path) -> list[Mark]:
    """The marks of a file."""
    text = path.read_text(encoding="utf-8")
    if not _MARK.search(text):
        return []
    scopes = list(_scopes(ast.parse(text)))
    found: list[Mark] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        match = _MARK.search(token.string) if token.type == tokenize.COMMENT else None
        if match is None:
            continue
        line = token.start[0]
        silent = [(None, (match[2] or "").strip("()"))]
        items = _ITEM.findall(match[3]) if match[1] == "expect" else silent
        assert items, f"{path}:{line}: a mark without a code"
        for code, name in items:
            if code == "TL901":
                found.append(Mark(path, line, code, None, None))
                continue
            class_name, attribute = _target(scopes, line, name, f"{path}:{line}")
            found.append(Mark(path, line, code, class_name, attribute))
    return found


def _target(scopes: list, line: int, name: str, where: str) -> tuple[str, str]:
    """The class and the attribute that a mark is about."""
    around = [entry for entry in scopes if entry[1].lineno <= line <= entry[1].end_lineno]
    assert around, f"{where}: a mark outside of any statement"
    class_name, statement = around[-1]
    if "." in name:
        class_name, _, name = name.rpartition(".")
    assert class_name, f"{where}: a mark outside of a class names the class too: (Net.{name})"
    stored = sorted(set(_stored(statement)))
    if not name:
        assert len(stored) == 1, f"{where}: name the attribute in parentheses, one of {stored}"
        name = stored[0]
    return class_name, name


def _scopes(node: ast.AST, qualname: str = "", class_name: str = "") -> Iterator[tuple[str, ast.stmt]]:
    """Each statement with the class around it, inner ones after outer ones."""
    for child in ast.iter_child_nodes(node):
        inner, cls = qualname, class_name
        if isinstance(child, ast.stmt):
            yield class_name, child
        if isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
            # a method is no part of the name of a class, but a function around a class is
            inner = f"{qualname}.{child.name}".lstrip(".")
            cls = inner if isinstance(child, ast.ClassDef) else class_name
        yield from _scopes(child, inner, cls)


def _stored(statement: ast.stmt) -> Iterator[str]:
    """The names of the attributes that a statement stores or grows."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            key = node.slice
            if isinstance(node.value, ast.Attribute) and node.value.attr != "__dict__":
                yield node.value.attr
            elif isinstance(key, ast.Constant):
                yield str(key.value)
        elif isinstance(node, ast.Call) and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            function = node.func
            if getattr(function, "id", getattr(function, "attr", "")) in ("setattr", "__setattr__"):
                yield str(node.args[1].value)
