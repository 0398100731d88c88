"""The whole way, from a generated module to its fixed text: torch builds both, and finds only more buffers."""

from __future__ import annotations

import ast
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from tests.fixes.test_diff import git_apply  # noqa: E402
from tests.rewrite.generated import build, comments, modules, strings  # noqa: E402
from torchlint.config import Overrides, SettingsResolver  # noqa: E402
from torchlint.fixes.diff import unified_diff  # noqa: E402
from torchlint.rules import all_rules  # noqa: E402
from torchlint.runs.fix import FixReport, fix  # noqa: E402

CODES = frozenset(rule.code for rule in all_rules())
PRELUDE = """\
import torch
from torch.nn import Module as Base
V = [torch.full((2,), float(number)) for number in range(8)]
def f(value, *_):
    return value
def pair(one, two):
    return one, two
"""
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def fixed(text: str, folder: str, *, unsafe: bool) -> FixReport:
    overrides = Overrides(unsafe_fixes=unsafe)
    resolver = SettingsResolver(CODES, cwd=Path(folder), isolated=True, overrides=overrides)
    return fix((), resolver, stdin=("generated.py", text.encode("utf-8")))


@st.composite
def programs(draw: st.DrawFn) -> str:
    text, _ = draw(modules())
    newline = re.search(r"\r\n|\r|\n", text)
    assert newline is not None
    return PRELUDE.replace("\n", newline[0]) + text


@SETTINGS
@given(text=programs(), flag=st.booleans(), unsafe=st.booleans())
def test_the_module_is_the_same_with_buffers(text, flag, unsafe):
    with tempfile.TemporaryDirectory() as folder:
        report = fixed(text, folder, unsafe=unsafe)
        assert report.report.errors == ()
        assert report.undone == ()
        for change in report.changes:
            after = change.after.decode("utf-8")
            ast.parse(after)
            assert comments(after) == comments(text)
            assert [s for s in strings(after) if s != "Tensor"] == [s for s in strings(text) if s != "Tensor"]
            compare(text, after, flag, {finding.attribute for finding in report.fixed})
            assert fixed(after, folder, unsafe=unsafe).changes == ()


def compare(text: str, after: str, flag: bool, attributes: set[str | None]) -> None:
    old, old_other = build(text, flag)
    new, new_other = build(after, flag)
    for name, value in vars(old).items():
        if name[0] in "abc" and name[1:].isdigit():
            other = getattr(new, name)
            assert (value is None) == (other is None)
            assert value is None or torch.equal(value, other)
            assert (name in new._buffers) >= (name in attributes)
    assert old_other.keys() == new_other.keys()
    assert old.state_dict().keys() <= new.state_dict().keys()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=programs())
def test_git_applies_the_diff(text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    path = folder / "generated.py"
    for change in fixed(text, str(folder), unsafe=True).changes:
        path.write_bytes(change.before)
        git_apply(unified_diff("generated.py", change.before, change.after), folder)
        assert path.read_bytes() == change.after
