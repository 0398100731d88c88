"""The levels of the names in a method, and whether what it stores may stay unregistered.

Told from the text of the method alone, whatever the order it runs in: a name has the highest level of all that is bound
to it, anywhere in the method.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Sequence

from torchlint.facts.docstrings import tensor_arguments
from torchlint.facts.expression_levels import (
    INERT,
    MATTERS,
    NUMBERS,
    SELF,
    TRANSPARENT,
    Binding,
    ExpressionLevels,
    Scope,
    narrowed,
)
from torchlint.facts.plain import plain_annotation
from torchlint.facts.quiet import MUTATORS, first_argument, is_container, with_defaults
from torchlint.facts.tensor_uses import used_as_tensors

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SETATTR = re.compile(r"setattr")
_NEVER = 10**9
_PLACEHOLDER = ast.Constant(None, lineno=_NEVER, end_lineno=_NEVER)
_ANYTHING = ast.Slice(lineno=_NEVER, end_lineno=_NEVER)


class MethodLevels(ExpressionLevels):
    """The levels of the names of a method, and whether a store in it matters.

    `constructs`: the arguments of `__init__` are those of a caller who is not in this file.
    """

    def __init__(
        self,
        scope: Scope,
        cls: ast.ClassDef,
        method: ast.FunctionDef | ast.AsyncFunctionDef,
        *,
        constructs: bool,
    ) -> None:
        self.cls = cls
        self.method = method
        super().__init__(scope, first_argument(method))
        self.trusting = constructs and method.name == "__init__"
        arguments = method.args
        self.arguments = {
            argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        }
        self._stores: list[Binding] = []
        self._grown: list[tuple[ast.expr, ast.expr]] = []
        self._grown_names: dict[str, None] = {}
        self._passed: dict[str, None] = {}
        self._hopeless = False
        self._seen = 0
        """How many calls of `setattr` are statements of their own."""

    def may_store(self) -> bool:
        """Whether something may stay unregistered; with `conditions`, only if one of them fails."""
        self._block(self.method.body, 1)
        if self.scope.sets and len(_SETATTR.findall(self.scope.source(self.method))) > self._seen:
            return True
        if self._hopeless:
            return True
        if not self._stores and not self._grown:
            return False
        self._arguments(self.method, trusting=self.trusting)
        if self.scope.walrus and ":=" in self.scope.source(self.method):
            self._walruses()
        self._settle()
        return (
            self._leaks_into_own()
            or any(map(self._store_matters, self._stores))
            or any(map(self._growth_matters, self._grown))
        )

    # -- what is bound to what ---------------------------------------------------------------------------------------

    def _arguments(self, method: ast.FunctionDef | ast.AsyncFunctionDef, *, trusting: bool) -> None:
        arguments = method.args
        positional = [*arguments.posonlyargs, *arguments.args]
        documented: frozenset[str] = frozenset()
        called: set[str] = set()
        if trusting:
            documented = tensor_arguments(_docstring(method)) | tensor_arguments(_docstring(self.cls))
            called = used_as_tensors(self.scope.source(self.method))
        pairs = with_defaults(method)
        pairs += [(special, None) for special in (arguments.vararg, arguments.kwarg) if special]
        for argument, default in pairs:
            name = argument.arg
            unsure = not trusting or name in documented or name in called
            if unsure or not plain_annotation(argument.annotation):
                self.levels[name] = MATTERS
            else:
                self.levels.setdefault(name, INERT)
            if default is not None:
                self.bindings.append((name, default, True))
        if positional and method is self.method:
            self.levels[self.own] = MATTERS

    def _walruses(self) -> None:
        for node in ast.walk(self.method):
            if isinstance(node, ast.NamedExpr):
                self.bindings.append((node.target.id, node.value, True))

    def _settle(self) -> None:
        for name, value, _ in self.bindings:
            self.levels.setdefault(name, INERT)
            if name in self._passed and is_container(value):
                self.levels[name] = MATTERS  # a list that is given to a function, which may fill it
        changed = True
        while changed:
            changed = False
            for name, value, direct in self.bindings:
                before = self.levels[name]
                if before < MATTERS:
                    level = self.level(value)
                    if level != INERT and not direct:
                        level = MATTERS
                    if level > before:
                        self.levels[name] = level
                        changed = True

    # -- statements --------------------------------------------------------------------------------------------------

    def _block(self, nodes: Sequence[ast.stmt], depth: int) -> None:
        for node in nodes:
            kind = type(node)
            if kind is ast.Assign:
                if len(node.targets) > 1:  # type: ignore[attr-defined]
                    self._alias(node.targets, depth)  # type: ignore[attr-defined]
                for target in node.targets:  # type: ignore[attr-defined]
                    self._bind(target, node.value, True, depth)  # type: ignore[attr-defined]
            elif kind is ast.Expr:
                self._evaluate(node.value)  # type: ignore[attr-defined]
            elif kind is ast.AnnAssign:
                if node.value is not None:  # type: ignore[attr-defined]
                    # where nothing is known of the value, the annotation is believed
                    plain = plain_annotation(node.annotation)  # type: ignore[attr-defined]
                    self._bind(node.target, node.value if plain else _ANYTHING, True, depth)  # type: ignore[attr-defined]
            elif kind is ast.AugAssign:
                self._bind(node.target, node.value, False, depth + 1)  # type: ignore[attr-defined]
            elif kind is ast.Return or kind is ast.Raise or kind is ast.Pass:
                continue
            else:
                self._compound(node, depth + 1)

    def _alias(self, targets: Sequence[ast.expr], depth: int) -> None:
        """`a = self.b = []`: what is done to one of them is done to all."""
        for name in targets:
            if isinstance(name, ast.Name):
                for target in targets:
                    if target is not name:
                        self._bind(target, name, True, depth + 1)

    def _compound(self, node: ast.stmt, depth: int) -> None:
        if isinstance(node, (ast.If, ast.While, ast.Assert)):
            self._condition(node.test)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._bind(node.target, node.iter, False, depth)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, _ANYTHING, True, depth)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                for inner in ast.walk(case.pattern):
                    if isinstance(inner, (ast.MatchAs, ast.MatchStar)) and inner.name:
                        self.bindings.append((inner.name, _PLACEHOLDER, True))
                self._block(case.body, depth)
        elif isinstance(node, _FUNCTIONS):
            self.levels[node.name] = MATTERS
            self._arguments(node, trusting=False)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self.levels.update(dict.fromkeys(node.names, MATTERS))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if (alias.asname or alias.name) not in self.scope.roots:
                    self.levels[alias.asname or alias.name.partition(".")[0]] = MATTERS
            return
        elif isinstance(node, ast.ClassDef):
            self.levels[node.name] = MATTERS
            return
        for field in ("body", "orelse", "finalbody"):
            if inner_block := getattr(node, field, None):
                self._block(inner_block, depth)
        for handler in getattr(node, "handlers", ()):
            if handler.name:
                self.bindings.append((handler.name, _PLACEHOLDER, True))
            self._block(handler.body, depth)

    def _bind(self, target: ast.expr, value: ast.expr, direct: bool, depth: int) -> None:
        kind = type(target)
        if kind is ast.Name:
            self.bindings.append((target.id, value, direct))  # type: ignore[attr-defined]
        elif kind is ast.Attribute:
            self._bind_attribute(target, value, direct, depth)  # type: ignore[arg-type]
        elif kind is ast.Tuple or kind is ast.List:
            parts: Sequence[ast.expr] = target.elts  # type: ignore[attr-defined]
            paired = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(parts)
            if paired and direct and not any(isinstance(part, ast.Starred) for part in (*parts, *value.elts)):  # type: ignore[attr-defined]
                for part, item in zip(parts, value.elts, strict=True):  # type: ignore[attr-defined]
                    self._bind(part, item, True, depth)
            else:
                for part in parts:
                    self._bind(part, value, False, depth)
        elif kind is ast.Starred:
            self._bind(target.value, value, False, depth)  # type: ignore[attr-defined]
        elif kind is ast.Subscript:
            self._grow(target.value, value)  # type: ignore[attr-defined]
        if type(value) is ast.Call:
            self._evaluate(value)

    def _bind_attribute(self, target: ast.Attribute, value: ast.expr, direct: bool, depth: int) -> None:
        base = target.value
        if not isinstance(base, ast.Name):
            return  # an attribute of an attribute: not of the module itself
        self._stores.append((base.id, value, direct))
        if base.id == self.own:
            if depth == 1 and direct and target.attr not in self.attributes:
                self.attributes[target.attr] = (value.end_lineno or value.lineno, value)
            elif target.attr in self.attributes:
                self.attributes[target.attr] = (sys.maxsize, value)

    def _evaluate(self, node: ast.expr) -> None:
        if type(node) is ast.Constant:
            return
        if not isinstance(node, ast.Call):
            # with effects inside, if any: `[self.items.append(i) for i in …]`, `cond and self.items.append(…)`
            self._hopeless |= not isinstance(node, (ast.Name, ast.Attribute, ast.Compare))
            return
        func = node.func
        if type(func) is ast.Attribute:
            if func.attr in MUTATORS:
                for value in (*node.args, *[keyword.value for keyword in node.keywords]):
                    self._grow(func.value, value)
            elif type(func.value) is ast.Name and self._names_torch(func.value.id):
                return
            elif func.attr == "__setattr__":
                self._hopeless = True
        elif type(func) is ast.Name:
            if func.id in self.scope.classes:
                return
            if func.id == "setattr" and len(node.args) + len(node.keywords) == 3:
                value = [*node.args, *[keyword.value for keyword in node.keywords]][2]
                self._stores.append((self.own, value, True))
                self._seen += 1
        self._interrupt(node)

    def _names_torch(self, name: str) -> bool:
        """Whether what is called on a name is a function or class of torch: it leaves the module alone."""
        return name in self.scope.torch and name not in self.levels and name != self.own

    def _grow(self, receiver: ast.expr, value: ast.expr) -> None:
        """Something is put into a container."""
        if isinstance(receiver, ast.Name):
            self.bindings.append((receiver.id, value, False))
            self._grown_names[receiver.id] = None
        else:
            self._grown.append((receiver, value))

    def _interrupt(self, node: ast.Call) -> None:
        """A call that may change attributes, or what is in the lists that it is given."""
        func = node.func
        root = func
        while isinstance(root, (ast.Attribute, ast.Call)):
            root = root.value if isinstance(root, ast.Attribute) else root.func
        if isinstance(root, ast.Name) and root.id in (self.own, "super"):
            self.interruptions.append(node.lineno)
        known = isinstance(func, ast.Name) and (
            func.id in NUMBERS or func.id in TRANSPARENT or func.id in self.scope.classes
        )
        if known or (isinstance(func, ast.Attribute) and self.dotted(func).startswith("torch.")):
            return
        given = node.args
        if (base := self._as_super(node)) is not None:
            self.interruptions.append(node.lineno)
            self.conditions[base + "."] = None
            given = given[1:]
        for argument in given:
            if isinstance(argument, ast.Name):
                if argument.id == self.own:
                    self.interruptions.append(node.lineno)
                    self._hopeless = True  # `attach(self)`: the function may assign attributes
                self._passed[argument.id] = None
            elif isinstance(argument, ast.Attribute):
                self._passed[self.own] = None

    def _as_super(self, node: ast.Call) -> str | None:
        """The name of the base in `Base.method(self, …)`: the same as `super().method(…)` if it is a base."""
        func = node.func
        if not node.args or not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
            return None
        receiver, name = node.args[0], func.value.id
        if name in self.levels or not (name in self.scope.classes or self._is_elsewhere(name)):
            return None
        return name if isinstance(receiver, ast.Name) and receiver.id == self.own else None

    def _condition(self, test: ast.expr) -> None:
        """`isinstance(x, Tensor)`, `torch.is_tensor(x)`: what was unknown may become a tensor."""
        for subject in narrowed(test):
            if isinstance(subject, ast.Name):
                self.levels[subject.id] = MATTERS
            elif isinstance(subject, ast.Attribute) and isinstance(subject.value, ast.Name):
                self._hopeless |= subject.value.id == self.own

    # -- the verdict -------------------------------------------------------------------------------------------------

    def _store_matters(self, store: Binding) -> bool:
        name, stored, direct = store
        if name != self.own and name not in self.arguments:
            values = [value for bound, value, _ in self.bindings if bound == name]
            if values and not any(map(self._may_give_own, values)):
                return False  # an attribute of something else
        level = self.level(stored)
        return level == MATTERS or (level == SELF and not direct)

    def _growth_matters(self, growth: tuple[ast.expr, ast.expr]) -> bool:
        """Whether what is put into a container that is no local variable may stay unregistered there."""
        receiver, value = growth
        if self.level(value) == INERT:
            return False
        if not isinstance(receiver, ast.Attribute) or not isinstance(receiver.value, ast.Name):
            return True
        if receiver.value.id != self.own or receiver.attr not in self.attributes:
            return True
        return not self.is_nn_class_call(self.attributes[receiver.attr][1])

    def _leaks_into_own(self) -> bool:
        """Whether something is put into a container of the module under a local name, or by a function."""
        if self.own in self._passed and any(
            is_container(value) for name, value, _ in self._stores if name == self.own
        ):
            return True
        return any(
            self.levels[name] == MATTERS
            and any(self._mentions_own(value) for bound, value, _ in self.bindings if bound == name)
            for name in self._grown_names
        )

    def _may_give_own(self, node: ast.expr) -> bool:
        """Whether a value may be the module itself: `self` stands in it other than as the base of an attribute."""
        bases = {id(inner.value) for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}
        return any(
            isinstance(inner, ast.Name)
            and id(inner) not in bases
            and (inner.id == self.own or self.levels.get(inner.id))
            for inner in ast.walk(node)
        )

    def _mentions_own(self, node: ast.expr) -> bool:
        return any(isinstance(inner, ast.Name) and inner.id == self.own for inner in ast.walk(node))


def _docstring(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    first = node.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        return first.value.value
    return None
