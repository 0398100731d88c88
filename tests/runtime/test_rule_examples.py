"""No rule says what torch does not do: each Example is confirmed on the live module, each Use instead refuted."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.rules.test_docs import ABOUT_MODULES, by_code, code_of
from torchlint.runtime.worker.checks import Evidence, inspect

REGISTERED = ("parameter", "buffer")
CODES = {
    "tensor": {"TL101", "TL102", "TL106"},
    "container of tensors": {"TL103"},
    "container of parameters": {"TL104"},
    "container of modules": {"TL105"},
}
"""Which codes may be said of a plain attribute that holds this."""


def evidence(source: str) -> list[Evidence]:
    """What torch does with each attribute of the class of an example."""
    scope: dict[str, object] = {"__name__": "example"}
    exec(compile(source, "<example>", "exec"), scope)
    [cls] = [one for one in scope.values() if isinstance(one, type) and issubclass(one, nn.Module)]

    def build(seed: int) -> nn.Module:
        torch.manual_seed(seed)
        return cls()

    inspected = inspect(build)
    # a tensor that was computed from a parameter cannot be copied: torch says no, and so may an example (TL106)
    assert set(inspected.failures) <= {"deepcopy"}
    return list(inspected.evidence)


def unregistered(seen: list[Evidence]) -> list[Evidence]:
    return [one for one in seen if one.observed.registration == "plain" and one.observed.alias is None]


@by_code(ABOUT_MODULES)
def test_torch_confirms_the_example(rule):
    [lost] = unregistered(evidence(code_of(rule, "Example")))
    assert rule.code in CODES[lost.observed.kind]
    # what the documentation claims of every lost tensor
    assert (lost.saved, lost.trained, lost.moved, lost.cast) == (False, False, False, False)


@by_code(ABOUT_MODULES)
def test_torch_refutes_what_to_use_instead(rule):
    seen = evidence(code_of(rule, "Use instead"))
    assert unregistered(seen) == []
    registered = [one for one in seen if one.observed.registration in REGISTERED]
    assert registered
    assert all(one.moved and one.survives for one in registered)
    [lost] = unregistered(evidence(code_of(rule, "Example")))
    names = {one.observed.name.partition(".")[0] for one in registered}
    assert lost.observed.name in names or rule.unfixable is not None  # a rewrite by hand may need other names


@pytest.mark.parametrize("code", ["TL101", "TL105"])
def test_what_is_there_already_is_not_what_is_confirmed(code):
    """The test above is no test if the observer finds something in any class."""
    assert unregistered(evidence("from torch import nn\nclass Net(nn.Linear):\n" + PLAIN[code])) == []


PLAIN = {
    "TL101": "    def __init__(self):\n        super().__init__(2, 2)\n        self.size = 2\n",
    "TL105": "    def __init__(self):\n        super().__init__(2, 2)\n        self.sizes = [2]\n",
}
