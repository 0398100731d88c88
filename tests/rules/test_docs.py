"""The documentation of each rule, run by the linter; torch judges it in `tests/runtime/test_rule_examples.py`."""

from __future__ import annotations

import re

import pytest

from tests.rules.observe import built
from torchlint.config import Overrides, SettingsResolver
from torchlint.rules import Rule, all_rules
from torchlint.runs.check import check
from torchlint.runs.fix import fix

RULES = [
    rule for rule in all_rules() if not rule.runtime_only
]  # the others: tests/runtime/test_unforeseen.py
ABOUT_MODULES = [rule for rule in RULES if rule.check is not None]
SECTIONS = ["What it does", "Why is this bad?", "Example", "Use instead", "Fix safety", "Runtime evidence"]


def sections(rule: Rule) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", rule.docs, flags=re.MULTILINE)
    return {title.strip(): text.strip() for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def code_of(rule: Rule, section: str) -> str | None:
    blocks = re.findall(r"^```python\n(.*?)^```", sections(rule)[section], flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) <= 1
    return blocks[0] if blocks else None


def codes_in(source: str, tmp_path) -> list[str]:
    resolver = SettingsResolver(frozenset(rule.code for rule in RULES), cwd=tmp_path, isolated=True)
    report = check((), resolver, stdin=("example.py", source.encode()))
    assert report.errors == ()
    return [finding.code for finding in report.findings]


def by_code(rules):
    return pytest.mark.parametrize("rule", rules, ids=lambda rule: rule.code)


def test_there_are_rules():
    expected = {"TL101", "TL102", "TL103", "TL104", "TL105", "TL106", "TL901"}
    assert expected <= {rule.code for rule in RULES}


@by_code(RULES)
def test_all_sections_in_order_and_none_empty(rule):
    assert list(sections(rule)) == SECTIONS
    assert all(sections(rule).values())
    assert re.fullmatch(r"[A-Z].+\.", rule.summary)


@by_code(RULES)
def test_the_example_is_reported_with_this_code_only(rule, tmp_path):
    example = code_of(rule, "Example")
    assert example is not None
    assert codes_in(example, tmp_path) == [rule.code]


@by_code(RULES)
def test_the_fix_of_the_example_is_what_to_use_instead(rule, tmp_path):
    example, instead = code_of(rule, "Example"), code_of(rule, "Use instead")
    assert example is not None
    known = frozenset(rule.code for rule in RULES)
    overrides = Overrides(unsafe_fixes=True)
    resolver = SettingsResolver(known, cwd=tmp_path, isolated=True, overrides=overrides)
    outcome = fix((), resolver, stdin=("example.py", example.encode()))
    if rule.unfixable is not None:
        assert outcome.changes == ()
        assert [finding.unfixable for finding in outcome.report.findings] == [rule.unfixable]
    else:
        [change] = outcome.changes
        assert change.after.decode() == instead
        assert outcome.report.findings == ()


@by_code(RULES)
def test_what_to_use_instead_is_silent(rule, tmp_path):
    instead = code_of(rule, "Use instead")
    assert ("no automatic fix" in sections(rule)["Fix safety"]) == (rule.unfixable is not None)
    if instead is not None:
        assert codes_in(instead, tmp_path) == []


def run(source: str):
    """A live instance of each module of the source, by torch."""
    import types

    module = types.ModuleType("example")
    exec(compile(source, "example.py", "exec"), module.__dict__)
    return [instance for _, instance in built(module, {})]


@by_code([rule for rule in ABOUT_MODULES if rule.code in ("TL102", "TL104", "TL105", "TL106")])
def test_only_what_to_use_instead_is_trained(rule):
    torch = pytest.importorskip("torch")
    [example] = run(code_of(rule, "Example"))
    assert list(example.parameters()) == []
    [instead] = run(code_of(rule, "Use instead"))
    parameters = list(instead.parameters())
    before = [parameter.detach().clone() for parameter in parameters]
    output = instead(torch.ones(parameters[0].shape[-1]))
    (output + 1).square().sum().backward()
    torch.optim.SGD(parameters, lr=0.5).step()
    assert parameters
    assert not any(torch.equal(old, new) for old, new in zip(before, parameters, strict=True))
