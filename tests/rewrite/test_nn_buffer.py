"""`self.x = v` to `self.x = nn.Buffer(v)`."""

from __future__ import annotations

import pytest

from tests.rewrite.support import apply_edits, in_method, places
from tests.rewrite.tables import rewritten, rows
from torchlint.rewrite import BufferStore, BufferStyle, CannotRewrite, Syntax, register_buffers


def wrapped(syntax, given):
    stores = [BufferStore(place, name or None, False) for name, place in given]
    return register_buffers(syntax, stores, BufferStyle.NN_BUFFER)


TABLE = r"""
self.x = v
--->
self.x = nn.Buffer(v, persistent=False)
====
self.x: Tensor = v  # why
--->
self.x: Tensor = nn.Buffer(v, persistent=False)  # why
====
(self.x) = v
--->
(self.x) = nn.Buffer(v, persistent=False)
====
self.__x = self.f().y if v else w
--->
self.__x = nn.Buffer(self.f().y if v else w, persistent=False)
====
self.x = (
    a + b  # why
)
--->
self.x = nn.Buffer(
    a + b, persistent=False  # why
)
====
self.x = \
    a
--->
self.x = \
    nn.Buffer(a, persistent=False)
====
a = self.x = other.keep = v
--->
a = self.x = other.keep = nn.Buffer(v, persistent=False)
====
self.a, n = (
    v,  # one
    3,  # two
)
--->
self.a, n = (
    nn.Buffer(v, persistent=False),  # one
    3,  # two
)
====
self.a, n = f(v)
--->
a, n = f(v)
self.a = nn.Buffer(a, persistent=False)
====
self.x = None
--->
self.register_buffer("x", None, persistent=False)
====
self.x = self.y = None
--->
self.register_buffer("x", None, persistent=False)
self.register_buffer("y", None, persistent=False)
====
if v: self.x = v; n = 1
--->
if v: self.x = nn.Buffer(v, persistent=False); n = 1
====
setattr(self, f"t{i}", v)
--->
setattr(self, f"t{i}", nn.Buffer(v, persistent=False))
====
setattr(
    self,
    "x",
    v + w,  # why
)
--->
setattr(
    self,
    "x",
    nn.Buffer(v + w, persistent=False),  # why
)
====
self.x = torch.some_function(the_first_argument, the_second_argument, third)
--->
self.x = nn.Buffer(
    torch.some_function(the_first_argument, the_second_argument, third),
    persistent=False,
)
"""


@pytest.mark.parametrize(("before", "after"), rows(TABLE))
def test_forms(before, after):
    assert rewritten(before, wrapped) == after


def test_targets_of_one_value_want_the_same():
    text = in_method("self.a = self.b = v")
    (a,), (b,) = places(text)["a"], places(text)["b"]
    with pytest.raises(CannotRewrite, match="share one value"):
        register_buffers(
            Syntax(text), [BufferStore(a, "a", True), BufferStore(b, "b", False)], BufferStyle.NN_BUFFER
        )


def test_a_value_stored_whole_and_unpacked():
    text = in_method("self.a = (self.b, n) = v")
    with pytest.raises(CannotRewrite, match="also stores whole"):
        wrapped(Syntax(text), [(name, spots[0]) for name, spots in places(text).items()])


def test_the_annotation_of_a_none_stays_behind_the_call():
    text = "from torch import nn, Tensor\n" + in_method("self.x: Tensor = None\nself.y: Tensor = v")
    fixed = apply_edits(text, wrapped(Syntax(text), [(n, spots[0]) for n, spots in places(text).items()]))
    assert '        self.register_buffer("x", None, persistent=False)\n        self.x: Tensor\n' in fixed
    assert "self.y: Tensor = nn.Buffer(v, persistent=False)\n" in fixed
