"""Calls: into functions and classes of the project, into torch, on the module under construction."""

from __future__ import annotations

from msgspec.structs import replace

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.project.interpret import (
    attributes,
    builtin_calls,
    containers,
    expressions,
    functions,
    hints,
    methods,
    outside,
    torch_calls,
)
from torchlint.project.interpret.state import Arguments, BuiltWith, Frame, Run
from torchlint.project.linking import ClassRef
from torchlint.project.values import (
    NONE,
    NOTHING,
    UNKNOWN,
    Atom,
    Bound,
    ClassValue,
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
    worst,
)

_FOLLOWED = 2
"""Of a table of functions, how many are run; the others give what they are annotated to."""


def evaluate_call(run: Run, frame: Frame, node: ir.Call) -> Value:
    """A call expression."""
    func = node.func
    if isinstance(func, ir.Name) and (special := _special(run, frame, func.id, node)) is not None:
        return special
    if (
        isinstance(func, ir.Attribute)
        and isinstance(func.base, ir.Attribute)
        and func.base.attr == "__dict__"
    ):
        _bypass(run, frame, func, node)
    discards, frame.discards = frame.discards, False
    called = expressions.evaluate(run, frame, func)
    positional: list[Value] = []
    exact = True
    for argument in node.args:
        value = expressions.evaluate(run, frame, argument)
        if isinstance(argument, ir.Starred):
            items = containers.items_of(run, value)
            if items is None:
                exact = False
                positional.append(containers.elements_of(run, value))
            else:
                positional += items
        else:
            positional.append(value)
    keywords: dict[str, Value] = {}
    for name, expression in node.keywords:
        value = expressions.evaluate(run, frame, expression)
        if name is None:
            for key, given in containers.keywords_of(run, value).items():
                shown = isinstance(key, str)
                exact = exact and shown
                where = key if shown else "**"
                keywords[where] = join(keywords.get(where, NOTHING), given)
        else:
            keywords[name] = value
    frame.discards = discards
    if isinstance(func, ir.Attribute) and (discards or func.attr == "shuffle"):
        outside.statement(run, frame, func, node, positional)
    arguments = Arguments(positional, keywords, exact)
    if len(called) == 1:
        result = join(NOTHING, _call_atom(run, frame, called[0], node, arguments))
        frame.discards = False
        return outside.named(func, result or UNKNOWN)
    results = [_call_atom(run, frame, atom, node, arguments) for atom in called[:_FOLLOWED]]
    for atom in called[_FOLLOWED:]:
        promised = functions.promised(run, atom, arguments) if isinstance(atom, FunctionValue) else None
        results.append(_call_atom(run, frame, atom, node, arguments) if promised is None else promised)
    frame.discards = False
    return outside.named(func, join(NOTHING, *results) or UNKNOWN)


def _special(run: Run, frame: Frame, name: str, node: ir.Call) -> Value | None:
    """Builtins that need the frame: `super`, `setattr`, `getattr`, `delattr`, `type`, `map`."""
    if name == "super":
        return _super(run, frame, node)
    if name in ("setattr", "delattr", "getattr") and len(node.args) >= 2:
        receivers = expressions.evaluate(run, frame, node.args[0])
        names = attributes.name_of(run, frame, node.args[1])
        if name == "getattr":
            return _getattr(run, frame, receivers, names, node)
        value = (
            expressions.evaluate(run, frame, node.args[2])
            if name == "setattr" and len(node.args) > 2
            else NOTHING
        )
        if name == "setattr" and any(isinstance(atom, (Module, Unknown)) for atom in receivers):
            run.register(value)  # set on another module, which registers it
        if any(isinstance(atom, SelfObject) for atom in receivers):
            if name == "setattr" and not names:
                attributes.assign_somewhere(run, value)
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
        called = expressions.evaluate(run, frame, node.args[0])
        items = containers.elements_of(run, expressions.evaluate(run, frame, node.args[1])) or UNKNOWN
        results = [_call_atom(run, frame, atom, node, Arguments([items])) for atom in called]
        return run.container("generator", join(NOTHING, *results))
    return None


def _bypass(run: Run, frame: Frame, func: ir.Attribute, node: ir.Call) -> None:
    """`self.__dict__.pop("x")` deletes; `self.__dict__.update(x=…)` and `.setdefault("x", …)` hide."""
    assert isinstance(func.base, ir.Attribute)
    if SelfObject() not in expressions.evaluate(run, frame, func.base.base):
        return
    names = attributes.name_of(run, frame, node.args[0]) if node.args else []
    for name in names if func.attr in ("pop", "setdefault") else []:
        (attributes.delete if func.attr == "pop" else attributes.hide)(run, name)
    for keyword, _ in node.keywords if func.attr == "update" else ():
        if keyword is not None:
            attributes.hide(run, keyword)


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


def _call_atom(run: Run, frame: Frame, atom: Atom, node: ir.Call, arguments: Arguments) -> Value:
    if isinstance(atom, External):
        return _external(run, atom.dotted, arguments)
    if isinstance(atom, FunctionValue):
        return functions.invoke(run, frame, atom, arguments)
    if isinstance(atom, ClassValue):
        if atom.cls == run.watched:  # that it holds its arguments is no reason to take them for registered
            run.built_with.append(BuiltWith(arguments, frame.file.path, node.place.line))
            return (Module(run.fresh(), atom.cls),)
        return _instantiate(run, atom.cls, arguments)
    if isinstance(atom, Bound):
        return methods.call(run, frame, atom, node, arguments)
    if isinstance(atom, Partial):
        hidden = replace(arguments, exact=False)
        results = [_call_atom(run, frame, target, node, hidden) for target in atom.target]
        return join(NOTHING, *results) or UNKNOWN
    if isinstance(atom, SelfObject):
        return annotated_return(run, run.cls, "forward")
    if isinstance(atom, Module):
        return _forward(run, atom, arguments)
    if isinstance(atom, Unknown):
        return (Unknown(worst(atom.origin, run.taint(arguments.values()))),)
    return UNKNOWN


def _forward(run: Run, atom: Module, arguments: Arguments) -> Value:
    """Calling a module: what its `forward` is annotated to return."""
    if isinstance(atom.cls, ClassRef):
        return annotated_return(run, atom.cls, "forward")
    if atom.origin is Origin.GIVEN and not arguments.positional and not arguments.keywords.keys() - {"**"}:
        return (Module(run.fresh(), atom.cls),)  # `loss: nn.L1Loss` of a class that is passed in: `loss()`
    known = torch_api.module_class(atom.cls) if atom.cls else None
    if known is not None and known.forward_returns == "tensor":
        made = Tensor(run.fresh(), origin=Origin.UNKNOWN)
        if run.record is not None and known.parameters and not run.record.without_graph:
            run.record.graphs.add(made.identity)
        return (made,)
    return UNKNOWN


def annotated_return(run: Run, cls: ClassRef, name: str) -> Value:
    """What a method of a class is annotated to return."""
    for owner in run.linker.classes(cls):
        for facts in owner.facts.methods.get(name, ())[-1:]:
            return hints.annotated(run, Frame(owner.file, owner, name, owner.qualname, {}), facts.returns)
    return UNKNOWN


def _external(run: Run, dotted: str, arguments: Arguments) -> Value:
    if run.record is not None and dotted.endswith(".__init__"):
        run.record.initialised = True
    value = _called(run, dotted, arguments)
    return outside.result(run, dotted, value, arguments)


def _called(run: Run, dotted: str, arguments: Arguments) -> Value:
    if dotted == "torch" or dotted.startswith("torch."):
        return torch_calls.call(run, dotted, arguments)
    if dotted.startswith("builtins."):
        name = dotted.removeprefix("builtins.")
        if name == "object.__setattr__":
            given = arguments.positional
            if len(given) > 1 and SelfObject() in given[0] and isinstance(given[1][0], Literal):
                attributes.hide(run, str(given[1][0].value))
            return NONE
        return builtin_calls.builtin(run, name, arguments)
    value = builtin_calls.standard(run, dotted, arguments)
    if value is not None:
        return value
    if run.linker.is_external_module(dotted):
        return torch_calls.module(run, dotted, arguments)
    return UNKNOWN


def _instantiate(run: Run, cls: ClassRef, arguments: Arguments) -> Value:
    """`SomeClass(...)`."""
    is_module = run.linker.is_module(cls)
    if is_module:
        value = torch_calls.module(run, "", arguments)
        return tuple(Module(atom.identity, cls) if isinstance(atom, Module) else atom for atom in value)
    if is_module is None:
        return UNKNOWN
    kind = hints.tensor_class(run, cls)
    if kind is not None:
        return torch_calls.instance(run, kind, arguments)
    return (Instance(run.fresh(), cls),)
