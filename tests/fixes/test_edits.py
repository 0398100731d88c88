"""Edits: spans of the text replaced, everything else the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchlint.files import split_lines
from torchlint.findings import Edit, Place
from torchlint.fixes.edits import apply_edits


def edit(line: int, column: int, end_line: int, end_column: int, content: str) -> Edit:
    return Edit(Place(line, column, end_line, end_column), content)


TEXT = "é = 1\r\n\r\n\tb = 2\rc"


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], TEXT),
        ([edit(1, 1, 1, 2, "ü")], "ü = 1\r\n\r\n\tb = 2\rc"),
        ([edit(1, 6, 1, 6, "0")], "é = 10\r\n\r\n\tb = 2\rc"),
        ([edit(1, 6, 2, 1, ";")], "é = 1;\r\n\tb = 2\rc"),
        ([edit(1, 6, 1, 8, ";")], "é = 1;\r\n\tb = 2\rc"),
        ([edit(2, 1, 3, 1, "")], "é = 1\r\n\tb = 2\rc"),
        ([edit(1, 1, 4, 2, "")], ""),
        ([edit(4, 2, 4, 2, "\r\n")], TEXT + "\r\n"),
        ([edit(3, 2, 3, 3, "x"), edit(1, 1, 1, 2, "y")], "y = 1\r\n\r\n\tx = 2\rc"),
        ([edit(4, 1, 4, 1, "x"), edit(4, 1, 4, 1, "y")], "é = 1\r\n\r\n\tb = 2\rxyc"),
        ([edit(4, 1, 4, 2, "y"), edit(4, 1, 4, 1, "x")], "é = 1\r\n\r\n\tb = 2\rxy"),
        ([edit(3, 2, 3, 3, "x"), edit(3, 3, 3, 5, "y")], "é = 1\r\n\r\n\txy 2\rc"),
    ],
)
def test_edits(edits, expected):
    assert apply_edits(TEXT, edits) == expected


def test_an_empty_text_and_the_line_behind_the_last():
    assert apply_edits("", [edit(1, 1, 1, 1, "x")]) == "x"
    assert apply_edits("a\n", [edit(2, 1, 2, 1, "b\n")]) == "a\nb\n"
    assert apply_edits("a\n", [edit(1, 1, 2, 1, "")]) == ""


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([edit(1, 1, 1, 3, ""), edit(1, 2, 1, 4, "")], "overlap"),
        ([edit(1, 1, 1, 3, "a"), edit(1, 1, 1, 3, "a")], "overlap"),
        ([edit(1, 1, 1, 3, ""), edit(1, 2, 1, 2, "x")], "overlap"),
        ([edit(1, 3, 1, 2, "")], "ends before"),
        ([edit(1, 7, 1, 7, "")], "line 1, column 7"),
        ([edit(1, 9, 1, 9, "")], "line 1, column 9"),
        ([edit(0, 1, 1, 1, "")], "line 0"),
        ([edit(1, 0, 1, 1, "")], "column 0"),
        ([edit(5, 1, 5, 2, "")], "line 5, column 2"),
        ([edit(6, 1, 6, 1, "")], "line 6"),
        ([edit(-1, 1, 1, 1, "")], "line -1"),
    ],
)
def test_nonsense_is_refused(edits, words):
    """Among it a place between a carriage return and its newline."""
    with pytest.raises(ValueError, match=words):
        apply_edits(TEXT, edits)


# No edit may begin between a carriage return and its newline.
_TEXTS = st.text(st.sampled_from("aé𝒳\u2028\x0c\n\r\t "), max_size=40).map(
    lambda text: re.sub("\r+\n", "\n", text)
)


@given(st.data())
def test_any_spans(data):
    """Against slices of the text by offset."""
    text = data.draw(_TEXTS)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    contents = [data.draw(st.text("xyz\n", max_size=3)) for _ in spans]
    lines = split_lines(text)

    def point(offset: int) -> tuple[int, int]:
        for number, line in enumerate(lines, 1):
            if offset < len(line):
                return number, offset + 1
            offset -= len(line)
        if lines and not lines[-1].endswith(("\n", "\r")):
            return len(lines), len(lines[-1]) + 1
        return len(lines) + 1, 1

    edits = [
        edit(*point(start), *point(end), content)
        for (start, end), content in zip(spans, contents, strict=True)
    ]
    expected, done = "", 0
    for (start, end), content in zip(spans, contents, strict=True):
        expected += text[done:start] + content
        done = end
    expected += text[done:]
    assert apply_edits(text, edits) == expected
