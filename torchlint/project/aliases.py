"""Which expressions of a function may be the tensor of an attribute, share memory with it, or hold it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

from torchlint import torch_api
from torchlint.facts import ir
from torchlint.facts.body import Body, bindings

# what torch documents as views, and what may be one; a test holds the list against the schemas of torch
VIEWS = frozenset(
    {"T", "H", "mT", "mH", "adjoint", "alias", "as_strided", "asarray", "as_tensor", "atleast_1d", "atleast_2d",
     "atleast_3d", "broadcast_tensors", "broadcast_to", "ccol_indices", "chunk", "coalesce", "col_indices", "conj",
     "contiguous",
     "crow_indices", "data", "detach", "diagonal", "diag_embed", "dsplit", "expand", "expand_as", "flatten",
     "from_numpy", "hsplit", "imag", "indices", "lift_fresh", "linalg_diagonal", "matrix_H", "meshgrid", "moveaxis",
     "movedim", "narrow", "numpy", "numpy_T", "permute", "positive", "ravel", "real", "rearrange", "reshape",
     "reshape_as", "resolve_conj", "resolve_neg", "row_indices", "select", "slice", "slice_inverse", "split",
     "split_with_sizes", "squeeze", "swapaxes", "swapdims", "t", "tensor_split", "transpose", "unbind", "unflatten",
     "unfold", "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "unsqueeze", "values", "view", "view_as",
     "view_as_complex", "view_as_real", "vsplit", "cast", "__getitem__"}
)  # fmt: skip
_PASS_ON = frozenset({"list", "tuple", "iter", "enumerate", "zip", "reversed", "dict", "next", "min", "max"})


class Shares(IntEnum):
    """What an expression has to do with the tensor."""

    NOT = 0
    TENSOR = 1
    """It is the tensor, or a view of it."""
    HOLDER = 2
    """It is a container that holds it."""


class Known(NamedTuple):
    """Names for the module, attributes of it and variables by what they have to do with the tensor.

    `receivers` is None where the attribute of anything but `self` counts: code outside of the class.
    """

    receivers: frozenset[str] | None
    attributes: Mapping[str, Shares]
    names: Mapping[str, Shares]

    def is_receiver(self, node: ir.Expr) -> bool:
        """Whether an expression is the module."""
        if self.receivers is None:
            return bool(self.attributes) and node not in (ir.Name("self"), ir.Name("cls"))
        return isinstance(node, ir.Name) and node.id in self.receivers

    def shares(self, node: ir.Expr) -> Shares:
        """What an expression has to do with the tensor."""
        if isinstance(node, ir.Name):
            return self.names.get(node.id, Shares.NOT)
        if isinstance(node, ir.Attribute):
            return self._attribute(node)
        if isinstance(node, ir.Subscript):
            return self._inside(node.base)
        if isinstance(node, ir.Call):
            return self._call(node)
        if isinstance(node, (ir.Sequence, ir.Mapping)):
            items = node.items if isinstance(node, ir.Sequence) else node.values
            return Shares.HOLDER if any(map(self.shares, items)) else Shares.NOT
        if isinstance(node, ir.Comprehension):
            return Shares.HOLDER if self.shares(node.element) else Shares.NOT
        if isinstance(node, ir.IfExp):
            return max(self.shares(node.body), self.shares(node.orelse))
        if isinstance(node, ir.BoolOp):
            return max(map(self.shares, node.values))
        if isinstance(node, (ir.Walrus, ir.Starred)):
            return self.shares(node.value)
        return Shares.NOT

    def _attribute(self, node: ir.Attribute) -> Shares:
        if self.is_receiver(node.base) and node.attr in self.attributes:
            return self.attributes[node.attr]
        if torch_api.attribute(node.attr) == "other":
            return Shares.NOT
        return Shares.TENSOR if self.shares(node.base) is Shares.TENSOR else Shares.NOT

    def _inside(self, base: ir.Expr) -> Shares:
        """An item of something, or what an iteration over it gives."""
        return Shares.TENSOR if self.shares(base) else Shares.NOT

    def _call(self, node: ir.Call) -> Shares:
        func = node.func
        if isinstance(func, ir.Attribute):
            if self.is_receiver(func.base) and func.attr in self.attributes:  # a method that returns it
                return self.attributes[func.attr]
            base = self.shares(func.base)
            if base is Shares.HOLDER:
                return Shares.TENSOR if func.attr in ("get", "pop", "setdefault") else Shares.HOLDER
            if base is Shares.TENSOR:
                return Shares.TENSOR if may_be_view(func.attr) else Shares.NOT
            if func.attr not in VIEWS:
                return Shares.NOT
        elif isinstance(func, ir.Name):
            if func.id == "getattr" and len(node.args) > 1 and self.is_receiver(node.args[0]):
                key = node.args[1]
                if not isinstance(key, ir.Const):
                    return Shares.TENSOR if self.attributes else Shares.NOT
                return self.attributes.get(str(key.value), Shares.NOT)
            if func.id not in _PASS_ON and func.id not in VIEWS:
                return Shares.NOT
        return max(map(self.shares, node.args), default=Shares.NOT)


def known_in(body: object, start: Known) -> Known:
    """All names for the tensor and the module in a body, wherever they are bound."""
    if isinstance(body, Body) and nothing_shares(body, start):
        if start.receivers is None:
            return start
        return start._replace(receivers=_renamed(body.renamed, start.receivers))
    bound = bindings(body)
    receivers, names = start.receivers, dict(start.names)
    for _ in range(4):
        known = Known(receivers, start.attributes, dict(names))
        for target, value, iterated in bound:
            if isinstance(target, ir.Name) and receivers is not None and known.is_receiver(value):
                receivers |= {target.id}
            _bind(known, target, value, names, iterated=iterated)
            if isinstance(target, ir.Attribute) and isinstance(value, ir.Name) and known.shares(target):
                names[value.id] = max(names.get(value.id, Shares.NOT), known.shares(target))
        if known == Known(receivers, start.attributes, names):
            break
    return Known(receivers, start.attributes, names)


def nothing_shares(body: object, start: Known) -> bool:
    """Whether surely nothing in a body has to do with the tensor: by a quick look at the names in it."""
    return (
        isinstance(body, Body)
        and not start.names
        and body.words.isdisjoint(start.attributes)
        and not (start.attributes and "getattr" in body.words)
    )


def _renamed(names: Iterable[tuple[str, str]], receivers: frozenset[str]) -> frozenset[str]:
    """The names for the module, with those that it is assigned to."""
    for _ in range(4):
        more = receivers.union(target for target, value in names if value in receivers)
        if more == receivers:
            break
        receivers = more
    return receivers


def _bind(
    known: Known, target: ir.Expr, value: ir.Expr, names: dict[str, Shares], *, iterated: bool = False
) -> None:
    if isinstance(target, ir.Starred):
        target = target.value
    if isinstance(target, ir.Sequence):
        pairs = isinstance(value, ir.Sequence) and len(value.items) == len(target.items) and not iterated
        for position, part in enumerate(target.items):
            inner = value.items[position] if pairs and isinstance(value, ir.Sequence) else value
            _bind(known, part, inner, names, iterated=not pairs)
    elif isinstance(target, ir.Name):
        found = known.shares(value)
        if found and iterated:
            found = Shares.TENSOR
        if found:
            names[target.id] = max(names.get(target.id, Shares.NOT), found)


def may_be_view(method: str) -> bool:
    """Whether what a method of a tensor returns may share its memory."""
    if torch_api.method(method) is None:
        return True  # of a library, or of a subclass
    return method in VIEWS or torch_api.may_return_self(method)
