"""Codes that go from a suppression comment."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.rewrite.support import apply_edits
from torchlint.findings import Place
from torchlint.rewrite import CannotRewrite, Syntax, remove_comment_codes

# As `torchlint.suppression` reads it: the place of a directive ends behind its last code.
NOQA = re.compile(r"#[^\S\r\n]*noqa[^\S\r\n]?:[^\S\r\n]*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*", re.IGNORECASE)


def without(text: str, *codes: str) -> str:
    found = next(
        match for match in NOQA.finditer(text) if any(code in match.group().upper() for code in codes)
    )
    start, end = found.span()
    place = Syntax(text).edit(start, end, "").place
    return apply_edits(text, remove_comment_codes(Syntax(text), place, codes))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # noqa: TL101\n", "x = 1\n"),
        ("x = 1  # noqa: TL101", "x = 1"),
        ("x = 1\t#noqa:tl101  \r\ny\r\n", "x = 1\r\ny\r\n"),
        ("x = (  # noqa: TL101\n", "x = (\n"),
        ("x = 1  # noqa: TL101, E501\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: E501, TL101\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: E501,TL101,W1 why\n", "x = 1  # noqa: E501,W1 why\n"),
        ("x = 1  # noqa : TL101 E501 TL101\r", "x = 1  # noqa : E501\r"),
        ("x = 1  # noqa: TL101  # type: ignore\n", "x = 1  # type: ignore\n"),
        ("x = 1  # type: ignore # noqa: TL101\n", "x = 1  # type: ignore\n"),
        ("x = 1  # noqa: E501 # noqa: TL101\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: TL101 because\n", "x = 1  # because\n"),
        ("x = 1  # noqa: TL101 - because\r\n", "x = 1  # because\r\n"),
        ("x = 1  # noqa: TL101,\n", "x = 1\n"),
        ("é = '日'  # noqa: TL101# x\n", "é = '日'  # x\n"),
        ("x = 1\n    # noqa: TL101\ny = 2\n", "x = 1\ny = 2\n"),
        ("x = 1\n# noqa: TL101", "x = 1\n"),
        ("# noqa: TL101 TL102\n", "# noqa: TL102\n"),
    ],
)
def test_comments(before, after):
    assert without(before, "TL101") == after


def test_several_codes():
    assert without("x  # noqa: TL101, E501, TL102\n", "TL101", "TL102") == "x  # noqa: E501\n"
    assert without("x  # noqa: TL101, TL102\n", "TL102", "TL101") == "x\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x  # noqa: E501\n", Place(1, 4, 1, 16)),
        ("x  # noqa\n", Place(1, 4, 1, 10)),
        ("x = 1\n", Place(1, 1, 1, 2)),
        ("x = 1\n", Place(3, 1, 3, 2)),
    ],
)
def test_there_must_be_such_a_comment(text, place):
    with pytest.raises(CannotRewrite):
        remove_comment_codes(Syntax(text), place, ["TL101"])


@given(
    codes=st.lists(st.sampled_from(["TL101", "TL102", "E501", "W1"]), min_size=1, max_size=5),
    separator=st.sampled_from([",", ", ", " ", " , "]),
    behind=st.sampled_from(["", " ", " why", "  # why", "# why"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_stays_is_in_order_and_nothing_else_goes(codes, separator, behind, newline):
    assume("TL101" in codes)
    text = f"x = 'é'  # noqa: {separator.join(codes)}{behind}{newline}y = 1{newline}"
    fixed = without(text, "TL101")
    first, rest = fixed.split(newline, 1)
    assert rest == f"y = 1{newline}"
    assert first.startswith("x = 'é'")
    assert re.findall("[A-Z]+[0-9]+", first) == [code for code in codes if code != "TL101"]
    assert ("why" in first) == ("why" in behind)
