"""The list of operations that may give a view is held against the schemas of torch."""

from __future__ import annotations

import pytest

from torchlint.project.aliases import VIEWS, may_be_view

torch = pytest.importorskip("torch")


def views() -> set[str]:
    """The operations whose result may share memory with an argument, by their schemas."""
    return {
        schema.name.removeprefix("aten::")
        for schema in torch._C._jit_get_all_schemas()
        if schema.name.startswith("aten::")
        and any(one.alias_info is not None and not one.alias_info.is_write for one in schema.returns)
    }


def test_every_method_that_may_give_a_view_is_known():
    methods = [name for name in views() if name[0] != "_" and hasattr(torch.Tensor, name)]
    assert len(methods) > 40
    assert [name for name in methods if not may_be_view(name)] == []


def test_every_function_that_may_give_a_view_is_known():
    functions = [name for name in views() if name[0] != "_" and callable(getattr(torch, name, None))]
    assert len(functions) > 30
    assert [name for name in functions if name not in VIEWS] == []


@pytest.mark.parametrize("name", ["clone", "sum", "mul", "masked_fill", "repeat", "item", "tolist"])
def test_what_copies_is_no_view(name):
    assert not may_be_view(name)
