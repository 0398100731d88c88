"""Expressions to values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchlint.facts import ir
from torchlint.project.interpret import (
    attributes,
    binding,
    calls,
    containers,
    decisions,
    module_calls,
    narrowing,
    torch_calls,
    variables,
)
from torchlint.project.interpret.state import Frame, OutOfBudgetError, Run, join_states, lookup
from torchlint.project.linking import ClassRef, ExternalRef, FunctionRef, ModuleRef, Target
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
    HoldsTensors,
    Instance,
    Literal,
    Module,
    Namespace,
    Origin,
    SelfObject,
    SuperObject,
    Unknown,
    Value,
    join,
    plain,
    tainted,
    worst,
)


def evaluate(run: Run, frame: Frame, expression: ir.Expr) -> Value:
    """What an expression can be; its effects on attributes happen."""
    run.budget -= 1  # `run.spend()`, spelled out: this runs more often than anything else
    if run.budget < 0:
        raise OutOfBudgetError
    return _DISPATCH[type(expression)](run, frame, expression)


def _const(run: Run, frame: Frame, node: ir.Const) -> Value:
    return NONE if node.value is None else (Literal(node.value),)


def _name(run: Run, frame: Frame, node: ir.Name) -> Value:
    value = lookup(frame, node.id)
    return module_name(run, frame, node.id) if value is None else value


def module_name(run: Run, frame: Frame, name: str) -> Value:
    """A name that is no local variable: of the file, else a builtin."""
    target = run.linker.resolve(frame.file, frame.scope, ir.Name(name))
    if target is None:
        return (External(f"builtins.{name}"),) if containers.is_builtin(name) else UNKNOWN
    return of_target(run, target)


def of_target(run: Run, target: Target) -> Value:
    """The value behind a resolved name."""
    if isinstance(target, ClassRef):
        return (ClassValue(target),)
    if isinstance(target, FunctionRef):
        if target.file.makes_no_tensors:
            return UNKNOWN
        function = target.file.function(target.facts)
        return UNKNOWN if function is None else (FunctionValue(target.file, function, None, None),)
    if isinstance(target, ExternalRef):
        return (External(target.dotted),)
    if isinstance(target, ModuleRef):
        file = run.linker.store.load(target.path) if target.path.endswith(".py") else None
        return UNKNOWN if file is None else (Namespace(file),)
    return variables.read(run, target)


def _attribute(run: Run, frame: Frame, node: ir.Attribute) -> Value:
    base = evaluate(run, frame, node.base)
    if len(base) == 1:
        return attribute_of(run, frame, base[0], node.attr) or UNKNOWN
    return join(NOTHING, *(attribute_of(run, frame, atom, node.attr) for atom in base)) or UNKNOWN


def attribute_of(run: Run, frame: Frame, atom: Atom, name: str) -> Value:
    """`atom.name`."""
    if isinstance(atom, SelfObject):
        return attributes.read(run, frame, name)
    if isinstance(atom, Unknown):
        if name in ("shape", "ndim", "dtype", "device"):
            return PLAIN
        measures = name in ("size", "dim", "numel", "nelement")
        return (Bound(atom, name),) if measures or torch_calls.only_tensors_have(name) else (atom,)
    if isinstance(atom, SuperObject):
        cls = run.cls if isinstance(atom.receiver, SelfObject) else atom.receiver.cls
        return attributes.class_attribute(run, frame, cls, name, atom.receiver, atom.after)
    if isinstance(atom, TENSOR_LIKE):
        return torch_calls.tensor_attribute(run, atom, name)
    if isinstance(atom, External):
        return (External(f"{atom.dotted}.{name}"),)
    if isinstance(atom, Namespace):
        from_file = run.linker.member(ModuleRef(atom.file.path), name)
        return UNKNOWN if from_file is None else of_target(run, from_file)
    if isinstance(atom, ClassValue):
        return attributes.class_attribute(run, frame, atom.cls, name, None)
    if isinstance(atom, Instance):
        return attributes.class_attribute(run, frame, atom.cls, name, atom)
    if isinstance(atom, Module):
        return module_calls.module_attribute(run, atom, name)
    if isinstance(atom, Container):
        if atom.kind == "tuple" and name not in ("index", "count"):  # torch.topk(…).indices
            return run.heap[atom.identity].content or UNKNOWN
        return (Bound(atom, name),)
    if isinstance(atom, HoldsTensors):
        return (Bound(atom, name),) if name in torch_calls.DRAWS else (Unknown(Origin.RANDOM),)
    if isinstance(atom, Literal):
        if atom.value is not ... and atom.value is not None:
            return (Bound(atom, name),)
        return UNKNOWN if atom.origin is Origin.REBUILT else (Unknown(atom.origin),)
    return UNKNOWN


def _subscript(run: Run, frame: Frame, node: ir.Subscript) -> Value:
    base = evaluate(run, frame, node.base)
    if node.index == ir.NOTHING:
        return join(NOTHING, *(containers.part(run, atom) for atom in base)) or UNKNOWN
    index = index_of(run, frame, node.index)
    return join(NOTHING, *(containers.item(run, atom, index) for atom in base)) or UNKNOWN


def index_of(run: Run, frame: Frame, node: ir.Expr) -> Value:
    """What stands in the brackets; a slice says nothing of the content."""
    if isinstance(node, ir.Opaque):
        return PLAIN
    if isinstance(node, ir.Sequence) and ir.NOTHING in node.items:
        node = node._replace(
            items=tuple(ir.Const(...) if item == ir.NOTHING else item for item in node.items)
        )
    return evaluate(run, frame, node)


def _call(run: Run, frame: Frame, node: ir.Call) -> Value:
    return calls.evaluate_call(run, frame, node)


def _binary(run: Run, frame: Frame, node: ir.Binary) -> Value:
    return binary(run, evaluate(run, frame, node.left), node.op, evaluate(run, frame, node.right))


def binary(run: Run, left: Value, op: str, right: Value) -> Value:
    """An arithmetic operation: a tensor with anything is a tensor; lists add up."""
    if op in ("Mod", "Add", "Mult") and _is_text(left) and not _is_text(right):  # "%.2f" % tensor
        return run.read_from([left, right])
    results: list[Value] = []
    for one, other in ((left, right), (right, left)):
        for atom in one:
            if isinstance(atom, TENSOR_LIKE):
                results.append(torch_calls.derived(run, (atom,), other))
            elif isinstance(atom, Container) and atom.kind in ("list", "tuple"):
                results.append(containers.combine(run, atom, op, other))
    surely = any(side and all(isinstance(atom, TENSOR_LIKE) for atom in side) for side in (left, right))
    if not results or (not surely and any(isinstance(atom, Unknown) for atom in (*left, *right))):
        results.append(_number(left, op, right))
    return join(*results)


def _is_text(value: Value) -> bool:
    return bool(value) and all(isinstance(atom, Literal) and isinstance(atom.value, str) for atom in value)


def _number(left: Value, op: str, right: Value) -> Value:
    """Arithmetic without tensors: small literals are computed, other numbers stay numbers."""
    if any(isinstance(atom, Literal) and isinstance(atom.value, complex) for atom in (*left, *right)):
        origin = worst(*(atom.origin for atom in (*left, *right) if isinstance(atom, (Unknown, Literal))))
        return (Literal(1j, origin),)
    if len(left) == len(right) == 1 and isinstance(left[0], Literal) and isinstance(right[0], Literal):
        one, other = left[0].value, right[0].value
        if (
            op == "Add"
            and type(one) is type(other)
            and isinstance(one, (int, str))
            and not isinstance(one, bool)
        ):
            return (Literal(one + other, worst(left[0].origin, right[0].origin)),)  # type: ignore[operator]
    return _of_unknown((*left, *right))


def _of_unknown(operands: Value) -> Value:
    """What comes of numbers that may be anything."""
    origin = worst(*(atom.origin for atom in operands if isinstance(atom, (Unknown, Literal))))
    return plain(origin) if all(isinstance(atom, Literal) for atom in operands) else (Unknown(origin),)


def _unary(run: Run, frame: Frame, node: ir.Unary) -> Value:
    value = evaluate(run, frame, node.operand)
    if node.op == "Not":
        return run.read_from([value])
    results = [
        torch_calls.derived(run, (atom,), NOTHING) if isinstance(atom, TENSOR_LIKE) else _of_unknown((atom,))
        for atom in value
    ]
    return join(NOTHING, *results) or UNKNOWN


def _compare(run: Run, frame: Frame, node: ir.Compare) -> Value:
    left, right = evaluate(run, frame, node.left), evaluate(run, frame, node.right)
    if node.op in ("Is", "IsNot", "In", "NotIn"):
        return PLAIN if node.op in ("Is", "IsNot") else run.read_from([left, right])
    tensors = tuple(atom for atom in (*left, *right) if isinstance(atom, TENSOR_LIKE))
    if tensors:
        return torch_calls.derived(run, tensors, NOTHING, floating=False)
    return _of_unknown(tuple(atom for atom in (*left, *right) if isinstance(atom, (Unknown, Literal))))


def _bool_op(run: Run, frame: Frame, node: ir.BoolOp) -> Value:
    values: list[Value] = []
    for position, operand in enumerate(node.values):
        value = evaluate(run, frame, operand)
        if position < len(node.values) - 1:
            value = tuple(
                atom
                for atom in value
                if not (isinstance(atom, Literal) and atom.value is None) or node.is_and
            )
            if node.is_and:
                value = tuple(atom for atom in value if not isinstance(atom, Module))
        values.append(value)
    return join(NOTHING, *values) or UNKNOWN


def _if_exp(run: Run, frame: Frame, node: ir.IfExp) -> Value:
    env, state = frame.env, run.attributes
    results, states = [], []
    decided = decisions.of_test(run, frame, node.test)
    for branch, truth in ((node.body, True), (node.orelse, False)):
        frame.env, run.attributes = dict(env), dict(state)
        if narrowing.assume(run, frame, node.test, truth):
            results.append(tainted(evaluate(run, frame, branch), decided))
            states.append(run.attributes)
    frame.env = env
    run.attributes = join_states(states) if states else state
    return join(NOTHING, *results) or UNKNOWN


def _sequence(run: Run, frame: Frame, node: ir.Sequence) -> Value:
    items: list[Value] | None = []
    content: Value = NOTHING
    for item in node.items:
        if isinstance(item, ir.Starred):
            value = containers.elements_of(run, evaluate(run, frame, item.value))
            items = None
        else:
            value = evaluate(run, frame, item)
            if items is not None:
                items.append(value)
        content = join(content, value)
    if items is not None and len(items) > 32:
        items = None
    made = run.container(node.kind, content, items)
    if len(node.items) == 1 and isinstance(node.items[0], ir.Name) and isinstance(made[0], Container):
        run.heap[made[0].identity].wraps = True
    return made


def _mapping(run: Run, frame: Frame, node: ir.Mapping) -> Value:
    content: Value = NOTHING
    by_key: dict[object, Value] | None = {}
    for key, expression in zip(node.keys, node.values, strict=True):
        value = evaluate(run, frame, expression)
        name = None if key is None else evaluate(run, frame, key)
        if name is None:
            value = containers.values_of(run, value)
        if by_key is not None and name is not None and len(name) == 1 and isinstance(name[0], Literal):
            at = name[0].value
            by_key[at] = join(by_key.get(at, NOTHING), value) if at is ... else value
        else:
            by_key = None
        content = join(content, value)
    made = run.container("dict", content)
    if isinstance(made[0], Container):
        run.heap[made[0].identity].by_key = by_key
    return made


def _comprehension(run: Run, frame: Frame, node: ir.Comprehension) -> Value:
    outer = frame.env
    frame.env = dict(outer)
    frame.loops += 1
    decided = Origin.REBUILT
    for target, iterable, conditions in node.loops:
        value = containers.elements_of(run, evaluate(run, frame, iterable)) or UNKNOWN
        binding.bind(run, frame, target, value, (0, 0))
        for condition in conditions:
            decided = worst(decided, decisions.of_test(run, frame, condition))
            narrowing.assume(run, frame, condition, True)
    if node.key is not None:
        evaluate(run, frame, node.key)
    content = tainted(evaluate(run, frame, node.element), decided)
    walrus = {name: value for name, value in frame.env.items() if name in outer}
    frame.env = outer
    frame.env.update({name: value for name, value in walrus.items() if outer[name] == value})
    frame.loops -= 1
    return run.container(node.kind, content)


def _starred(run: Run, frame: Frame, node: ir.Starred) -> Value:
    return evaluate(run, frame, node.value)


def _walrus(run: Run, frame: Frame, node: ir.Walrus) -> Value:
    value = evaluate(run, frame, node.value)
    frame.env[node.name] = value
    return value


def _lambda(run: Run, frame: Frame, node: ir.Lambda) -> Value:
    return (FunctionValue(frame.file, node.function, frame.owner, frame),)


def _format(run: Run, frame: Frame, node: ir.Format) -> Value:
    names = attributes.name_of(run, frame, node)
    return (Literal(names[0]),) if names and "{" not in names[0] else PLAIN


def _opaque(run: Run, frame: Frame, node: ir.Opaque) -> Value:
    return UNKNOWN


def _yield(run: Run, frame: Frame, node: ir.Yield) -> Value:
    value = NONE if node.value is None else evaluate(run, frame, node.value)
    if node.kind == "await":
        return UNKNOWN
    frame.yields = join(frame.yields, containers.elements_of(run, value) if node.kind == "from" else value)
    return UNKNOWN


_DISPATCH: dict[type, Callable[[Run, Frame, Any], Value]] = {
    ir.Const: _const,
    ir.Name: _name,
    ir.Attribute: _attribute,
    ir.Subscript: _subscript,
    ir.Call: _call,
    ir.Binary: _binary,
    ir.Unary: _unary,
    ir.Compare: _compare,
    ir.BoolOp: _bool_op,
    ir.IfExp: _if_exp,
    ir.Sequence: _sequence,
    ir.Mapping: _mapping,
    ir.Comprehension: _comprehension,
    ir.Starred: _starred,
    ir.Walrus: _walrus,
    ir.Lambda: _lambda,
    ir.Format: _format,
    ir.Opaque: _opaque,
    ir.Yield: _yield,
}
