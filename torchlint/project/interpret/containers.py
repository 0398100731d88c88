"""Lists, tuples, dicts and iterators: what is in them, and their methods."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from torchlint.project.interpret import outside, torch_calls
from torchlint.project.interpret.state import Arguments, Run
from torchlint.project.values import (
    NONE,
    NOTHING,
    PLAIN,
    TENSOR_LIKE,
    UNKNOWN,
    Atom,
    Container,
    External,
    Literal,
    Origin,
    Unknown,
    Value,
    join,
    plain,
    tainted,
)

_BUILTINS = frozenset(dir(builtins))
_SEQUENCES = ("list", "tuple", "generator", "set")


def is_builtin(name: str) -> bool:
    """Whether a name is one of Python's builtins."""
    return name in _BUILTINS


def dict_of(run: Run, by_key: Mapping[Any, Value]) -> Value:
    """A dict of which the values are known; under `...` stands what any other key may give."""
    made = run.container("dict", join(NOTHING, *by_key.values()))
    for atom in made:
        if isinstance(atom, Container):
            run.heap[atom.identity].by_key = dict(by_key)
    return made


def keywords_of(run: Run, value: Value) -> dict[Any, Value]:
    """What `**mapping` gives, by key; under `...` what any other key may give, if there may be others."""
    cell = run.heap[value[0].identity] if len(value) == 1 and isinstance(value[0], Container) else None
    if cell is None or cell.by_key is None or cell.changed:
        return {...: values_of(run, value)}
    return cell.by_key


def elements(run: Run, atom: Atom) -> Value:
    """What iterating over one value gives."""
    if isinstance(atom, Container):
        return PLAIN if atom.kind == "dict" else _content(run, atom)
    if isinstance(atom, TENSOR_LIKE):
        return torch_calls.derived(run, (atom,), NOTHING, lost=False)
    if isinstance(atom, Literal) and atom.value is not None:
        return plain(atom.origin)
    return (atom,) if isinstance(atom, Unknown) else UNKNOWN


def _content(run: Run, atom: Container) -> Value:
    """What is in a list, tuple or set; the order of a set of strings is another one in each process."""
    content = run.heap[atom.identity].content
    if atom.kind != "set" or all(isinstance(getattr(one, "value", None), int) for one in content):
        return content
    return tainted(content, Origin.UNKNOWN)


def elements_of(run: Run, value: Value) -> Value:
    """What iterating over a value gives."""
    return join(NOTHING, *(elements(run, atom) for atom in value))


def values_of(run: Run, value: Value) -> Value:
    """The values of a mapping (`**mapping`)."""
    return join(
        NOTHING,
        *(run.heap[atom.identity].content if isinstance(atom, Container) else UNKNOWN for atom in value),
    )


def items_of(run: Run, value: Value) -> list[Value] | None:
    """Each item in order, where they are known one by one; alternatives of one length are joined item by item."""
    rows: list[list[Value]] = []
    unknown: Value = NOTHING
    for atom in value:
        if isinstance(atom, Unknown):
            unknown = (atom,)
            continue
        items = run.heap[atom.identity].items if isinstance(atom, Container) else None
        if items is None or (rows and len(items) != len(rows[0])):
            return None
        rows.append(items)
    if len(rows) == 1 and not unknown:
        return rows[0]
    return [join(unknown, *alternatives) for alternatives in zip(*rows, strict=True)] if rows else None


def item(run: Run, atom: Atom, index: Value) -> Value:
    """`atom[index]`."""
    if isinstance(atom, Container):
        cell = run.heap[atom.identity]
        position = index[0].value if len(index) == 1 and isinstance(index[0], Literal) else ...
        if cell.by_key is not None and position is not ...:
            found = cell.by_key.get(position) or cell.by_key.get(...)
            if found is not None:
                return found
        if (
            cell.items is not None
            and isinstance(position, int)
            and -len(cell.items) <= position < len(cell.items)
        ):
            return cell.items[position]
        if atom.kind in _SEQUENCES and any(isinstance(one, Unknown) for one in index) and cell.items is None:
            return join(cell.content, UNKNOWN) if cell.content else UNKNOWN
        return cell.content or UNKNOWN
    if isinstance(atom, TENSOR_LIKE):
        return torch_calls.indexed(run, atom, index)
    if isinstance(atom, Literal):
        return plain(atom.origin)
    if isinstance(atom, External):
        return outside.read(atom.dotted)
    return (atom,) if isinstance(atom, Unknown) else UNKNOWN


def part(run: Run, atom: Atom) -> Value:
    """`atom[1:]`."""
    if isinstance(atom, Container) and atom.kind in _SEQUENCES:
        return run.container(atom.kind, run.heap[atom.identity].content)
    return item(run, atom, PLAIN)


def combine(run: Run, atom: Container, op: str, other: Value) -> Value:
    """`list + list`, `list * n`."""
    cell = run.heap[atom.identity]
    if op == "Add":
        return run.container(atom.kind, join(cell.content, elements_of(run, other)))
    return run.container(atom.kind, cell.content)


_ADDS = {"append", "add", "appendleft", "insert", "extend", "extendleft"}


def method(run: Run, atom: Container, name: str, arguments: Arguments) -> Value:
    """A method of a list, tuple, set or dict."""
    args, keywords = arguments.positional, arguments.keywords
    cell = run.heap[atom.identity]
    if name in _ADDS:
        cell.wraps = False
    if name in ("append", "add", "appendleft") and args:
        run.add(atom.identity, args[0])
        return NONE
    if name == "insert" and len(args) == 2:
        cell.items = None
        run.add(atom.identity, args[1])
        return NONE
    if name in ("extend", "extendleft") and args:
        cell.items = None
        run.add(atom.identity, elements_of(run, args[0]))
        return NONE
    if name == "update":
        for value in (*(values_of(run, argument) for argument in args), *keywords.values()):
            run.add(atom.identity, value)
        return NONE
    if name == "setdefault" and len(args) == 2:
        run.put(atom.identity, args[0], args[1])
        return cell.content
    if name == "clear":
        cell.content, cell.items, cell.by_key = NOTHING, [], None
        return NONE
    if name in ("get", "pop") and args and cell.by_key is not None and len(args[0]) == 1:
        key = getattr(args[0][0], "value", ...)
        cell.changed = cell.changed or name == "pop"
        if key is not ...:
            default = args[1] if len(args) > 1 else NONE if name == "get" else NOTHING
            return cell.by_key.get(key) or join(cell.by_key.get(..., NOTHING), default) or UNKNOWN
    if name in ("pop", "get", "popleft", "popitem", "__getitem__"):
        return join(cell.content, *args[1:2]) if cell.content else (args[1] if len(args) > 1 else UNKNOWN)
    if name == "values":
        return run.container("generator", cell.content)
    if name == "items":
        return run.container(
            "generator", run.container("tuple", join(PLAIN, cell.content), [PLAIN, cell.content])
        )
    if name == "keys":
        return run.container("generator", PLAIN)
    if name == "copy":
        return run.container(atom.kind, cell.content, None if cell.items is None else list(cell.items))
    if name in ("sort", "reverse", "remove", "discard"):
        cell.items = None
        return NONE
    return PLAIN if name in ("index", "count") else UNKNOWN
