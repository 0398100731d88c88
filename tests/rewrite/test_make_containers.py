"""`self.layers = [...]` to `self.layers = nn.ModuleList([...])`."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.rewrite.support import apply_edits, in_method, places
from tests.rewrite.tables import rewritten, rows
from torchlint.rewrite import CannotRewrite, ContainerStore, Syntax, make_containers

CONTAINERS = {"d": "ModuleDict", "p": "ParameterList", "q": "ParameterDict"}


def contained(syntax, given):
    """Names that begin with d, p or q want a dict of modules, a list or a dict of parameters; others a list."""
    return make_containers(
        syntax, [ContainerStore(place, name, CONTAINERS.get(name[:1], "ModuleList")) for name, place in given]
    )


TABLE = r"""
self.l = [nn.Linear(1, 1) for _ in range(v)]  # why
--->
self.l = nn.ModuleList([nn.Linear(1, 1) for _ in range(v)])  # why
====
self.l = []
--->
self.l = nn.ModuleList()
====
self.l = self.m = list()
--->
self.l = self.m = nn.ModuleList()
====
self.l = (
    []
)
--->
self.l = nn.ModuleList()
====
self.l = [  # to be filled
]
--->
self.l = nn.ModuleList([  # to be filled
])
====
self.d, self.q = {}, dict()
--->
self.d, self.q = nn.ModuleDict(), nn.ParameterDict()
====
self.p = [nn.Parameter(v)]
--->
self.p = nn.ParameterList([nn.Parameter(v)])
====
self.d = {"a": nn.ReLU()}
--->
self.d = nn.ModuleDict({"a": nn.ReLU()})
====
self.d = dict(a=nn.ReLU())
--->
self.d = nn.ModuleDict(dict(a=nn.ReLU()))
====
self.l = list(map(f, v))
--->
self.l = nn.ModuleList(map(f, v))
====
self.l = tuple(nn.ReLU() for _ in v)
--->
self.l = nn.ModuleList(nn.ReLU() for _ in v)
====
self.l = (nn.ReLU() for _ in v)
--->
self.l = nn.ModuleList(nn.ReLU() for _ in v)
====
self.l = nn.ReLU(), nn.ReLU()
--->
self.l = nn.ModuleList((nn.ReLU(), nn.ReLU()))
====
self.l = [nn.ReLU()] * 3 + v
--->
self.l = nn.ModuleList([nn.ReLU()] * 3 + v)
====
self.l: list[nn.Module] = [nn.ReLU()]
--->
self.l: nn.ModuleList = nn.ModuleList([nn.ReLU()])
====
self.l = layers
--->
self.l = nn.ModuleList(layers)
====
self.l, n = f(v)
--->
l, n = f(v)
self.l = nn.ModuleList(l)
====
self.l = None
--->
self.l = None
====
setattr(self, "l", [nn.ReLU() for _ in v])
--->
setattr(self, "l", nn.ModuleList([nn.ReLU() for _ in v]))
====
self.l = [
    nn.ReLU(),  # one
    # two
]
--->
self.l = nn.ModuleList([
    nn.ReLU(),  # one
    # two
])
====
self.l = [nn.ReLU(),
          nn.ReLU()]
--->
self.l = nn.ModuleList([nn.ReLU(),
                        nn.ReLU()])
====
self.l = [[nn.ReLU(), v], [w]]
--->
self.l = nn.ModuleList([nn.ModuleList([nn.ReLU(), v]), nn.ModuleList([w])])
====
self.p = [[f(i, j) for i in v] for j in v]
--->
self.p = nn.ParameterList([nn.ParameterList([f(i, j) for i in v]) for j in v])
====
self.d = {"a": [nn.ReLU()], "b": ({"c": nn.ReLU()},)}
--->
self.d = nn.ModuleDict(
    {"a": nn.ModuleList([nn.ReLU()]), "b": nn.ModuleList((nn.ModuleDict({"c": nn.ReLU()}),))}
)
"""


@pytest.mark.parametrize(("before", "after"), rows(TABLE))
def test_forms(before, after):
    assert rewritten(before, contained) == after


REFUSED = {
    "self.l = [[nn.ReLU()], nn.ReLU()]": "some of its items are lists, and some are not",
    "self.l = [list(v), list(v)]": "its items are made by calls of `list` or `dict`",
    "self.l = [('a', nn.ReLU())]": "some of its items are plain values",
    "self.d = {1: nn.ReLU()}": "its keys cannot be the names of modules or parameters",
    "self.d = {'a.b': nn.ReLU()}": "its keys cannot be the names of modules or parameters",
    "self.l = {nn.ReLU()}": "a set has no order, and its items would get one",
    "self.l = {'a': nn.ReLU()}": "the value is no list",
    "self.d = [nn.ReLU()]": "the value is no dict",
    "self.l += [nn.ReLU()]": "the target of an augmented assignment cannot be a call",
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.items())
def test_what_cannot_be_rewritten(body, reason):
    with pytest.raises(CannotRewrite) as error:
        rewritten(body, contained)
    assert error.value.reason == reason


def test_a_list_of_the_file_is_not_pythons():
    text = "from torch import nn\nlist = f\n" + in_method("self.l = list(v)")
    fixed = apply_edits(text, contained(Syntax(text), [("l", places(text)["l"][0])]))
    assert "self.l = nn.ModuleList(list(v))" in fixed


def test_torch_trains_what_was_hidden():
    body = "\n".join(
        [
            "self.l = [[nn.Linear(2, 2) for _ in range(v)] for _ in range(2)]",
            "self.m = tuple(nn.Linear(1, 1) for _ in range(v))",
            "self.d = {'a': nn.Linear(1, 1)}",
            "self.p = (nn.Parameter(torch.ones(1)) for _ in range(v))",
            "self.q = {'a': [nn.Parameter(torch.ones(1))]}",
        ]
    )
    text = "import torch\nfrom torch import nn\n" + in_method(body)
    fixed = apply_edits(text, contained(Syntax(text), [(n, spots[0]) for n, spots in places(text).items()]))
    scope = {}
    exec(fixed, scope)
    torch.manual_seed(0)
    module = scope["A"](2)
    assert len(list(module.parameters())) == 8 + 4 + 2 + 2 + 1
    assert isinstance(module.l[1][0], nn.Linear)
    assert isinstance(module.q["a"], nn.ParameterList)
