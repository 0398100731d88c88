"""Functions of the project: binding arguments, running the body, joining what it returns."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from torchlint.facts import ir
from torchlint.facts.body import walk
from torchlint.facts.docstrings import tensor_arguments
from torchlint.project.files import ProjectFile
from torchlint.project.interpret import (
    containers,
    expressions,
    hints,
    inherited,
    results,
    statements,
)
from torchlint.project.interpret.state import (
    UNKNOWN_ARGUMENTS,
    Arguments,
    Frame,
    OutOfBudgetError,
    Run,
    Way,
    join_states,
)
from torchlint.project.linking import ClassRef
from torchlint.project.reads import Kept
from torchlint.project.values import (
    NONE,
    NOTHING,
    UNKNOWN,
    ClassValue,
    Container,
    External,
    FunctionValue,
    Instance,
    Literal,
    Origin,
    SelfObject,
    Tensor,
    Unknown,
    Value,
    join,
    tainted,
    worst,
)

DEPTH = 14
"""How high the stack of calls may be."""
# steps that a call may take before its return annotation is believed instead
_INHERITED, _OTHER, _HARMLESS_CALL = 1_200, 4_000, 1_500
_INHERITED_CLOSELY = 5_000
_SELF = SelfObject()
_HARMLESS = (Literal, Unknown, External, ClassValue, Instance)


def invoke(run: Run, frame: Frame, value: FunctionValue, arguments: Arguments) -> Value:
    """Run a function of the project; its receiver, where it is bound to one, goes before the arguments."""
    if value.receiver is None and _is_given_self(value, arguments):
        # Base.__init__(self, size) is super().__init__(size)
        value = replace(value, receiver=SelfObject())
        arguments = replace(arguments, positional=arguments.positional[1:])
    key = f"{value.file.path}:{value.function.qualname}:{value.function.line}"
    way = run.way
    way.files.add(value.file)
    way.keys.add(key)
    if len(run.stack) > way.deepest:
        way.deepest = len(run.stack)
    if run.stack.count(key) > 1 or len(run.stack) > DEPTH:
        way.cut = True
        return _declared(run, value)
    if not isinstance(value.receiver, SelfObject) and not _matters(value, arguments):
        return _without_effect(run, frame, value, arguments, key)
    if (
        frame.discards
        and run.record is None
        and isinstance(value.receiver, SelfObject)
        and value.owner is not None
        and value.file is not run.cls.file
        and not _carry_state(arguments)
        and inherited.leaves_nothing(run.linker, run.cls, value.owner, value.function.name)
    ):
        return NONE
    return _run(run, frame, value, arguments, key)


def call_method(
    run: Run, owner: ClassRef, function: ir.Function, receiver: SelfObject | ClassValue = _SELF
) -> None:
    """Run a method of a class with nothing known of its arguments."""
    frame = Frame(owner.file, owner, function.name, owner.qualname, {}, receiver=receiver)
    invoke(run, frame, FunctionValue(owner.file, function, owner, None, receiver), UNKNOWN_ARGUMENTS)


def _is_given_self(value: FunctionValue, arguments: Arguments) -> bool:
    """Whether a method, looked up on its class, is called with the module as its `self`."""
    parameters = value.function.parameters
    named_self = bool(parameters) and parameters[0].name == "self"  # no static method
    return value.owner is not None and named_self and arguments.positional[:1] == [(SelfObject(),)]


def frame_of(run: Run, file: ProjectFile, function: ir.Function, owner: ClassRef | None = None) -> Frame:
    """The frame of a function after it has run with nothing known of its arguments: its variables.

    `owner`: the class that is no module whose method it is, so that `self.Model(...)` is a class written in it.
    """
    frame = Frame(file, None, function.name, function.qualname, {})
    frame.env.update(_bind_parameters(run, frame, function, UNKNOWN_ARGUMENTS))
    if owner is not None and function.parameters and function.parameters[0].name == "self":
        frame.env["self"] = (Instance(run.fresh(), owner),)
    statements.execute(run, frame, function.body)
    return frame


def _matters(value: FunctionValue, arguments: Arguments) -> bool:
    """Whether a function can do anything to the module, or to what it holds, through these arguments."""
    if value.closure is not None or not isinstance(value.receiver, (*_HARMLESS, type(None))):
        return True
    return _carry_state(arguments)


def _carry_state(arguments: Arguments) -> bool:
    """Whether there may be a tensor, a module or a container among the arguments."""
    return any(not isinstance(atom, _HARMLESS) for given in arguments.values() for atom in given)


def _without_effect(run: Run, frame: Frame, value: FunctionValue, arguments: Arguments, key: str) -> Value:
    """A function that only its result matters of: not run where that is not used or surely plain; else run once."""
    if frame.discards:
        return NONE
    if run.watched is not None:  # it may build the class that is looked for
        return _run(run, frame, value, arguments, key)
    if run.record is None and value.function.returns is not None:
        declared = _declared(run, value)
        if all(isinstance(atom, Literal) for atom in declared):
            return declared
        if value.file is not run.cls.file and declared != UNKNOWN and not _leaves_open(run, declared):
            return declared  # what another file's function promises is believed
    if value.closure is not None or not isinstance(value.receiver, (ClassValue, type(None))):
        return _run(run, frame, value, arguments, key)
    # a function of the class's own file is followed further
    signature = (
        key,
        value.file is run.cls.file,
        value.receiver,
        results.signature(arguments),
        _recorded(run),
    )
    linker = run.linker
    for whose in (None, run.cls.file):
        kept = linker.results.get((signature, whose))
        if kept is not None and kept.value.fits(run, DEPTH):
            recipe = linker.reads.use(kept)
            run.way.join(Way(len(run.stack) + recipe.height, set(recipe.files), set(recipe.keys)))
            run.spend(recipe.steps)
            return recipe.make(run)
    first, budget = run.fresh(), run.budget
    outer, run.way = run.way, Way(len(run.stack))
    try:
        found = linker.reads.find(_run, run, frame, value, arguments, key)
    finally:
        way, run.way = run.way, outer
        outer.join(way)
    result: Value = found.value
    made = results.keep(run, result, first, way, budget - run.budget)
    # how a tensor was made is in the record, and not in what is kept
    if made is not None and found.waits < 0 and (run.record is None or made.is_plain):
        linker.results[signature, made.own] = Kept(made, found.used)
    return result


def _recorded(run: Run) -> object:
    """What of a record the result of a function without effect depends on."""
    return None if run.record is None else (run.record.later, run.decided)


def promised(run: Run, value: FunctionValue, arguments: Arguments) -> Value | None:
    """What the annotation of a function without effect on the module says; None if it leaves anything open."""
    if value.function.returns is None or isinstance(value.receiver, SelfObject) or _matters(value, arguments):
        return None
    declared = _declared(run, value)
    return None if _leaves_open(run, declared) else declared


def _leaves_open(run: Run, value: Value) -> bool:
    return any(
        _leaves_open(run, run.heap[atom.identity].content)
        if isinstance(atom, Container)
        else isinstance(atom, Unknown)
        for atom in value
    )


def _run(run: Run, frame: Frame, value: FunctionValue, arguments: Arguments, key: str) -> Value:
    function = value.function
    scope = function.qualname if function.name != "<lambda>" else frame.scope
    method = _method_name(frame, function, value.owner)
    inner = Frame(value.file, value.owner, method, scope, {}, value.closure, value.receiver)
    inner.doc = _docstring(function)
    if function.name == "__init__":
        inner.given = frozenset(one.name for one in function.parameters)
    inner.env.update(_bind_parameters(run, inner, function, arguments.bound_to(value.receiver)))
    if run.record is not None and isinstance(value.receiver, SelfObject):
        run.record.methods.add((value.file.path, function.qualname))
    run.stack.append(key)
    before, decided = run.attributes, run.decided
    budget = run.budget
    run.budget = allotted = min(budget, _allowance(run, value, arguments))
    try:
        run.attributes = dict(before)
        alive = statements.execute(run, inner, function.body)
    except OutOfBudgetError:
        if allotted == budget:
            raise
        # what it did to the module so far stands: it may have registered something
        return _declared(run, value)
    finally:
        run.stack.pop()
        run.decided = decided
        run.budget = budget - (allotted - run.budget)
    exits = [*inner.exits, run.attributes] if alive else inner.exits
    # a function that only raises (an abstract method) changes nothing and gives anything
    run.attributes = join_states(exits) if exits else before
    if function.is_generator:
        contextual = any(hints.last_name(name).endswith("contextmanager") for name in function.decorators)
        return UNKNOWN if contextual else run.container("generator", inner.yields or UNKNOWN)
    if function.is_async:
        return UNKNOWN
    results = [*inner.returns, NONE] if alive else inner.returns
    result = join(NOTHING, *results)
    if not result or all(isinstance(atom, Unknown) for atom in result):
        return _worsened(_declared(run, value), run.taint([result]))
    if any(isinstance(atom, Tensor) for atom in result) and _gives_objects(run, value):
        # torch.stack() of what knows how to be stacked is no tensor
        result = tuple(Unknown() if isinstance(atom, Tensor) else atom for atom in result)
    if any(isinstance(atom, Unknown) for atom in result) and function.returns is not None:
        declared = _worsened(_declared(run, value), run.taint([result]))
        if not any(isinstance(atom, Unknown) for atom in declared):
            result = join(tuple(atom for atom in result if not isinstance(atom, Unknown)), declared)
    return result


def _worsened(value: Value, origin: Origin) -> Value:
    """What a function declares, where what it does shows that chance had a part in it."""
    if origin is Origin.REBUILT:
        return value
    return tuple(
        replace(atom, origin=worst(atom.origin, origin)) if isinstance(atom, (Tensor, Unknown)) else atom
        for atom in value
    )


def _allowance(run: Run, value: FunctionValue, arguments: Arguments) -> int:
    """How far a call is followed: methods of the class's own file to the end, what can't touch the module least."""
    if isinstance(value.receiver, SelfObject):
        if value.file is run.cls.file:
            return run.budget
        return _INHERITED if run.record is None else _INHERITED_CLOSELY
    return _OTHER if value.file is run.cls.file or _matters(value, arguments) else _HARMLESS_CALL


def _docstring(function: ir.Function) -> str | None:
    first = function.body[0] if function.body else None
    if (
        isinstance(first, ir.Evaluate)
        and isinstance(first.value, ir.Const)
        and isinstance(first.value.value, str)
    ):
        return first.value.value
    return None


def _method_name(frame: Frame, function: ir.Function, owner: ClassRef | None) -> str:
    """The method that a finding names: that of the class, even in a function inside it."""
    return function.name if owner is not None and function.name != "<lambda>" else frame.method


def _declared(run: Run, value: FunctionValue) -> Value:
    """What a function says that it returns; nothing where it says a tuple, and also returns one item of it alone."""
    frame = Frame(value.file, value.owner, "", value.function.qualname, {}, value.closure)
    said = hints.annotated(run, frame, value.function.returns)
    if any(isinstance(atom, Container) and atom.kind == "tuple" for atom in said):
        returned = {one.value for one in walk(value.function.body) if isinstance(one, ir.Return)}
        if any(isinstance(one, ir.Sequence) and not returned.isdisjoint(one.items) for one in returned):
            return UNKNOWN
    return said


def _gives_objects(run: Run, value: FunctionValue) -> bool:
    """Whether a function is annotated to return objects of a class of the project that are no tensors."""
    if value.function.returns is None:
        return False
    target = run.linker.resolve(value.file, value.function.qualname, value.function.returns)
    return (
        isinstance(target, ClassRef)
        and not run.linker.is_module(target)
        and hints.tensor_class(run, target) is None
    )


def _with_hidden(keywords: Mapping[str, Value]) -> dict[object, Value]:
    """Keyword arguments, and under `...` what others there may be."""
    shown: dict[object, Value] = {name: value for name, value in keywords.items() if name != "**"}
    return {**shown, ...: join(keywords.get("**", NOTHING), UNKNOWN)}


def _bind_parameters(run: Run, frame: Frame, function: ir.Function, arguments: Arguments) -> dict[str, Value]:
    env: dict[str, Value] = {}
    remaining = list(arguments.positional)
    left = dict(arguments.keywords)
    exact = arguments.exact
    for parameter in function.parameters:
        if parameter.kind == "args":
            content = join(NOTHING, *remaining)
            if not exact:
                content = join(content, containers.elements_of(run, unsaid(run, frame, parameter)))
            env[parameter.name] = run.container("tuple", content, list(remaining))
            remaining = []
        elif parameter.kind == "kwargs":
            env[parameter.name] = containers.dict_of(run, left if exact else _with_hidden(left))
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
    unknown = [atom for atom in value if isinstance(atom, Unknown)]
    if parameter.annotation is None or not unknown:
        return value
    said = hints.annotated(run, frame, parameter.annotation)
    origin = worst(*(atom.origin for atom in unknown))
    if origin is not Origin.GIVEN or _runs_later(run):
        said = tainted(said, origin)
    return join(tuple(atom for atom in value if not isinstance(atom, Unknown)), said)


def _runs_later(run: Run) -> bool:
    return run.record is not None and run.record.later


def unsaid(run: Run, frame: Frame, parameter: ir.Parameter) -> Value:
    """An argument that no call shows: what the annotation says.

    A number is given again by the same arguments of the constructor; not so the argument of a method that runs later.
    """
    if parameter.kind == "kwargs":
        return run.container("dict", UNKNOWN)
    documented = parameter.annotation is None and parameter.name in _documented(run, frame)
    if documented and not _is_of_torch(run, frame, parameter.default):
        return (Tensor(run.fresh(), origin=Origin.GIVEN),)
    said = hints.annotated(run, frame, parameter.annotation)
    if _runs_later(run):
        said = tainted(said, Origin.GIVEN)
        for atom in said:
            if isinstance(atom, Container):
                cell = run.heap[atom.identity]
                cell.content, cell.items = tainted(cell.content, Origin.GIVEN), None
    elif said == UNKNOWN and isinstance(parameter.default, ir.Const) and _is_number(parameter.default):
        said = (Unknown(Origin.REBUILT),)
    return run.container("tuple", said) if parameter.kind == "args" else said


def _is_of_torch(run: Run, frame: Frame, default: ir.Expr | None) -> bool:
    """Whether a default is something of a library, `torch.float32`: then no tensor is meant, whatever is said."""
    value = NOTHING if default is None else _default(run, frame, default)
    return any(isinstance(atom, External) for atom in value)


def _is_number(default: ir.Const) -> bool:
    return isinstance(default.value, (bool, int, float))


def _documented(run: Run, frame: Frame) -> frozenset[str]:
    """The arguments that the docstring of the function, or of its class, says are tensors."""
    found = tensor_arguments(frame.doc)
    if frame.owner is not None and frame.method == "__init__":
        found |= tensor_arguments(frame.owner.facts.doc)
    return found
