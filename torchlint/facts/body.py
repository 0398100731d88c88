"""The body of a function in symbolic form, with all that stands in it at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from torchlint.facts import ir

_BINDERS = (ir.Assign, ir.For, ir.Comprehension, ir.With, ir.Walrus)
_ACTS = (ir.Assign, ir.AugAssign, ir.For, ir.With, ir.Call, ir.Define, ir.Bind, ir.Return, ir.Yield)
_BY_NAME = ("getattr", "setattr")


class Body(tuple[ir.Statement, ...]):
    """The block of a function, with all that stands in it at hand: it is searched many times."""

    @cached_property
    def nodes(self) -> tuple[object, ...]:
        """Every node in it, outer ones first."""
        return tuple(descend(tuple(self)))

    @cached_property
    def binders(self) -> tuple[object, ...]:
        """Those of its nodes that give names or attributes their values."""
        return tuple(node for node in self.nodes if isinstance(node, _BINDERS))

    @cached_property
    def bindings(self) -> tuple[tuple[ir.Expr, ir.Expr, bool], ...]:
        """Targets with their values; whether the target gets the items of the value, one by one."""
        return tuple(_bindings_of(self.binders))

    @cached_property
    def acts(self) -> tuple[object, ...]:
        """Those of its nodes that may do something, or make names for it."""
        return tuple(node for node in self.nodes if isinstance(node, _ACTS))

    @cached_property
    def words(self) -> frozenset[str]:
        """The attributes that stand in it, those that `getattr` names, and `getattr` and `setattr` themselves.

        `getattr` only if it may look up any attribute.
        """
        found = {node.attr for node in self.nodes if isinstance(node, ir.Attribute)}
        by_name = [node.id for node in self.nodes if isinstance(node, ir.Name) and node.id in _BY_NAME]
        if "getattr" in by_name:
            spelled = [name for node in self.nodes if (name := _looked_up(node)) is not None]
            found.update(spelled)
            if by_name.count("getattr") == len(spelled):
                by_name = [name for name in by_name if name != "getattr"]
        return frozenset(found.union(by_name))

    @cached_property
    def renamed(self) -> tuple[tuple[str, str], ...]:
        """The variables that are assigned another one, with that."""
        return tuple(
            (target.id, value.id)
            for target, value, _ in self.bindings
            if isinstance(target, ir.Name) and isinstance(value, ir.Name)
        )

    @cached_property
    def hands_on(self) -> tuple[tuple[ir.Call, frozenset[str]], ...]:
        """The calls that are given variables as they are, with these."""
        calls = (node for node in self.acts if isinstance(node, ir.Call))
        given = ((call, [*call.args, *(value for _, value in call.keywords)]) for call in calls)
        names = (
            (call, frozenset(one.id for one in ones if isinstance(one, ir.Name))) for call, ones in given
        )
        return tuple((call, ones) for call, ones in names if ones)


def bindings(body: object) -> Sequence[tuple[ir.Expr, ir.Expr, bool]]:
    """Targets with their values; whether the target gets the items of the value, one by one."""
    return body.bindings if isinstance(body, Body) else tuple(_bindings_of(descend(body)))


def acts(body: object) -> Iterable[object]:
    """The nodes of a body that may do something, or make names for it."""
    return body.acts if isinstance(body, Body) else descend(body)


def walk(node: object) -> Iterable[object]:
    """Every node of the symbolic form, outer ones first."""
    return node.nodes if isinstance(node, Body) else descend(node)


def _looked_up(node: object) -> str | None:
    """The name in `getattr(module, "pe")`."""
    match node:
        case ir.Call(func=ir.Name(id="getattr"), args=(_, ir.Const(value=str(name)), *_)):
            return name
    return None


def _bindings_of(nodes: Iterable[object]) -> Iterator[tuple[ir.Expr, ir.Expr, bool]]:
    """The targets among some nodes with their values; whether the target gets the items of the value, one by one."""
    for node in nodes:
        if isinstance(node, ir.Assign) and node.value is not None:
            for target in node.targets:
                yield target, node.value, False
        elif isinstance(node, ir.For):
            yield node.target, node.iterable, True
        elif isinstance(node, ir.Comprehension):
            for target, iterable, _ in node.loops:
                yield target, iterable, True
        elif isinstance(node, ir.With):
            for context, target_of in node.items:
                if target_of is not None:
                    yield target_of, context, False
        elif isinstance(node, ir.Walrus):
            yield ir.Name(node.name), node.value, False


def descend(node: object) -> Iterator[object]:
    """A node and all below it, outer ones first."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            if hasattr(current, "_fields"):  # a plain tuple is a list of nodes
                yield current
            pending.extend(reversed(current))
