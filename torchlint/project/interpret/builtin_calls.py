"""Builtin functions, and those of the standard library and others that make containers or pass tensors on."""

from __future__ import annotations

from torchlint import torch_api
from torchlint.project.interpret import containers, torch_calls
from torchlint.project.interpret.state import Arguments, Run
from torchlint.project.values import (
    NONE,
    NOTHING,
    PLAIN,
    TENSOR_LIKE,
    UNKNOWN,
    Container,
    External,
    Literal,
    Origin,
    Partial,
    Value,
    join,
    plain,
)

_NUMBERS = {"int", "float", "str", "len", "bool", "isinstance", "hasattr", "round", "ord", "chr", "repr", "id", "hash",
            "callable", "issubclass", "complex", "bytes", "format", "any", "all", "print"}  # fmt: skip


_MEASURES = {"len", "isinstance", "hasattr", "callable", "issubclass", "print"}


def builtin(run: Run, name: str, arguments: Arguments) -> Value:
    """A call of one of Python's builtin functions (those that need no frame)."""
    args, keywords = arguments.positional, arguments.keywords
    if name == "complex":
        return tuple(
            Literal(1j, getattr(atom, "origin", Origin.REBUILT)) for atom in run.read_from(arguments.values())
        )
    if name in _NUMBERS:
        return PLAIN if name in _MEASURES else run.read_from(arguments.values())
    first = args[0] if args else NOTHING
    if name in ("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"):
        kind = {"sorted": "list", "reversed": "generator", "iter": "generator", "frozenset": "set"}.get(
            name, name
        )
        items = containers.items_of(run, first) if name in ("list", "tuple") else None
        empty: list[Value] | None = [] if not args and name == "list" else None
        content = containers.elements_of(run, first)
        if name == "sorted":  # the order of a set no longer matters
            content = join(
                NOTHING,
                *(
                    run.heap[atom.identity].content
                    if isinstance(atom, Container) and atom.kind == "set"
                    else containers.elements(run, atom)
                    for atom in first
                ),
            )
        return run.container(kind, content, list(items) if items is not None else empty)
    if name == "dict":
        if not args and "**" not in keywords:
            return containers.dict_of(run, keywords)
        content = join(NOTHING, *keywords.values())
        for atom in first:
            if isinstance(atom, Container) and atom.kind != "dict":  # dict(pairs)
                for pair in run.heap[atom.identity].content:
                    items = containers.items_of(run, (pair,))
                    content = join(
                        content, items[1] if items and len(items) == 2 else containers.elements(run, pair)
                    )
            else:
                content = join(content, containers.values_of(run, (atom,)))
        return run.container("dict", content)
    if name == "dict.fromkeys":
        return run.container("dict", args[1] if len(args) > 1 else NONE)
    if name == "range":
        return _range(run, args)
    if name == "enumerate":
        inner = containers.elements_of(run, first)
        return run.container("generator", run.container("tuple", join(PLAIN, inner), [PLAIN, inner]))
    if name == "zip":
        parts = [containers.elements_of(run, argument) for argument in args]
        return run.container("generator", run.container("tuple", join(NOTHING, *parts), parts))
    if name == "filter" and len(args) == 2:
        return run.container("generator", containers.elements_of(run, args[1]))
    if name in ("max", "min", "sum", "next"):
        content = (
            containers.elements_of(run, first)
            if len(args) == 1 or name in ("sum", "next")
            else join(NOTHING, *args)
        )
        tensors = tuple(atom for atom in content if isinstance(atom, TENSOR_LIKE))
        if name == "sum" and tensors:
            return torch_calls.derived(run, tensors, NOTHING)
        return content or UNKNOWN
    if name in ("abs", "pow", "divmod"):
        tensors = tuple(atom for argument in args for atom in argument if isinstance(atom, TENSOR_LIKE))
        return (
            torch_calls.derived(run, tensors, NOTHING)
            if tensors
            else (UNKNOWN if args == [UNKNOWN] else run.read_from(args))
        )
    return UNKNOWN


_COUNTED = 16
_FACTORIES = {
    "builtins.list": "list",
    "builtins.dict": "dict",
    "builtins.set": "set",
    "builtins.tuple": "tuple",
}
_COPIES = {"copy.deepcopy", "copy.copy"}


def _range(run: Run, args: list[Value]) -> Value:
    """`range`, number by number where it is short and written out."""
    numbers = [value[0].value for value in args if len(value) == 1 and isinstance(value[0], Literal)]
    bounds = [number for number in numbers if isinstance(number, int)]
    if len(bounds) == len(args) and 0 < len(args) <= 3 and 0 not in bounds[2:]:
        counted = range(*bounds)
        if len(counted) <= _COUNTED:
            return run.container("generator", PLAIN, [(Literal(number),) for number in counted])
    return run.container("generator", plain(run.taint(args)))


def standard(run: Run, dotted: str, arguments: Arguments) -> Value | None:
    """Calls of the standard library that make or pass on containers; None for all others."""
    args = arguments.positional
    first = args[0] if args else NOTHING
    top, _, name = dotted.rpartition(".")
    if dotted in _COPIES:
        return join(NOTHING, *(torch_calls.copied(run, atom) for atom in first)) or UNKNOWN
    if top == "math" or top == "operator.index":
        return PLAIN
    if dotted == "collections.defaultdict":
        kind = _FACTORIES.get(first[0].dotted) if first and isinstance(first[0], External) else None
        return run.container("dict", NOTHING if kind is None else run.container(kind, NOTHING))
    if dotted == "collections.OrderedDict":
        return builtin(run, "dict", arguments)
    if dotted == "functools.reduce" and len(args) > 1:
        return torch_calls.same_kind(run, containers.elements_of(run, args[1]))
    if dotted == "collections.deque":
        return run.container("list", containers.elements_of(run, first))
    if top in ("itertools", "itertools.chain"):
        if dotted == "itertools.chain.from_iterable":
            return run.container("generator", containers.elements_of(run, containers.elements_of(run, first)))
        if name in ("product", "permutations", "combinations", "zip_longest"):
            parts = [containers.elements_of(run, argument) for argument in args]
            return run.container("generator", run.container("tuple", join(NOTHING, *parts)))
        if name in ("chain", "cycle", "islice", "repeat"):
            values = [containers.elements_of(run, argument) for argument in args]
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
