"""What a rule is: one module of this package, found by its name alone."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from torchlint.findings import Finding
from torchlint.project.module_state import AttributeState, ModuleState

if TYPE_CHECKING:
    from torchlint.rules.fixing import FixRequest, Proposal

Check = Callable[[ModuleState], Iterable[Finding]]
Fixer = Callable[["FixRequest"], "Proposal"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its code, its name, its documentation (Markdown) and its check.

    `check` is None for a rule about comments (TL901), which no module state can decide, and for one that only a live
    module can decide (`runtime_only`). `fix` makes the fix of one finding, or raises NoFixError or CannotRewrite, which
    say why there is none; it is None where the rule has no fix, which `unfixable` explains. What it needs of
    `torchlint.rewrite` it imports itself: most runs rewrite nothing.
    """

    code: str
    name: str
    docs: str
    default_on: bool
    check: Check | None
    fix: Fixer | None = None
    unfixable: str | None = None
    runtime_only: bool = False

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.docs.partition("\n")[0]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of this package, by code. A module is a rule if it has a `CODE`."""
    package = importlib.import_module("torchlint.rules")
    rules = []
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if hasattr(module, "CODE"):
            docs = inspect.cleandoc(module.__doc__ or "")
            check = getattr(module, "check", None)
            default_on, unfixable = getattr(module, "DEFAULT_ON", True), getattr(module, "UNFIXABLE", None)
            fix = getattr(module, "fix", None)
            runtime_only = getattr(module, "RUNTIME_ONLY", False)
            rules.append(
                Rule(module.CODE, module.NAME, docs, default_on, check, fix, unfixable, runtime_only)
            )
    return tuple(sorted(rules, key=lambda rule: rule.code))


def finding(state: ModuleState, attribute: AttributeState, code: str, name: str, message: str) -> Finding:
    """A finding about an attribute, at the place of its assignment."""
    assert attribute.place is not None
    assert attribute.lines is not None
    return Finding(
        code,
        name,
        state.path,
        attribute.place,
        attribute.owner or state.class_name,
        attribute.method,
        attribute.name,
        with_evidence(attribute, message),
        attribute.lines,
    )


def with_evidence(attribute: AttributeState, message: str) -> str:
    """A message about an attribute, with the call that shows what it is."""
    return message if attribute.given_at is None else f"{message} (given at {attribute.given_at})"


def kept_out(attribute: AttributeState, item: str) -> str:
    """How the message about a container begins that torch does not look into; `item` is what it holds."""
    if attribute.comma:
        return (
            f"`self.{attribute.name}` is a tuple, because of the comma behind its only {item}: remove the comma if it "
            "is a slip. torch does not look into tuples"
        )
    return f"`self.{attribute.name}` is a {attribute.container} of {item}s, and torch does not look into it"


def left_behind(attribute: AttributeState, what: str, by_torch: str) -> str:
    """The clause that `.to()` and `.cuda()` leave `what` behind: `by_torch`, unless the class has a `to` for it."""
    if not attribute.moved_by:
        return by_torch
    own = " and ".join(f"`{method}()`" for method in attribute.moved_by)
    verb, them = ("move", "them") if len(attribute.moved_by) > 1 else ("moves", "it")
    unless = f"torch does not call {them} where this module is a part of another"
    return f"only the class's own {own} {verb} {what}: {unless}"


def offenders(state: ModuleState, *wanted: Callable[[AttributeState], bool]) -> Iterable[AttributeState]:
    """The attributes that torch does not register and that satisfy `wanted`, each once, in order of place.

    Left out: what torch has registered under another name, and what the class moves itself.
    """
    seen = set()
    placed = [(entry.place, entry) for entry in state.attributes if entry.place is not None]
    for _, attribute in sorted(placed, key=lambda pair: pair[0]):
        key = (attribute.owner, attribute.name)
        if attribute.alias or attribute.moved or key in seen:
            continue
        if all(condition(attribute) for condition in wanted):
            seen.add(key)
            yield attribute
