"""The index of a file: its names, functions and classes, from one parse with Python's own `ast`."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torchlint.facts import ir
from torchlint.facts.handed import handed
from torchlint.facts.lower_expressions import ExpressionLowering
from torchlint.facts.model import ClassFacts, Definition, FileFacts, FunctionFacts, Handed, ImportFacts, Span
from torchlint.facts.plain import is_plain_literal
from torchlint.facts.sieve import EVERYTHING, ClassSieve
from torchlint.files.source import split_lines

_CLASS = re.compile(rb"class[ \t\\]")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Method = ast.FunctionDef | ast.AsyncFunctionDef
_NO_LINES: tuple[str, ...] = ()


class Indexed(NamedTuple):
    """A file just parsed: its facts, and the syntax trees of its functions, if some are likely to be lowered next."""

    facts: FileFacts
    methods: dict[tuple[str, int], Method]
    """By `FunctionFacts.key`."""
    tree: ast.Module
    lines: Sequence[str] | None
    """Those of the text, if they have been needed."""


def index(path: str, text: str, data: bytes, *, sieve: bool = True) -> FileFacts:
    """The facts of one file: see `parse`."""
    return parse(path, text, data, sieve=sieve).facts


def parse(
    path: str, text: str, data: bytes, *, sieve: bool = True, tree: ast.Module | None = None
) -> Indexed:
    """Parse a file once. `data` is the text as bytes. With `sieve=False` every class is a candidate.

    `tree` is the text as another program has parsed it already; it is left as it is.
    Raises SyntaxError for what is no Python, RecursionError or MemoryError for what is nested too deeply.
    """
    if tree is None:
        tree = ast.parse(text)
    builder = _Builder(path, text, _nested_classes(data))
    builder.suite(tree.body)
    judge = builder.finish(text if sieve else None)
    facts = FileFacts(
        path,
        {name: tuple(found) for name, found in builder.names.items()},
        tuple(builder.stars),
        builder.classes,
        builder.functions,
        builder.exports,
        builder.local_imports,
    )
    # a constructor that is followed calls methods and functions of its file
    followed = any(cls.candidate for cls in facts.classes.values())
    methods = {one.key: node for one, node in builder.trees} if followed else {}
    return Indexed(facts, methods, tree, judge.scope.known_lines if judge and followed else None)


class _Builder:
    def __init__(self, path: str, text: str, nested: Sequence[int]) -> None:
        self.path = path
        self.text = text
        self.nested = nested
        self.names: dict[str, list[Definition]] = {}
        self.stars: list[ImportFacts] = []
        self.classes: dict[str, ClassFacts] = {}
        self.functions: dict[str, FunctionFacts] = {}
        self.exports: tuple[str, ...] | None = None
        self.local_imports: dict[str, dict[str, ImportFacts]] = {}
        self.lower = ExpressionLowering(_NO_LINES, 0)
        self.constants: list[str] = []
        self.trees: list[tuple[FunctionFacts, Method]] = []
        self._pending: list[tuple[ast.ClassDef, str, tuple[str, ...]]] = []

    def finish(self, text: str | None) -> ClassSieve | None:
        """Judge the classes, now that every name of the file is known."""
        judge = None
        if not self._pending:
            return judge
        if text is not None:
            roots = {
                name: _root(definition.imported)
                for name, found in self.names.items()
                for definition in found
                if definition.imported
            }
            for imports in self.local_imports.values():
                roots.update({name: _root(fact) for name, fact in imports.items()})
            constants = [name for name in self.constants if len(self.names[name]) == 1]
            judge = ClassSieve(roots, [node for node, _, _ in self._pending], constants, text)
        for node, qualname, scope in self._pending:
            self.classes[qualname] = self._class(node, qualname, scope, judge)
        return judge

    def bind(self, name: str, definition: Definition) -> None:
        """Add a definition of a module-level name."""
        self.names.setdefault(name, []).append(definition)

    def suite(self, body: Iterable[ast.stmt]) -> None:
        """Index module-level statements, those under `if`, `try` and `with` included."""
        for node in body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for name, fact in _imports(node):
                    if name == "*":
                        self.stars.append(fact)
                    else:
                        self.bind(name, Definition(imported=fact))
            elif isinstance(node, _FUNCTIONS):
                facts = self._function(node, node.name)
                self.functions[node.name] = facts
                self.trees.append((facts, node))
                self.bind(node.name, Definition(function=facts))
                self._inside(node, (node.name,))
            elif isinstance(node, ast.ClassDef):
                self._pend(node, "", ())
                self.bind(node.name, Definition(class_name=node.name))
            elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
                self._assignment(node)
            else:
                for field in ("body", "handlers", "orelse", "finalbody"):
                    for inner in getattr(node, field, ()):
                        self.suite(inner.body if isinstance(inner, ast.ExceptHandler) else [inner])

    def _assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        span = Span(node.lineno, node.end_lineno or node.lineno)
        for target in targets:
            parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
            for part in parts:
                if isinstance(part, ast.Name):
                    if part.id == "__all__":
                        self.exports = _strings(node.value, self.exports)
                    elif node.value is not None:
                        self.bind(part.id, Definition(assigned=span))
                        if part is target and _is_plain(node.value):
                            self.constants.append(part.id)

    def _value(self, node: ast.expr | None) -> ir.Expr | None:
        try:
            return self.lower.optional(node)
        except RecursionError:
            return ir.NOTHING

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, qualname: str) -> FunctionFacts:
        first, found = node.lineno, node.decorator_list
        decorators: tuple[str, ...] = ()
        if found:
            first, decorators = min(first, found[0].lineno), tuple(map(_dotted, found))
        returns = None if node.returns is None else self.lower.annotation(node.returns)
        return FunctionFacts(node.name, qualname, Span(first, node.end_lineno or first), decorators, returns)

    def _inside(self, node: ast.stmt, scope: tuple[str, ...]) -> None:
        """Find the classes in a function, and the imports that they can see."""
        position = bisect_left(self.nested, node.lineno)
        if position >= len(self.nested) or self.nested[position] > (node.end_lineno or node.lineno):
            return
        here = ".".join(scope)
        pending: list[ast.AST] = list(reversed(getattr(node, "body", [])))
        while pending:
            inner = pending.pop()
            if isinstance(inner, ast.ClassDef):
                self._pend(inner, here, scope)
            elif isinstance(inner, _FUNCTIONS):
                self._inside(inner, (*scope, inner.name))
            elif isinstance(inner, (ast.Import, ast.ImportFrom)):
                self.local_imports.setdefault(here, {}).update(_imports(inner))
            else:
                for field in ("finalbody", "orelse", "handlers", "body"):
                    pending.extend(reversed(getattr(inner, field, None) or []))

    def _pend(self, node: ast.ClassDef, outer: str, scope: tuple[str, ...]) -> None:
        qualname = f"{outer}.{node.name}" if outer else node.name
        self._pending.append((node, qualname, scope))
        for inner in node.body:
            if isinstance(inner, ast.ClassDef):
                self._pend(inner, qualname, scope)
            elif isinstance(inner, _FUNCTIONS):
                self._inside(inner, (*qualname.split("."), inner.name))

    def _class(
        self, node: ast.ClassDef, qualname: str, scope: tuple[str, ...], judge: ClassSieve | None
    ) -> ClassFacts:
        methods: dict[str, tuple[FunctionFacts, ...]] = {}
        names: dict[str, ast.expr | None] = {}
        annotations = {}
        constructor: Method | None = None
        pending: list[ast.stmt] = list(reversed(node.body))
        while pending:
            inner = pending.pop()
            if isinstance(inner, _FUNCTIONS):
                facts = self._function(inner, f"{qualname}.{inner.name}")
                self.trees.append((facts, inner))
                methods[inner.name] = (*methods.get(inner.name, ()), facts)
                constructor = inner if inner.name == "__init__" else constructor
            elif isinstance(inner, ast.Assign):
                for target in inner.targets:
                    if isinstance(target, ast.Name):
                        names[target.id] = inner.value
            elif isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
                names[inner.target.id] = inner.value
                if (annotation := self.lower.annotation(inner.annotation)) is not None:
                    annotations[inner.target.id] = annotation
            elif isinstance(inner, ast.If):
                pending.extend(reversed([*inner.body, *inner.orelse]))
        bases = [self.lower.expr(base) for base in node.bases if not isinstance(base, ast.Starred)]
        verdict = EVERYTHING if judge is None else judge.judge(node)
        # `class Net(six.with_metaclass(Meta, nn.Module))` and the like are left to the caller as calls
        return ClassFacts(
            node.name,
            qualname,
            node.lineno,
            tuple(bases),
            tuple(_dotted(decorator) for decorator in node.decorator_list),
            methods,
            {name: self._value(value) for name, value in names.items()},
            annotations,
            bool(verdict.stores),
            doc if (doc := ast.get_docstring(node, clean=False)) and "ensor" in doc else None,
            scope,
            verdict.stores,
            verdict.conditions,
            () if constructor is None else self._handed(node, constructor, judge),
        )

    def _handed(
        self, node: ast.ClassDef, constructor: Method, judge: ClassSieve | None
    ) -> tuple[Handed, ...]:
        def source() -> str:
            lines = split_lines(self.text) if judge is None else judge.scope.lines
            return "".join(lines[node.lineno - 1 : node.end_lineno])

        return handed(node, constructor, source)


def _is_plain(node: ast.expr | None) -> bool:
    try:
        return is_plain_literal(node)
    except RecursionError:
        return False


def _nested_classes(data: bytes) -> list[int]:
    """The numbers of the lines that begin with blanks and `class`."""
    lines: list[int] = []
    line, position = 1, 0
    for match in _CLASS.finditer(data):
        at = match.start()
        begin = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
        if begin < at and data[begin:at].isspace():
            line += data.count(b"\n", position, at)
            position = at
            lines.append(line)
    return lines


def _imports(node: ast.Import | ast.ImportFrom) -> list[tuple[str, ImportFacts]]:
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [
            (alias.asname or alias.name, ImportFacts(module, alias.name, node.level)) for alias in node.names
        ]
    found = []
    for alias in node.names:
        if alias.asname:
            found.append((alias.asname, ImportFacts(alias.name, None, 0)))
        else:  # `import a.b` binds `a`
            top = alias.name.partition(".")[0]
            found.append((top, ImportFacts(top, None, 0)))
    return found


def _root(fact: ImportFacts) -> str:
    """The dotted name that an import binds, with the dots of a relative one in front."""
    dots = "." * fact.level
    return dots + fact.module if fact.name is None else f"{dots}{fact.module}.{fact.name}"


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _dotted(node.func)
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _strings(node: ast.expr | None, earlier: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The strings of an `__all__` display, added to what stood there; None if it is no literal."""
    if not isinstance(node, (ast.List, ast.Tuple)):
        return None
    found = tuple(
        item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)
    )
    return (*(earlier or ()), *found)
