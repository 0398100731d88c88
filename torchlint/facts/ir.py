"""The symbolic form of code: what the rest of torchlint sees instead of a syntax tree.

A small, closed set of immutable nodes. Every spelling that means the same to `nn.Module` (chained, annotated, walrus,
augmented, `setattr`) is lowered to the same few nodes, so the project room never meets Python's syntax. Named tuples
rather than dataclasses: they are built by the hundred thousand, and a tuple is built in C.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple, Union

from torchlint.findings import Place


class Const(NamedTuple):
    """A literal; `value` is the literal itself for None, numbers and str, and `...` for any other."""

    value: object


class Name(NamedTuple):
    """A variable that is read (or, as a target, bound)."""

    id: str


class Attribute(NamedTuple):
    """`base.attr`; `place` is set where the attribute is the target of an assignment."""

    base: Expr
    attr: str
    place: Place | None = None


class Subscript(NamedTuple):
    """`base[index]`."""

    base: Expr
    index: Expr  # type: ignore[assignment]  # hides tuple.index


class Call(NamedTuple):
    """`func(*args, **keywords)`; a keyword named None is `**mapping`. `place` spans the call."""

    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...]
    place: Place


class Binary(NamedTuple):
    """An arithmetic operation; `op` is the name of its `ast` class."""

    left: Expr
    op: str
    right: Expr


class Unary(NamedTuple):
    """`-x`, `~x`, `+x` or `not x`; `op` is the name of its `ast` class."""

    op: str
    operand: Expr


class Compare(NamedTuple):
    """A comparison with one operator (`ops` of a chain are lowered to `BoolOp`)."""

    left: Expr
    op: str
    right: Expr


class BoolOp(NamedTuple):
    """`a and b` or `a or b`."""

    is_and: bool
    values: tuple[Expr, ...]


class IfExp(NamedTuple):
    """`body if test else orelse`."""

    test: Expr
    body: Expr
    orelse: Expr


class Sequence(NamedTuple):
    """A list, tuple or set display; also a tuple target."""

    kind: str
    items: tuple[Expr, ...]


class Mapping(NamedTuple):
    """A dict display; a key of None is `**mapping`."""

    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]


class Comprehension(NamedTuple):
    """A comprehension or generator expression. `kind` is list, set, dict or generator; `key` only for dict."""

    kind: str
    element: Expr
    key: Expr | None
    loops: tuple[tuple[Expr, Expr, tuple[Expr, ...]], ...]


class Starred(NamedTuple):
    """`*value`."""

    value: Expr


class Walrus(NamedTuple):
    """`(name := value)`."""

    name: str
    value: Expr


class Lambda(NamedTuple):
    """An anonymous function."""

    function: Function


class Format(NamedTuple):
    """An f-string: literal parts as str, the others as expressions."""

    parts: tuple[str | Expr, ...]


class Opaque(NamedTuple):
    """An expression that carries nothing of interest; its `parts` are still evaluated."""

    parts: tuple[Expr, ...]


class Yield(NamedTuple):
    """`yield value`, `yield from value` or `await value`."""

    kind: str
    value: Expr | None


Expr = Union[  # noqa: UP007  # at runtime, on Python 3.10
    Const,
    Name,
    Attribute,
    Subscript,
    Call,
    Binary,
    Unary,
    Compare,
    BoolOp,
    IfExp,
    Sequence,
    Mapping,
    Comprehension,
    Starred,
    Walrus,
    Lambda,
    Format,
    Opaque,
    Yield,
]


class Assign(NamedTuple):
    """`t1 = t2 = value`, or with an annotation. `value` is None for a bare annotation. `lines`: first and last."""

    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None
    lines: tuple[int, int]


class AugAssign(NamedTuple):
    """`target op= value`."""

    target: Expr
    op: str
    value: Expr
    lines: tuple[int, int]


class Evaluate(NamedTuple):
    """An expression statement."""

    value: Expr
    lines: tuple[int, int]


class If(NamedTuple):
    """A branch."""

    test: Expr
    body: Block
    orelse: Block


class For(NamedTuple):
    """A `for` loop; `while` is `While`."""

    target: Expr
    iterable: Expr
    body: Block
    orelse: Block
    lines: tuple[int, int]


class While(NamedTuple):
    """A `while` loop."""

    test: Expr
    body: Block
    orelse: Block


class With(NamedTuple):
    """A `with` statement: (context, target) pairs."""

    items: tuple[tuple[Expr, Expr | None], ...]
    body: Block
    lines: tuple[int, int]


class Try(NamedTuple):
    """A `try` statement."""

    body: Block
    handlers: tuple[tuple[str | None, Block], ...]
    orelse: Block
    final: Block


class Branches(NamedTuple):
    """A `match`: one of several blocks, or none of them where `exhaustive` is False."""

    subject: Expr
    cases: tuple[tuple[tuple[str, ...], Block], ...]
    exhaustive: bool


class Return(NamedTuple):
    """`return value`."""

    value: Expr | None


class Jump(NamedTuple):
    """`raise`, `break` or `continue`."""

    kind: str


class Assert(NamedTuple):
    """`assert test`."""

    test: Expr


class Delete(NamedTuple):
    """`del targets`."""

    targets: tuple[Expr, ...]


class Define(NamedTuple):
    """A nested function."""

    function: Function


class DefineClass(NamedTuple):
    """A nested class, by its name; its facts are in the file's index."""

    name: str
    qualname: str


class Bind(NamedTuple):
    """A local import: `name` becomes the dotted `target`."""

    name: str
    target: str


Statement = Union[  # noqa: UP007
    Assign,
    AugAssign,
    Evaluate,
    If,
    For,
    While,
    With,
    Try,
    Branches,
    Return,
    Jump,
    Assert,
    Delete,
    Define,
    DefineClass,
    Bind,
]
Block = tuple[Statement, ...]


class Body(tuple[Statement, ...]):
    """The block of a function, with all that stands in it at hand: it is searched many times."""

    @cached_property
    def nodes(self) -> tuple[object, ...]:
        """Every node in it, outer ones first."""
        return tuple(descend(tuple(self)))

    @cached_property
    def binders(self) -> tuple[object, ...]:
        """Those of its nodes that give names or attributes their values."""
        return tuple(node for node in self.nodes if isinstance(node, BINDERS))

    @cached_property
    def bindings(self) -> tuple[tuple[Expr, Expr, bool], ...]:
        """Targets with their values; whether the target gets the items of the value, one by one."""
        return tuple(bindings_of(self.binders))

    @cached_property
    def acts(self) -> tuple[object, ...]:
        """Those of its nodes that may do something, or make names for it."""
        return tuple(node for node in self.nodes if isinstance(node, _ACTS))

    @cached_property
    def words(self) -> frozenset[str]:
        """The attributes that stand in it, and `getattr` and `setattr` if one of these does."""
        looked_up = {node.attr for node in self.nodes if isinstance(node, Attribute)}
        return frozenset(
            looked_up | {node.id for node in self.nodes if isinstance(node, Name) and node.id in _BY_NAME}
        )


BINDERS = (Assign, For, Comprehension, With, Walrus)
_ACTS = (Assign, AugAssign, For, With, Call, Define, Bind, Return, Yield)
_BY_NAME = ("getattr", "setattr")


def bindings_of(nodes: Iterable[object]) -> Iterator[tuple[Expr, Expr, bool]]:
    """The targets among some nodes with their values; whether the target gets the items of the value, one by one."""
    for node in nodes:
        if isinstance(node, Assign) and node.value is not None:
            for target in node.targets:
                yield target, node.value, False
        elif isinstance(node, For):
            yield node.target, node.iterable, True
        elif isinstance(node, Comprehension):
            for target, iterable, _ in node.loops:
                yield target, iterable, True
        elif isinstance(node, With):
            for context, target_of in node.items:
                if target_of is not None:
                    yield target_of, context, False
        elif isinstance(node, Walrus):
            yield Name(node.name), node.value, False


def descend(node: object) -> Iterator[object]:
    """A node and all below it, outer ones first."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            if hasattr(current, "_fields"):  # a plain tuple is a list of nodes
                yield current
            pending.extend(reversed(current))


class Parameter(NamedTuple):
    """A parameter of a function. `kind`: positional, keyword, args (`*args`) or kwargs (`**kwargs`)."""

    name: str
    kind: str
    annotation: Expr | None
    default: Expr | None


class Function(NamedTuple):
    """A function or method, lowered. `qualname` is its name inside the file."""

    name: str
    qualname: str
    parameters: tuple[Parameter, ...]
    body: Block
    returns: Expr | None
    decorators: tuple[Expr, ...]
    is_generator: bool
    is_async: bool
    line: int


NONE = Const(None)
NOTHING = Opaque(())
