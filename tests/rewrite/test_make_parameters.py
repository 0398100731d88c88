"""`self.w = torch.randn(3, requires_grad=True)` to `self.w = nn.Parameter(torch.randn(3))`."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rewrite.generated import comments
from tests.rewrite.support import apply_edits, in_method, places
from tests.rewrite.tables import rewritten, rows
from torchlint.rewrite import CannotRewrite, ParameterStore, Syntax, make_parameters


def trained(syntax, given):
    return make_parameters(
        syntax, [ParameterStore(place, name or None) for name, place in given if name != "requires_grad"]
    )


TABLE = r"""
self.w = torch.randn(3)  # why
--->
self.w = nn.Parameter(torch.randn(3))  # why
====
self.w = torch.randn(3, requires_grad=True)
--->
self.w = nn.Parameter(torch.randn(3))
====
self.w = torch.randn(requires_grad=(True), size=(3,))
--->
self.w = nn.Parameter(torch.randn(size=(3,)))
====
self.w = torch.make(requires_grad=True)
--->
self.w = nn.Parameter(torch.make())
====
self.w = torch.randn(3, requires_grad=True, dtype=v,)
--->
self.w = nn.Parameter(torch.randn(3, dtype=v,))
====
self.w = torch.randn(3, requires_grad=False)
--->
self.w = nn.Parameter(torch.randn(3, requires_grad=False))
====
self.w = build(3, requires_grad=True)
--->
self.w = nn.Parameter(build(3, requires_grad=True))
====
self.w = torch.randn(
    3,  # size
    requires_grad=True,
)
--->
self.w = nn.Parameter(torch.randn(
    3,  # size
))
====
self.w = torch.randn(
    3,  # size
    requires_grad=True,
    dtype=v,
)
--->
self.w = nn.Parameter(torch.randn(
    3,  # size
    dtype=v,
))
====
self.w = torch.randn(
    3,
    # it is trained
    requires_grad=True, dtype=v)
--->
self.w = nn.Parameter(torch.randn(
    3,
    # it is trained
    dtype=v))
====
self.w = torch.randn(3).requires_grad_()
--->
self.w = nn.Parameter(torch.randn(3))
====
self.w = (a + b).requires_grad_(requires_grad=True)
--->
self.w = nn.Parameter(a + b)
====
self.w = (torch.randn(3, requires_grad=True).requires_grad_().requires_grad_(True))
--->
self.w = nn.Parameter(torch.randn(3))
====
self.w = (
    torch.randn(3)  # init
    .requires_grad_()  # train
)
--->
self.w = nn.Parameter(
    torch.randn(3)  # init
      # train
)
====
self.w = (torch.randn(3)  # init
          .requires_grad_())
--->
self.w = nn.Parameter(torch.randn(3)  # init
          )
====
self.w = torch.randn(3,  # size
                     requires_grad=True)
--->
self.w = nn.Parameter(torch.randn(3,  # size
                                  ))
====
self.w = torch.randn(3).requires_grad_(v)
--->
self.w = nn.Parameter(torch.randn(3).requires_grad_(v))
====
self.w = torch.autograd.Variable(torch.zeros(3), requires_grad=True)
--->
self.w = nn.Parameter(torch.zeros(3))
====
self.w: Tensor = v
--->
self.w: Tensor = nn.Parameter(v)
====
a = self.w = torch.ones(2).requires_grad_()
--->
a = self.w = nn.Parameter(torch.ones(2))
====
self.a, self.b = torch.ones(2).requires_grad_(), v
--->
self.a, self.b = nn.Parameter(torch.ones(2)), nn.Parameter(v)
====
self.a, self.b = f(v)
--->
a, b = f(v)
self.a = nn.Parameter(a)
self.b = nn.Parameter(b)
====
self.w = None
--->
self.w = None
====
setattr(self, "w", torch.randn(3, requires_grad=True))
--->
setattr(self, "w", nn.Parameter(torch.randn(3)))
====
self.w = torch.zeros(3)
self.w.data.normal_()
self.w.requires_grad_()
self.w.requires_grad = True
--->
self.w = nn.Parameter(torch.zeros(3))
self.w.data.normal_()
====
self.w = torch.zeros(3)
self.w.requires_grad_()  # why
self.v = self.w.requires_grad_(); self.w.requires_grad_()
if v:
    self.w.requires_grad_()
self.w.requires_grad = v
--->
self.w = nn.Parameter(torch.zeros(3))
self.w.requires_grad_()  # why
self.v = nn.Parameter(self.w); self.w.requires_grad_()
if v:
    self.w.requires_grad_()
self.w.requires_grad = v
"""


@pytest.mark.parametrize(("before", "after"), rows(TABLE))
def test_forms(before, after):
    assert rewritten(before, trained) == after


def test_requests_behind_another_assignment_stay():
    text = "from torch import nn\n" + in_method("self.w = v\nself.w = w\nself.w.requires_grad_()")
    first = places(text)["w"][0]
    fixed = apply_edits(text, make_parameters(Syntax(text), [ParameterStore(first, "w")]))
    assert fixed == text.replace("self.w = v", "self.w = nn.Parameter(v)")


@pytest.mark.parametrize(
    "body",
    [
        "self.w = torch.randn(3, requires_grad=True)",
        "self.w = torch.randn(3).requires_grad_()",
        "self.w = (torch.randn(3)\n          .requires_grad_())",
        "self.w = torch.randn(3)\nself.w.requires_grad = True",
        "self.w = torch.autograd.Variable(torch.randn(3), requires_grad=True)",
    ],
)
def test_torch_has_the_same_parameter(body):
    text = "import torch\nfrom torch import nn\n" + in_method(body)
    fixed = apply_edits(text, trained(Syntax(text), [(n, spots[0]) for n, spots in places(text).items()]))
    built = []
    for source in (text, fixed):
        scope = {}
        exec(source, scope)
        torch.manual_seed(0)
        built.append(scope["A"](None))
    before, after = built
    assert dict(before.named_parameters()) == {}
    assert list(dict(after.named_parameters())) == ["w"]
    assert torch.equal(before.w, after.w)
    assert before.w.requires_grad
    assert after.w.requires_grad
    assert after.w.is_leaf


def test_a_loop_target_cannot_be_wrapped():
    with pytest.raises(CannotRewrite, match="`for` loop"):
        rewritten("for self.w in v: pass", trained)


@st.composite
def leaves(draw):
    """A tensor that requires a gradient, in any layout."""
    between = st.sampled_from([", ", ",", ",\n    ", ",  # c\n    ", ",  # c\n  # d\n  "])
    rest = draw(st.permutations(["requires_grad=True", "dtype=torch.float64", "device='cpu'"]))
    arguments = ["2", *rest[: draw(st.integers(1, 3))]]
    call = arguments[0] + "".join(draw(between) + argument for argument in arguments[1:])
    if draw(st.booleans()):
        call = call.replace("2, ", "").replace("2,", "") + ", size=(2,)"
    opening = draw(st.sampled_from(["", "\n", "  # open\n  "]))
    end = draw(st.sampled_from(["", ",", "\n", ",\n    ", ",  # end\n", "  # end\n"]))
    value = f"torch.ones({opening}{call}{end})"
    gap = st.sampled_from(["", "\n", "  # gap\n    "])
    request = st.sampled_from([".requires_grad_()", ".requires_grad_(True)", ".requires_grad_(\n)"])
    for _ in range(draw(st.integers(0, 2))):
        value = f"({draw(gap)}{value}{draw(gap)})" if draw(st.booleans()) else value
        value += draw(gap) + draw(request)
    return f"({draw(gap)}{value}{draw(gap)})"


@settings(max_examples=150, deadline=None)
@given(value=leaves())
def test_any_layout(value):
    text = "import torch\nfrom torch import nn\n" + in_method(
        f"if True:\n    self.w = {value}  # behind\n    n = 1"
    )
    fixed = apply_edits(text, trained(Syntax(text), [("w", places(text)["w"][0])]))
    assert comments(fixed) == comments(text)
    scope = {}
    exec(fixed, scope)
    module = scope["A"](None)
    assert list(dict(module.named_parameters())) == ["w"]
    assert torch.equal(module.w, torch.ones(2, dtype=module.w.dtype))
    assert ("float64" in text) == (module.w.dtype == torch.float64)
