"""Adding `# noqa` comments: where they are put, what they say, and that nothing else changes."""

from __future__ import annotations

import ast
import io
import os
import tokenize
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchlint.config import SettingsResolver
from torchlint.findings import Finding, Place
from torchlint.rules import all_rules
from torchlint.runs.check import check
from torchlint.suppression import add_noqa, problem_of_reason

HEADER = """\
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, n=2):
        super().__init__()
"""
RESOLVER = SettingsResolver([rule.code for rule in all_rules()], cwd=Path.cwd(), isolated=True)


@pytest.fixture(autouse=True, scope="module")
def _elsewhere(tmp_path_factory):
    """Run in an empty folder: fixes are looked for in all of the project around a file."""
    before = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("project"))
    yield
    os.chdir(before)


def findings_of(text: str) -> tuple[Finding, ...]:
    """What torchlint finds in a text."""
    report = check((), RESOLVER, stdin=("net.py", text.encode()))
    assert report.errors == ()
    return report.findings


def written(text: str, findings: tuple[Finding, ...], reason: str | None = None) -> str:
    """The text with the comments; all findings must be reached."""
    added = add_noqa(text, findings, reason)
    assert added.remaining == ()
    lines = io.StringIO(text, newline="").readlines()
    for edit in added.edits:
        line, start, end = edit.place.line, edit.place.column - 1, edit.place.end_column - 1
        assert edit.place.end_line == line
        assert lines[line - 1][end:] in ("", "\n", "\r\n", "\r")
        lines[line - 1] = lines[line - 1][:start] + edit.content + lines[line - 1][end:]
    return "".join(lines)


def in_module(body: str) -> str:
    """A module whose constructor holds the statements."""
    return HEADER + "".join(f"        {line}\n" for line in body.splitlines())


FORMS = {
    "a line of its own": ("self.t = torch.zeros(2)", "self.t = torch.zeros(2)  # noqa: TL101"),
    "brackets": (
        "self.t = torch.zeros(\n    n,\n)",
        "self.t = torch.zeros(  # noqa: TL101\n    n,\n)",
    ),
    "the target stands below": (
        "(\n    n,\n    self.t,\n) = 1, torch.zeros(2)",
        "(\n    n,\n    self.t,  # noqa: TL101\n) = 1, torch.zeros(2)",
    ),
    "a backslash": (
        "self.t = \\\n    torch.zeros(2)",
        "self.t = \\\n    torch.zeros(2)  # noqa: TL101",
    ),
    "a string that goes on": (
        'self.t = torch.tensor(len("""a # noqa\n  b"""))',
        'self.t = torch.tensor(len("""a # noqa\n  b"""))  # noqa: TL101',
    ),
    "a string that goes on, in brackets": (
        "self.t = torch.tensor(len('''a\n  b\n'''\n))",
        "self.t = torch.tensor(len('''a\n  b\n'''  # noqa: TL101\n))",
    ),
    "a comment": (
        "self.t = torch.zeros(2)  # why",
        "self.t = torch.zeros(2)  # why  # noqa: TL101",
    ),
    "a type comment": (
        "self.t = torch.zeros(2)  # type: ignore[misc]",
        "self.t = torch.zeros(2)  # type: ignore[misc]  # noqa: TL101",
    ),
    "blanks at the end": ("self.t = torch.zeros(2) ", "self.t = torch.zeros(2)  # noqa: TL101"),
    "a tab at the end": ("self.t = torch.zeros(2)\t", "self.t = torch.zeros(2)\t# noqa: TL101"),
    "many blanks at the end": ("self.t = torch.zeros(2)    ", "self.t = torch.zeros(2)    # noqa: TL101"),
    "codes": (
        "self.t = torch.zeros(2)  # noqa: E501",
        "self.t = torch.zeros(2)  # noqa: E501, TL101",
    ),
    "sorted, each once": (
        "self.t = torch.zeros(2)  # noqa:W291,E501 , TL105 E501 too long",
        "self.t = torch.zeros(2)  # noqa: E501, TL101, TL105, TL901, W291 too long",
    ),
    "a code in other letters": (
        "self.t = torch.zeros(2)  #NOQA:e501",
        "self.t = torch.zeros(2)  # noqa: e501, TL101",
    ),
    "two suppressions": (
        "self.t = torch.zeros(2)  # noqa: E501  # noqa: W291",
        "self.t = torch.zeros(2)  # noqa: E501, TL101  # noqa: W291",
    ),
    "a suppression among comments": (
        "self.t = torch.zeros(2)  # type: ignore  # noqa: E501  # pragma: no cover",
        "self.t = torch.zeros(2)  # type: ignore  # noqa: E501, TL101  # pragma: no cover",
    ),
    "two codes on a line": (
        "self.t, self.l = torch.zeros(2), [nn.Linear(2, 2)]",
        "self.t, self.l = torch.zeros(2), [nn.Linear(2, 2)]  # noqa: TL101, TL105",
    ),
    "two statements on a line": (
        "self.t = torch.zeros(2); self.u = torch.zeros(2)",
        "self.t = torch.zeros(2); self.u = torch.zeros(2)  # noqa: TL101",
    ),
    "the body on the line of the condition": (
        "if n: self.t = torch.zeros(2)",
        "if n: self.t = torch.zeros(2)  # noqa: TL101",
    ),
    "a hash in a string": (
        "self.t = torch.tensor(len('# noqa'))",
        "self.t = torch.tensor(len('# noqa'))  # noqa: TL101",
    ),
    "a suppression that suppresses nothing": (
        "self.l = nn.Linear(2, 2)  # noqa: TL101 why",
        "self.l = nn.Linear(2, 2)  # noqa: TL101, TL901 why",
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_forms(form, newline):
    before, after = (in_module(body).replace("\n", newline) for body in FORMS[form])
    findings = findings_of(before)
    assert findings
    assert written(before, findings) == after
    assert findings_of(after) == ()


def test_a_text_without_a_newline_at_its_end():
    text = in_module("self.t = torch.zeros(2)").removesuffix("\n")
    assert written(text, findings_of(text)) == f"{text}  # noqa: TL101"


def test_nothing_to_do():
    assert add_noqa(HEADER, ()).edits == ()


REASONS = {
    "self.t = torch.zeros(2)": "self.t = torch.zeros(2)  # noqa: TL101  # T5 loads it",
    "self.t = torch.zeros(2)  # why": "self.t = torch.zeros(2)  # why  # noqa: TL101  # T5 loads it",
    "self.t = torch.zeros(2)  # noqa: E501": "self.t = torch.zeros(2)  # noqa: E501, TL101  # T5 loads it",
    "self.t = torch.zeros(2)  # noqa: E501 long ": (
        "self.t = torch.zeros(2)  # noqa: E501, TL101 long  # T5 loads it"
    ),
}


@pytest.mark.parametrize("before", REASONS)
def test_reasons(before):
    text = in_module(before)
    after = written(text, findings_of(text), " T5 loads it ")
    assert after == in_module(REASONS[before])
    assert findings_of(after) == ()


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("", "empty"),
        (" ", "empty"),
        ("two\nlines", "one line"),
        ("a\tb", "one line"),
        ("see #12", "`#`"),
        ("noqa", "suppression"),
        ("noqa: E501", "suppression"),
        ("torchlint: skip-file", "suppression"),
    ],
)
def test_what_cannot_be_a_reason(reason, told):
    assert told in (problem_of_reason(reason) or "")
    with pytest.raises(ValueError, match=told):
        add_noqa(HEADER, (), reason)


def test_where_no_comment_can_stand():
    """The line goes on in the string of another statement: a comment behind that is not on the first one's lines."""
    text = in_module('self.t = torch.zeros(2); s = """\n"""\nself.u = torch.zeros(2)')
    findings = findings_of(text)
    added = add_noqa(text, findings)
    assert [finding.attribute for finding in added.remaining] == ["t"]
    assert [edit.place.line for edit in added.edits] == [9]


def test_a_text_that_cannot_be_read():
    finding = Finding("TL101", "unregistered-buffer", "a.py", Place(2, 1, 2, 5), "Net", None, "x", "", (2, 2))
    assert add_noqa('x = (\n"""\n', [finding]).remaining == (finding,)


def _tokens(text: str) -> tuple[list[tuple[int, str]], list[str]]:
    """The tokens of a text without its comments, and its comments."""
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    others = [(token.type, token.string) for token in tokens if token.type != tokenize.COMMENT]
    return others, [token.string for token in tokens if token.type == tokenize.COMMENT]


TARGETS = st.sampled_from(["self.a", "self.b", "self.c", "n", "self.é"])
VALUES = st.sampled_from(
    [
        "torch.zeros(2)",
        "torch.zeros(\n\n    2,  # two\n  )",
        "(  # noqa: E501\n    torch.zeros(2)\n)",
        "torch.zeros(2) \\\n   + 1",
        "torch.tensor(len('''\n# noqa\n'''))",
        "[nn.Linear(2, 2), nn.Linear(2, 2)]",
        "[\n    nn.Linear(2, 2)  # why\n    for _ in range(n)\n]",
        "torch.tensor(f'{n}\\\n'.count('a'))",
        "1",
        "'ü # noqa'",
    ]
)
ENDS = st.sampled_from(
    [
        "",
        " ",
        "  # why",
        "  # noqa",
        "  # noqa: E501",
        "# noqa:w291,TL105",
        "  # noqa: TL101 why",
        ";",
        "; n = 2",
        "; n = '''\n'''  # x",
        "  # type: ignore  # noqa: E501 # é",
    ]
)
HEADS = st.sampled_from(["", "if n: ", "with n: "])


@st.composite
def statements(draw):
    targets = draw(st.lists(TARGETS, min_size=1, max_size=3))
    return draw(HEADS) + " = ".join([*targets, draw(VALUES)]) + draw(ENDS)


@settings(deadline=None)
@given(st.lists(statements(), max_size=4), st.sampled_from(["\n", "\r\n"]), st.sampled_from([None, "why so"]))
def test_only_comments_change_and_nothing_is_found_again(body, newline, reason):
    text = (HEADER + "".join(f"        {statement}\n" for statement in body)).replace("\n", newline)
    findings = findings_of(text)
    added = add_noqa(text, findings, reason)
    # the one thing that is out of reach: see above
    reached = tuple(finding for finding in findings if finding not in added.remaining)
    assert all("; n = '''" in text.splitlines()[finding.statement[1] - 1] for finding in added.remaining)
    after = written(text, reached, reason)
    assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(text))
    (code, comments), (code_after, comments_after) = _tokens(text), _tokens(after)
    assert code_after == code
    # a comment stays, but for the codes of its suppressions
    words = [word for comment in comments for word in comment.replace(",", " ").split() if word.isalpha()]
    kept = [word for comment in comments_after for word in comment.split()]
    assert all(word in kept for word in words)
    assert len(comments_after) >= len(comments)
    again = findings_of(after)
    assert {(finding.code, finding.place) for finding in again} == {
        (finding.code, finding.place) for finding in added.remaining
    }
    assert add_noqa(after, again, reason).edits == ()
