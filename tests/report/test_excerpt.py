"""The underline stands under the place: tabs, wide and combining characters, long lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from torchlint.report.full import MAX_WIDTH, crop


def _marked(line: str, start: int, end: int, limit: int = MAX_WIDTH) -> str:
    """What stands over the carets, by the widths that rich measures."""
    excerpt = crop(line, start, end, limit)
    column, marked = 0, ""
    for character in excerpt.text:
        if excerpt.offset <= column < excerpt.offset + excerpt.size and cell_len(character):
            marked += character
        column += cell_len(character)
    return marked


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("self.x = y", "self.x"),
        ("\tself.x = y", "self.x"),
        ("a\tself.x = y", "self.x"),
        ("x = '日本語' + self.x", "self.x"),
        ("日本語 = self.x", "日本語"),
        ("x = '🎉' + self.x", "self.x"),
        ("\t日\tself.x", "self.x"),
        ("x = 'ＡＢ' + self.x", "self.x"),
    ],
)
def test_underlined(line, part):
    start = line.index(part)
    assert _marked(line, start, start + len(part)) == part


def test_combining_characters_take_no_room():
    line = "s = 'e\u0301e\u0301\u200d' + self.x"
    excerpt = crop(line, line.index("self"), len(line))
    assert (excerpt.offset, excerpt.size) == (len("s = 'ee' + "), 6)
    assert crop("e\u0301", 1, 2).size == 1


def test_tabs_become_spaces():
    assert crop("\tx\ty", 3, 4).text == "    x   y"


@pytest.mark.parametrize(("start", "end"), [(3, 3), (3, 4), (9, 12)])
def test_a_place_at_or_after_the_end_of_the_line(start, end):
    excerpt = crop("abc", start, end)
    assert excerpt.offset == 3
    assert excerpt.size == (end > start)


def test_control_characters_are_shown_as_replaced():
    assert crop("a\x1b[31m\u202eb", 0, 1).text == "a\ufffd[31m\ufffdb"


@pytest.mark.parametrize("before", [0, 20, 109, 500])
@pytest.mark.parametrize("after", [0, 20, 109, 500])
@pytest.mark.parametrize("character", ["a", "日"])
def test_long_lines_are_cut_around_the_place(before, after, character):
    line = character * before + "self.x" + character * after
    excerpt = crop(line, before, before + 6)
    assert cell_len(excerpt.text) <= MAX_WIDTH
    assert _marked(line, before, before + 6) == "self.x"
    assert excerpt.text.startswith("…") is (excerpt.text[0] not in (character, "s"))
    if cell_len(line) > MAX_WIDTH:
        assert "…" in excerpt.text
        assert cell_len(excerpt.text) > MAX_WIDTH - 4
    else:
        assert excerpt.text == line


def test_a_place_longer_than_the_room_is_underlined_to_the_edge():
    line = "x" * 50 + "y" * 500
    excerpt = crop(line, 50, 550)
    assert excerpt.text == "…" + "y" * 108 + "…"
    assert (excerpt.offset, excerpt.size) == (1, 108)


@given(st.text(), st.integers(0, 300), st.integers(0, 300), st.integers(4, 120))
def test_any_line(line, start, size, limit):
    excerpt = crop(line, start, start + size, limit)
    assert excerpt.size >= min(size, 1)
    assert excerpt.offset >= 0


@given(st.text(st.sampled_from("ab 日é\t語"), max_size=60), st.data(), st.integers(10, 60))
def test_the_carets_stand_under_the_place(line, data, limit):
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    excerpt = crop(line, start, end, limit)
    assert cell_len(excerpt.text) <= limit
    assert excerpt.offset + excerpt.size <= cell_len(excerpt.text)
    marked = _marked(line, start, end, limit)
    expected = line[start:end].replace("\t", "")
    assert expected.startswith(marked.replace(" ", "").replace("…", "")[:1]) or "\t" in line or " " in line
