"""How much an expression in a method can matter, told from its spelling and from the levels of the names in it.

Three levels: INERT is neither tensor nor module nor holds any; SELF registers itself, or is harmless, where it is
assigned to an attribute as it is (a module); MATTERS is anything else.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct

from torchlint import torch_api
from torchlint.files.source import split_lines

INERT, SELF, MATTERS = 0, 1, 2

NUMBERS = {"int", "float", "str", "len", "bool", "range", "isinstance", "hasattr", "type", "round", "ord", "repr",
           "id", "callable", "issubclass", "complex", "bytes", "format", "hash", "print", "object"}  # fmt: skip
TRANSPARENT = {"max", "min", "sum", "abs", "list", "tuple", "dict", "set", "sorted", "zip", "enumerate", "reversed",
               "getattr", "pow", "divmod", "filter", "any", "all", "iter", "next", "frozenset"}  # fmt: skip
_TENSOR_ATTRIBUTES = {"T", "mT", "H", "mH", "data", "grad", "real", "imag"}
# what these give depends on what they are given; every other module of the standard library gives nothing of interest
_PASSING = {
    "collections",
    "itertools",
    "functools",
    "copy",
    "typing",
    "operator",
    "contextlib",
    "dataclasses",
    "types",
}
_OUTSIDE = (frozenset(sys.stdlib_module_names) | {"numpy"}) - _PASSING
_PLAIN_TYPES = {"int", "float", "str", "bool", "complex", "bytes", "list", "tuple", "dict", "set", "Iterable",
                "Sequence", "Mapping", "Number", "NoneType", "PathLike", "Path"}  # fmt: skip


class Scope(Struct, frozen=True, dict=True):
    """What a method can see of its file. See `ClassSieve`."""

    roots: Mapping[str, str]
    torch: frozenset[str]
    """Those of them that are torch or a part of it."""
    classes: frozenset[str]
    constants: frozenset[str]
    walrus: bool
    """Whether the file holds `:=` at all."""
    sets: bool
    """Whether it holds `setattr` at all."""
    text: str

    @cached_property
    def lines(self) -> Sequence[str]:
        """The lines of the file, ends kept; many files never need them."""
        return split_lines(self.text)

    @property
    def known_lines(self) -> Sequence[str] | None:
        """The lines, if they were needed."""
        return self.__dict__.get("lines")

    def source(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        """The text of a method."""
        return "".join(self.lines[node.lineno - 1 : node.end_lineno])


Binding: TypeAlias = tuple[str, ast.expr, bool]
"""A value that reaches a name, or an attribute of what has that name: the name, the value, and whether it gets there
as it is, neither put into something nor taken out of it."""


class ExpressionLevels:
    """The levels of expressions in a method whose first argument is `own`."""

    def __init__(self, scope: Scope, own: str) -> None:
        self.scope = scope
        self.own = own
        self.levels: dict[str, int] = {}
        self.conditions: dict[str, None] = {}
        self.bindings: list[Binding] = []
        self.attributes: dict[str, tuple[int, ast.expr]] = {}
        """Attributes of the module that are set in any case: the last line of that statement, and the value."""
        self.interruptions: list[int] = []
        """Lines of calls that may change attributes."""

    def level(self, node: ast.expr) -> int:
        """The level of an expression."""
        kind = type(node)
        if kind is ast.Constant or kind is ast.JoinedStr:
            return INERT
        if kind is ast.Name:
            return self._name(node.id)  # type: ignore[attr-defined]
        if kind is ast.Attribute:
            return self._attribute(node)  # type: ignore[arg-type]
        if kind is ast.Call:
            return self._call(node)  # type: ignore[arg-type]
        if kind is ast.IfExp:
            if any(True for _ in narrowed(node.test)):  # type: ignore[attr-defined]
                return MATTERS
            return max(self.level(node.body), self.level(node.orelse))  # type: ignore[attr-defined]
        if kind is ast.BoolOp:
            if any(True for _ in narrowed(node)):
                return MATTERS
            return max(map(self.level, node.values))  # type: ignore[attr-defined]
        if kind is ast.UnaryOp:
            return INERT if isinstance(node.op, ast.Not) else self._all([node.operand])  # type: ignore[attr-defined]
        if kind is ast.BinOp:
            return self._all([node.left, node.right])  # type: ignore[attr-defined]
        if kind is ast.Compare:
            if all(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops):  # type: ignore[attr-defined]
                return INERT
            return self._all([node.left, *node.comparators])  # type: ignore[attr-defined]
        if kind is ast.List or kind is ast.Tuple or kind is ast.Set:
            return self._all(node.elts)  # type: ignore[attr-defined]
        if kind is ast.Dict:
            return self._all(node.values)  # type: ignore[attr-defined]
        if kind is ast.Subscript:
            return self._subscript(node)  # type: ignore[arg-type]
        if kind is ast.Starred:
            return self._all([node.value])  # type: ignore[attr-defined]
        if kind is ast.ListComp or kind is ast.SetComp or kind is ast.GeneratorExp:
            return self._comprehension(node.generators, [node.elt])  # type: ignore[attr-defined]
        if kind is ast.DictComp:
            return self._comprehension(node.generators, [node.key, node.value])  # type: ignore[attr-defined]
        return SELF if kind is ast.Lambda else MATTERS

    def _all(self, nodes: Iterable[ast.expr]) -> int:
        return MATTERS if any(self.level(node) for node in nodes) else INERT

    def _name(self, name: str) -> int:
        if name in self.levels:
            return self.levels[name]
        return INERT if name in self.scope.constants else MATTERS

    def _comprehension(self, generators: Sequence[ast.comprehension], parts: Sequence[ast.expr]) -> int:
        saved = dict(self.levels)
        try:
            for generator in generators:
                asked = any(True for test in generator.ifs for _ in narrowed(test))
                level = MATTERS if asked or self.level(generator.iter) else INERT
                for inner in ast.walk(generator.target):
                    if isinstance(inner, ast.Name):
                        self.levels[inner.id] = level
            return self._all(parts)
        finally:
            self.levels = saved

    def _subscript(self, node: ast.Subscript) -> int:
        base = node.value
        if isinstance(base, ast.Name) and base.id not in self.levels and self._is_elsewhere(base.id):
            self.conditions[base.id] = None
            return SELF
        return self._all([base])

    def _attribute(self, node: ast.Attribute) -> int:
        base = node.value
        dotted = self.dotted(node)
        if dotted.startswith("torch."):
            return INERT if torch_api.is_constant(dotted) else SELF
        if dotted and dotted.partition(".")[0] in _OUTSIDE:
            return INERT
        if node.attr in _TENSOR_ATTRIBUTES:
            return MATTERS
        if isinstance(base, ast.Name) and base.id == self.own:
            line, value = self.attributes.get(node.attr, (sys.maxsize, node))
            if line < node.lineno and not any(line < stop < node.lineno for stop in self.interruptions):
                return self.level(value)
            return MATTERS
        if isinstance(base, ast.Attribute) and base.attr.endswith("config"):
            return INERT  # self.config.hidden_size
        return self._all([base])

    def _call(self, node: ast.Call) -> int:
        func = node.func
        given = [*node.args, *[keyword.value for keyword in node.keywords]]
        if isinstance(func, ast.Name):
            name = func.id
            if name in self.levels:
                if self.levels[name] == INERT:
                    return self._all(given)
                values = [value for bound, value, _ in self.bindings if bound == name]
                classy = values and all(
                    self._is_nn_class(value) or self.level(value) == INERT for value in values
                )
                return SELF if classy and self.levels[name] == SELF else MATTERS
            root = self.scope.roots.get(name, "")
            if root.startswith("torch."):
                return self._torch(root)
            if name in self.scope.classes:
                return SELF
            if not root:
                if name in NUMBERS:
                    return INERT
                if name == "getattr" and len(given) > 1 and self.dotted(given[0]).startswith("torch"):
                    return SELF
                return self._all(given) if name in TRANSPARENT else MATTERS
            if root.partition(".")[0] in _OUTSIDE:
                return INERT
            if name[:1].isupper() and not name.isupper() and self._is_elsewhere(name):
                self.conditions[name] = None
                return SELF
            return MATTERS
        if isinstance(func, ast.Attribute):
            dotted = self.dotted(func)
            if dotted.startswith("torch."):
                return self._torch(dotted)
            if dotted and dotted.partition(".")[0] in _OUTSIDE:
                return INERT
            if self.dotted(func.value):
                return MATTERS
            return self._all([func.value, *given])
        return MATTERS

    def _torch(self, dotted: str) -> int:
        if self._is_class_name(dotted):
            return SELF
        known = torch_api.object_class(dotted) == "object" or torch_api.function(dotted) == "other"
        return INERT if known else MATTERS

    def _is_elsewhere(self, name: str) -> bool:
        root = self.scope.roots.get(name, "")
        return (
            bool(root)
            and not root.startswith("torch.")
            and root.partition(".")[0] not in _PASSING | {"einops"}
        )

    @staticmethod
    def _is_class_name(dotted: str) -> bool:
        return dotted.startswith("torch.nn.") and dotted.rpartition(".")[2][:1].isupper()

    def _is_nn_class(self, node: ast.expr) -> bool:
        return self._is_class_name(self.dotted(node))

    def is_nn_class_call(self, node: ast.expr) -> bool:
        """Whether an expression makes one of torch's modules."""
        return isinstance(node, ast.Call) and self._is_nn_class(node.func)

    def dotted(self, node: ast.expr) -> str:
        """The dotted name that an expression was imported as; empty for anything else."""
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value)
            return f"{base}.{node.attr}" if base else ""
        if isinstance(node, ast.Name) and node.id not in self.levels:
            return self.scope.roots.get(node.id, "")
        return ""


def narrowed(test: ast.expr) -> Iterable[ast.expr]:
    """The subjects of `isinstance`, `is_tensor`, `type(x) is` in a condition, but for those asked for plain types."""
    kind = type(test)
    if kind is ast.Call:
        if not test.args:  # type: ignore[attr-defined]
            return
        name = _last_name(test.func)  # type: ignore[attr-defined]
        if name in ("isinstance", "is_tensor", "type"):
            asked = test.args[1:2] if name == "isinstance" else []  # type: ignore[attr-defined]
            parts = asked[0].elts if asked and isinstance(asked[0], ast.Tuple) else asked
            if not parts or not all(_last_name(part) in _PLAIN_TYPES for part in parts):
                yield test.args[0]  # type: ignore[attr-defined]
    elif kind is ast.BoolOp:
        for value in test.values:  # type: ignore[attr-defined]
            yield from narrowed(value)
    elif kind is ast.UnaryOp:
        yield from narrowed(test.operand)  # type: ignore[attr-defined]
    elif kind is ast.Compare:
        yield from narrowed(test.left)  # type: ignore[attr-defined]


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
