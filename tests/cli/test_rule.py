"""`torchlint rule`."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize("wanted", ["TL101", "tl101", "unregistered-buffer"])
def test_one_rule_is_markdown(run, wanted):
    result = run("rule", wanted)
    assert result.exit_code == 0
    assert result.stdout == "# unregistered-buffer (TL101)\n\n## What it does\nFinds a tensor.\n"


def test_a_rule_that_is_off_says_so(run):
    assert run("rule", "TL102").stdout.endswith("\n\nThis rule is off by default.\n")


def test_all_rules_in_order(run):
    assert run("rule", "--all").stdout == (
        "TL101  unregistered-buffer     A tensor.\n"
        "TL102  unregistered-parameter  A tensor. (off by default)\n"
    )


def test_json(run):
    rules = json.loads(run("rule", "--all", "--output-format", "json").stdout)
    assert [rule["code"] for rule in rules] == ["TL101", "TL102"]
    one = json.loads(run("rule", "TL101", "--output-format", "json").stdout)
    assert one == [rules[0]]
    assert set(one[0]) == {"code", "name", "summary", "docs", "default_on"}


@pytest.mark.parametrize("arguments", [[], ["--all", "TL101"], ["TL999"], ["TL101", "TL999"]])
def test_bad_use(run, arguments):
    result = run("rule", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "TL101" in result.stderr
