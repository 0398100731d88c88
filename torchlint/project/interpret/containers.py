"""Lists, tuples, dicts and iterators, and the builtin functions that make or take them."""

from __future__ import annotations

import builtins

from torchlint import torch_api
from torchlint.project.interpret import torch_calls
from torchlint.project.interpret.state import Run
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
    Partial,
    Value,
    join,
)

_BUILTINS = frozenset(dir(builtins))
_SEQUENCES = ("list", "tuple", "generator", "set")


def is_builtin(name: str) -> bool:
    """Whether a name is one of Python's builtins."""
    return name in _BUILTINS


def elements(run: Run, atom: Atom) -> Value:
    """What iterating over one value gives."""
    if isinstance(atom, Container):
        return PLAIN if atom.kind == "dict" else run.heap[atom.identity].content
    if isinstance(atom, TENSOR_LIKE):
        return torch_calls.derived(run, (atom,), NOTHING, lost=False)
    if isinstance(atom, Literal) and atom.value is not None:
        return PLAIN
    return UNKNOWN


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
    """Each item in order, where the container's are known one by one."""
    if len(value) == 1 and isinstance(value[0], Container):
        return run.heap[value[0].identity].items
    return None


def item(run: Run, atom: Atom, index: Value) -> Value:
    """`atom[index]`."""
    if isinstance(atom, Container):
        cell = run.heap[atom.identity]
        position = index[0].value if len(index) == 1 and isinstance(index[0], Literal) else ...
        if cell.items is not None and isinstance(position, int) and -len(cell.items) <= position < len(cell.items):
            return cell.items[position]
        if atom.kind in _SEQUENCES and index == UNKNOWN and cell.items is None:
            return join(cell.content, UNKNOWN) if cell.content else UNKNOWN
        return cell.content or UNKNOWN
    if isinstance(atom, TENSOR_LIKE):
        return torch_calls.derived(run, (atom,), NOTHING)
    if isinstance(atom, Literal):
        return PLAIN
    return UNKNOWN


def combine(run: Run, atom: Container, op: str, other: Value) -> Value:
    """`list + list`, `list * n`."""
    cell = run.heap[atom.identity]
    if op == "Add":
        return run.container(atom.kind, join(cell.content, elements_of(run, other)))
    return run.container(atom.kind, cell.content)


def method(run: Run, atom: Container, name: str, args: list[Value], keywords: dict[str, Value]) -> Value:
    """A method of a list, tuple, set or dict."""
    cell = run.heap[atom.identity]
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
        run.add(atom.identity, args[1])
        return cell.content
    if name == "clear":
        cell.content, cell.items = NOTHING, []
        return NONE
    if name in ("pop", "get", "popleft", "popitem", "__getitem__"):
        return join(cell.content, *args[1:2]) if cell.content else (args[1] if len(args) > 1 else UNKNOWN)
    if name == "values":
        return run.container("generator", cell.content)
    if name == "items":
        return run.container("generator", run.container("tuple", join(PLAIN, cell.content), [PLAIN, cell.content]))
    if name == "keys":
        return run.container("generator", PLAIN)
    if name == "copy":
        return run.container(atom.kind, cell.content, None if cell.items is None else list(cell.items))
    if name in ("sort", "reverse", "remove", "discard"):
        cell.items = None
        return NONE
    return PLAIN if name in ("index", "count") else UNKNOWN


_NUMBERS = {"int", "float", "str", "len", "bool", "isinstance", "hasattr", "round", "ord", "chr", "repr", "id", "hash",
            "callable", "issubclass", "complex", "bytes", "format", "any", "all", "print", "ascii", "bin", "hex"}  # fmt: skip


def builtin(run: Run, name: str, args: list[Value], keywords: dict[str, Value]) -> Value:
    """A call of one of Python's builtin functions (those that need no frame)."""
    if name in _NUMBERS:
        return PLAIN
    first = args[0] if args else NOTHING
    if name in ("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"):
        kind = {"sorted": "list", "reversed": "generator", "iter": "generator", "frozenset": "set"}.get(name, name)
        items = items_of(run, first) if name in ("list", "tuple") else None
        empty: list[Value] | None = [] if not args and name == "list" else None
        return run.container(kind, elements_of(run, first), list(items) if items is not None else empty)
    if name == "dict":
        content = join(NOTHING, *keywords.values())
        for atom in first:
            if isinstance(atom, Container) and atom.kind != "dict":  # dict(pairs)
                for pair in run.heap[atom.identity].content:
                    items = items_of(run, (pair,))
                    content = join(content, items[1] if items and len(items) == 2 else elements(run, pair))
            else:
                content = join(content, values_of(run, (atom,)))
        return run.container("dict", content)
    if name == "range":
        return run.container("generator", PLAIN)
    if name == "enumerate":
        inner = elements_of(run, first)
        return run.container("generator", run.container("tuple", join(PLAIN, inner), [PLAIN, inner]))
    if name == "zip":
        parts = [elements_of(run, argument) for argument in args]
        return run.container("generator", run.container("tuple", join(NOTHING, *parts), parts))
    if name == "filter" and len(args) == 2:
        return run.container("generator", elements_of(run, args[1]))
    if name in ("max", "min", "sum", "next"):
        content = elements_of(run, first) if len(args) == 1 or name in ("sum", "next") else join(NOTHING, *args)
        tensors = tuple(atom for atom in content if isinstance(atom, TENSOR_LIKE))
        if name == "sum" and tensors:
            return torch_calls.derived(run, tensors, NOTHING)
        return content or UNKNOWN
    if name in ("abs", "pow", "divmod"):
        tensors = tuple(atom for argument in args for atom in argument if isinstance(atom, TENSOR_LIKE))
        return torch_calls.derived(run, tensors, NOTHING) if tensors else (UNKNOWN if args == [UNKNOWN] else PLAIN)
    return UNKNOWN


_COPIES = {"copy.deepcopy", "copy.copy"}


def standard(run: Run, dotted: str, args: list[Value], keywords: dict[str, Value]) -> Value | None:
    """Calls of the standard library that make or pass on containers; None for all others."""
    first = args[0] if args else NOTHING
    top, _, name = dotted.rpartition(".")
    if dotted in _COPIES:
        return join(NOTHING, *(torch_calls.copied(run, atom) for atom in first)) or UNKNOWN
    if top == "math" or top == "operator.index":
        return PLAIN
    if dotted in ("collections.OrderedDict", "collections.defaultdict"):
        return builtin(run, "dict", [] if name == "defaultdict" else args, keywords)
    if dotted == "collections.deque":
        return run.container("list", elements_of(run, first))
    if top in ("itertools", "itertools.chain"):
        if dotted == "itertools.chain.from_iterable":
            return run.container("generator", elements_of(run, elements_of(run, first)))
        if name in ("chain", "cycle", "islice", "repeat"):
            values = [elements_of(run, argument) for argument in args]
            return run.container("generator", first if name == "repeat" else join(NOTHING, *values))
        return UNKNOWN
    if dotted == "functools.partial":
        return (Partial(first),)
    if dotted in ("typing.cast", "typing_extensions.cast") and len(args) == 2:
        return args[1]
    if top == "numpy" and torch_api.method(name) == "tensor":
        # numpy's functions hand a tensor over to its own method, or wrap their result like their argument
        return torch_calls.same_kind(run, first)
    if dotted in ("einops.rearrange", "einops.repeat", "einops.reduce"):
        return torch_calls.same_kind(run, first)
    return None


def is_external(value: Value, dotted: str) -> bool:
    """Whether a value is exactly one name outside the project."""
    return value == (External(dotted),)
