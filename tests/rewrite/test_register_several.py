"""Several buffers that one statement stores: chains of targets, and tuples."""

from __future__ import annotations

import pytest

from tests.rewrite.registering import registered
from tests.rewrite.tables import rewritten, rows

CHAINS = r"""
self.a = self.b = v
--->
self.register_buffer("a", v, persistent=False)
self.register_buffer("b", self.a, persistent=False)
====
self.a = self.b = None
--->
self.register_buffer("a", None, persistent=False)
self.register_buffer("b", None, persistent=False)
====
self.keep = self.b = None
--->
self.keep = None
self.register_buffer("b", None, persistent=False)
====
a = self.x = v  # why
--->
a = v  # why
self.register_buffer("x", a, persistent=False)
====
self.x = a = (
    v  # why
)
--->
a = (
    v  # why
)
self.register_buffer("x", a, persistent=False)
====
a = self.x = torch.tensor([[1, 2],
                           [3, 4]])
--->
a = torch.tensor([[1, 2],
                  [3, 4]])
self.register_buffer("x", a, persistent=False)
====
a = b = self.x = v
--->
a = b = v
self.register_buffer("x", a, persistent=False)
====
self.x = other.keep = z[0] = v
--->
self.register_buffer("x", v, persistent=False)
other.keep = z[0] = self.x
====
other.keep = self.x = z[0] = self.y = v
--->
self.register_buffer("x", v, persistent=False)
other.keep = z[0] = self.x
self.register_buffer("y", self.x, persistent=False)
====
(p, q) = self.x = v
--->
self.register_buffer("x", v, persistent=False)
(p, q) = self.x
"""

TUPLES = r"""
self.a, self.b = torch.zeros(1), torch.ones(2)  # both
--->
self.register_buffer("a", torch.zeros(1), persistent=False)  # both
self.register_buffer("b", torch.ones(2), persistent=False)
====
self.a, n = (
    torch.zeros(1),
    torch.ones(
        2
    ),
)
--->
self.register_buffer("a", torch.zeros(1), persistent=False)
n = torch.ones(
    2
)
====
self.keep, self.a = (
    one
    + two,
    v,
)
--->
self.keep = (one
    + two)
self.register_buffer("a", v, persistent=False)
====
[self.a, (self.b, keep)] = v, (w, 3)
--->
self.register_buffer("a", v, persistent=False)
self.register_buffer("b", w, persistent=False)
keep = 3
====
self.a, self.b = v, self.f(1)
--->
a, b = v, self.f(1)
self.register_buffer("a", a, persistent=False)
self.register_buffer("b", b, persistent=False)
====
n, self.a = 3, torch.zeros(n)
--->
n, a = 3, torch.zeros(n)
self.register_buffer("a", a, persistent=False)
====
self.a, self.b = (
    v,  # one
    w,  # two
)
--->
a, b = (
    v,  # one
    w,  # two
)
self.register_buffer("a", a, persistent=False)
self.register_buffer("b", b, persistent=False)
====
self.a, n, self.b = f(v)
--->
a, n, b = f(v)
self.register_buffer("a", a, persistent=False)
self.register_buffer("b", b, persistent=False)
====
self.v, self.max = f(v)
--->
v_value, max_value = f(v)
self.register_buffer("v", v_value, persistent=False)
self.register_buffer("max", max_value, persistent=False)
====
self._a, *self.b = f(v)
--->
a, *b = f(v)
self.register_buffer("_a", a, persistent=False)
self.register_buffer("b", b, persistent=False)
====
self.a = (self.b, c) = f(v)
--->
a = (b, c) = f(v)
self.register_buffer("a", a, persistent=False)
self.register_buffer("b", b, persistent=False)
====
self.a, = v,
--->
self.register_buffer("a", v, persistent=False)
"""


@pytest.mark.parametrize(("before", "after"), [row for table in (CHAINS, TUPLES) for row in rows(table)])
def test_forms(before, after):
    assert rewritten(before, registered) == after
