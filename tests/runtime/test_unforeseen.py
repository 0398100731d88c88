"""What only the live modules show: found, placed, suppressed and selected as other findings are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.rules.test_docs import code_of
from tests.runtime.running import torchlint
from torchlint.rules import all_rules

UNSEEN = """
import os
import torch
from torch import nn

MAKE = vars(torch)[os.environ.get("NO_SUCH_VARIABLE", "zeros")]
NAMES = os.environ.get("NO_SUCH_VARIABLE", "table0 table1").split()


class Computed(nn.Module):
    def __init__(self):
        super().__init__()
        for name in NAMES:
            setattr(self, name, torch.zeros(2))


class Dynamic(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = MAKE(2)
        self.quiet = MAKE(2)  # noqa
        self.tables = [MAKE(2)]
        self.register_buffer("y", MAKE(2))
        self.z = getattr(self, "y")


class Moves(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = MAKE(2)

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        self.x = fn(self.x)
        return self


class Holds(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Dynamic()
        self.teacher = [TEACHER]
        self.prior = torch.distributions.Normal(torch.zeros(2), torch.ones(2))
        self.pad = Pads()


class Pads:
    def __init__(self):
        self.inner = nn.ReflectionPad2d(1)


TEACHER = vars(nn)["Linear"](2, 2)
"""


@pytest.fixture(scope="module")
def unseen(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unseen")
    (folder / "net.py").write_text(UNSEEN)
    return folder


def test_what_only_the_live_module_shows_is_a_finding_where_it_is_assigned(unseen):
    done = torchlint(unseen, "--verify", "--output-format", "json", ".")
    found = json.loads(done.stdout)["findings"]
    assert [(one["code"], one["class"], one["attribute"], one["line"]) for one in found] == [
        ("TL101", "Computed", "table0", 14),
        ("TL101", "Computed", "table1", 14),
        ("TL101", "Dynamic", "x", 20),
        ("TL103", "Dynamic", "tables", 22),
        ("TL109", "Holds", "prior", 43),
    ]
    assert {one["verdict"]["status"] for one in found} == {"confirmed"}
    assert all(one["fix"] is None and one["verdict"]["evidence"]["state_dict"] is False for one in found)
    assert json.loads(torchlint(unseen, "--output-format", "json", ".").stdout)["findings"] == []


EXCUSED = UNSEEN.replace(
    "self.quiet = MAKE(2)  # noqa", "self.quiet = MAKE(2)  # noqa: TL101, TL105"
).replace("self.tables = [MAKE(2)]", "self.tables = [MAKE(2)]  # noqa: TL103")


def test_a_comment_that_suppresses_what_only_the_live_module_shows_is_not_unused(tmp_path):
    (tmp_path / "net.py").write_text(EXCUSED)
    options = "--select", "TL103,TL101,TL105,TL901", "--output-format", "json"
    unused = "`# noqa: TL105` suppresses nothing here: there is no such finding on this line. Remove it"
    done = torchlint(tmp_path, "--verify", *options)
    found = [one for one in json.loads(done.stdout)["findings"] if one["code"] == "TL901"]
    assert [(one["line"], one["message"]) for one in found] == [(21, unused)]
    torchlint(tmp_path, "--verify", "--fix", *options)
    assert "# noqa: TL103" in (tmp_path / "net.py").read_text()
    assert "# noqa: TL101, TL105" in (tmp_path / "net.py").read_text()
    done = torchlint(tmp_path, *options)
    assert [one["line"] for one in json.loads(done.stdout)["findings"]] == [21, 22]


def test_only_the_selected_rules(unseen):
    done = torchlint(unseen, "--verify", "--select", "TL109", "--output-format", "concise", ".")
    assert done.stdout.startswith("net.py:43:9: TL109 `self.prior` is an object that holds tensors")
    assert "Found 1 finding" in done.stdout


@pytest.mark.parametrize(
    "rule", [rule for rule in all_rules() if rule.runtime_only], ids=lambda rule: rule.code
)
def test_the_example_of_a_rule_for_live_modules(tmp_path, rule):
    for heading, code in (("Example", 1), ("Use instead", 0)):
        (tmp_path / "net.py").write_text(code_of(rule, heading))
        done = torchlint(tmp_path, "--verify", "--output-format", "concise", "net.py")
        assert done.returncode == code, done.stdout
        assert (f" {rule.code} " in done.stdout) is bool(code)
