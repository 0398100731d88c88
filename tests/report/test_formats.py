"""The formats, given a report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from torchlint import __version__
from torchlint.findings import Edit, FileError, Finding, Fix, Place, Report, Verdict
from torchlint.report.concise import concise
from torchlint.report.full import full
from torchlint.report.json import to_json
from torchlint.report.statistics import statistics
from torchlint.report.text import PLAIN, Style, error_line, summary

FINDING = Finding(
    code="TL101",
    name="unregistered-buffer",
    path="src/net.py",
    place=Place(12, 9, 12, 36),
    class_name="make.Net",
    method="__init__",
    attribute="pe",
    message="`self.pe` is lost",
    statement=(12, 12),
)
FIX = Fix("unsafe", "Register it", (Edit(Place(12, 9, 12, 18), 'self.register_buffer("pe", '),))
SOURCE = [*["\n"] * 11, "        self.pe = torch.zeros(n, d)\n"]


def _full(finding: Finding, source: list[str] | None, style: Style = PLAIN) -> list[str]:
    return list(full(Report((finding,), (), 1), lambda path: source, style))


def test_full():
    finding = replace(FINDING, fix=FIX, verdict=Verdict("confirmed", "not in state_dict()"))
    assert _full(finding, SOURCE) == [
        "src/net.py:12:9: TL101 `self.pe` is lost",
        "   |",
        "12 |         self.pe = torch.zeros(n, d)",
        "   |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "   = help: Register it (unsafe fix)",
        "   = confirmed: not in state_dict()",
        "",
    ]


@pytest.mark.parametrize("source", [None, [], ["one line"]])
def test_full_without_the_source(source):
    assert _full(FINDING, source) == ["src/net.py:12:9: TL101 `self.pe` is lost", ""]


def test_full_with_colour_says_the_same():
    import click

    finding = replace(FINDING, fix=FIX)
    colored = _full(finding, SOURCE, Style(color=True))
    assert any("\x1b[" in line for line in colored)
    assert [click.unstyle(line) for line in colored] == _full(finding, SOURCE)


def test_several_lines():
    source = ["    self.x = f(\n", "        a,\n", "\n", "        b)  # end\n"]
    finding = replace(FINDING, place=Place(1, 14, 4, 11))
    assert _full(finding, source)[1:-1] == [
        "  |",
        "1 |     self.x = f(",
        "  |              ^^",
        "2 |         a,",
        "  |         ^^",
        "3 |",
        "4 |         b)  # end",
        "  |         ^^",
    ]


def test_many_lines_are_left_out():
    source = [f"line {number}\r\n" for number in range(1, 101)]
    assert _full(replace(FINDING, place=Place(8, 1, 100, 5)), source)[1:-1] == [
        "    |",
        "  8 | line 8",
        "    | ^^^^^^",
        "  9 | line 9",
        "    | ^^^^^^",
        "... |",
        "100 | line 100",
        "    | ^^^^",
    ]


def test_concise_is_one_line_whatever_the_message():
    finding = replace(FINDING, path="a\nb.py", message="one\ntwo \x1b[31m\tthree")
    assert list(concise(Report((finding, FINDING), (), 1))) == [
        r"a\nb.py:12:9: TL101 one\ntwo \x1b[31m three",
        "src/net.py:12:9: TL101 `self.pe` is lost",
    ]


def test_statistics():
    other = replace(FINDING, code="TL105", name="module-container")
    third = replace(FINDING, code="TL102", name="unregistered-parameter")
    report = Report((FINDING, third, *[other] * 10), (), 1)
    assert list(statistics(report)) == [
        "10  TL105  module-container",
        " 1  TL101  unregistered-buffer",
        " 1  TL102  unregistered-parameter",
    ]
    assert list(statistics(Report((), (), 0))) == []


ERROR = FileError("a.py", "is a binary file")


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (Report((), (), 3), "All checks passed!"),
        (Report((FINDING,), (), 1), "Found 1 finding in 1 file (checked 1 file)."),
        (
            Report((FINDING, FINDING, replace(FINDING, path="b.py")), (), 120),
            "Found 3 findings in 2 files (checked 120 files).",
        ),
        (Report((), (ERROR, ERROR), 1), "Found no findings (checked 1 file, 2 errors)."),
        (Report((FINDING,), (ERROR,), 2), "Found 1 finding in 1 file (checked 2 files, 1 error)."),
    ],
)
def test_summary(report, text):
    assert summary(report, PLAIN) == text


def test_error_lines():
    assert error_line(ERROR, PLAIN) == "error: a.py: is a binary file"
    assert error_line(FileError("", "out of memory"), PLAIN) == "error: out of memory"


def test_json_is_schema_1():
    finding = replace(FINDING, fix=FIX, verdict=Verdict("refuted", "it is there"))
    plain = replace(FINDING, path="é\udcff.py", class_name=None, method=None, attribute=None)
    text = to_json(Report((finding, plain), (FileError("b.py", "é"),), 7))
    assert text.isascii()
    assert json.loads(text) == {
        "schema": 1,
        "version": __version__,
        "files": 7,
        "findings": [
            {
                "code": "TL101",
                "name": "unregistered-buffer",
                "path": "src/net.py",
                "line": 12,
                "column": 9,
                "end_line": 12,
                "end_column": 36,
                "class": "make.Net",
                "method": "__init__",
                "attribute": "pe",
                "message": "`self.pe` is lost",
                "fix": {
                    "applicability": "unsafe",
                    "message": "Register it",
                    "edits": [
                        {
                            "line": 12,
                            "column": 9,
                            "end_line": 12,
                            "end_column": 18,
                            "content": 'self.register_buffer("pe", ',
                        }
                    ],
                },
                "verdict": {"status": "refuted", "reason": "it is there"},
            },
            {
                "code": "TL101",
                "name": "unregistered-buffer",
                "path": "é\udcff.py",
                "line": 12,
                "column": 9,
                "end_line": 12,
                "end_column": 36,
                "class": None,
                "method": None,
                "attribute": None,
                "message": "`self.pe` is lost",
                "fix": None,
                "verdict": None,
            },
        ],
        "errors": [{"path": "b.py", "message": "é"}],
    }
