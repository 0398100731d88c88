"""What one text does to attributes of anything but `self`: `model.pe = …`, `model.pe.zero_()`, `vars(model)["pe"]`."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from torchlint import torch_api
from torchlint.project.questions import COMPUTED

_OWN = ("self", "cls")
_OPTIONS = (
    "args",
    "cfg",
    "conf",
    "config",
    "namespace",
    "opt",
    "options",
    "opts",
    "params",
    "parser",
    "settings",
)
_LEAVES = frozenset((ast.Name, ast.Constant, ast.Load, ast.Store))
_TARGETS = ("target", "optional_vars")  # of a loop, an annotated assignment, a walrus; of `with`
_LOOKUPS = ("get", "pop", "setdefault", "__getitem__")
_MOVES = (
    "to",
    "cuda",
    "cpu",
    "half",
    "float",
    "double",
    "bfloat16",
    "contiguous",
    "detach",
    "pin_memory",
    "type",
)


class OutsideUses(Struct):
    """The lines of a file that assign an attribute something that may be no tensor, and those that change its value.

    `owners`: every line that assigns it, with the last name of what it is assigned on (`Net` of `models.Net.x = 3`).
    `past`: those that look for it in `__dict__`, where nothing registered is.
    """

    assigned: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    owners: list[tuple[int, str]] = field(default_factory=list)
    past: list[int] = field(default_factory=list)


def spelled(uses: OutsideUses | None) -> tuple[str, ...]:
    """Uses as they can be kept; nothing for none."""
    if uses is None:
        return ()
    return (json.dumps([uses.assigned, uses.changed, uses.owners, uses.past], separators=(",", ":")),)


def from_spelled(told: tuple[str, ...]) -> OutsideUses | None:
    """What `spelled` has spelled. Raises ValueError for anything else."""
    if not told:
        return None
    try:
        assigned, changed, owners, past = (list(lines) for lines in json.loads(told[0]))
        return OutsideUses(assigned, changed, [(int(line), str(owner)) for line, owner in owners], past)
    except (TypeError, ValueError) as error:
        raise ValueError(f"no uses: {told}") from error


def outside_uses(text: str, tree: ast.Module | None = None) -> Mapping[str, OutsideUses]:
    """All that a text (whose tree may be at hand) does to attributes of others, by their names. No Python: nothing."""
    found: dict[str, OutsideUses] = {}
    try:
        nodes = _nodes(ast.parse(text) if tree is None else tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    if "__dict__" in text or "vars(" in text:
        _past_torch(nodes, found)
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            if node.value is not None:
                _assignment(node, node.value, found)
        elif isinstance(node, ast.AugAssign):
            _change(node.target, found)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            _stored(node.target, found)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    _stored(item.optional_vars, found)
        elif isinstance(node, ast.Call):
            _call(node, found)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            _owner(node.value, node.attr, found)
    return found


def _nodes(tree: ast.AST) -> list[ast.AST]:
    """The nodes of a tree in the order of `ast.walk`, which takes three times as long, names and literals aside."""
    nodes = [tree]
    for node in nodes:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                nodes += [one for one in value if isinstance(one, ast.AST) and type(one) not in _LEAVES]
            elif isinstance(value, ast.AST) and type(value) not in _LEAVES:
                nodes.append(value)
    return nodes


def _past_torch(nodes: Sequence[ast.AST], found: dict[str, OutsideUses]) -> None:
    """What looks for attributes in `__dict__`: for one by its name, or for all."""
    named: dict[ast.expr, ast.expr] = {}
    for node in nodes:
        if isinstance(node, ast.Subscript):
            named[node.value] = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr in _LOOKUPS:
                named[node.func.value] = node.args[0]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            named[node.comparators[0]] = node.left
    files: set[str] | None = None
    for node in nodes:
        receiver: ast.expr | None = None
        if isinstance(node, ast.Attribute) and node.attr == "__dict__":
            receiver = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "vars":
            receiver = node.args[0] if node.args else None
        if isinstance(receiver, ast.Name):
            files = _imported_files(nodes) if files is None else files
            if receiver.id in files:
                continue
        if receiver is not None and _may_be_module(receiver):
            assert isinstance(node, ast.expr)
            name = _constant(named.get(node)) or COMPUTED
            found.setdefault(name, OutsideUses()).past.append(node.lineno)


def _imported_files(nodes: Sequence[ast.AST]) -> set[str]:
    """Names that are files of Python: `import torchvision.models as models`, and then `models.__dict__[arch]`."""
    imported: set[str] = set()
    others: set[str] = set()  # `import net`, but then `net = net.Net()`
    for node in nodes:
        if isinstance(node, ast.Import):
            imported.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            others.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.arg):
            others.add(node.arg)
        else:
            targets = [getattr(node, name, None) for name in _TARGETS]
            for target in [*targets, *getattr(node, "targets", ())]:
                if target is not None:
                    others.update(part.id for part in ast.walk(target) if isinstance(part, ast.Name))
    return imported - others


def _may_be_module(receiver: ast.expr) -> bool:
    """Whether something may be an `nn.Module` by its name: not `self`, not what holds options, no file of Python."""
    if isinstance(receiver, ast.Subscript) and ast.unparse(receiver.value) == "sys.modules":
        return False
    last = receiver.attr if isinstance(receiver, ast.Attribute) else getattr(receiver, "id", "")
    own = isinstance(receiver, ast.Name) and last in _OWN
    return not own and last.strip("_").lower() not in _OPTIONS


def _constant(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _owner(base: ast.expr, name: str, found: dict[str, OutsideUses]) -> None:
    last = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    if isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "type":
        last = "__class__"
    if last not in ("self", ""):
        found.setdefault(name, OutsideUses()).owners.append((base.lineno, last))


def _assignment(node: ast.Assign | ast.AnnAssign, value: ast.expr, found: dict[str, OutsideUses]) -> None:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Attribute) and _is_outside(target):
            if not _harmless(value, target.attr):
                uses = found.setdefault(target.attr, OutsideUses())
                (uses.changed if _is_tensor(value, target.attr) else uses.assigned).append(node.lineno)
            if target.attr == "data":
                _change(target.value, found)
        elif isinstance(target, ast.Subscript):
            _change(target.value, found)
        else:
            _stored(target, found)


def _stored(target: ast.expr, found: dict[str, OutsideUses]) -> None:
    """A target that gets a value nobody can tell."""
    for part in ast.walk(target):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and _is_outside(part):
            found.setdefault(part.attr, OutsideUses()).assigned.append(part.lineno)


def _change(node: ast.expr, found: dict[str, OutsideUses]) -> None:
    for name in _chain(node):
        found.setdefault(name, OutsideUses()).changed.append(node.lineno)


def _call(node: ast.Call, found: dict[str, OutsideUses]) -> None:
    func = node.func
    if isinstance(func, ast.Attribute):
        kept = func.attr in ("requires_grad_", "share_memory_")
        if func.attr[-1:] == "_" and not kept and torch_api.method(func.attr) == "argument":
            _change(func.value, found)
    elif isinstance(func, ast.Name) and func.id == "setattr" and len(node.args) == 3:
        receiver = node.args[0]
        own = isinstance(receiver, ast.Name) and receiver.id in _OWN
        name = _constant(node.args[1])
        if name is not None:
            _owner(receiver, name, found)
            if not own:
                found.setdefault(name, OutsideUses()).assigned.append(node.lineno)
        elif _may_be_module(receiver):
            found.setdefault(COMPUTED, OutsideUses()).assigned.append(node.lineno)


def _is_outside(node: ast.Attribute) -> bool:
    return not (isinstance(node.value, ast.Name) and node.value.id in _OWN)


def _chain(node: ast.expr) -> Iterator[str]:
    """The attributes that an expression is a view of: `pe` and `model` for `net.model.pe.data[0]`."""
    while True:
        if isinstance(node, ast.Attribute):
            if _is_outside(node):
                yield node.attr
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr != "clone"
        ):
            node = node.func.value
        else:
            return


def _harmless(value: ast.expr, name: str) -> bool:
    """None, or the attribute itself moved: `model.pe = model.pe.cuda()`."""
    if isinstance(value, ast.Constant) and value.value is None:
        return True
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in _MOVES:
        return name in _chain(value.func.value)
    return False


def _is_tensor(value: ast.expr, name: str) -> bool:
    """Whether a value is surely a tensor: a call of torch, or a method of the attribute itself."""
    if not isinstance(value, ast.Call):
        return False
    dotted = ast.unparse(value.func)
    if dotted.startswith("torch.") and torch_api.function(dotted) == "tensor":
        return True
    method = value.func
    return (
        isinstance(method, ast.Attribute)
        and torch_api.method(method.attr) == "tensor"
        and name in _chain(method.value)
    )
