"""The truth test of fixes: torch builds every example before and after, and must find nothing else changed."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.rules.fixed import FixedTree, make_fixed_tree, resolver

torch = pytest.importorskip("torch")

from tests.rules.compare import differences  # noqa: E402
from tests.rules.observe import built  # noqa: E402
from tests.rules.test_fixtures_truth import CASES, EXAMPLES, FIXTURES, ROOT  # noqa: E402
from torchlint.runs.fix import fix  # noqa: E402


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> FixedTree:
    folders = {"fixtures": ROOT / "fixtures", "cases": ROOT / "tests" / "rules" / "cases"}
    return make_fixed_tree(folders, tmp_path_factory.mktemp("fixed"))


@pytest.fixture
def filled():
    """Uninitialised memory is filled, so that `torch.empty` can be compared."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("path", [*FIXTURES, *CASES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_fix_registers_and_changes_nothing_else(path: Path, tree: FixedTree):
    if "\nimport numpy" in path.read_text(encoding="utf-8"):
        pytest.importorskip("numpy")
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    before = importlib.import_module(name)
    after = tree.module(path)
    examples = {
        **getattr(before, "EXAMPLES", {}),
        **EXAMPLES.get(path.relative_to(ROOT).as_posix(), {}),
    }
    fixed = tree.by_class()
    originals, copies = list(built(before, examples)), list(built(after, examples))
    assert [label for label, _ in originals] == [label for label, _ in copies]
    found = [
        f"{label}: {difference}"
        for (label, original), (_, copy) in zip(originals, copies, strict=True)
        for difference in differences(original, copy, fixed)
    ]
    assert found == []


def test_no_fix_was_taken_back_and_none_is_left(tree: FixedTree):
    assert tree.report.undone == ()
    assert tree.report.report.errors == ()
    again = fix([str(tree.root)], resolver(tree.root), write=False)
    assert again.changes == ()


def test_most_findings_have_a_fix(tree: FixedTree):
    assert len(tree.report.fixed) > 200
