"""`nn.Parameter(a) * 2` to `nn.Parameter(a * 2)`."""

from __future__ import annotations

import pytest
import torch

from tests.rewrite.support import apply_edits, in_method, places
from tests.rewrite.tables import rewritten, rows
from torchlint.rewrite import CannotRewrite, Syntax, move_operation_inside


def moved(syntax, given):
    return tuple(edit for _, place in given for edit in move_operation_inside(syntax, place))


TABLE = r"""
self.w = nn.Parameter(v).to(d)
--->
self.w = nn.Parameter(v.to(d))
====
self.w = torch.nn.Parameter(v, requires_grad=False).to(d)  # why
--->
self.w = torch.nn.Parameter(v.to(d), requires_grad=False)  # why
====
self.w: Tensor = Parameter(v, False) * 0.1
--->
self.w: Tensor = Parameter(v * 0.1, False)
====
self.w = a = 2 * -nn.Parameter(data=v)[0]
--->
self.w = a = nn.Parameter(2 * -v[0])
====
self.w = torch.abs(nn.Parameter(v))
--->
self.w = nn.Parameter(torch.abs(v))
====
self.w = torch.abs(input=nn.Parameter(a + b))
--->
self.w = nn.Parameter(torch.abs(input=a + b))
====
self.w = nn.Parameter(a + b).to(d).cuda()
--->
self.w = nn.Parameter((a + b).to(d).cuda())
====
self.w = nn.Parameter((a + b)).to(d)
--->
self.w = nn.Parameter((a + b).to(d))
====
self.w = nn.Parameter(a + b) * nn.init(2)
--->
self.w = nn.Parameter((a + b) * nn.init(2))
====
self.w = nn.Parameter(a if b else c)[1]
--->
self.w = nn.Parameter((a if b else c)[1])
====
self.w = nn.Parameter(lambda: 1)(2)
--->
self.w = nn.Parameter((lambda: 1)(2))
====
self.w = nn.Parameter(
    torch.randn(3),
).to(d)
--->
self.w = nn.Parameter(torch.randn(3).to(d))
====
self.w = nn.Parameter(
    torch.randn(3),  # why
).to(d)
--->
self.w = nn.Parameter((
    torch.randn(3)  # why
).to(d))
====
self.w = (
    nn.Parameter(v, requires_grad=False)  # one
    .to(d)  # two
)
--->
self.w = nn.Parameter(
    v  # one
    .to(d),  # two
    requires_grad=False,
)
====
self.a, n = nn.Parameter(v).to(d), 3
--->
self.a, n = nn.Parameter(v.to(d)), 3
====
setattr(self, "w", nn.Parameter(v).to(d))
--->
setattr(self, "w", nn.Parameter(v.to(d)))
"""


@pytest.mark.parametrize(("before", "after"), rows(TABLE))
def test_forms(before, after):
    assert rewritten(before, moved) == after


REFUSED = {
    "self.w = nn.Parameter(v)": "nothing is done to the parameter",
    "self.w = v * 2": "the value does not hold exactly one call of `nn.Parameter`",
    "self.w = nn.Parameter(v) + nn.Parameter(w)": "the value does not hold exactly one call of `nn.Parameter`",
    "self.w = [nn.Parameter(v)][0]": "the parameter is not operated on directly",
    "self.w = nn.Parameter(v) if a else b": "the parameter is not operated on directly",
    "self.w = v[nn.Parameter(w)]": "the parameter is not operated on directly",
    "self.w = (lambda: nn.Parameter(v))()": "the parameter is not operated on directly",
    "self.w = nn.Parameter(*v) * 2": "the call of `nn.Parameter` is given no plain value",
    "self.w = nn.Parameter() * 2": "the call of `nn.Parameter` is given no plain value",
    "self.w = nn.Parameter(v).requires_grad_(False)": (
        "whether it requires a gradient is set behind the call of `nn.Parameter`"
    ),
    "self.w = nn.Parameter(\n    v,  # why\n    False) * 2": "a comment stands inside the call of `nn.Parameter`",
    "self.w, n = f(nn.Parameter(v))": "the value is not written out in the statement",
    "self.w: Tensor": "the value is not written out in the statement",
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.items())
def test_what_cannot_be_rewritten(body, reason):
    with pytest.raises(CannotRewrite) as error:
        rewritten(body, moved)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    "value",
    ["nn.Parameter(torch.randn(3) - 1).double() * 2", "torch.exp(nn.Parameter(data=-torch.randn(3)))"],
)
def test_torch_has_the_same_value_as_a_parameter(value):
    text = "import torch\nfrom torch import nn\n" + in_method(f"self.w = {value}")
    fixed = apply_edits(text, move_operation_inside(Syntax(text), places(text)["w"][0]))
    built = []
    for source in (text, fixed):
        scope = {}
        exec(source, scope)
        torch.manual_seed(0)
        built.append(scope["A"](None))
    assert torch.equal(built[0].w, built[1].w)
    assert list(built[0].state_dict()) == []
    assert list(built[1].state_dict()) == ["w"]
