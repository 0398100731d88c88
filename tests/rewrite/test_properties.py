"""Whatever the layout: the result parses, keeps every comment, and builds the same module with more buffers."""

from __future__ import annotations

import ast

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rewrite.generated import build, comments, modules, strings
from tests.rewrite.support import apply_edits, places
from torchlint.rewrite import BufferStore, BufferStyle, Syntax, register_buffers

SETTINGS = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def stores(text: str, names: list[str], persistent: bool) -> list[BufferStore]:
    found = places(text)
    # A computed name of `setattr` is given under "": all of these are to be buffers.
    wanted = {name: found.get(name, []) for name in names}
    computed = [BufferStore(place, None, persistent) for place in found.get("", [])]
    return [
        BufferStore(place, name, persistent) for name, spots in wanted.items() for place in spots
    ] + computed


@pytest.mark.parametrize("style", BufferStyle)
@SETTINGS
@given(module=modules(), persistent=st.booleans(), flag=st.booleans())
def test_the_module_is_the_same_with_buffers(style, module, persistent, flag):
    text, names = module
    wanted = stores(text, names, persistent)
    edits = register_buffers(Syntax(text), wanted, style)
    fixed = apply_edits(text, edits)

    ast.parse(fixed)
    assert comments(fixed) == comments(text)
    assert [s for s in strings(fixed) if s != "Tensor"] == [s for s in strings(text) if s != "Tensor"]

    old, old_other = build(text, flag)
    new, new_other = build(fixed, flag)
    old_values = {name: getattr(old, name) for name in vars(old) if name[0] in "abc" and name[1:].isdigit()}
    for name, value in old_values.items():
        other = getattr(new, name)
        assert (value is None) == (other is None)
        assert value is None or torch.equal(value, other)
        # A computed name is the attribute's, and always given.
        assert (name in new._buffers) >= (name in names)
    assert old_other.keys() == new_other.keys()
    assert all(
        v is new_other[k] or torch.equal(v, new_other[k]) for k, v in old_other.items() if v is not None
    )
    saved = set(new.state_dict())
    assert saved <= (set(new._buffers) if persistent else set())


@SETTINGS
@given(module=modules())
def test_a_second_time_there_is_nothing_to_rewrite(module):
    text, names = module
    wanted = stores(text, names, False)
    fixed = apply_edits(text, register_buffers(Syntax(text), wanted, BufferStyle.REGISTER_BUFFER))
    again = stores(fixed, names, False)  # annotations that store nothing
    assert not register_buffers(Syntax(fixed), again, BufferStyle.REGISTER_BUFFER)


@pytest.mark.parametrize("style", BufferStyle)
@SETTINGS
@given(module=modules())
def test_lines_without_a_store_are_kept(style, module):
    text, names = module
    edits = register_buffers(Syntax(text), stores(text, names, True), style)
    for edit in edits:
        assert edit.place.line <= edit.place.end_line
    kept = [line for line in text.splitlines() if "before" in line or "# after" in line]
    fixed = apply_edits(text, edits)
    assert [line for line in fixed.splitlines() if "before" in line or "# after" in line] == kept
