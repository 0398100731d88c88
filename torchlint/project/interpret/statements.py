"""Statements: control flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchlint.facts import ir
from torchlint.project.interpret import (
    attributes,
    binding,
    containers,
    decisions,
    expressions,
    functions,
    hints,
    narrowing,
    torch_calls,
)
from torchlint.project.interpret.state import (
    Arguments,
    Frame,
    Run,
    State,
    join_environments,
    join_states,
)
from torchlint.project.linking import ClassRef
from torchlint.project.values import (
    NOTHING,
    TENSOR_LIKE,
    UNKNOWN,
    ClassValue,
    Container,
    FunctionValue,
    Instance,
    Literal,
    Module,
    Origin,
    Tensor,
    Unknown,
    Value,
    join,
    tainted,
    worst,
)

_UNROLLED = 8
_STRAIGHT = 64
"""The steps up to which a loop over more items is unrolled: `for name in NAMES: self.register_buffer(name, None)`."""
_RAISES = {"raises", "assertRaises", "assertRaisesRegex"}
_NO_GRAPH = ("no_grad", "inference_mode")


def execute(run: Run, frame: Frame, block: ir.Block) -> bool:
    """Run statements in order. False if control does not come out at the end (return, raise, break)."""
    for statement in block:
        run.spend()
        if not _DISPATCH[type(statement)](run, frame, statement):
            return False
    return True


def _assign(run: Run, frame: Frame, node: ir.Assign) -> bool:
    if node.value is None:
        return True
    frame.lines = node.lines
    value = attributes.refine(run, frame, expressions.evaluate(run, frame, node.value), node.annotation)
    if isinstance(node.value, ir.Call) and any(isinstance(atom, Module) for atom in value):
        value = _module_or_other(value)
    for target in node.targets:
        binding.bind(run, frame, target, value, node.lines)
    return True


def _module_or_other(value: Value) -> Value:
    """What a call may return that makes a module in one case and in another what is none.

    The caller knows which case it asks for: what is no module is unpacked elsewhere, or never asked for.
    """
    return tuple(Unknown() if isinstance(atom, (Tensor, Container)) else atom for atom in value)


def _augmented(run: Run, frame: Frame, node: ir.AugAssign) -> bool:
    frame.lines = node.lines
    target = node.target
    current = expressions.evaluate(run, frame, target)
    value = expressions.evaluate(run, frame, node.value)
    kept: list[Value] = []
    for atom in current:
        if isinstance(atom, Container) and node.op in ("Add", "Mult", "BitOr"):  # in place
            cell = run.heap[atom.identity]
            cell.items = cell.by_key = None
            inside = (
                containers.values_of if node.op == "BitOr" and atom.kind == "dict" else containers.elements_of
            )
            cell.wraps = False
            if node.op != "Mult":
                cell.content = join(cell.content, inside(run, value))
            kept.append((atom,))
        elif isinstance(atom, TENSOR_LIKE):
            torch_calls.changed(run, (atom,), [value, (atom,)])  # `x[index] += 1`: by the index, too
            kept.append((atom,))
        else:
            kept.append(expressions.binary(run, (atom,), node.op, value))
    result = join(NOTHING, *kept) or UNKNOWN
    if result != current:
        binding.bind(run, frame, target, result, node.lines)
    return True


def _evaluate(run: Run, frame: Frame, node: ir.Evaluate) -> bool:
    frame.lines = node.lines
    frame.discards = isinstance(node.value, ir.Call)
    expressions.evaluate(run, frame, node.value)
    frame.discards = False
    return True


def _branches(
    run: Run, frame: Frame, branches: list[Callable[[], bool]], decided: Origin = Origin.REBUILT
) -> bool:
    """Run alternatives from the same state and join what they leave."""
    env, state = frame.env, run.attributes
    exits, jumps = len(frame.exits), len(frame.jumps)
    environments: list[dict[str, Value]] = []
    states: list[State] = []
    for branch in branches:
        frame.env, run.attributes = dict(env), dict(state)
        if decisions.inside(run, decided, branch):
            environments.append(frame.env)
            states.append(run.attributes)
    if not states:
        frame.env, run.attributes = env, state
        return False
    frame.env, run.attributes = join_environments(environments), join_states(states)
    if decided is not Origin.REBUILT:
        if len(frame.exits) > exits:
            frame.chance = worst(frame.chance, decided)
        if len(frame.jumps) > jumps:
            run.decided = worst(run.decided, decided)
    run.decided = worst(run.decided, frame.chance)
    return True


def _if(run: Run, frame: Frame, node: ir.If) -> bool:
    def branch(truth: bool, body: ir.Block) -> Callable[[], bool]:
        return lambda: narrowing.assume(run, frame, node.test, truth) and execute(run, frame, body)

    decided = decisions.of_test(run, frame, node.test)
    return _branches(run, frame, [branch(True, node.body), branch(False, node.orelse)], decided)


def _for(run: Run, frame: Frame, node: ir.For) -> bool:
    frame.lines = node.lines
    iterable = expressions.evaluate(run, frame, node.iterable)
    items = containers.items_of(run, iterable)
    if items is not None and items and not frame.loops and _is_short(len(items), node.body):
        jumps, frame.jumps = frame.jumps, []
        alive = True
        for item in items:
            binding.bind(run, frame, node.target, item, node.lines)
            outer, run.decided = run.decided, worst(run.decided, decisions.of(run, item))
            alive = execute(run, frame, node.body)
            run.decided = worst(outer, frame.chance)
            alive = _land(run, frame, alive)
            if not alive:
                break
        frame.jumps = jumps
        return alive and execute(run, frame, node.orelse)
    element = containers.elements_of(run, iterable) or UNKNOWN

    def body() -> bool:
        binding.bind(run, frame, node.target, element, node.lines)
        return execute(run, frame, node.body)

    return _loop(run, frame, body, decisions.of(run, element)) and execute(run, frame, node.orelse)


def _is_short(items: int, body: ir.Block) -> bool:
    """Whether a loop is run item by item."""
    straight = all(isinstance(statement, (ir.Assign, ir.Evaluate)) for statement in body)
    return items <= _UNROLLED or (straight and items * len(body) <= _STRAIGHT)


def _while(run: Run, frame: Frame, node: ir.While) -> bool:
    def body() -> bool:
        return narrowing.assume(run, frame, node.test, True) and execute(run, frame, node.body)

    decided = decisions.of_test(run, frame, node.test)
    return _loop(run, frame, body, decided) and execute(run, frame, node.orelse)


def _loop(run: Run, frame: Frame, body: Callable[[], bool], decided: Origin) -> bool:
    """No turn, one turn, or several: a second pass sees what the first one left. Nested loops get one pass."""
    jumps, frame.jumps = frame.jumps, []
    frame.loops += 1
    for _ in range(2 if frame.loops == 1 else 1):
        env, state = frame.env, run.attributes
        frame.env, run.attributes = dict(env), dict(state)
        if _land(run, frame, decisions.inside(run, decided, body)):
            frame.env = join_environments([frame.env, env])
            run.attributes = join_states([run.attributes, state])
        else:
            frame.env, run.attributes = env, state
    frame.loops -= 1
    frame.jumps = jumps
    run.decided = worst(run.decided, frame.chance)
    return True


def _land(run: Run, frame: Frame, alive: bool) -> bool:
    """Join what `break` and `continue` carried out of a loop's body."""
    environments = [env for env, _ in frame.jumps] + ([frame.env] if alive else [])
    states = [state for _, state in frame.jumps] + ([run.attributes] if alive else [])
    frame.jumps = []
    if not states:
        return False
    frame.env, run.attributes = join_environments(environments), join_states(states)
    return True


def _with(run: Run, frame: Frame, node: ir.With) -> bool:
    frame.lines = node.lines
    for context, target in node.items:
        manager = expressions.evaluate(run, frame, context)
        if target is not None:
            binding.bind(run, frame, target, _entered(run, frame, manager), node.lines)
    names = [hints.last_name(getattr(one, "func", one)) for one, _ in node.items]
    if run.watched is not None and not _RAISES.isdisjoint(names):
        return True  # `with pytest.raises(TypeError):` shows what does not work
    blocks = sum(name in _NO_GRAPH for name in names)
    if run.record is None or not blocks:
        return execute(run, frame, node.body)
    run.record.without_graph += blocks
    try:
        return execute(run, frame, node.body)
    finally:
        run.record.without_graph -= blocks


def _entered(run: Run, frame: Frame, manager: Value) -> Value:
    """What `__enter__` of a context manager of the project gives."""
    results: list[Value] = []
    for atom in manager:
        if isinstance(atom, Unknown):
            results.append((atom,))
        entering = (
            expressions.attribute_of(run, frame, atom, "__enter__") if isinstance(atom, Instance) else UNKNOWN
        )
        for function in entering:
            if isinstance(function, FunctionValue):
                results.append(functions.invoke(run, frame, function, Arguments()))
    return join(NOTHING, *results) or UNKNOWN


def _try(run: Run, frame: Frame, node: ir.Try) -> bool:
    def body() -> bool:
        return execute(run, frame, node.body) and execute(run, frame, node.orelse)

    def handler(name: str | None, block: ir.Block) -> Callable[[], bool]:
        def handle() -> bool:
            if name:
                frame.env[name] = UNKNOWN
            return execute(run, frame, block)

        return handle

    alive = _branches(run, frame, [body, *(handler(name, block) for name, block in node.handlers)])
    return execute(run, frame, node.final) and alive


def _match(run: Run, frame: Frame, node: ir.Branches) -> bool:
    decided = decisions.of(run, expressions.evaluate(run, frame, node.subject))

    def case(names: tuple[str, ...], block: ir.Block) -> Callable[[], bool]:
        def enter() -> bool:
            frame.env.update(dict.fromkeys(names, UNKNOWN))
            return execute(run, frame, block)

        return enter

    branches = [case(names, block) for names, block in node.cases]
    if not node.exhaustive:
        branches.append(lambda: True)
    return _branches(run, frame, branches, decided)


def _return(run: Run, frame: Frame, node: ir.Return) -> bool:
    value: Value = (Literal(None),) if node.value is None else expressions.evaluate(run, frame, node.value)
    frame.returns.append(tainted(value, run.decided))
    frame.exits.append(run.attributes)
    return False


def _jump(run: Run, frame: Frame, node: ir.Jump) -> bool:
    if node.kind != "raise":
        frame.jumps.append((frame.env, run.attributes))
    return False


def _assert(run: Run, frame: Frame, node: ir.Assert) -> bool:
    if isinstance(node.test, ir.Const) and not node.test.value:
        return False
    narrowing.assume(run, frame, node.test, True)
    return True


def _delete(run: Run, frame: Frame, node: ir.Delete) -> bool:
    for target in node.targets:
        if isinstance(target, ir.Name):
            frame.env.pop(target.id, None)
        elif isinstance(target, ir.Attribute) and binding.is_self(run, frame, target.base):
            attributes.delete(run, target.attr)
    return True


def _define(run: Run, frame: Frame, node: ir.Define) -> bool:
    frame.env[node.function.name] = (FunctionValue(frame.file, node.function, frame.owner, frame),)
    return True


def _define_class(run: Run, frame: Frame, node: ir.DefineClass) -> bool:
    if node.qualname in frame.file.facts.classes:
        frame.env[node.name] = (ClassValue(ClassRef(frame.file, node.qualname)),)
    else:
        frame.env[node.name] = UNKNOWN
    return True


def _bind_import(run: Run, frame: Frame, node: ir.Bind) -> bool:
    target = run.linker.dotted(frame.file, node.target)
    frame.env[node.name] = UNKNOWN if target is None else expressions.of_target(run, target)
    return True


_DISPATCH: dict[type, Callable[[Run, Frame, Any], bool]] = {
    ir.Assign: _assign,
    ir.AugAssign: _augmented,
    ir.Evaluate: _evaluate,
    ir.If: _if,
    ir.For: _for,
    ir.While: _while,
    ir.With: _with,
    ir.Try: _try,
    ir.Branches: _match,
    ir.Return: _return,
    ir.Jump: _jump,
    ir.Assert: _assert,
    ir.Delete: _delete,
    ir.Define: _define,
    ir.DefineClass: _define_class,
    ir.Bind: _bind_import,
}
