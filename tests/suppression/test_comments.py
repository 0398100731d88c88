"""Which comments are read as suppressions."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchlint.suppression import Noqa, Suppressions, parse
from torchlint.suppression.comments import _COMMENT_OR_STRING


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# noqa", None),
        ("#noqa", None),
        ("# NOQA", None),
        ("#\tnoqa", None),
        ("# noqa: TL101", ("TL101",)),
        ("# noqa:TL101", ("TL101",)),
        ("# noqa : tl101", ("TL101",)),
        ("# NoQA:  Tl101", ("TL101",)),
        ("# noqa: TL101, E501", ("TL101", "E501")),
        ("# noqa:TL101,E501 reason", ("TL101", "E501")),
        ("# noqa: TL101 E501", ("TL101", "E501")),
        ("# noqa: TL101,,E501", ("TL101", "E501")),
        ("# noqa: TL101, TL101", ("TL101",)),
        ("# noqa: TL1", ("TL1",)),
        ("# noqa: TL101 - made by torch.compile", ("TL101",)),
        ("# noqa: it is fine", None),
        ("# noqa:", None),
        ("# type: ignore # noqa: TL101", ("TL101",)),
        ("# because noqa # noqa", None),
    ],
)
def test_spellings(comment, codes):
    (noqa,) = parse(f"x = 1  {comment}\n").comments
    assert noqa.codes == codes
    assert noqa.line == 1


@pytest.mark.parametrize(
    "comment", ["# noqattention", "# no qa", "# flake8: noqa", "# ruff: noqa: TL101", "noqa"]
)
def test_other_comments(comment):
    assert parse(f"x = 1  {comment}\n") == Suppressions()


def test_the_place_is_that_of_the_directive():
    text = "a = 1\r\nb = 'é' # why # noqa: TL101 reason\r\n"
    assert parse(text).comments == (Noqa(2, 15, 28, ("TL101",)),)


def test_several_in_one_comment():
    assert [noqa.codes for noqa in parse("x  # noqa: E501 # noqa: TL101").comments] == [("E501",), ("TL101",)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newlines(newline):
    text = newline.join(["'\\", "'  # noqa", "\x0c", "\u2028 x \x1c", "y  # noqa"])
    assert [(noqa.line, noqa.column) for noqa in parse(text).comments] == [(2, 4), (5, 4)]


@pytest.mark.parametrize(
    "text",
    [
        's = "# noqa"',
        "s = '# noqa'",
        's = "a \\" # noqa"',
        "s = r'\\' # noqa'",
        's = """\n# noqa: TL101\n"""',
        "s = '''it's \" # noqa\n'''",
        's = f"{x} # noqa"',
        's = rb"# noqa" b"# noqa"',
        's = "a\\\n# noqa"',
        's = """\n# torchlint: skip-file\n"""',
        's = """never closed # noqa\n x # noqa',
        's = """never closed # noqa \\',
    ],
)
def test_strings_suppress_nothing(text):
    assert parse(text) == Suppressions()


@pytest.mark.parametrize(
    "text", ["x = 'unclosed\ny  # noqa\n", "(\ny  # noqa\n", "\ty\n  y  # noqa", "$ ?\n  # noqa"]
)
def test_broken_files_are_read_all_the_same(text):
    assert len(parse(text).comments) == 1


@pytest.mark.parametrize(
    ("text", "skipped"),
    [
        ("# torchlint: skip-file\n", True),
        ("x = 1\n\n#torchlint:skip-file because\n", True),
        ("# Torchlint: Skip-File", True),
        ("# fmt: off # torchlint: skip-file", True),
        ("# write `# torchlint: skip-file` to skip", False),
        ("# torchlint: skip-files", False),
        ("# torchlint: skip-file-not", False),
        ("x = '# torchlint: skip-file'", False),
    ],
)
def test_skip_file(text, skipped):
    assert parse(text).skip_file is skipped


PIECES = st.sampled_from(
    [
        "# noqa",
        "# noqa: TL101",
        "'",
        '"',
        "'''",
        '"""',
        "\\",
        "\n",
        "\r\n",
        "\r",
        " ",
        "x",
        "r'",
        'f"',
        "é",
        "\x0c",
    ]
)


@given(st.text())
def test_any_text(text):
    parse(text)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_mixture(text):
    lines = io.StringIO(text, newline="").readlines()
    for noqa in parse(text).comments:
        assert lines[noqa.line - 1][noqa.column - 1 : noqa.end_column - 1].startswith("# noqa")


SIMPLE = st.sampled_from(
    [
        "# noqa\n",
        "# a 'b\n",
        "'a'",
        "'#'",
        '"\\"#"',
        "'''\n#'''",
        '"""\'\n"""',
        "x",
        " + ",
        "\n",
        "\\\n",
        "(",
        ")",
        "r'\\''",
    ]
)


@given(st.lists(SIMPLE, max_size=20).map("".join))
def test_comments_are_those_of_tokenize(text):
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    if any(token.type == tokenize.ERRORTOKEN for token in tokens):
        return
    assert _comments(text) == [token.string for token in tokens if token.type == tokenize.COMMENT]


def test_comments_of_real_files_are_those_of_tokenize():
    for path in sorted(Path(tokenize.__file__).parent.glob("*.py"))[:80]:
        with tokenize.open(path) as file:
            text = file.read()
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        assert _comments(text) == [token.string for token in tokens if token.type == tokenize.COMMENT], path


def _comments(text: str) -> list[str]:
    return [match["comment"] for match in _COMMENT_OR_STRING.finditer(text) if match["comment"] is not None]


@pytest.mark.parametrize(
    "piece", ['"', "'", '"""', "\\", '"\\', "#", "# noqa:", "# noqa: TL1,", "\n", "# \t"]
)
def test_no_text_takes_for_ever(piece):
    """A scanner that is quadratic in one of these would not come back within the time of a test run."""
    text = piece * (3_000_000 // len(piece)) + "\n# noqa"
    assert parse(text).skip_file is False
