"""The sieve: which files and classes could leave state unregistered at all.

It only ever lets too much through. Two meshes: a regular expression over the bytes of a file, and a look at the
assignments of a class that rules out values which are surely neither tensors nor modules (constants, sizes computed from
arguments, `nn.Linear(...)` on its own, which registers itself).
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

_CLASS = re.compile(rb"^[ \t]*class[ \t]+\w+\s*(?:\[[^\n]*)?\(", re.MULTILINE)
_STORE = re.compile(rb"\w\s*\.\s*\w+[^\n=!<>]*=(?!=)|setattr|\.(?:append|extend|insert|update|setdefault|add|appendleft)\b")
_NUMBERS = {"int", "float", "str", "len", "bool", "range", "isinstance", "hasattr", "type", "round", "ord", "repr", "id",
            "callable", "issubclass", "complex", "bytes", "format", "hash", "print", "super", "object"}  # fmt: skip
_TRANSPARENT = {"max", "min", "sum", "abs", "list", "tuple", "dict", "set", "sorted", "zip", "enumerate", "reversed",
                "getattr", "pow", "divmod", "map", "filter", "any", "all", "iter", "next", "frozenset"}  # fmt: skip
_SCALAR_ANNOTATIONS = {"int", "float", "str", "bool", "complex", "bytes", "None"}
_PLAIN_MODULES = {"math", "os", "sys", "re", "logging", "warnings", "copy", "time", "string", "operator"}
_MUTATORS = {"append", "extend", "insert", "update", "setdefault", "add", "appendleft"}
_TENSOR_ATTRIBUTES = {"T", "mT", "H", "mH", "data", "grad", "real", "imag"}


def may_matter(data: bytes) -> bool:
    """Whether a file can hold a class with bases that assigns attributes."""
    return _CLASS.search(data) is not None and _STORE.search(data) is not None


def store_lines(data: bytes) -> list[int]:
    """The numbers of the lines that may assign an attribute or grow a container, in order."""
    lines: list[int] = []
    line, position = 1, 0
    for match in _STORE.finditer(data):
        line += data.count(b"\n", position, match.start())
        position = match.start()
        lines.append(line)
    return lines


class ClassSieve:
    """Judges the classes of one file. `roots` maps names to the dotted module that they were imported from."""

    def __init__(self, roots: Mapping[str, str], classes: Iterable[str], lines: Sequence[int]) -> None:
        self.roots = roots
        self.classes = frozenset(classes)
        self.lines = lines

    def is_candidate(self, node: ast.ClassDef) -> bool:
        """Whether a method of the class may leave a tensor, parameter or module on a plain attribute."""
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if self._has_store(statement) and _MethodSieve(self, statement).may_store():
                    return True
        return False

    def _has_store(self, node: ast.stmt) -> bool:
        index = bisect_left(self.lines, node.lineno)
        return index < len(self.lines) and self.lines[index] <= (node.end_lineno or node.lineno)


class _MethodSieve:
    def __init__(self, file: ClassSieve, method: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.file = file
        self.method = method
        self.inert_names: set[str] = set()
        self.tainted: set[str] = set()
        self.inert_attributes: set[str] = set()
        arguments = method.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            if method.name == "__init__" and self._plain_annotation(argument.annotation):
                self.inert_names.add(argument.arg)
        for special in (arguments.vararg, arguments.kwarg):
            if method.name == "__init__" and special and self._plain_annotation(special.annotation):
                self.inert_names.add(special.arg)
        first = (arguments.posonlyargs + arguments.args)[:1]
        self.own = first[0].arg if first else ""
        self.inert_names.discard(self.own)

    def _plain_annotation(self, node: ast.expr | None) -> bool:
        """No annotation, a scalar, or a configuration object: such an argument is never taken for a tensor."""
        if node is None or isinstance(node, ast.Constant) and node.value is None:
            return True
        if isinstance(node, ast.Name):
            return node.id in _SCALAR_ANNOTATIONS or node.id.endswith("Config")
        if isinstance(node, ast.BinOp):
            return self._plain_annotation(node.left) and self._plain_annotation(node.right)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            return node.value.id in ("Optional", "list", "List", "tuple", "Tuple", "Sequence") and (
                all(self._plain_annotation(part) for part in _elements(node.slice))
            )
        return isinstance(node, ast.Constant) and node.value is ...

    def may_store(self) -> bool:
        return any(map(self._statement, self.method.body))

    def _statement(self, node: ast.stmt) -> bool:
        kind = type(node)
        if kind is ast.Assign:
            return self._assign(node.targets, node.value)  # type: ignore[attr-defined]
        if kind is ast.Expr:
            return self._evaluate(node.value)  # type: ignore[attr-defined]
        if kind is ast.AnnAssign:
            return node.value is not None and self._assign([node.target], node.value)  # type: ignore[attr-defined]
        if kind is ast.AugAssign:
            return self._assign([node.target], node.value)  # type: ignore[attr-defined]
        if kind is ast.For or kind is ast.AsyncFor:
            if self._assign([node.target], node.iter):  # type: ignore[attr-defined]
                return True
        elif kind is ast.With or kind is ast.AsyncWith:
            for item in node.items:  # type: ignore[attr-defined]
                if item.optional_vars is not None and self._assign([item.optional_vars], item.context_expr):
                    return True
        elif kind is ast.If or kind is ast.While:
            if self._narrows(node.test):  # type: ignore[attr-defined]
                return True
        elif kind is ast.Match:
            return any(self._statement(inner) for case in node.cases for inner in case.body)  # type: ignore[attr-defined]
        elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
            self._taint(node.name)  # type: ignore[attr-defined]
        for field in ("body", "orelse", "finalbody"):
            for inner in getattr(node, field, ()):
                if self._statement(inner):
                    return True
        return any(self._statement(inner) for handler in getattr(node, "handlers", ()) for inner in handler.body)

    def _narrows(self, test: ast.expr) -> bool:
        """`isinstance(x, Tensor)` or `torch.is_tensor(x)`: what was unknown may become a tensor."""
        for node in ast.walk(test):
            if isinstance(node, ast.NamedExpr):
                return True
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called.endswith("is_tensor") or (
                    called == "isinstance" and not self._scalar_types(node.args[-1:])
                ):
                    return True
        return False

    def _scalar_types(self, nodes: Sequence[ast.expr]) -> bool:
        harmless = _SCALAR_ANNOTATIONS | {"list", "tuple", "dict", "set", "Iterable", "Sequence", "Mapping"}
        return all(
            isinstance(part, ast.Name) and part.id in harmless for node in nodes for part in _elements(node)
        )

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr) -> bool:
        inert = self.inert(value)
        harmless = inert or self._registers_itself(value)
        for target in targets:
            for part in _elements(target):
                if isinstance(part, ast.Starred):
                    part = part.value
                if isinstance(part, ast.Name):
                    if inert and part.id not in self.tainted:
                        self.inert_names.add(part.id)
                    elif not inert:
                        self._taint(part.id)
                elif isinstance(part, ast.Attribute):
                    if not harmless or (not inert and part is not target):
                        return True
                    if inert and isinstance(part.value, ast.Name) and part.value.id == self.own:
                        self.inert_attributes.add(part.attr)
                elif isinstance(part, ast.Subscript) and not inert:
                    if not isinstance(part.value, ast.Name):
                        return True
                    self._taint(part.value.id)
                elif not inert:
                    return True
        return False

    def _taint(self, name: str) -> None:
        self.inert_names.discard(name)
        self.tainted.add(name)

    def _evaluate(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call):
            return isinstance(node, (ast.NamedExpr, ast.ListComp, ast.IfExp, ast.BoolOp))
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in _MUTATORS:
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            if not all(map(self.inert, values)):
                if not isinstance(func.value, ast.Name):
                    return True
                self._taint(func.value.id)
            return False
        if isinstance(func, ast.Attribute) and func.attr == "__setattr__":
            return True
        return isinstance(func, ast.Name) and func.id == "setattr" and not self.inert(node.args[-1])

    def _registers_itself(self, value: ast.expr) -> bool:
        """A direct call of a torch.nn class, or of a class of this file: assigned as it is, torch registers it."""
        if not isinstance(value, ast.Call):
            return False
        func = value.func
        if isinstance(func, ast.Name):
            root = self.file.roots.get(func.id, "")
            return func.id in self.file.classes or (root.startswith("torch.nn.") and func.id[:1].isupper())
        return isinstance(func, ast.Attribute) and func.attr[:1].isupper() and self._dotted(func.value) == "torch.nn"

    def _dotted(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self.file.roots.get(node.id, "")
        if isinstance(node, ast.Attribute):
            base = self._dotted(node.value)
            return f"{base}.{node.attr}" if base else ""
        return ""

    def inert(self, node: ast.expr) -> bool:
        """Whether a value is surely neither a tensor nor a module, nor holds any."""
        kind = type(node)
        if kind is ast.Constant or kind is ast.JoinedStr:
            return True
        if kind is ast.Name:
            return node.id in self.inert_names  # type: ignore[attr-defined]
        if kind is ast.Attribute:
            return self._inert_attribute(node)  # type: ignore[arg-type]
        if kind is ast.Call:
            return self._inert_call(node)  # type: ignore[arg-type]
        if kind is ast.BinOp:
            return self.inert(node.left) and self.inert(node.right)  # type: ignore[attr-defined]
        if kind is ast.UnaryOp:
            return self.inert(node.operand)  # type: ignore[attr-defined]
        if kind is ast.Compare:
            if all(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops):  # type: ignore[attr-defined]
                return True
            return self.inert(node.left) and all(map(self.inert, node.comparators))  # type: ignore[attr-defined]
        if kind is ast.BoolOp:
            return all(map(self.inert, node.values))  # type: ignore[attr-defined]
        if kind is ast.IfExp:
            return self.inert(node.body) and self.inert(node.orelse)  # type: ignore[attr-defined]
        if kind is ast.List or kind is ast.Tuple or kind is ast.Set:
            return all(map(self.inert, node.elts))  # type: ignore[attr-defined]
        if kind is ast.Dict:
            return all(map(self.inert, node.values))  # type: ignore[attr-defined]
        if kind is ast.Subscript or kind is ast.Starred:
            return self.inert(node.value)  # type: ignore[attr-defined]
        if kind is ast.ListComp or kind is ast.SetComp or kind is ast.GeneratorExp:
            return self._inert_comprehension(node.generators, [node.elt])  # type: ignore[attr-defined]
        if kind is ast.DictComp:
            return self._inert_comprehension(node.generators, [node.key, node.value])  # type: ignore[attr-defined]
        return False

    def _inert_comprehension(self, generators: Sequence[ast.comprehension], parts: Sequence[ast.expr]) -> bool:
        added = set()
        for generator in generators:
            if not self.inert(generator.iter):
                return False
            for part in _elements(generator.target):
                if isinstance(part, ast.Name) and part.id not in self.inert_names:
                    added.add(part.id)
        self.inert_names |= added
        try:
            return all(map(self.inert, parts))
        finally:
            self.inert_names -= added

    def _inert_attribute(self, node: ast.Attribute) -> bool:
        base = node.value
        if isinstance(base, ast.Name):
            if base.id == self.own:
                return node.attr in self.inert_attributes
            if base.id in self.inert_names:
                return node.attr not in _TENSOR_ATTRIBUTES
            root = self.file.roots.get(base.id, "")
            return root in _PLAIN_MODULES or root == "torch" or root.startswith("torch.") or root == "numpy"
        if isinstance(base, ast.Attribute) and node.attr not in _TENSOR_ATTRIBUTES:
            return self._inert_attribute(base)
        return False

    def _inert_call(self, node: ast.Call) -> bool:
        func = node.func
        if isinstance(func, ast.Name):
            if func.id in _NUMBERS and func.id not in self.file.roots:
                return True
            if func.id not in _TRANSPARENT:
                return False
        elif isinstance(func, ast.Attribute):
            root = self._dotted(func.value)
            if root in ("torch", "numpy") or root.startswith("torch."):
                if root != "numpy":
                    return False
            elif not (root in _PLAIN_MODULES or self.inert(func.value)):
                return False
        else:
            return False
        return all(map(self.inert, node.args)) and all(self.inert(keyword.value) for keyword in node.keywords)


def _elements(node: ast.expr) -> Iterable[ast.expr]:
    """The parts of a tuple or list, nested ones flattened; anything else is its own only part."""
    if isinstance(node, (ast.Tuple, ast.List)):
        for element in node.elts:
            yield from _elements(element)
    else:
        yield node
