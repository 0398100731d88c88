"""What is known of a body by a quick look at the names in it is what a close look finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from torchlint.facts import ir
from torchlint.facts.body import Body
from torchlint.project.aliases import Known, Shares, known_in
from torchlint.project.around.changes import Changes
from torchlint.project.around.later import _OPEN, _keeps_to_itself
from torchlint.project.files import FileStore
from torchlint.project.linking import ClassRef, Linker
from torchlint.project.stores import may_store_computed, stores

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "fixtures").glob("*.py"), *(ROOT / "tests/rules/cases").glob("*.py")])


def methods(linker: Linker, path: Path) -> Iterator[tuple[ClassRef, ir.Function, str]]:
    file = linker.store.load(str(path))
    assert file is not None
    for qualname, cls in file.facts.classes.items():
        for definitions in cls.methods.values():
            for facts in definitions:
                function = file.function(facts)
                if function is not None:
                    yield ClassRef(file, qualname), function, file.source(facts.span)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_quick_look_at_a_body(path: Path) -> None:
    linker = Linker(FileStore(search_path=()))
    found = [*methods(linker, path)]
    assert found
    for owner, function, text in found:
        body = function.body
        slowly = function._replace(body=tuple(body))
        assert isinstance(body, Body)
        receiver = function.parameters[0].name if function.parameters else "self"
        looks = Changes(linker, linker.classes(owner))
        for name in sorted({"weight", "pe", "missing", *[*sorted(body.words)][:4]}):
            assert [*stores(function, name)] == [*stores(slowly, name)]
            assert may_store_computed(function, name) == may_store_computed(slowly, name)
            for start in (
                Known(frozenset({receiver}), {name: Shares.TENSOR}, {}),
                Known(frozenset({receiver}), {}, {}),
                Known(None, {name: Shares.TENSOR}, {}),
                Known(frozenset({receiver}), {name: Shares.HOLDER}, {"x": Shares.TENSOR}),
            ):
                assert known_in(body, start) == known_in(tuple(body), start)
                assert looks.in_body(owner, body, start, 2) == looks.in_body(owner, tuple(body), start, 2)
            if _keeps_to_itself(text) and name not in text:
                assert not looks.in_method(owner, slowly, {name: Shares.TENSOR})
                assert not [*stores(slowly, name)]
                assert not may_store_computed(slowly, name)


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("def f(self):\n    self.x = self.y + 1\n", True),
        ("@wraps(g)\ndef f(\n    self, n):\n    return self.x[n]\n", True),
        ("def f(self):\n    help(self)\n", False),
        ("def f(self):\n    me = self\n    me.x = 1\n", False),
        ("def f(self, n):\n    setattr(self, n, 1)\n", False),
        ("def f(self, n):\n    return getattr(self.inner, n)\n", False),
        ("def f(cls):\n    def g(self):\n        return 1\n    return help(cls)\n", False),
        ("def f(model):\n    model.x = 1\n", False),
    ],
)
def test_methods_that_keep_to_themselves(text: str, alone: bool) -> None:
    assert _keeps_to_itself(text) is alone
    assert alone is False or _OPEN.search(text) is not None
