"""The symbolic form of code: what the rest of torchlint sees instead of a syntax tree.

A small, closed set of immutable nodes. Every spelling that means the same to `nn.Module` (chained, annotated, walrus,
augmented, `setattr`) is lowered to the same few nodes, so the project room never meets Python's syntax. Named tuples
rather than dataclasses: they are built by the hundred thousand, and a tuple is built in C.
"""

from __future__ import annotations

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
