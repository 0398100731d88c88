"""Which fixes go together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torchlint.findings import Edit, Finding, Fix, Place
from torchlint.fixes.choose import choose, merged
from torchlint.fixes.edits import apply_edits


def edit(column: int, end: int, content: str = "x", line: int = 1) -> Edit:
    return Edit(Place(line, column, line, end), content)


def found(name: str, *edits: Edit, column: int = 1, code: str = "TL101") -> Finding:
    fix = Fix("safe", "Do it", edits) if edits else None
    place = Place(1, column, 1, column + 1)
    return Finding(code, "rule", "a.py", place, "Net", "__init__", name, "is lost", (1, 1), fix)


def names(findings: list[Finding]) -> list[list[str | None]]:
    return [[finding.attribute for finding in choice.findings] for choice in choose(findings)]


def test_in_order_of_place_and_only_with_a_fix():
    later, earlier = found("b", edit(5, 6), column=5), found("a", edit(8, 9), column=2)
    assert names([later, found("c"), earlier]) == [["a"], ["b"]]


def test_the_same_fix_is_one():
    shared = (edit(1, 4), edit(7, 7))
    choices = choose([found("a", *shared), found("b", *shared, column=2)])
    assert [[f.attribute for f in choice.findings] for choice in choices] == [["a", "b"]]
    assert merged(choices) == shared


def test_what_overlaps_waits():
    assert names(
        [found("a", edit(1, 4)), found("b", edit(3, 5), column=3), found("c", edit(6, 7), column=6)]
    ) == [
        ["a"],
        ["c"],
    ]
    assert names([found("a", edit(1, 4)), found("b", edit(2, 2), column=2)]) == [["a"]]
    assert names([found("a", edit(2, 2)), found("b", edit(1, 4), column=2)]) == [["a"]]
    assert names([found("a", edit(1, 4), edit(9, 9)), found("b", edit(5, 6), edit(3, 4), column=2)]) == [
        ["a"]
    ]


def test_neighbours_and_insertions_at_one_point_go_together():
    neighbours = [
        found("a", edit(1, 4)),
        found("b", edit(4, 6), column=2),
        found("c", edit(4, 4, "y"), column=3),
    ]
    assert names(neighbours) == [["a"], ["b"], ["c"]]
    assert apply_edits("abcdefg", merged(choose(neighbours))) == "xyxfg"
    assert names([found("a", edit(3, 3, "x")), found("b", edit(3, 3, "y"), column=2)]) == [["a"], ["b"]]


def test_an_edit_in_common_is_done_once():
    line = Edit(Place(1, 1, 1, 1), "from torch import nn\n")
    choices = choose([found("a", line, edit(3, 4)), found("b", line, edit(5, 6), column=5)])
    assert len(choices) == 2
    assert merged(choices).count(line) == 1
    replaced = edit(1, 2)
    choices = choose([found("a", replaced, edit(3, 4)), found("b", replaced, edit(5, 6), column=5)])
    assert apply_edits("abcdefg", merged(choices)) == "xbxdxfg"


def test_an_edit_that_one_fix_has_twice_is_done_twice():
    brackets = [found("a", edit(1, 1, "f("), edit(3, 3, ")"), edit(3, 3, ")"))]
    assert apply_edits("ab", merged(choose(brackets))) == "f(ab))"


_SPANS = st.tuples(st.integers(1, 12), st.integers(0, 4)).map(lambda span: edit(span[0], span[0] + span[1]))


@given(st.lists(st.lists(_SPANS, min_size=1, max_size=3, unique=True), max_size=8))
def test_what_is_chosen_fits_together_and_the_first_is_always_chosen(fixes):
    """Whatever a fix does to itself: that is the affair of whoever applies it."""
    sound = []
    for edits in fixes:
        try:
            apply_edits("a" * 20, edits)
        except ValueError:
            continue
        sound.append(found(f"f{len(sound)}", *edits, column=len(sound) + 1))
    choices = choose(sound)
    apply_edits("a" * 20, merged(choices))
    assert bool(choices) == bool(sound)
    if sound:
        assert sound[0] in choices[0].findings
