"""Calls: into functions and classes of the project, into torch, on the module under construction."""

from __future__ import annotations

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.facts.docstrings import tensor_arguments
from torchlint.project.interpret import annotations, attributes, containers, expressions, statements, torch_calls
from torchlint.project.interpret.state import Frame, OutOfBudget, Run, join_states
from torchlint.project.linking import ClassRef
from torchlint.project.values import (
    NONE,
    NOTHING,
    PLAIN,
    TENSOR_LIKE,
    UNKNOWN,
    Atom,
    Bound,
    ClassValue,
    Container,
    External,
    FunctionValue,
    Instance,
    Literal,
    Module,
    Origin,
    Partial,
    SelfObject,
    SuperObject,
    Tensor,
    Unknown,
    Value,
    join,
)

_DEPTH = 14
# steps that a call may take before its return annotation is believed instead
_OWN, _OTHER, _HARMLESS_CALL = 60_000, 4_000, 600
Keywords = dict[str, Value]


def evaluate_call(run: Run, frame: Frame, node: ir.Call) -> Value:
    """A call expression."""
    func = node.func
    if isinstance(func, ir.Name) and (special := _special(run, frame, func.id, node)) is not None:
        return special
    discards, frame.discards = frame.discards, False
    functions = expressions.evaluate(run, frame, func)
    args: list[Value] = []
    exact = True
    for argument in node.args:
        value = expressions.evaluate(run, frame, argument)
        if isinstance(argument, ir.Starred):
            items = containers.items_of(run, value)
            if items is None:
                exact = False
                args.append(containers.elements_of(run, value))
            else:
                args += items
        else:
            args.append(value)
    keywords: Keywords = {}
    for name, expression in node.keywords:
        value = expressions.evaluate(run, frame, expression)
        if name is None:
            exact = False
            keywords["**"] = join(keywords.get("**", NOTHING), containers.values_of(run, value))
        else:
            keywords[name] = value
    frame.discards = discards
    results = [_call_atom(run, frame, atom, node, args, keywords, exact) for atom in functions]
    frame.discards = False
    return join(NOTHING, *results) or UNKNOWN


def _special(run: Run, frame: Frame, name: str, node: ir.Call) -> Value | None:
    """Builtins that need the frame: `super`, `setattr`, `getattr`, `delattr`, `type`, `map`."""
    if name == "super":
        return _super(run, frame, node)
    if name in ("setattr", "delattr", "getattr") and len(node.args) >= 2:
        receivers = expressions.evaluate(run, frame, node.args[0])
        names = attributes.name_of(run, frame, node.args[1])
        if name == "getattr":
            return _getattr(run, frame, receivers, names, node)
        value = expressions.evaluate(run, frame, node.args[2]) if name == "setattr" and len(node.args) > 2 else NOTHING
        if name == "setattr" and any(isinstance(atom, (Module, Unknown)) for atom in receivers):
            run.register(value)  # set on another module, which registers it
        if any(isinstance(atom, SelfObject) for atom in receivers):
            for attribute in names:
                if name == "setattr":
                    attributes.assign(run, frame, attribute, value, node.place, frame.lines)
                else:
                    attributes.delete(run, attribute)
        return NONE
    if name == "type" and len(node.args) == 1:
        value = expressions.evaluate(run, frame, node.args[0])
        return (ClassValue(run.cls),) if value == (SelfObject(),) else UNKNOWN
    if name == "map" and len(node.args) == 2:
        functions = expressions.evaluate(run, frame, node.args[0])
        items = containers.elements_of(run, expressions.evaluate(run, frame, node.args[1])) or UNKNOWN
        results = [_call_atom(run, frame, atom, node, [items], {}, True) for atom in functions]
        return run.container("generator", join(NOTHING, *results))
    return None


def _super(run: Run, frame: Frame, node: ir.Call) -> Value:
    current: Frame | None = frame
    while current is not None and (current.owner is None or current.receiver is None):
        current = current.closure
    if current is None or current.owner is None:
        return UNKNOWN
    after = current.owner
    if node.args:  # super(Base, self) looks up after Base
        for atom in expressions.evaluate(run, frame, node.args[0]):
            if isinstance(atom, ClassValue):
                after = atom.cls
    receiver = current.receiver
    return (SuperObject(after, receiver),) if isinstance(receiver, (SelfObject, Instance)) else UNKNOWN


def _getattr(run: Run, frame: Frame, receivers: Value, names: list[str], node: ir.Call) -> Value:
    default = expressions.evaluate(run, frame, node.args[2]) if len(node.args) > 2 else NOTHING
    if names and not any("{" in name for name in names):
        found = [expressions.attribute_of(run, frame, atom, name) for atom in receivers for name in names]
        return join(default, *found)
    if receivers and all(isinstance(atom, External) for atom in receivers):
        # getattr(torch, window)(length): every function of torch so named by an argument makes a tensor or is a mistake
        return tuple(External(f"{atom.dotted}.?") for atom in receivers if isinstance(atom, External))
    return UNKNOWN


def _call_atom(
    run: Run, frame: Frame, atom: Atom, node: ir.Call, args: list[Value], keywords: Keywords, exact: bool
) -> Value:
    if isinstance(atom, External):
        return _external(run, atom.dotted, args, keywords, exact)
    if isinstance(atom, FunctionValue):
        receiver = atom.receiver if isinstance(atom.receiver, (SelfObject, Instance, ClassValue)) else None
        return invoke(run, frame, atom, atom.owner, receiver, args, keywords, exact=exact)
    if isinstance(atom, ClassValue):
        return instantiate(run, frame, atom.cls, args, keywords)
    if isinstance(atom, Bound):
        return _bound(run, frame, atom, node, args, keywords, exact)
    if isinstance(atom, Partial):
        results = [_call_atom(run, frame, target, node, args, keywords, False) for target in atom.target]
        return join(NOTHING, *results) or UNKNOWN
    if isinstance(atom, SelfObject):
        return _annotated_return(run, run.cls, "forward")
    if isinstance(atom, Module):
        return _forward(run, atom)
    return UNKNOWN


def _forward(run: Run, atom: Module) -> Value:
    """Calling a module: what its `forward` is annotated to return."""
    if isinstance(atom.cls, ClassRef):
        return _annotated_return(run, atom.cls, "forward")
    known = torch_api.module_class(atom.cls) if atom.cls else None
    if known is not None and known.forward_returns == "tensor":
        return (Tensor(run.fresh(), origin=Origin.UNKNOWN),)
    return UNKNOWN


def _annotated_return(run: Run, cls: ClassRef, name: str) -> Value:
    for owner in run.linker.classes(cls):
        for facts in owner.facts.methods.get(name, ())[-1:]:
            return annotations.annotated(run, Frame(owner.file, owner, name, owner.qualname, {}), facts.returns)
    return UNKNOWN


def _external(run: Run, dotted: str, args: list[Value], keywords: Keywords, exact: bool) -> Value:
    if dotted == "torch" or dotted.startswith("torch."):
        return torch_calls.call(run, dotted, args, keywords, exact=exact)
    if dotted.startswith("builtins."):
        name = dotted.removeprefix("builtins.")
        if name == "object.__setattr__":
            if len(args) > 1 and SelfObject() in args[0] and isinstance(args[1][0], Literal):
                attributes.hide(run, str(args[1][0].value))
            return NONE
        return containers.builtin(run, name, args, keywords)
    value = containers.standard(run, dotted, args, keywords)
    if value is not None:
        return value
    if run.linker.is_external_module(dotted):
        return torch_calls.module(run, dotted, args, keywords)
    return UNKNOWN


def instantiate(run: Run, frame: Frame, cls: ClassRef, args: list[Value], keywords: Keywords) -> Value:
    """`SomeClass(...)`."""
    is_module = run.linker.is_module(cls)
    if is_module:
        value = torch_calls.module(run, "", args, keywords)
        return tuple(Module(atom.identity, cls) if isinstance(atom, Module) else atom for atom in value)
    if is_module is None:
        return UNKNOWN
    if annotations.is_tensor_class(run, cls):
        return (Tensor(run.fresh()),)
    return (Instance(run.fresh(), cls),)


# -- methods of self and of other values ----------------------------------------------------------------------------


def _bound(
    run: Run, frame: Frame, atom: Bound, node: ir.Call, args: list[Value], keywords: Keywords, exact: bool
) -> Value:
    receiver = atom.receiver
    if isinstance(receiver, SelfObject):
        return _torch_module_method(run, frame, atom.name, node, args, keywords)
    if isinstance(receiver, TENSOR_LIKE):
        return torch_calls.tensor_method(run, receiver, atom.name, args, keywords, exact=exact)
    if isinstance(receiver, Container):
        return containers.method(run, receiver, atom.name, args, keywords)
    if isinstance(receiver, Module):
        return _module_method(run, frame, receiver, atom.name, args, keywords)
    return PLAIN if isinstance(receiver, Literal) else UNKNOWN


def _module_method(
    run: Run, frame: Frame, receiver: Module, name: str, args: list[Value], keywords: Keywords
) -> Value:
    if name in ("append", "extend", "insert", "add_module", "register_module", "update", "register_parameter"):
        # self.layers = nn.ModuleList(); self.layers.append(layer)
        held = {found for value in (*args, *keywords.values()) for found in run.identities(value)}
        run.inside.setdefault(receiver.identity, set()).update(held)
        if receiver.identity in run.registered:
            for value in (*args, *keywords.values()):
                run.register(value)
        return (receiver,) if name in ("append", "extend") else NONE
    if isinstance(receiver.cls, ClassRef):
        for owner in run.linker.classes(receiver.cls):
            if name in owner.facts.methods:
                return _annotated_return(run, receiver.cls, name)
    return torch_calls.module_method(run, receiver, name)


_REGISTERS = {"register_buffer": "buffer", "register_parameter": "parameter", "add_module": "module",
              "register_module": "module", "add_state": "buffer"}  # fmt: skip


def _torch_module_method(
    run: Run, frame: Frame, name: str, node: ir.Call, args: list[Value], keywords: Keywords
) -> Value:
    """A method that no class of the project defines: `nn.Module`'s own, or an unknown base's."""
    registration = _REGISTERS.get(name)
    if registration is not None:
        names = node.args[0] if node.args else dict(node.keywords).get("name")
        value = args[1] if len(args) > 1 else next(
            (keywords[key] for key in ("tensor", "param", "module", "default") if key in keywords), UNKNOWN
        )  # fmt: skip
        for attribute in attributes.name_of(run, frame, names) if names is not None else ():
            attributes.register(run, frame, attribute, registration, value, node.place, frame.lines)  # type: ignore[arg-type]
        if names is None or not attributes.name_of(run, frame, names):
            run.register(value)
        return NONE
    if name == "__setattr__" and len(args) == 2:
        for attribute in attributes.name_of(run, frame, node.args[0]) if node.args else ():
            attributes.assign(run, frame, attribute, args[1], node.place, frame.lines)
        return NONE
    if name == "__delattr__" and node.args:
        for attribute in attributes.name_of(run, frame, node.args[0]):
            attributes.delete(run, attribute)
        return NONE
    if name in ("to", "cuda", "cpu", "float", "double", "half", "eval", "train", "apply", "requires_grad_", "type"):
        return (SelfObject(),)
    return UNKNOWN


# -- functions of the project ----------------------------------------------------------------------------------------


def invoke(
    run: Run,
    frame: Frame,
    value: FunctionValue,
    owner: ClassRef | None,
    receiver: Atom | None,
    args: list[Value],
    keywords: Keywords,
    *,
    exact: bool = True,
) -> Value:
    """Run a function of the project with these arguments; `receiver` is its first argument where it is a method."""
    key = f"{value.file.path}:{value.function.qualname}:{value.function.line}"
    if run.stack.count(key) > 1 or len(run.stack) > _DEPTH:
        return _declared(run, value)
    if not isinstance(receiver, SelfObject) and not _matters((receiver or Unknown(),), *args, *keywords.values()):
        return _without_effect(run, frame, value, owner, receiver, args, keywords, exact, key)
    return _run(run, frame, value, owner, receiver, args, keywords, exact, key)


def _matters(*values: Value) -> bool:
    """Whether a function can do anything to the module, or to what it holds, through these arguments."""
    return any(not isinstance(atom, _HARMLESS) for value in values for atom in value)


_HARMLESS = (Literal, Unknown, External, ClassValue, Instance)
_REPEATABLE = (Literal, Unknown, External, ClassValue)


def _without_effect(
    run: Run,
    frame: Frame,
    value: FunctionValue,
    owner: ClassRef | None,
    receiver: Atom | None,
    args: list[Value],
    keywords: Keywords,
    exact: bool,
    key: str,
) -> Value:
    """A function that only its result matters of: not run where that is not used or surely plain; else run once."""
    if frame.discards:
        return NONE
    if value.function.returns is not None:
        declared = _declared(run, value)
        if all(isinstance(atom, Literal) for atom in declared):
            return declared
    if receiver is not None or value.closure is not None:
        return _run(run, frame, value, owner, receiver, args, keywords, exact, key)
    signature = (key, tuple(args), tuple(sorted(keywords.items())), exact)
    known = run.linker.results.get(signature)
    if known is None:
        known = _run(run, frame, value, owner, receiver, args, keywords, exact, key)
        if all(isinstance(atom, _REPEATABLE) for atom in known):
            run.linker.results[signature] = known
    return known


def _run(
    run: Run,
    frame: Frame,
    value: FunctionValue,
    owner: ClassRef | None,
    receiver: Atom | None,
    args: list[Value],
    keywords: Keywords,
    exact: bool,
    key: str,
) -> Value:
    function = value.function
    scope = function.qualname if function.name != "<lambda>" else frame.scope
    inner = Frame(value.file, owner, _method_name(frame, function, owner), scope, {}, value.closure, receiver)
    inner.doc = _docstring(function)
    bound = ([(receiver,)] if receiver is not None else []) + args
    inner.env.update(_bind_parameters(run, inner, function, bound, keywords, exact))
    run.stack.append(key)
    before = run.attributes
    budget = run.budget
    run.budget = allotted = min(budget, _allowance(run, value, receiver, args, keywords))
    try:
        run.attributes = dict(before)
        alive = statements.execute(run, inner, function.body)
    except OutOfBudget:
        if allotted == budget:
            raise
        run.attributes = before
        return _declared(run, value)
    finally:
        run.stack.pop()
        run.budget = budget - (allotted - run.budget)
    exits = [*inner.exits, run.attributes] if alive else inner.exits
    # a function that only raises (an abstract method) changes nothing and gives anything
    run.attributes = join_states(exits) if exits else before
    if function.is_generator:
        contextual = any(annotations.last_name(name).endswith("contextmanager") for name in function.decorators)
        return UNKNOWN if contextual else run.container("generator", inner.yields or UNKNOWN)
    if function.is_async:
        return UNKNOWN
    results = [*inner.returns, NONE] if alive else inner.returns
    result = join(NOTHING, *results)
    if not result or all(isinstance(atom, Unknown) for atom in result):
        return _declared(run, value)
    if any(isinstance(atom, Unknown) for atom in result) and function.returns is not None:
        declared = _declared(run, value)
        if not any(isinstance(atom, Unknown) for atom in declared):
            result = join(tuple(atom for atom in result if not isinstance(atom, Unknown)), declared)
    return result


def _allowance(
    run: Run, value: FunctionValue, receiver: Atom | None, args: list[Value], keywords: Keywords
) -> int:
    """How far a call is followed: methods of the class's own file to the end, what can't touch the module least."""
    if isinstance(receiver, SelfObject):
        return _OWN if value.file is run.cls.file else _OTHER
    return _OTHER if _matters((receiver or Unknown(),), *args, *keywords.values()) else _HARMLESS_CALL


def _docstring(function: ir.Function) -> str | None:
    first = function.body[0] if function.body else None
    if isinstance(first, ir.Evaluate) and isinstance(first.value, ir.Const) and isinstance(first.value.value, str):
        return first.value.value
    return None


def _method_name(frame: Frame, function: ir.Function, owner: ClassRef | None) -> str:
    """The method that a finding names: that of the class, even in a function inside it."""
    return function.name if owner is not None and function.name != "<lambda>" else frame.method


def _declared(run: Run, value: FunctionValue) -> Value:
    """What a function says that it returns."""
    frame = Frame(value.file, value.owner, "", value.function.qualname, {}, value.closure)
    return annotations.annotated(run, frame, value.function.returns)


def _bind_parameters(
    run: Run, frame: Frame, function: ir.Function, args: list[Value], keywords: Keywords, exact: bool
) -> dict[str, Value]:
    env: dict[str, Value] = {}
    remaining = list(args)
    left = dict(keywords)
    for parameter in function.parameters:
        if parameter.kind == "args":
            content = join(NOTHING, *remaining)
            env[parameter.name] = run.container("tuple", content if exact else join(content, UNKNOWN), list(remaining))
            remaining = []
        elif parameter.kind == "kwargs":
            content = join(NOTHING, *left.values())
            env[parameter.name] = run.container("dict", content if exact else join(content, UNKNOWN))
        elif parameter.kind == "positional" and remaining:
            env[parameter.name] = _given(run, frame, parameter, remaining.pop(0))
        elif parameter.name in left:
            env[parameter.name] = _given(run, frame, parameter, left.pop(parameter.name))
        else:
            default = NOTHING if parameter.default is None else _default(run, frame, parameter.default)
            hidden = NOTHING if exact and parameter.default is not None else unsaid(run, frame, parameter)
            env[parameter.name] = join(hidden, default)
    return env


def _default(run: Run, frame: Frame, default: ir.Expr) -> Value:
    outer = Frame(frame.file, frame.owner, "", frame.scope.rpartition(".")[0], {}, frame.closure)
    return expressions.evaluate(run, outer, default)


def _given(run: Run, frame: Frame, parameter: ir.Parameter, value: Value) -> Value:
    """An argument; where nothing is known of it, the annotation is believed."""
    if parameter.annotation is None or not any(isinstance(atom, Unknown) for atom in value):
        return value
    return join(
        tuple(atom for atom in value if not isinstance(atom, Unknown)),
        annotations.annotated(run, frame, parameter.annotation),
    )


def unsaid(run: Run, frame: Frame, parameter: ir.Parameter) -> Value:
    """An argument that no call shows: what the annotation says."""
    if parameter.kind == "args":
        return run.container("tuple", annotations.annotated(run, frame, parameter.annotation))
    if parameter.kind == "kwargs":
        return run.container("dict", UNKNOWN)
    if parameter.annotation is None and parameter.name in _documented(run, frame):
        return (Tensor(run.fresh(), origin=Origin.GIVEN),)
    return annotations.annotated(run, frame, parameter.annotation)


def _documented(run: Run, frame: Frame) -> frozenset[str]:
    """The arguments that the docstring of the function, or of its class, says are tensors."""
    found = tensor_arguments(frame.doc)
    if frame.owner is not None and frame.method == "__init__":
        found |= tensor_arguments(frame.owner.facts.doc)
    return found


