"""Write `torchlint/torch_api/table.py`: what torch's API returns and registers, read from an installed torch.

    python scripts/generate_torch_api.py            rewrite the table
    python scripts/generate_torch_api.py --check    exit 1 if the table differs from what would be written

Sources, in this order: torch's stubs (`_C/_VariableFunctions.pyi`, `_C/__init__.pyi`, `_C/_nn.pyi`,
`nn/functional.pyi`, `return_types.pyi`), the operator schemas (`torch._C._jit_get_all_schemas()`), the return
annotations of Python functions, the sources of the classes; and, where they are silent, running torch.
The result depends on the torch version alone: packages that torch can do without are hidden while it runs, and what
only some builds of a version have (for CUDA, for the CPU) is left out.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import importlib.abc
import inspect
import io
import os
import pkgutil
import re
import signal
import sys
import textwrap
import types
import typing
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parent.parent / "torchlint" / "torch_api" / "table.py"
COMMAND = "python scripts/generate_torch_api.py"
WIDTH = 107  # and two for what joins records

# Packages torch requires (its own metadata: `pip show torch`); all other third-party ones are hidden.
REQUIRED = frozenset(
    """torch functorch torchgen typing_extensions sympy mpmath networkx jinja2 markupsafe filelock fsspec
    setuptools""".split()  # noqa: SIM905
)

# What the stubs get wrong. Each entry: dotted name → returns, and the run that shows it.
OVERRIDES: dict[str, str] = {
    # `type(dtype=None) -> str` and `type(dtype) -> Tensor`: a conversion, unless called with no argument
    # (OVERLOADS still tells): zeros(1).type() == 'torch.FloatTensor'; zeros(1).type(torch.int) is a Tensor.
    "torch.Tensor.type": "tensor",
    # `__eq__(object) -> bool` is there for typing's sake: torch.eye(2) == torch.eye(2) is a Tensor.
    "torch.Tensor.__eq__": "tensor",
    "torch.Tensor.__ne__": "tensor",
}


class _Hide(importlib.abc.MetaPathFinder):
    """Refuse to import what torch doesn't require, so that the table doesn't depend on the environment."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top in REQUIRED or top in sys.stdlib_module_names or top.startswith("_"):
            return None
        raise ModuleNotFoundError(f"hidden by {COMMAND}", name=fullname)


sys.meta_path.insert(0, _Hide())
warnings.simplefilter("ignore")
with contextlib.redirect_stderr(io.StringIO()):
    import torch
    import torch._jit_internal
    import torch.utils.deterministic

STUBS = Path(torch.__file__).parent


# --- what an annotation says ----------------------------------------------------------------------------

TENSOR_NAMES = frozenset({"Tensor", "TensorBase", "Parameter", "Buffer", "DTensor", "FakeTensor"})
OTHER_NAMES = frozenset(
    """int bool float str bytes complex None NoneType _int _bool _float _str _complex SymInt SymFloat SymBool
    Number dtype _dtype device _device layout _layout memory_format qscheme _qscheme Size _size Generator
    Stream Event ndarray NoReturn Never
    TypeGuard TypeIs AbstractContextManager ContextManager slice range Path finfo
    _GeneratorContextManager TypedStorage UntypedStorage Storage iinfo timedelta""".split()  # noqa: SIM905
)
SEQUENCES = frozenset({"tuple", "Tuple", "list", "List", "Sequence", "set", "frozenset", "Iterable"})
LAZY = frozenset({"dict", "Dict", "Mapping", "OrderedDict", "defaultdict", "Iterator", "Generator"})
HOLDING = frozenset({"tensor", "tensors", "argument", "maybe"})


def union(kinds: Iterable[str | None]) -> str | None:
    """Join what several overloads or members of a union return."""
    seen = set(kinds)
    if len(seen) == 1:
        return seen.pop()
    return "maybe" if seen & HOLDING else None


def contained(kinds: Iterable[str | None], one: str = "tensors") -> str | None:
    """What a container of these is."""
    seen = set(kinds)
    if seen & HOLDING:
        return one
    return "other" if seen == {"other"} else None


def said_by_ast(node: ast.expr | None) -> str | None:
    """What an annotation in a stub says: `Tensor | None` → maybe, `tuple[Tensor, int]` → tensors."""
    match node:
        case ast.Constant(value=None):
            return "other"
        case ast.Constant(value=str(text)):
            return said_by_ast(ast.parse(text, mode="eval").body)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return union([said_by_ast(left), said_by_ast(right)])
        case ast.Subscript(value=base, slice=index):
            name = ast.unparse(base).rpartition(".")[2]
            items = index.elts if isinstance(index, ast.Tuple) else [index]
            items = [i for i in items if not (isinstance(i, ast.Constant) and i.value is ...)]
            if name in OTHER_NAMES and name != "Generator":
                return "other"
            if name == "Optional":
                return union([said_by_ast(items[0]), "other"])
            if name == "Union":
                return union(map(said_by_ast, items))
            if name in SEQUENCES:
                return contained(map(said_by_ast, items))
            if name in LAZY:
                return contained((said_by_ast(i) for i in items[-1:]), "maybe")
            if name == "Literal":
                return "other"
        case ast.Attribute(value=base, attr=attr):
            if ast.unparse(base) in {"torch.return_types", "return_types"}:
                return return_types().get(attr)
            return said_by_ast(ast.Name(attr))
        case ast.Name(id=name):
            if name in TENSOR_NAMES:
                return "tensor"
            return "other" if name in OTHER_NAMES else None
    return None


@cache
def return_types() -> dict[str, str]:
    """The namedtuples of torch.return_types: bases are `tuple[Tensor, …]`."""
    tree = ast.parse((STUBS / "return_types.pyi").read_text())
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.bases:
            kind = said_by_ast(node.bases[0])
            if kind:
                found[node.name] = kind
    return found


def said_by_type(hint: Any) -> str | None:
    """What an evaluated annotation says."""
    if hint is None or hint is type(None):
        return "other"
    if isinstance(hint, str):
        try:
            return said_by_ast(ast.parse(hint, mode="eval").body)
        except SyntaxError:
            return None
    if isinstance(hint, typing.ForwardRef):
        return said_by_type(hint.__forward_arg__)
    origin, arguments = typing.get_origin(hint), [a for a in typing.get_args(hint) if a is not ...]
    if origin is typing.Union or origin is types.UnionType:
        return union(map(said_by_type, arguments))
    if origin is typing.Annotated:
        return said_by_type(arguments[0])
    if origin is typing.Literal:
        return "other"
    if origin is not None:
        name = getattr(origin, "__name__", "")
        if name in SEQUENCES:
            return contained(map(said_by_type, arguments))
        if name in LAZY:
            return contained(map(said_by_type, arguments[-1:]), "maybe")
        return "other" if name in OTHER_NAMES else None
    if isinstance(hint, type):
        if issubclass(hint, torch.Tensor):
            return "tensor"
        fields = getattr(hint, "_fields", None)
        if issubclass(hint, tuple) and fields:
            hints = getattr(hint, "__annotations__", {})
            return contained(said_by_type(hints.get(f)) for f in fields)
        if hint.__name__ in OTHER_NAMES and hint.__name__ not in LAZY:
            return "other"
        if hint is torch.Generator or issubclass(hint, torch.autograd.grad_mode.no_grad):
            return "other"
    return None


# --- stubs and schemas ----------------------------------------------------------------------------------


class Overload(typing.NamedTuple):
    """One overload: what it returns and with how many arguments (without `out`) it can be called."""

    returns: str | None
    fewest: int
    most: int


@cache
def stub(path: str, class_name: str = "") -> dict[str, list[Overload]]:
    """The functions of a stub (or the methods of one of its classes), with all overloads."""
    body: list[ast.stmt] = ast.parse((STUBS / path).read_text()).body
    if class_name:
        body = next(n.body for n in body if isinstance(n, ast.ClassDef) and n.name == class_name)
    found: dict[str, list[Overload]] = defaultdict(list)
    for node in body:
        if not isinstance(node, ast.FunctionDef):
            continue
        decorators = {ast.unparse(d) for d in node.decorator_list}
        static = "staticmethod" in decorators or not class_name
        a = node.args
        positional = (a.posonlyargs + a.args)[0 if static else 1 :]
        keywords = [
            (k, d) for k, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if k.arg not in {"out"} and k.arg
        ]
        fewest = max(len(positional) - len(a.defaults), 0) + sum(d is None for _, d in keywords)
        most = 9 if a.vararg or a.kwarg else len(positional) + len(keywords)
        returns = said_by_ast(node.returns)
        if class_name and isinstance(node.returns, ast.Name) and node.returns.id in {"Self", "S"}:
            returns = "tensor"
        found[node.name].append(Overload(returns, fewest, most))
    return found


@cache
def stub_attributes(path: str, class_name: str) -> dict[str, str | None]:
    """The annotated attributes of a class in a stub."""
    body = ast.parse((STUBS / path).read_text()).body
    node = next(n for n in body if isinstance(n, ast.ClassDef) and n.name == class_name)
    return {
        n.target.id: said_by_ast(n.annotation)
        for n in node.body
        if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
    }


@cache
def schemas() -> dict[str, list[Any]]:
    """The aten schemas by name, without the variants that write into `out`."""
    found: dict[str, list[Any]] = defaultdict(list)
    for schema in torch._C._jit_get_all_schemas():
        namespace, _, name = schema.name.partition("::")
        if namespace == "aten":
            found[name].append(schema)
    return found


def writes_out(schema: Any) -> bool:
    """Whether this is the `out=` variant of an operator."""
    return any(a.kwarg_only and a.alias_info is not None and a.alias_info.is_write for a in schema.arguments)


def said_by_schema(schema: Any) -> str | None:
    """What a schema returns: `Tensor(a!) self -> Tensor(a!)` is its first argument."""
    kinds = []
    for item in schema.returns:
        text = str(item.type)
        kinds.append(
            "tensor"
            if text == "Tensor"
            else "tensors"
            if text.startswith(("List[Tensor", "List[Optional[Tensor"))
            else "other"
            if text in {"int", "bool", "float", "number", "str", "complex", "Device", "List[int]", "NoneType"}
            else None
        )
    if not kinds:
        return "other"
    if len(kinds) > 1:
        return contained(kinds)
    alias = schema.returns[0].alias_info
    first = schema.arguments[0].alias_info if schema.arguments else None
    if kinds[0] == "tensor" and alias is not None and alias.is_write and first is not None:
        return "argument" if first.is_write and first.before_set == alias.before_set else kinds[0]
    return kinds[0]


def schema_returns(name: str) -> str | None:
    """What all variants of an operator return."""
    found = [s for s in schemas().get(name, []) if not writes_out(s)]
    return union(map(said_by_schema, found)) if found else None


def schema_random(name: str) -> bool:
    """Whether an operator is tagged `nondeterministic_seeded` or takes a generator."""
    if any(a.name == "generator" for s in schemas().get(name, []) for a in s.arguments):
        return True
    packet = getattr(torch.ops.aten, name, None) if name in schemas() else None
    if packet is None:
        return False
    seeded = torch.Tag.nondeterministic_seeded
    return any(seeded in getattr(packet, overload).tags for overload in packet.overloads())


# --- torch's own modules, and the names of what is in them ----------------------------------------------


def import_everything() -> dict[str, types.ModuleType]:
    """Import all of torch that can be imported without optional packages; the modules by name, sorted."""
    silence = io.StringIO()
    with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        for item in pkgutil.walk_packages(torch.__path__, "torch.", onerror=lambda name: None):
            if item.name.endswith("__main__") or item.name.startswith("torch.testing._internal"):
                continue
            with contextlib.suppress(BaseException):
                importlib.import_module(item.name)
    return {
        name: module
        for name, module in sorted(sys.modules.items())
        if (name == "torch" or name.startswith("torch."))
        and isinstance(module, types.ModuleType)
        and module.__name__ == name
        and not name.startswith("torch.testing._internal")
    }


def is_public(dotted: str) -> bool:
    """Whether no part of the name starts with an underscore."""
    return not any(part.startswith("_") for part in dotted.split("."))


def is_of_some_builds(dotted: str) -> bool:
    """Whether only some builds of a torch version have a name: what they are built for, their backends."""
    return dotted.startswith("torch.version.") or re.search(r"\.ProcessGroup[A-Z]\w*$", dotted) is not None


def exported(module: types.ModuleType, name: str, value: Any) -> bool:
    """Whether the module means to offer this name: home, `__all__`, or a package re-exporting its own."""
    home = getattr(value, "__module__", None)
    if home == module.__name__ or module is torch:  # `torch.__all__` lacks `unique`, `pca_lowrank`
        return True
    if isinstance(value, types.BuiltinFunctionType):  # `F.conv1d is torch.conv1d`
        return True
    names = getattr(module, "__all__", None)
    if names is not None and name in names:
        return True
    return names is None and isinstance(home, str) and home.startswith(module.__name__ + ".")


class Names(typing.NamedTuple):
    """Every function and class of torch under its canonical name, and the other spellings."""

    objects: dict[str, Any]
    aliases: dict[str, str]
    constants: set[str]
    namespaces: set[str]


def is_module_class(value: Any) -> bool:
    """Whether a value is a subclass of `nn.Module` (`torch.FloatTensor` is no subclass of anything)."""
    return isinstance(value, type) and issubclass(value, torch.nn.Module)


def is_nameable(value: Any) -> bool:
    """Whether a value is a function or class of torch."""
    if isinstance(value, type):
        return value.__module__.partition(".")[0] == "torch" or type(value).__name__ == "tensortype"
    if isinstance(value, types.ModuleType):
        return False
    if isinstance(value, types.BuiltinFunctionType):
        home = value.__module__ or getattr(value.__self__, "__module__", "") or "torch"
        return home.partition(".")[0] == "torch" or "torch" in repr(value.__self__)
    if isinstance(value, types.FunctionType):
        return (value.__module__ or "").partition(".")[0] == "torch"
    return False


# Private functions and classes are kept only where models use them (`nn.init._calculate_fan_in_and_fan_out`).
PRIVATE_NAMES_OF = ("torch.nn.", "torch.functional.")
# Where torch itself calls its operators: `torch._VF.dropout`. The first two have the names of `torch`
# (`torch._C._VariableFunctions.zeros is torch.zeros`); of the others, each object is looked up.
PRIVATE_SPACES = {
    "torch._C._VariableFunctions": "torch",
    "torch._VF": "torch",
    "torch._C._nn": "",
    "torch._C._linalg": "",
    "torch._C._fft": "",
    "torch._C._special": "",
    "torch._C._sparse": "",
}
CONSTANT_TYPES = (
    bool,
    int,
    float,
    complex,
    str,
    torch.dtype,
    torch.layout,
    torch.memory_format,
    torch.qscheme,
)


def collect_names(modules: dict[str, types.ModuleType]) -> Names:
    """Walk all modules; of the spellings of one object, the public, offered, shortest one is canonical."""
    spellings: dict[int, list[tuple[tuple[Any, ...], str]]] = defaultdict(list)
    values: dict[int, Any] = {}
    constants: set[str] = set()
    aliases: dict[str, str] = {}
    namespaces = {name for name in modules if is_public(name)}
    for module_name, module in modules.items():
        public_module = is_public(module_name)
        for name, value in sorted(vars(module).items()):
            if name.startswith("__"):
                continue
            dotted = f"{module_name}.{name}"
            if is_of_some_builds(dotted):
                continue
            if isinstance(value, types.ModuleType):
                offered = module_name.startswith(("torch.nn", "torch.functional")) and name != "torch"
                if offered and value.__name__ in namespaces and value.__name__ != dotted:
                    aliases[dotted] = value.__name__
            elif is_nameable(value):
                is_home = getattr(value, "__module__", None) == module_name
                private = name.startswith("_") and not f"{module_name}.".startswith(PRIVATE_NAMES_OF)
                private = private and module is not torch
                # of the private ones, only modules that models may derive from, under their own name
                if (private or not public_module) and not (is_module_class(value) and is_home):
                    continue
                offered = exported(module, name, value)
                rank = (
                    not is_public(dotted),
                    not offered,
                    dotted.count("."),
                    not is_home,
                    len(dotted),
                    dotted,
                )
                spellings[id(value)].append((rank, dotted))
                values[id(value)] = value
            elif public_module and isinstance(value, CONSTANT_TYPES) and not name.startswith("_"):
                constants.add(dotted)
    objects = {}
    for key, found in spellings.items():
        found.sort()
        objects[found[0][1]] = values[key]
        for (_, unoffered, *_), other in found[1:]:
            if not unoffered:  # else an import that happens to be visible there
                aliases[other] = found[0][1]
    for space, public in PRIVATE_SPACES.items():
        owner = resolve(ast.parse(space, mode="eval").body, {"torch": torch})
        if public:
            aliases[space] = public
            continue
        for name in dir(owner):
            known = spellings.get(id(getattr(owner, name)))
            if known and not name.startswith("__"):
                aliases[f"{space}.{name}"] = known[0][1]
    # a name that is also a module keeps being one (torch.nn.functional is both reachable and imported)
    aliases = {alias: target for alias, target in aliases.items() if alias not in namespaces}
    return Names(objects, aliases, constants, namespaces)


# --- functions ------------------------------------------------------------------------------------------

RUNNABLE = [
    "torch",
    "torch.functional",
    "torch.linalg",
    "torch.fft",
    "torch.special",
    "torch.nn.init",
    "torch.nn.functional",
    "torch.sparse",
    "torch.signal.windows",
    "torch.nn.utils",
    "torch.nn.utils.rnn",
]


def observed(value: Any, argument: Any = None) -> str | None:
    """What a value that torch returned is."""
    if argument is not None and value is argument:
        return "argument"
    if isinstance(value, torch.Tensor):
        return "tensor"
    if isinstance(value, tuple | list):
        return contained(observed(v) for v in value) if value else None
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | type):
        return "other"
    if isinstance(value, torch.dtype | torch.device | torch.layout | torch.Generator | torch.Size):
        return "other"
    if isinstance(value, torch.UntypedStorage | torch.TypedStorage):
        return "other"
    return None


class TooLongError(Exception):
    """A trial took too long."""


@contextlib.contextmanager
def trial(seconds: int = 5) -> Iterator[None]:
    """Run something that may fail, print, warn or hang."""

    def stop(signum: int, frame: types.FrameType | None) -> None:
        raise TooLongError

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    silence = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(silence),
            contextlib.redirect_stderr(silence),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    except (Exception, SystemExit):
        pass
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def argument_choices() -> list[tuple[Any, ...]]:
    """A few argument lists to try a function or method with; the first is always a fresh tensor."""
    eye = torch.eye(3)
    rest: list[tuple[Any, ...]] = [(), (eye.clone(),), (1,), (1, 1), (torch.float32,), ((3, 3),), (0.5,)]
    return [(eye.clone(), *more) for more in rest] + [(torch.rand(3, 3, 3, 3),)]


def flags(function: Any) -> set[str]:
    """Parameters of a Python function that are False unless given: `return_inverse`."""
    found: set[str] = set()
    if isinstance(function, types.FunctionType):
        branches: dict[str, Any] = torch._jit_internal.boolean_dispatched.get(function) or {}
        if branches:
            found |= {branches["arg_name"], *flags(branches["if_true"]), *flags(branches["if_false"])}
        with contextlib.suppress(ValueError):  # a wrapped builtin has none
            parameters = inspect.signature(function).parameters.values()
            found |= {p.name for p in parameters if p.default is False}
    return found


def run(function: Callable[..., Any]) -> str | None:
    """Call a function with a few argument lists, and with each of its flags; what it returned, joined."""
    kinds: set[str | None] = set()
    for flag in [None, *sorted(flags(function))]:
        for arguments in argument_choices():
            with trial():
                keywords = {} if flag is None else {flag: True}
                kinds.add(observed(function(*arguments, **keywords), arguments[0]))
    for numbers in ((3,), (3, 3)):  # `sym_max` takes either
        with trial():
            kinds.add(observed(function(*numbers)))
    kinds.discard(None)
    return union(kinds) if kinds else None


def run_on_module(function: Callable[..., Any]) -> str | None:
    """Call a function of a module, such as `torch.nn.utils.weight_norm`: does it give the module back?"""
    same: list[bool] = []
    for more in ((), ("weight",), (3,)):
        linear = torch.nn.Linear(4, 4)
        with trial():
            same.append(function(linear, *more) is linear)
    return "argument" if same and all(same) else None


def operator_name(value: Any) -> str | None:
    """The aten name of a builtin: `linalg_inv` for torch.linalg.inv."""
    if isinstance(value, types.BuiltinFunctionType):
        return value.__name__
    return None


def stub_overloads(dotted: str, value: Any) -> list[Overload]:
    """What the stubs say about a function."""
    space, _, name = dotted.rpartition(".")
    operator = operator_name(value)
    places = []
    if space == "torch" or operator:
        places.append(("_C/_VariableFunctions.pyi", operator or name))
    if space == "torch.nn.functional":
        places.append(("nn/functional.pyi", name))
    if operator:
        places += [("_C/_nn.pyi", operator), ("_C/__init__.pyi", operator)]
    for path, key in places:
        found = stub(path).get(key)
        if found:
            return found
    return []


def function_returns(dotted: str, value: Any) -> str | None:
    """What a function returns, from the first source that knows."""
    operator = operator_name(value)
    schema = schema_returns(operator) if operator else None
    if schema == "argument":
        return schema
    said = union(o.returns for o in stub_overloads(dotted, value)) if stub_overloads(dotted, value) else None
    # `split_copy(…) -> None` is the stub of its out= overload; the schema has the other.
    if said == "other" and schema in HOLDING:
        said = schema
    if said is None:
        said = schema or annotated_returns(value)
    if (
        isinstance(value, types.FunctionType)
        and dotted.rpartition(".")[0] == "torch.nn.init"
        and said in HOLDING
    ):
        return run(value) or said  # annotated `-> Tensor`: is it the tensor given?
    if (
        said is None
        and dotted.startswith("torch.nn.utils.")
        and next(iter(parameter_names(value)), "") == "module"
    ):
        return run_on_module(value)
    if said is None and dotted.rpartition(".")[0] in RUNNABLE and is_public(dotted):
        said = run(value)
    return said


def parameter_names(value: Any) -> list[str]:
    """The parameters of a function; none for a builtin without a signature."""
    try:
        return list(inspect.signature(value).parameters)
    except (TypeError, ValueError):
        return []


def annotated_returns(value: Any) -> str | None:
    """The return annotation of a Python function; both branches of one made by `boolean_dispatch`."""
    if not isinstance(value, types.FunctionType):
        return None
    branches = torch._jit_internal.boolean_dispatched.get(value)
    if branches:
        return union(annotated_returns(branches[side]) for side in ("if_true", "if_false"))
    if is_context_manager(value):
        return "other"
    inner = inspect.unwrap(value)
    hint: Any = getattr(inner, "__annotations__", {}).get("return", inspect.Parameter.empty)
    if hint is inspect.Parameter.empty:
        return None
    with contextlib.suppress(Exception):
        hint = typing.get_type_hints(inner)["return"]
    if inspect.isgeneratorfunction(inner):
        return contained((said_by_type(a) for a in typing.get_args(hint)[:1]), "maybe")
    if inspect.iscoroutinefunction(inner):
        return None
    return said_by_type(hint)


def is_context_manager(value: types.FunctionType) -> bool:
    """Whether a function is wrapped by `contextlib.contextmanager`."""
    return value.__code__.co_filename == contextlib.__file__ and value.__code__.co_name == "helper"


def by_arguments(overloads: Sequence[Overload]) -> dict[int, str]:
    """What a function returns for each number of arguments."""
    result = {}
    for count in range(10):
        kind = union([o.returns for o in overloads if o.fewest <= count <= o.most] or [None])
        if kind:
            result[count] = kind
    return result


# --- randomness -----------------------------------------------------------------------------------------


class Sources:
    """The definitions of Python functions and classes, found without tokenising each file again."""

    def __init__(self) -> None:
        self.files: dict[str, dict[tuple[str, int], ast.AST]] = {}

    def definition(self, filename: str, name: str, line: int) -> ast.AST | None:
        """Find what is defined under a name on a line."""
        return self._file(filename).get((name, line))

    def _file(self, filename: str) -> dict[tuple[str, int], ast.AST]:
        if filename not in self.files:
            found: dict[tuple[str, int], ast.AST] = {}
            with contextlib.suppress(OSError, SyntaxError):
                for node in ast.walk(ast.parse(Path(filename).read_text(encoding="utf-8"))):
                    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                        found[node.name, first] = node
            self.files[filename] = found
        return self.files[filename]

    def function(self, value: types.FunctionType) -> ast.AST | None:
        """Find the definition of a function."""
        code = value.__code__
        return self.definition(code.co_filename, code.co_name, code.co_firstlineno)


SOURCES = Sources()


def resolve(node: ast.expr, scope: dict[str, Any]) -> Any:
    """Give the object that `torch.nn.init.normal_` names in a module; None if it isn't a plain name."""
    match node:
        case ast.Name(id=name):
            return scope.get(name)
        case ast.Attribute(value=base, attr=attr):
            owner = resolve(base, scope)
            if isinstance(owner, types.ModuleType | type):
                with contextlib.suppress(Exception):
                    return getattr(owner, attr)
    return None


class Randomness:
    """Which functions depend on the seed: tagged operators, those with a generator, and what calls them."""

    def __init__(self) -> None:
        self.known: dict[int, bool] = {}
        self.kept: list[Any] = []  # ids stay valid as long as the objects live
        self.methods = frozenset(n for n in dir(torch.Tensor) if schema_random(n))
        self.in_place = frozenset(n for n in self.methods if n.endswith("_"))

    def of(self, value: Any) -> bool:
        """Whether a function depends on the seed."""
        operator = operator_name(value)
        if operator:
            return schema_random(operator)
        if not isinstance(value, types.FunctionType):
            return False
        if id(value) not in self.known:
            self.kept.append(value)
            self.known[id(value)] = False  # recursion
            self.known[id(value)] = self._function(value)
        return self.known[id(value)]

    def _function(self, value: types.FunctionType) -> bool:
        branches = torch._jit_internal.boolean_dispatched.get(value)
        if branches:
            return any(self.of(branches[side]) for side in ("if_true", "if_false"))
        inner = inspect.unwrap(value)
        if not isinstance(inner, types.FunctionType) or not inner.__module__.startswith("torch"):
            return False
        if "generator" in parameter_names(inner):
            return True
        tree = SOURCES.function(inner)
        if tree is None:
            return False
        scope = {**inner.__globals__, **inspect.getclosurevars(inner).nonlocals}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = resolve(node.func, scope)
            if called is not None:
                if isinstance(called, types.BuiltinFunctionType | types.FunctionType) and self.of(called):
                    return True
            elif isinstance(node.func, ast.Attribute) and node.func.attr in self.in_place:
                return True
        return False


# --- nn.Module classes ----------------------------------------------------------------------------------

MARKS = {"register_parameter": "parameters", "register_buffer": "buffers", "add_module": "modules"}


class Registered:
    """Names registered by the construction of one class, in order of appearance."""

    def __init__(self) -> None:
        self.parameters: dict[str, None] = {}
        self.buffers: dict[str, None] = {}
        self.modules: dict[str, None] = {}

    def add(self, group: str, name: str) -> None:
        """Note a name."""
        getattr(self, group).setdefault(name)


def method_source(function: Any) -> tuple[ast.AST | None, dict[str, Any]]:
    """Give the definition of a method, and the globals that its names are looked up in."""
    inner = inspect.unwrap(function) if callable(function) else function
    if not isinstance(inner, types.FunctionType):
        return None, {}
    return SOURCES.function(inner), {**inner.__globals__}


def read_construction(cls: type, registered: Registered) -> None:
    """Follow `__init__` of a class, its bases' and the methods it calls on self; note what they register."""
    mro = [c for c in cls.__mro__ if c is not torch.nn.Module and c is not object]
    seen: set[int] = set()

    def find(name: str, after: type | None = None) -> tuple[type, Any] | None:
        start = mro.index(after) + 1 if after in mro else 0
        for owner in mro[start:]:
            if name in vars(owner):
                return owner, vars(owner)[name]
        return None

    def follow(found: tuple[type, Any] | None) -> None:
        if found is None or id(found[1]) in seen:
            return
        owner, value = found
        seen.add(id(value))
        tree, scope = method_source(value)
        if not isinstance(tree, ast.FunctionDef):
            return
        for node in statements(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=attr)):
                    follow(find(attr, owner))
                case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=attr), args=arguments):
                    if attr in MARKS or attr == "register_module":
                        name = arguments[0] if arguments else None
                        for keyword in node.keywords:
                            name = keyword.value if keyword.arg == "name" else name
                        if isinstance(name, ast.Constant) and isinstance(name.value, str):
                            registered.add(MARKS.get(attr, "modules"), name.value)
                    else:
                        follow(find(attr))
                case ast.Call(func=ast.Attribute(value=base, attr="__init__")):
                    target = resolve(base, scope)
                    if isinstance(target, type) and target in mro:
                        follow((target, vars(target).get("__init__")))
                case ast.Assign(targets=targets, value=assigned):
                    for target in targets:
                        note(target, assigned, scope)
                        note_given(target, assigned, tree, scope)
                case ast.AnnAssign(target=target, value=ast.expr() as assigned):
                    note(target, assigned, scope)

    def note(target: ast.expr, assigned: ast.expr, scope: dict[str, Any]) -> None:
        if not (
            isinstance(target, ast.Attribute)
            and isinstance(target.value, ast.Name)
            and target.value.id == "self"
            and isinstance(assigned, ast.Call)
        ):
            return
        made = resolve(assigned.func, scope)
        if not isinstance(made, type):
            return
        if issubclass(made, torch.nn.Parameter | torch.nn.parameter.UninitializedParameter):
            registered.add("parameters", target.attr)
        elif issubclass(made, torch.nn.Buffer | torch.nn.parameter.UninitializedBuffer):
            registered.add("buffers", target.attr)
        elif issubclass(made, torch.nn.Module):
            registered.add("modules", target.attr)

    def note_given(
        target: ast.expr, assigned: ast.expr, tree: ast.FunctionDef, scope: dict[str, Any]
    ) -> None:
        """`self.module = module`, where the parameter is annotated as a module."""
        if not (isinstance(target, ast.Attribute) and isinstance(assigned, ast.Name)):
            return
        if not (isinstance(target.value, ast.Name) and target.value.id == "self"):
            return
        for parameter in [*tree.args.args, *tree.args.kwonlyargs]:
            if parameter.arg != assigned.id:
                continue
            # DataParallel(module, …) has no annotation
            hint = parameter.annotation
            if parameter.arg == "module" if hint is None else is_module_class(resolve(hint, scope)):
                registered.add("modules", target.attr)

    follow(find("__init__"))


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes in source order."""
    for child in ast.iter_child_nodes(tree):
        yield child
        yield from statements(child)


def build(cls: type, depth: int = 0) -> Any:
    """An instance of a module class, from small synthesised arguments; None if none of the attempts works."""
    try:
        signature = inspect.signature(cls)
    except (TypeError, ValueError):
        return None
    if any(
        p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()
    ):  # LSTM(*args): three of RNNBase's
        for arguments_given in ((4, 4), ()):
            made_so: list[Any] = []
            with trial(10):
                made_so.append(cls(*arguments_given))
            if made_so:
                return made_so[0]
    required = [
        p
        for p in signature.parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    for number in (4, 2, 1):
        made: list[Any] = []
        with trial(10):
            arguments = {p.name: argument(p, number, depth) for p in required}
            positional = [arguments.pop(p.name) for p in required if p.kind == p.POSITIONAL_ONLY]
            torch.manual_seed(0)
            made.append(cls(*positional, **arguments))
        if made:
            return made[0]
    return None


def argument(parameter: inspect.Parameter, number: int, depth: int) -> Any:
    """A plausible small argument."""
    hint = str(parameter.annotation if parameter.annotation is not parameter.empty else "")
    name = parameter.name
    if "Module" in hint or "Layer" in hint or name in {"module", "encoder_layer", "decoder_layer", "model"}:
        if "DecoderLayer" in hint or name == "decoder_layer":
            return torch.nn.TransformerDecoderLayer(4, 2, 4)
        if "EncoderLayer" in hint or name == "encoder_layer":
            return torch.nn.TransformerEncoderLayer(4, 2, 4)
        return torch.nn.Linear(4, 4)
    if hint.startswith(("<class 'float", "float")):
        return 0.5
    if hint.startswith(("<class 'bool", "bool")):
        return True
    if "Tensor" in hint:
        return torch.rand(4, 4)
    if name == "mode":
        return "LSTM"
    if name == "cutoffs":
        return [number // 2]
    if name in {"unflattened_size", "normalized_shape"}:
        return (number,)
    if name == "qconfig":
        return torch.ao.quantization.default_qat_qconfig
    return number


BUILDABLE = ("torch.nn.", "torch.ao.nn.", "torch.nn.utils.")


class Described(typing.NamedTuple):
    """One module class: what it registers, and whether `forward` is annotated `-> Tensor`."""

    registered: Registered
    forward: bool


def describe(dotted: str, cls: type) -> Described:
    """Read what a module class registers, then complete it from an instance."""
    registered = Registered()
    read_construction(cls, registered)
    home = cls.__module__ + "."
    if home.startswith(BUILDABLE) or dotted.startswith(BUILDABLE):
        instance = build(cls)
        if isinstance(instance, torch.nn.Module):
            for group in ("parameters", "buffers", "modules"):
                names = vars(instance).get("_" + group)
                if not isinstance(names, dict):
                    continue
                # what an instance registers comes first, in its order; then what other arguments would add
                read = getattr(registered, group)
                setattr(registered, group, {**dict.fromkeys(names), **read})
    forward = getattr(cls, "forward", None)
    says = annotated_returns(inspect.unwrap(forward)) if callable(forward) else None
    return Described(registered, says == "tensor")


# --- other classes --------------------------------------------------------------------------------------


def object_kind(cls: type) -> str:
    """What an instance of a class that is no module is to torchlint."""
    if type(cls).__name__ == "tensortype":
        return "tensor"
    if issubclass(cls, torch.nn.Parameter | torch.nn.parameter.UninitializedParameter):
        return "parameter"
    if issubclass(cls, torch.nn.Buffer | torch.nn.parameter.UninitializedBuffer):
        return "buffer"
    if issubclass(cls, torch.Tensor | torch._C.TensorBase) or cls is torch.autograd.Variable:
        return "tensor"
    if issubclass(cls, torch.distributions.Distribution | torch.distributions.Transform):
        return "distribution"
    return "object"


# --- Tensor ---------------------------------------------------------------------------------------------


# What every Python object has, except comparisons, which torch redefines.
PLAIN_MEMBERS = frozenset(dir(object)) - {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}


class TensorMembers(typing.NamedTuple):
    """The methods and properties of a Tensor."""

    methods: dict[str, str]
    attributes: dict[str, str]
    may_return_self: set[str]
    overloads: dict[str, dict[int, str]]


def tensor_members() -> TensorMembers:
    """Classify every member of `torch.Tensor`."""
    stubbed = stub("_C/__init__.pyi", "TensorBase")
    annotated = stub_attributes("_C/__init__.pyi", "TensorBase")
    methods: dict[str, str] = {}
    attributes: dict[str, str] = {}
    overloads: dict[str, dict[int, str]] = {}
    returning_self = set()
    for name in sorted(set(dir(torch.Tensor)) | set(annotated)):
        if name in PLAIN_MEMBERS:
            continue
        value = inspect.getattr_static(torch.Tensor, name, None)
        if not callable(value) and not isinstance(value, classmethod | staticmethod):
            kind = annotated.get(name) or run_attribute(name)
            if kind:
                attributes[name] = "tensor" if kind in HOLDING else "other"
            continue
        kind = method_returns(name, value, stubbed.get(name, []))
        if kind:
            methods[name] = kind
        if kind == "maybe" or f"torch.Tensor.{name}" in OVERRIDES:
            overloads[name] = by_arguments(stubbed.get(name, []))
        if kind in {"tensor", "maybe"} and any_returns_self(name):
            returning_self.add(name)
    return TensorMembers(methods, attributes, returning_self, overloads)


def run_attribute(name: str) -> str | None:
    """What a property of a Tensor gives."""
    result: list[str | None] = []
    with trial():
        result.append(observed(getattr(torch.eye(3), name)))
    return result[0] if result else None


def method_returns(name: str, value: Any, stubbed: list[Overload]) -> str | None:
    """What a method of a Tensor returns, from the first source that knows."""
    override = OVERRIDES.get(f"torch.Tensor.{name}")
    if override:
        return override
    said = union(o.returns for o in stubbed) if stubbed else None
    schema = schema_returns(name)
    in_place = name.endswith("_") and not name.startswith("_")
    if in_place and ("tensor" in (said, schema) or schema == "argument" or said is None):
        return "argument" if run(getattr(torch.Tensor, name)) in {"argument", None} else said
    if said == "other" and schema in HOLDING:
        said = schema
    if said is None and isinstance(value, types.FunctionType):  # in Python: the schema is another function's
        said = annotated_returns(value)
        if said is None and (is_public(name) or name.startswith("__")):
            said = run(value)
    return schema or run(getattr(torch.Tensor, name)) if said is None else said


# What the documentation of `cuda`, `xpu`, `pin_memory` says; they can't be run without the device.
SAYS_SELF = re.compile(r"original object is returned|no copy is performed|if it's not already", re.IGNORECASE)


def any_returns_self(name: str) -> bool:
    """Whether a method returns the tensor itself for some dtype: `x.half()` does when x is half already."""
    if SAYS_SELF.search(" ".join((getattr(torch.Tensor, name).__doc__ or "").split())):
        return True
    dtypes = sorted({v for v in vars(torch).values() if isinstance(v, torch.dtype)}, key=str)
    found: list[bool] = []
    for dtype in [torch.float32, *dtypes]:
        choices = argument_choices() if dtype is torch.float32 else [(None,)]
        for _, *arguments in choices:
            with trial():
                t = torch.zeros(3, 3, dtype=dtype)
                found.append(getattr(t, name)(*arguments) is t)
    return any(found)


def uninitialised(objects: dict[str, Any]) -> set[str]:
    """What returns memory as it was found: torch fills it with NaN when asked to be deterministic."""
    found = set()
    torch.use_deterministic_algorithms(True)
    setattr(torch.utils.deterministic, "fill_uninitialized_memory", True)  # noqa: B010 (untyped)
    try:
        candidates = [(d, v) for d, v in objects.items() if d.count(".") == 1 and operator_name(v)]
        candidates += [(f"torch.Tensor.{n}", getattr(torch.Tensor, n)) for n in dir(torch.Tensor)]
        for dotted, value in candidates:
            if not dotted.rpartition(".")[2].startswith(("empty", "new", "resize")):
                continue
            own = dotted.startswith("torch.Tensor.")
            t = torch.zeros(2)
            for arguments in ((3,), ((3, 3), (3, 1)), ((3, 3), (0, 1)), (t,)):
                with trial():
                    made = value(torch.zeros(2), *arguments) if own else value(*arguments)
                    if isinstance(made, torch.Tensor) and bool(made.isnan().any()):
                        found.add(dotted)
    finally:
        torch.use_deterministic_algorithms(False)
    return found


# --- writing --------------------------------------------------------------------------------------------


def wrapped(tokens: Iterable[str]) -> str:
    """Fill lines of the table."""
    return textwrap.fill(" ".join(tokens), WIDTH, break_long_words=False, break_on_hyphens=False)


def by_namespace(names: Iterable[str]) -> list[str]:
    """`torch.nn: Linear Bilinear`: one namespace to a line."""
    spaces: dict[str, list[str]] = defaultdict(list)
    for dotted in sorted(names):
        space, _, name = dotted.rpartition(".")
        spaces[space].append(name)
    return [wrapped([f"{space}:", *found]) for space, found in sorted(spaces.items())]


def by_group(kinds: dict[str, str]) -> list[str]:
    """`=tensor`, then the names that are it."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, kind in kinds.items():
        groups[kind].append(name)
    lines = []
    for kind, names in sorted(groups.items()):
        lines += [f"={kind}", *by_namespace(names)]
    return lines


def alias_lines(aliases: dict[str, str]) -> list[str]:
    """`=torch.nn`, then the spellings of what is in it."""
    groups: dict[str, list[str]] = defaultdict(list)
    for alias, target in aliases.items():
        space, _, name = target.rpartition(".")
        groups[space].append(alias if alias.rpartition(".")[2] == name else f"{alias}>{name}")
    lines = []
    for space, names in sorted(groups.items()):
        lines += [f"={space}", *by_namespace_first(names)]
    return lines


def by_namespace_first(names: Iterable[str]) -> list[str]:
    """As `by_namespace`, for records `torch.a.b>rest` whose rest may have dots."""
    spaces: dict[str, list[str]] = defaultdict(list)
    for record in sorted(names):
        dotted, mark, rest = record.partition(">")
        space, _, name = dotted.rpartition(".")
        spaces[space].append(name + mark + rest)
    return [wrapped([f"{space}:", *found]) for space, found in sorted(spaces.items())]


def module_lines(described: dict[str, Described]) -> list[str]:
    """`torch.nn: Linear weight bias /t + Bilinear …`."""
    spaces: dict[str, list[str]] = defaultdict(list)
    for dotted, item in sorted(described.items()):
        space, _, name = dotted.rpartition(".")
        tokens = [name, *item.registered.parameters]
        if item.registered.buffers:
            tokens += ["/b", *item.registered.buffers]
        if item.registered.modules:
            tokens += ["/m", *item.registered.modules]
        if item.forward:
            tokens.append("/t")
        spaces[space].append(" ".join(tokens))
    lines = [wrapped([f"{space}:", " + ".join(found)]) for space, found in sorted(spaces.items())]
    return "\n+ ".join(lines).split("\n")


def class_name_lines(classes: dict[str, type]) -> list[str]:
    """`=torch.nn.Linear`, then the names that the class itself has and `nn.Module` has not; all of `nn.Module`'s."""
    known = {*dir(torch.nn.Module), *vars(torch.nn.Module())}  # `training` is set on each instance
    common = {name for name in known if not name.startswith("__")}
    lines = ["=torch.nn.Module", wrapped(sorted(common))]
    for dotted, cls in sorted(classes.items()):
        own = sorted(name for name in set(dir(cls)) - common if not name.startswith("__"))
        if own and cls is not torch.nn.Module:
            lines += [f"={dotted}", wrapped(own)]
    return lines


def generate() -> str:
    """Give the whole text of the table."""
    version = torch.__version__.partition("+")[0]
    modules = import_everything()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = collect_names(modules)
    randomness = Randomness()

    functions: dict[str, str] = {}
    overloads: dict[str, dict[int, str]] = {}
    random: set[str] = set()
    objects: dict[str, str] = {}
    described: dict[str, Described] = {}
    for dotted, value in sorted(names.objects.items()):
        if is_module_class(value):
            described[dotted] = describe(dotted, value)
        elif isinstance(value, type):
            objects[dotted] = object_kind(value)
        else:
            kind = OVERRIDES.get(dotted) or function_returns(dotted, value)
            if kind != "other" and randomness.of(value):
                random.add(dotted)
            if kind is not None:
                functions[dotted] = kind
            if kind == "maybe":
                overloads[dotted] = by_arguments(stub_overloads(dotted, value))

    members = tensor_members()
    for name, choices in members.overloads.items():
        overloads[f"torch.Tensor.{name}"] = choices
    random |= {f"torch.Tensor.{n}" for n in members.methods if n in randomness.methods}
    known = {*functions, *objects, *described, *random}
    aliases = {a: t for a, t in names.aliases.items() if t in known or t in names.namespaces}

    def method_names(found: Iterable[str]) -> list[str]:
        return [f"torch.Tensor.{n}" for n in found]

    tables = {
        "FUNCTIONS": by_group(functions),
        "METHODS": by_group({f"torch.Tensor.{n}": k for n, k in members.methods.items()}),
        "OVERLOADS": by_namespace_first(
            f"{dotted}>" + ",".join(f"{count}{kind}" for count, kind in sorted(choices.items()))
            for dotted, choices in overloads.items()
            if len(set(choices.values())) > 1
        ),
        "ATTRIBUTES": by_group({f"torch.Tensor.{n}": k for n, k in members.attributes.items()}),
        "MAY_RETURN_SELF": by_namespace(method_names(members.may_return_self)),
        "RANDOM": by_namespace(random),
        "UNINITIALISED": by_namespace(uninitialised(names.objects)),
        "OBJECTS": by_group(objects),
        "MODULE_CLASSES": module_lines(described),
        "CLASS_NAMES": class_name_lines({dotted: names.objects[dotted] for dotted in described}),
        "CONSTANTS": by_namespace(names.constants),
        "NAMESPACES": [wrapped(sorted(names.namespaces))],
        "ALIASES": alias_lines(aliases),
    }
    head = (
        f'"""Generated by `{COMMAND}` from torch {version}: do not edit.\n\n'
        'The format of each string is read in `torchlint/torch_api/__init__.py`.\n"""\n'
    )
    parts = [head, "from typing import Final\n", f'TORCH_VERSION: Final = "{version}"\n']
    parts += [f'{name}: Final = """\n' + "\n".join(lines) + '\n"""\n' for name, lines in tables.items()]
    return "\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table, or compare it."""
    parser = argparse.ArgumentParser(description="Write torchlint's table of torch's API.")
    parser.add_argument("--check", action="store_true", help="only tell whether the table is up to date")
    options = parser.parse_args(arguments)
    text = generate()
    if options.check:
        if TABLE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{TABLE} differs from what `{COMMAND}` writes", file=sys.stderr)
        return 1
    TABLE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # some of torch's modules start threads that don't end
