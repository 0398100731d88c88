"""No rule says what torch does not do: each Example is confirmed on the live module, each Use instead refuted."""

from __future__ import annotations

import re

import pytest
import torch
from torch import nn

from torchlint.rules import all_rules
from torchlint.runtime.worker.checks import inspect

RULES = [rule for rule in all_rules() if rule.check is not None]


def code_under(docs: str, heading: str) -> str:
    match = re.search(
        rf"^## {heading}\n(?:(?!## ).*\n)*?```python\n(.*?)^```", docs, re.MULTILINE | re.DOTALL
    )
    assert match is not None, heading
    return match[1]


def unregistered(source: str) -> set[str]:
    """The attributes of the classes of an example that torch does not register, as observed on instances."""
    scope: dict[str, object] = {"__name__": "example"}
    exec(compile(source, "<example>", "exec"), scope)
    classes = [one for one in scope.values() if isinstance(one, type) and issubclass(one, nn.Module)]
    assert classes
    found: set[str] = set()
    for cls in classes:

        def build(seed: int, cls: type[nn.Module] = cls) -> nn.Module:
            torch.manual_seed(seed)
            return cls()

        for one in inspect(build).evidence:
            if one.observed.registration == "plain" and one.observed.alias is None:
                assert not one.saved
                assert not one.moved
                found.add(one.observed.name)
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_torch_agrees(rule):
    assert len(unregistered(code_under(rule.docs, "Example"))) == 1
    assert unregistered(code_under(rule.docs, "Use instead")) == set()
