"""What a condition says of the values in it: `x is None`, `isinstance(x, Tensor)`, `torch.is_tensor(x)`, `not x`…"""

from __future__ import annotations

from collections.abc import Sequence

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.project.interpret import attributes, expressions, hints
from torchlint.project.interpret.state import Frame, Run, Slot, lookup, perhaps_not
from torchlint.project.linking import MODULE, ClassRef, ExternalRef, Target
from torchlint.project.values import (
    TENSOR_LIKE,
    Atom,
    Bound,
    Buffer,
    ClassValue,
    Container,
    External,
    FunctionValue,
    Instance,
    Literal,
    Module,
    Origin,
    Parameter,
    SelfObject,
    Tensor,
    Unknown,
    Value,
    is_none,
)


def assume(run: Run, frame: Frame, test: ir.Expr, truth: bool) -> bool:
    """Narrow the frame to the case that `test` is `truth`. False if that case cannot be."""
    if isinstance(test, ir.Unary) and test.op == "Not":
        return assume(run, frame, test.operand, not truth)
    if isinstance(test, ir.BoolOp):
        if test.is_and == truth:  # all of them hold (or: none does)
            possible = [assume(run, frame, value, truth) for value in test.values]  # each narrows
            return all(possible)
        return True
    if isinstance(test, ir.Walrus):
        frame.env[test.name] = expressions.evaluate(run, frame, test.value)
        return _truthy(run, frame, ir.Name(test.name), truth)
    if isinstance(test, ir.Compare) and test.op in ("Is", "IsNot", "Eq", "NotEq"):
        return _compare(run, frame, test, truth)
    if isinstance(test, ir.Call):
        return _call(run, frame, test, truth)
    return _truthy(run, frame, test, truth)


def _compare(run: Run, frame: Frame, test: ir.Compare, truth: bool) -> bool:
    same = truth == (test.op in ("Is", "Eq"))
    if isinstance(test.right, ir.Const) and test.right.value is not ...:
        wanted = test.right.value
        value = expressions.evaluate(run, frame, test.left)
        if wanted is None:
            kept = tuple(atom for atom in value if is_none(atom) == same or _is_open(atom))
            if same:
                kept = tuple(Literal(None) if _is_open(atom) else atom for atom in kept)
        else:
            kept = tuple(atom for atom in value if _may_equal(atom, wanted, same))
        return _narrow(run, frame, test.left, value, kept)
    if test.op in ("Is", "Eq", "IsNot", "NotEq") and _is_type_call(test.left):  # type(x) is Tensor
        assert isinstance(test.left, ir.Call)
        return _instance(run, frame, test.left.args[0], test.right, same)
    expressions.evaluate(run, frame, test)
    return True


def _is_open(atom: Atom) -> bool:
    """Whether an alternative may be None: it is unknown, or an attribute of which a module's class says nothing."""
    return isinstance(atom, Unknown) or (isinstance(atom, Bound) and isinstance(atom.receiver, Module))


def _is_type_call(node: ir.Expr) -> bool:
    return isinstance(node, ir.Call) and node.func == ir.Name("type") and len(node.args) == 1


def _may_equal(atom: Atom, wanted: object, same: bool) -> bool:
    if isinstance(atom, Literal) and atom.value is not ...:
        return (atom.value == wanted) == same
    return True


def _call(run: Run, frame: Frame, test: ir.Call, truth: bool) -> bool:
    name = hints.last_name(test.func)
    if name == "isinstance" and len(test.args) == 2:
        return _instance(run, frame, test.args[0], test.args[1], truth)
    if name == "is_tensor" and len(test.args) == 1:
        value = expressions.evaluate(run, frame, test.args[0])
        return _narrow(run, frame, test.args[0], value, _filter(run, value, ["tensor"], truth))
    if name == "hasattr" and len(test.args) == 2:
        return _has(run, frame, test, truth)
    expressions.evaluate(run, frame, test)
    return True


def _has(run: Run, frame: Frame, test: ir.Call, truth: bool) -> bool:
    """`hasattr(self, "mask")`."""
    if expressions.evaluate(run, frame, test.args[0]) != (SelfObject(),):
        return True
    names = attributes.name_of(run, frame, test.args[1])
    if len(names) != 1:
        return True
    known = attributes.exists(run, names[0])
    if known is None and run.attributes.pop(perhaps_not(names[0]), None) is not None and not truth:
        attributes.delete(run, names[0])
    return known in (None, truth)


def _instance(run: Run, frame: Frame, subject: ir.Expr, types: ir.Expr, truth: bool) -> bool:
    value = expressions.evaluate(run, frame, subject)
    parts = types.items if isinstance(types, ir.Sequence) else (types,)
    kinds = [_kind(run, frame, part) for part in parts]
    kept = _filter(run, value, kinds, truth)
    if not (isinstance(subject, ir.Name) and subject.id in frame.given):
        # what made it has it: `for layer in model.layers: if isinstance(layer.mlp, MoE)`
        run.register(tuple(atom for atom in kept if atom not in value and not isinstance(atom, Tensor)))
    if any(isinstance(atom, Instance) for atom in kept):
        asked = [run.linker.resolve(frame.file, frame.scope, part) for part in parts]
        kept = tuple(atom for atom in kept if _may_be_of(run, atom, asked, truth))
    return _narrow(run, frame, subject, value, kept)


def _may_be_of(run: Run, atom: Atom, asked: Sequence[Target | None], truth: bool) -> bool:
    """Whether an object of a class of the project may be, or may not be, of one of these classes."""
    if not isinstance(atom, Instance):
        return True
    bases = run.linker.mro(atom.cls)
    if any(one in bases for one in asked if isinstance(one, ClassRef)):
        return truth
    read = all(isinstance(base, ClassRef) or base == "builtins.object" for base in bases)
    return not truth or not read or not all(isinstance(one, ClassRef) for one in asked)


_BUILTIN_KINDS = {"int": "number", "float": "number", "bool": "number", "complex": "number", "str": "str",
                  "list": "list", "tuple": "tuple", "dict": "dict", "set": "set", "Number": "number"}  # fmt: skip


_ABSTRACT_KINDS = {"Iterable": "iterable", "Collection": "iterable", "Sized": "iterable", "Sequence": "sequence",
                   "Mapping": "dict", "MutableMapping": "dict", "Number": "number"}  # fmt: skip
_SEQUENCES = ("list", "tuple")


_TORCH_KINDS = ("tensor", "parameter", "buffer", "module", "submodule")


def _kind(run: Run, frame: Frame, expression: ir.Expr) -> str:
    """What `isinstance` asks for: tensor, parameter, module, number, str, a container's kind, else ""."""
    name = hints.last_name(expression)
    target = run.linker.resolve(frame.file, frame.scope, expression)
    if target is None:
        return _BUILTIN_KINDS.get(name, "")
    if isinstance(target, ExternalRef):
        dotted = torch_api.canonical(target.dotted) if target.dotted.startswith("torch.") else target.dotted
        kind = torch_api.object_class(dotted)
        if kind in ("tensor", "parameter", "buffer"):
            return kind
        if dotted == "functools.partial":
            return "partial"
        if dotted == MODULE:
            return "module"
        if run.linker.is_external_module(dotted):
            return "submodule"
        return _ABSTRACT_KINDS.get(name, "")
    if isinstance(target, ClassRef) and run.linker.is_module(target):
        return "submodule"
    return ""


def _filter(run: Run, value: Value, kinds: list[str], truth: bool) -> Value:
    kept: list[Atom] = []
    for atom in value:
        if truth and set(kinds) == {"partial"} and _is_plain_callable(atom):
            continue
        if isinstance(atom, (Unknown, External, ClassValue, Instance, SelfObject)):
            if isinstance(atom, Unknown) and truth:
                kept += [_made(run, kind) for kind in kinds]
            else:
                kept.append(atom)
            continue
        if _is_kind(atom, kinds, "" in kinds, truth) == truth:
            kept.append(atom)
    return tuple(dict.fromkeys(kept))


def _is_plain_callable(atom: Atom) -> bool:
    """A function or class by its own name: no `functools.partial`. Of torch, too, which names none."""
    if isinstance(atom, External):
        return atom.dotted.startswith("torch.")
    return isinstance(atom, (FunctionValue, ClassValue))


def _made(run: Run, kind: str) -> Atom:
    """What something unknown is, once it is known to be of a kind."""
    if kind == "tensor":
        return Tensor(run.fresh(), origin=Origin.GIVEN)
    if kind == "parameter":
        return Parameter(run.fresh(), origin=Origin.GIVEN)
    if kind in ("module", "submodule"):
        return Module(run.fresh(), None, Origin.GIVEN)
    return Literal(...) if kind in ("number", "str") else Unknown()


def _is_kind(atom: Atom, kinds: list[str], vague: bool, truth: bool) -> bool:
    """Whether an alternative is of one of the kinds; where that can't be told, the answer that keeps it."""
    if "iterable" in kinds and isinstance(atom, (Container, *TENSOR_LIKE)):
        return True
    if isinstance(atom, Parameter):
        return "tensor" in kinds or "parameter" in kinds or (vague and truth)
    if isinstance(atom, TENSOR_LIKE):
        if isinstance(atom, Buffer) and "buffer" in kinds:
            return True
        return "tensor" in kinds
    if isinstance(atom, Module):
        return "module" in kinds or ((vague or "submodule" in kinds or "iterable" in kinds) and truth)
    if isinstance(atom, Container):
        if atom.kind in kinds or ("sequence" in kinds and atom.kind in _SEQUENCES):
            return True
        return ("list" in kinds and atom.kind == "generator") or (vague and truth)
    if isinstance(atom, Literal):
        if atom.value is None:
            return False
        if atom.value is ...:  # plain, whatever it is: surely no tensor and no module
            return truth and not all(kind in _TORCH_KINDS for kind in kinds)
        if isinstance(atom.value, str):
            return not {"str", "sequence", "iterable"}.isdisjoint(kinds) or (vague and truth)
        return "number" in kinds or (vague and truth)
    return truth


def _truthy(run: Run, frame: Frame, test: ir.Expr, truth: bool) -> bool:
    value = expressions.evaluate(run, frame, test)
    kept = tuple(atom for atom in value if _may_be(atom, truth))
    return _narrow(run, frame, test, value, kept)


def _may_be(atom: Atom, truth: bool) -> bool:
    if isinstance(atom, Literal) and atom.value is not ...:
        return bool(atom.value) == truth
    if isinstance(atom, (Module, SelfObject, ClassValue, External)):
        return truth
    return True


def _narrow(run: Run, frame: Frame, subject: ir.Expr, value: Value, kept: Value) -> bool:
    """Write what is left of a variable or attribute back. False if nothing is."""
    if not kept:
        return not value
    if kept != value:
        if isinstance(subject, ir.Name):
            if lookup(frame, subject.id) is not None:
                frame.env[subject.id] = kept
        elif isinstance(subject, ir.Attribute) and isinstance(subject.base, ir.Name):
            base = lookup(frame, subject.base.id)
            if base is not None and any(isinstance(atom, SelfObject) for atom in base):
                _narrow_attribute(run, subject.attr, kept)
    return True


def _narrow_attribute(run: Run, name: str, kept: Value) -> None:
    slots = run.attributes.get(name, ())
    narrowed = []
    for slot in slots:
        value = tuple(atom for atom in slot.value if atom in kept)
        if not value and any(isinstance(atom, Unknown) for atom in slot.value):
            value = slot.value  # a check does not make a tensor of what is stored
        if value:
            narrowed.append(Slot(slot.registration, value, slot.store))
    if narrowed:
        run.attributes[name] = tuple(narrowed)
