"""Calls into torch, by the generated table: what comes back, its origin, what becomes of a Parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from torchlint import torch_api
from torchlint.project.interpret import containers, origins
from torchlint.project.interpret.record import INDEX
from torchlint.project.interpret.state import Arguments, Run
from torchlint.project.values import (
    NOTHING,
    PLAIN,
    TENSOR_LIKE,
    UNKNOWN,
    Atom,
    Bound,
    Buffer,
    Container,
    External,
    HoldsTensors,
    Literal,
    Module,
    Origin,
    Parameter,
    Tensor,
    Unknown,
    Value,
    join,
    plain,
    tainted,
    takes_gradient,
    worst,
)

# these give the Parameter itself back on the CPU it was made on, for the dtype it was made with
_USUALLY_SELF = {"float", "contiguous", "cpu"}
# a detached copy or view is asked for on purpose
_DETACHED = {"detach", "data", "clone", "grad"}
# what these give depends on their arguments only in its shape, device or dtype
_RESHAPES = {"to", "type", "type_as", "expand", "expand_as", "view", "view_as", "reshape", "reshape_as", "repeat",
             "unsqueeze", "squeeze", "transpose", "permute", "flatten", "unflatten", "contiguous"}  # fmt: skip
_OF_TWO_OR_ALONG = ("max", "min", "median", "nanmedian")
_MEASURES = (
    "size",
    "dim",
    "numel",
    "nelement",
    "stride",
    "get_device",
    "element_size",
    "type",
    "is_floating_point",
)
_FILLS = {"torch.nn.init.zeros_", "torch.nn.init.ones_", "torch.nn.init.constant_", "torch.nn.init.eye_",
          "torch.Tensor.zero_", "torch.Tensor.fill_", "torch.Tensor.copy_", "torch.nn.init.dirac_"}  # fmt: skip
_NUMBERED = ("torch.tensor", "torch.arange", "torch.as_tensor", "torch.asarray")
DRAWS = ("sample", "sample_n")
"""The methods of a distribution that give a tensor without a graph."""


# no number, array, module or container has these: whatever they are called on is a tensor
_TENSORS_ONLY = {"unsqueeze", "detach", "contiguous", "masked_fill", "type_as", "expand_as", "view_as", "index_select",
                 "repeat_interleave", "scatter_add", "new_zeros", "new_ones", "new_full", "new_tensor"}  # fmt: skip
_MODULES_TOO = {"requires_grad_", "apply_"}


def only_tensors_have(name: str) -> bool:
    """Whether a method tells that what it is called on is a tensor; in-place methods do (`mask.fill_(0)`)."""
    if name in _TENSORS_ONLY:
        return True
    in_place = name.endswith("_") and not name.startswith("_") and name not in _MODULES_TOO
    return in_place and torch_api.method(name) == "argument"


def call(run: Run, dotted: str, arguments: Arguments) -> Value:
    """`torch.something(...)`."""
    args, keywords = arguments.positional, arguments.keywords
    if dotted.endswith(".?"):
        return _by_name(run, dotted, arguments)
    name = torch_api.canonical(dotted)
    kind = torch_api.object_class(name)
    if kind is not None:
        return _instance(run, name, kind, arguments)
    if torch_api.module_class(name) is not None:
        return module(run, name, arguments)
    count = len(args) + len(keywords) - ("out" in keywords) if arguments.exact else None
    returns = _told_apart(name, torch_api.function(name, count), args[1:], keywords)
    if name.startswith("torch.nn.init."):
        _train(run, arguments)
    if "out" in keywords:
        changed(run, keywords["out"], args)
    if returns == "argument":
        if args:
            if name in _FILLS:
                overwritten(run, args[0])
            by_chance = torch_api.is_random(name) or origins.is_random_init(name)
            changed(run, args[0], [*args[1:], *keywords.values()], random=by_chance)
        return args[0] if args else next(iter(keywords.values()), UNKNOWN)
    if returns == "other":
        return plain(Origin.RANDOM) if origins.is_seed(name) else run.read_from(arguments.values())
    if returns is not None:
        origin = Origin.RANDOM if origins.is_seed(name) else origins.of_call(run, name, arguments)
        return _result(run, name, returns, origin, arguments)
    if name in ("torch.jit.script", "torch.compile", "torch.jit.trace", "torch.fx.symbolic_trace") and args:
        return args[0]
    if (
        name.startswith("torch.nn.utils.") and args
    ):  # spectral_norm, weight_norm, parametrizations: the module itself
        return tuple(atom for atom in args[0] if isinstance(atom, Module)) or UNKNOWN
    return UNKNOWN


def _told_apart(
    name: str, returns: torch_api.Returns | None, second: Sequence[Value], keywords: Mapping[str, Value]
) -> torch_api.Returns | None:
    """`torch.max(x, y)` gives one tensor, `torch.max(x, 0)` two: the second argument tells."""
    if returns != "maybe" or name.rpartition(".")[2] not in _OF_TWO_OR_ALONG:
        return returns
    other = second[0] if second else keywords.get("other", NOTHING)
    if "dim" in keywords or (other and all(isinstance(atom, Literal) for atom in other)):
        return "tensors"
    return "tensor" if any(isinstance(atom, TENSOR_LIKE) for atom in other) else returns


def _by_name(run: Run, dotted: str, arguments: Arguments) -> Value:
    """`getattr(torch, window)(length)`, `getattr(nn, layer)(…)`: not the name, but the kind is clear."""
    if dotted == "torch.nn.?":
        return module(run, dotted, arguments)
    if dotted == "torch.nn.init.?":
        # all of them give back the tensor that they fill; `calculate_gain` takes none
        given = [*arguments.positional[:1], arguments.keywords.get("tensor", NOTHING)]
        filled = join(NOTHING, *given)
        _train(run, arguments)
        changed(run, filled, [], random=True)
        return tuple(atom for atom in filled if isinstance(atom, TENSOR_LIKE)) or UNKNOWN
    return (Tensor(run.fresh(), origin=Origin.UNKNOWN),) if dotted == "torch.?" else UNKNOWN


def _instance(run: Run, name: str, kind: str, arguments: Arguments) -> Value:
    if kind in ("parameter", "buffer", "tensor"):
        return instance(run, kind, arguments, name)
    if kind == "distribution":
        return (HoldsTensors(name),)
    if name.startswith("torch.optim."):
        for value in arguments.values():
            run.trained.update(run.identities(value))
    return PLAIN


def instance(run: Run, kind: str, arguments: Arguments, name: str = "") -> Value:
    """A tensor, parameter or buffer made by its class."""
    args, keywords = arguments.positional, arguments.keywords
    first = args[0] if args else keywords.get("data", NOTHING)
    wants_grad = _flag(keywords.get("requires_grad", args[1] if len(args) > 1 else NOTHING))
    if kind == "parameter":
        return _noted(run, (Parameter(run.fresh(), wants_grad is not False, run.origin(first)),), first)
    if kind == "buffer":
        return _noted(run, (Buffer(run.fresh(), run.origin(first)),), first)
    if name.endswith(".Variable") and (kept := tuple(atom for atom in first if isinstance(atom, Parameter))):
        return kept
    origin = worst(
        run.origin(first), *(atom.origin for atom in first if isinstance(atom, Unknown)), run.taint([first])
    )
    # only Variable(data, requires_grad) takes it: the arguments of torch.Tensor are sizes
    variable = name.endswith(".Variable")
    sized = not variable and (len(args) > 1 or _are_whole(args))
    tensor = Tensor(run.fresh(), wants_grad is True and variable, Origin.UNKNOWN if sized else origin)
    if tensor.requires_grad:
        run.trained.add(tensor.identity)
    if sized and run.record is not None:
        run.record.empty[tensor.identity] = run.record.branches
    return (tensor,)


def module(run: Run, cls: str, arguments: Arguments) -> Value:
    """A module of torch, built from other modules and parameters, which it registers in turn."""
    identity = run.fresh()
    held = {found for value in arguments.values() for found in run.identities(value)}
    if held:
        run.inside[identity] = held
    return (Module(identity, cls),)


def changed(run: Run, tensors: Value, others: Sequence[Value], *, random: bool = False) -> None:
    """Note that tensors were changed in place, by what was computed from others."""
    if run.record is not None:
        origin = worst(run.decided, run.taint(others), run.origin(*others))
        run.record.changed(tensors, Origin.RANDOM if random else origin)


def overwritten(run: Run, tensors: Value) -> None:
    """Note that tensors were filled from end to end."""
    if run.record is not None:
        run.record.overwritten(tensors)


def _noted(run: Run, value: Value, sources: Value, name: str = "") -> Value:
    if run.record is not None:
        inside = (run.heap[atom.identity].content for atom in value if isinstance(atom, Container))
        made = (*value, *(atom for content in inside for atom in content))
        run.record.made(made, sources, name, run.trained)
    return value


def _result(run: Run, name: str, returns: str, origin: Origin, arguments: Arguments) -> Value:
    wants_grad = _flag(arguments.keywords.get("requires_grad", NOTHING)) is True
    sources = tuple(
        atom for value in arguments.values() for atom in value if isinstance(atom, (Parameter, Tensor))
    )
    made = _tensors(run, returns, origin, wants_grad, None if name.endswith("_like") else _lost(sources))
    if run.record is not None and torch_api.is_uninitialised(name):
        run.record.empty.update(
            (atom.identity, run.record.branches) for atom in made if isinstance(atom, Tensor)
        )
    inside = _inside(run, arguments)
    made = _noted(run, made, (*sources, *inside), name)
    if run.record is not None and name in _NUMBERED and _are_whole((*arguments.positional, inside)):
        run.record.integers.update(atom.identity for atom in made if isinstance(atom, Tensor))
    return _dtype(run, made, arguments)


def _are_whole(values: Sequence[Value]) -> bool:
    """Whether values are whole numbers, all of them."""
    numbers = [atom for value in values for atom in value if not isinstance(atom, Container)]
    return bool(numbers) and all(
        isinstance(atom, Literal) and isinstance(atom.value, int) for atom in numbers
    )


def _inside(run: Run, arguments: Arguments) -> Value:
    """Tensors in containers among arguments, and numbers in containers."""
    if run.record is None:
        return NOTHING
    inside = (containers.elements_of(run, origins.only_containers(value)) for value in arguments.values())
    return tuple(
        atom
        for value in (*arguments.values(), *inside)
        for atom in value
        if isinstance(atom, (*TENSOR_LIKE, Literal))
    )


def _dtype(run: Run, made: Value, arguments: Arguments) -> Value:
    """Note a dtype or device that is asked for by name; what it is asked for of."""
    if run.record is not None:
        named = [atom.dotted for value in arguments.values() for atom in value if isinstance(atom, External)]
        run.record.typed(made, named)
        keywords = arguments.keywords
        run.record.placed(made, keywords.get("device", NOTHING), keywords.get("pin_memory", NOTHING))
    return made


def _tensors(
    run: Run, returns: str, origin: Origin, wants_grad: bool, lost: Parameter | Tensor | None
) -> Value:
    result: Value = NOTHING
    if returns in ("tensor", "maybe"):
        tensor = _tensor(run, wants_grad, origin, lost)
        if wants_grad:
            run.trained.add(tensor.identity)
        result = (tensor,)
    if returns in ("tensors", "maybe"):
        result = join(result, run.container("tuple", (_tensor(run, wants_grad, origin, lost),)))
    return result


def _tensor(run: Run, wants_grad: bool, origin: Origin, lost: Parameter | Tensor | None) -> Tensor:
    """A new tensor, computed from a parameter, or from what an operation has made of one."""
    if isinstance(lost, Parameter):
        return Tensor(run.fresh(), wants_grad, origin, lost.identity, not lost.requires_grad)
    if lost is not None:
        return Tensor(run.fresh(), wants_grad, origin, lost.lost, lost.frozen)
    return Tensor(run.fresh(), wants_grad, origin)


def _lost(sources: Value) -> Parameter | Tensor | None:
    """The first parameter among these, or what an operation has made of one; rather one that takes gradients."""
    frozen: Parameter | Tensor | None = None
    for atom in sources:
        if isinstance(atom, Parameter) or (isinstance(atom, Tensor) and atom.lost):
            if takes_gradient(atom):
                return atom
            frozen = frozen or atom
    return frozen


def indexed(run: Run, atom: Atom, index: Value) -> Value:
    """`tensor[index]`; a slice has no part in the index."""
    made = derived(run, (atom,), NOTHING, name=INDEX)
    return tainted(made, worst(origins.of_index(run, index), Origin.REBUILT))


def derived(
    run: Run, tensors: Value, others: Value, *, name: str = "", floating: bool = True, lost: bool = True
) -> Value:
    """The result of arithmetic, indexing or iteration on tensors. `floating=False`: no gradient can pass (a mask)."""
    origin = worst(run.origin(tensors, others), run.taint([others]))
    source = _lost((*tensors, *others)) if lost and floating else None
    return _noted(run, (_tensor(run, False, origin, source),), (*tensors, *others), name)


def tensor_attribute(run: Run, atom: Tensor | Parameter | Buffer, name: str) -> Value:
    """`tensor.name`: another tensor, a plain value, or a method."""
    kind = torch_api.attribute(name)
    if kind == "tensor":
        return derived(run, (atom,), NOTHING, name=name, lost=name not in _DETACHED)
    if kind == "other":
        return PLAIN
    return (Bound(atom, name),)


def tensor_method(run: Run, atom: Tensor | Parameter | Buffer, name: str, arguments: Arguments) -> Value:
    """`tensor.name(...)`."""
    args, keywords = arguments.positional, arguments.keywords
    count = len(args) + len(keywords) if arguments.exact else None
    returns = _told_apart(name, torch_api.method(name, count), args, keywords)
    if name == "requires_grad_":
        if _flag(args[0] if args else keywords.get("requires_grad", NOTHING)) is not False:
            run.trained.add(atom.identity)
        return (atom,)
    if returns == "argument":
        if f"torch.Tensor.{name}" in _FILLS:
            overwritten(run, (atom,))
        changed(run, (atom,), [*args, *keywords.values()], random=torch_api.is_random(f"Tensor.{name}"))
        if torch_api.is_random(f"Tensor.{name}") and isinstance(atom, Tensor):
            return (replace(atom, origin=Origin.RANDOM),)
        return (atom,)
    if returns == "other":
        return PLAIN if name in _MEASURES else run.read_from([(atom,), *args])
    if returns is None:
        return UNKNOWN
    if isinstance(atom, Parameter) and name in _USUALLY_SELF:
        return (atom,)
    sized = name in _RESHAPES
    origin = worst(run.origin((atom,), *([] if sized else args)), run.taint(args, sizes=sized))
    if torch_api.is_random(f"Tensor.{name}"):
        origin = Origin.RANDOM
    if name.startswith("new_"):
        origin = origins.of_call(run, f"Tensor.{name}", arguments)
    keeps = name in _DETACHED or name.startswith("new_")
    wants_grad = _flag(keywords.get("requires_grad", NOTHING)) is True
    trained = atom.identity in run.trained and not keeps and isinstance(atom, Tensor)
    made = _tensors(run, returns, origin, wants_grad or trained, None if keeps else _lost((atom,)))
    made = _noted(run, made, (atom, *(other for value in args for other in value)), name)
    return _dtype(run, made, arguments)


def item(run: Run, atom: Tensor) -> Value:
    """One of the tensors that a tensor stands for, as it comes out of a container: with an identity of its own."""
    return _noted(run, (Tensor(run.fresh(), atom.requires_grad, atom.origin),), (atom,), INDEX)


def copied(run: Run, atom: Atom) -> Value:
    """`copy.deepcopy(atom)`: of the same kind, with an identity of its own."""
    if isinstance(atom, Tensor):
        return (Tensor(run.fresh(), atom.requires_grad, atom.origin),)
    if isinstance(atom, Parameter):
        return (Parameter(run.fresh(), atom.requires_grad, atom.origin),)
    if isinstance(atom, Buffer):
        return (Tensor(run.fresh(), False, atom.origin),)
    if isinstance(atom, Module):
        return (Module(run.fresh(), atom.cls, atom.origin),)
    if isinstance(atom, Container):
        cell = run.heap[atom.identity]
        return run.container(atom.kind, join(NOTHING, *(copied(run, inner) for inner in cell.content)))
    return (atom,)


def same_kind(run: Run, value: Value) -> Value:
    """The result of a function of another library that gives a tensor for a tensor (`einops.rearrange`)."""
    tensors = tuple(atom for atom in value if isinstance(atom, TENSOR_LIKE))
    return derived(run, tensors, NOTHING) if tensors else UNKNOWN


def _train(run: Run, arguments: Arguments) -> None:
    args, keywords = arguments.positional, arguments.keywords
    for atom in (*(args[0] if args else NOTHING), *keywords.get("tensor", NOTHING)):
        if isinstance(atom, Tensor):
            run.trained.add(atom.identity)


def _flag(value: Value) -> bool | None:
    """The literal truth of an argument; None where it is not written or not known."""
    if len(value) == 1 and isinstance(value[0], Literal) and isinstance(value[0].value, bool):
        return value[0].value
    return None
