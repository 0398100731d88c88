"""The truth test: torch itself builds every class of the examples and must agree with every mark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.rules.truth import ROOT, contradictions, marks_by_class

pytest.importorskip("torch")

FIXTURES = sorted((ROOT / "fixtures").rglob("*.py"))
CASES = sorted((ROOT / "tests" / "rules" / "cases").rglob("*.py"))
KNOWN = marks_by_class([*FIXTURES, *CASES])

# Classes of the fixtures that need arguments, or several instances to take every branch.
EXAMPLES: dict[str, dict[str, list[dict[str, Any]]]] = {
    "fixtures/parameters.py": {"OptionalBias": [{}, {"bias": True}]},
    "fixtures/positions.py": {
        "Embeddings": [{"d_model": 8}, {"d_model": 7}],
        "RegisteredEmbeddings": [{"d_model": 8}, {"d_model": 7}],
    },
    "fixtures/branches.py": {
        "Window": [{}, {"window": "hann"}, {"window": "learned"}],
        "Good": [{}, {"window": "hann"}],
    },
}


@pytest.mark.parametrize("path", [*FIXTURES, *CASES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_torch_agrees_with_the_marks(path: Path):
    if "\nimport numpy" in path.read_text(encoding="utf-8"):
        pytest.importorskip("numpy")
    examples = EXAMPLES.get(path.relative_to(ROOT).as_posix(), {})
    assert contradictions(path, KNOWN, examples) == []
