"""The sieve: which classes could leave state unregistered at all.

It only ever lets too much through. It looks at the assignments of a class (`levels.MethodLevels`) and rules out values
which are surely neither tensors nor modules (constants, sizes computed from arguments), or modules that register
themselves (`self.fc = nn.Linear(...)`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping

from msgspec import Struct

from torchlint.facts.expression_levels import Scope
from torchlint.facts.levels import MethodLevels
from torchlint.facts.quiet import first_argument, only_names

GROWS = r"\.{}\s*(?:\.\s*(?:append|extend|insert|update|setdefault|add|appendleft)\b|\[.*\]\s*=(?!=)|\+=)"
"""Something put into a container that is an attribute; `{}` is for the pattern of its name."""
_FILLS = re.compile(GROWS.format(r"\w+"))
_HANDED_ON = re.compile(r"[(,]\s*(?:\w+\s*=|\*\s*[\[(])\s*self\b(?!\s*[.(\[])")
"""`attach(module=self)`, `attach(*[self])`: what is called may assign attributes."""
_PASSED = re.compile(r"=self\b(?!\s*[.(\[])")
"""How the first of these ends: found far more quickly, as it begins with plain characters."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Verdict(Struct, frozen=True):
    """What the sieve says of a class.

    `stores`: the methods that may leave something unregistered; none, and the class is harmless. `conditions`: as in
    `ClassFacts`.
    """

    stores: tuple[str, ...] = ()
    conditions: tuple[str, ...] | None = None


HARMLESS = Verdict()
EVERYTHING = Verdict(("*",))


class ClassSieve:
    """Judges the classes of one file.

    `roots` maps names to the dotted name that they were imported as; one of a relative import starts with a dot.
    `constants` are module-level names that are surely plain.
    """

    def __init__(
        self,
        roots: Mapping[str, str],
        classes: Collection[ast.ClassDef],
        constants: Collection[str],
        text: str,
    ) -> None:
        self.calls_forward = ".forward" in text or "self(" in text
        may_hand_on = _PASSED.search(text) is not None or "*[self" in text or "*(self" in text
        self.hands_on = may_hand_on and _HANDED_ON.search(text) is not None
        bases = {name for node in classes for base in node.bases if (name := _last(base))}
        self.bases = bases
        registering = {
            node.name for node in classes if not any("Tensor" in _last(base) for base in node.bases)
        }
        self.scope = Scope(
            roots,
            frozenset(name for name, root in roots.items() if root == "torch" or root.startswith("torch.")),
            frozenset(registering),
            frozenset(constants),
            ":=" in text,
            "setattr" in text,
            text,
        )

    def judge(self, node: ast.ClassDef) -> Verdict:
        """Which methods of the class may leave a tensor, parameter or module on a plain attribute."""
        inherited = node.name in self.bases
        stores: list[str] = []
        conditions: dict[str, None] = {}
        certain = False
        for method in node.body:
            if isinstance(method, _FUNCTIONS):
                if method.name == "forward" and not self._forward_matters(method):
                    continue
                if self.hands_on and _HANDED_ON.search(self.scope.source(method)):
                    stores.append(method.name)
                    certain = True
                    continue
                if not self.scope.sets and only_names(method.body, first_argument(method)):
                    continue
                levels = MethodLevels(self.scope, node, method, constructs=not inherited)
                try:
                    matters = levels.may_store()
                except RecursionError:
                    matters = True
                if matters:
                    stores.append(method.name)
                    certain = True
                elif levels.conditions:
                    stores.append(method.name)
                    conditions.update(levels.conditions)
            elif isinstance(method, (ast.If, ast.Try, ast.With)):
                stores.append("*")  # methods that are defined on a condition
                certain = True
        return Verdict(tuple(stores), None if certain else tuple(conditions)) if stores else HARMLESS

    def _forward_matters(self, method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether `forward` may run in construction, or fills a container: else it can do what it likes."""
        if self.calls_forward:
            return True
        return _FILLS.search(self.scope.source(method)) is not None


def _last(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
