"""What an assignment binds: names, attributes, items, and tuples of them."""

from __future__ import annotations

from torchlint.facts import ir
from torchlint.findings import Place
from torchlint.project.interpret import attributes, containers, expressions, outside, torch_calls
from torchlint.project.interpret.state import Frame, Run
from torchlint.project.values import (
    NOTHING,
    TENSOR_LIKE,
    UNKNOWN,
    Container,
    Literal,
    Module,
    SelfObject,
    Tensor,
    Unknown,
    Value,
    join,
    tainted,
)


def bind(run: Run, frame: Frame, target: ir.Expr, value: Value, lines: tuple[int, int]) -> None:
    """Assign a value to a target of any form."""
    if isinstance(target, ir.Name):
        frame.env[target.id] = tainted(value, run.decided)
    elif isinstance(target, ir.Sequence):
        _unpack(run, frame, target, value, lines)
    elif isinstance(target, ir.Starred):
        bind(run, frame, target.value, run.container("list", containers.elements_of(run, value)), lines)
    elif isinstance(target, ir.Attribute):
        _bind_attribute(run, frame, target, value, lines)
    elif isinstance(target, ir.Subscript):
        _bind_item(run, frame, target, value, lines)


def _unpack(run: Run, frame: Frame, target: ir.Sequence, value: Value, lines: tuple[int, int]) -> None:
    items = containers.items_of(run, value)
    starred = any(isinstance(item, ir.Starred) for item in target.items)
    if items is not None and len(items) == len(target.items) and not starred:
        for item, part in zip(target.items, items, strict=True):
            bind(run, frame, item, part, lines)
        return
    each = containers.elements_of(run, value) or UNKNOWN
    for item in target.items:
        if isinstance(item, ir.Starred):
            bind(run, frame, item.value, run.container("list", each), lines)
        else:
            # each name gets a tensor of its own
            copies = [torch_calls.item(run, atom) if isinstance(atom, Tensor) else (atom,) for atom in each]
            bind(run, frame, item, join(NOTHING, *copies), lines)


def _bind_attribute(
    run: Run, frame: Frame, target: ir.Attribute, value: Value, lines: tuple[int, int]
) -> None:
    for atom in expressions.evaluate(run, frame, target.base):
        if isinstance(atom, SelfObject) and target.place is not None:
            attributes.assign(run, frame, target.attr, tainted(value, run.decided), target.place, lines)
        elif isinstance(atom, Unknown):
            run.register(value)  # set on something that may be a module, which registers it
        elif isinstance(atom, Module):  # which keeps a tensor as it is
            run.register(tuple(one for one in value if not isinstance(one, Tensor)))
        elif isinstance(atom, TENSOR_LIKE) and target.attr == "requires_grad" and value == (Literal(True),):
            run.trained.add(atom.identity)


def is_self(run: Run, frame: Frame, expression: ir.Expr) -> bool:
    """Whether an expression may be the module under construction."""
    return any(isinstance(atom, SelfObject) for atom in expressions.evaluate(run, frame, expression))


def _bind_item(run: Run, frame: Frame, target: ir.Subscript, value: Value, lines: tuple[int, int]) -> None:
    base = target.base
    special = isinstance(base, ir.Attribute) and (
        base.attr in attributes.REGISTRIES or base.attr == "__dict__"
    )
    if isinstance(base, ir.Attribute) and special and is_self(run, frame, base.base):
        for name in attributes.name_of(run, frame, target.index):
            if base.attr == "__dict__":
                attributes.hide(run, name)
            else:
                place = Place(lines[0], 1, lines[1], 1)
                attributes.register(run, frame, name, attributes.REGISTRIES[base.attr], value, place, lines)
        return
    index = expressions.index_of(run, frame, target.index)
    for atom in expressions.evaluate(run, frame, base):
        if isinstance(atom, Container):
            run.put(atom.identity, index, value)
        elif isinstance(atom, Module):  # a ModuleDict or ParameterDict
            run.hold(atom, [value])
        elif isinstance(atom, TENSOR_LIKE):
            torch_calls.changed(run, (atom,), [value, index])
        elif isinstance(atom, Unknown):
            outside.put_into(run, frame, base, [value, index])
