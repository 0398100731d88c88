"""The formats, given a report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from torchlint import __version__
from torchlint.findings import Edit, Evidence, FileError, Finding, Fix, Place, Report, Verdict
from torchlint.report.concise import concise
from torchlint.report.full import full
from torchlint.report.json import to_json
from torchlint.report.statistics import statistics
from torchlint.report.summary import fix_summary, fixable, fixed_list, summary
from torchlint.report.text import PLAIN, Style, error_line, warning_line

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
SEEN = Evidence(state_dict=True, reload=0.0, device=True, dtype=True)
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
        "   = unsafe fix: Register it",
        "   = confirmed: not in state_dict()",
        "",
    ]


@pytest.mark.parametrize("source", [None, [], ["one line"]])
def test_full_without_the_source(source):
    assert _full(FINDING, source) == ["src/net.py:12:9: TL101 `self.pe` is lost", ""]


SAFE = replace(FIX, applicability="safe")


def test_full_marks_a_safe_fix_and_tells_why_there_is_none():
    assert _full(replace(FINDING, fix=SAFE), SOURCE)[0] == "src/net.py:12:9: TL101 [*] `self.pe` is lost"
    assert _full(replace(FINDING, fix=SAFE), SOURCE)[-2] == "   = help: Register it"
    assert _full(replace(FINDING, unfixable="a subclass\nassigns it"), SOURCE)[-2:] == [
        r"   = no fix: a subclass\nassigns it",
        "",
    ]


def test_what_is_marked_is_what_would_be_applied():
    report = Report((replace(FINDING, fix=SAFE), replace(FINDING, fix=FIX), FINDING), (), 1)
    assert [" [*] " in line for line in concise(report)] == [True, False, False]
    marked = concise(report, PLAIN, lambda finding: finding.fix is not None)
    assert [" [*] " in line for line in marked] == [True, True, False]


@pytest.mark.parametrize("fix", [FIX, SAFE])
def test_full_with_colour_says_the_same(fix):
    import click

    finding = replace(FINDING, fix=fix)
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


def test_statistics_mark_what_can_be_fixed():
    safe = replace(FINDING, fix=replace(FIX, applicability="safe"))
    other = replace(FINDING, code="TL102", name="unregistered-parameter")
    third = replace(FINDING, code="TL105", name="module-container", fix=FIX)
    report = Report((safe, safe, other, replace(other, fix=safe.fix), third), (), 1)
    assert list(statistics(report)) == [
        "2  TL101  [*]  unregistered-buffer",
        "2  TL102  [-]  unregistered-parameter",
        "1  TL105  [ ]  module-container",
    ]
    assert list(statistics(report, applies=lambda finding: finding.fix is not None))[2].startswith(
        "1  TL105  [*]"
    )


def test_concise_says_in_a_clause_why_there_is_no_safe_fix():
    unsafe = replace(
        FINDING, fix=replace(FIX, message="Register it; but it is\ngiven", reason="it is\ngiven")
    )
    safe = replace(FINDING, fix=replace(FIX, applicability="safe"))
    none = replace(FINDING, unfixable="the name is taken")
    assert list(concise(Report((unsafe, safe, none), (), 1))) == [
        r"src/net.py:12:9: TL101 `self.pe` is lost (unsafe fix: it is\ngiven)",
        "src/net.py:12:9: TL101 [*] `self.pe` is lost",
        "src/net.py:12:9: TL101 `self.pe` is lost (no fix: the name is taken)",
    ]


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


OTHER = replace(FINDING, path="b.py", code="TL901", name="unused-noqa", class_name=None, attribute=None)


@pytest.mark.parametrize(
    ("report", "fixed", "mode", "text"),
    [
        (Report((), (), 2), (), "fix", "All checks passed!"),
        (Report((), (ERROR,), 2), (), "fix", "Found no findings (checked 2 files, 1 error)."),
        (
            Report((FINDING,), (), 3),
            (FINDING, OTHER),
            "fix",
            "Found 3 findings (2 fixed, 1 remaining) in 2 files (checked 3 files).",
        ),
        (
            Report((), (), 1),
            (FINDING,),
            "fix",
            "Found 1 finding (1 fixed, 0 remaining) in 1 file (checked 1 file).",
        ),
        (Report((FINDING,), (), 1), (OTHER,), "fix-only", "Fixed 1 finding in 1 file (checked 1 file)."),
        (Report((FINDING,), (), 1), (), "fix-only", "Fixed no findings (checked 1 file)."),
        (
            Report((FINDING,), (ERROR,), 2),
            (OTHER, OTHER),
            "diff",
            "Would fix 2 findings in 1 file (1 would remain; checked 2 files, 1 error).",
        ),
        (Report((), (), 2), (), "diff", "Would fix no findings (0 would remain; checked 2 files)."),
    ],
)
def test_summary_of_a_run_that_fixes(report, fixed, mode, text):
    assert fix_summary(report, fixed, mode) == text


@pytest.mark.parametrize(
    ("fixes", "lines"),
    [
        ((None,), []),
        ((SAFE, FIX, SAFE, None), ["[*] 2 fixable with `--fix` (1 more with `--unsafe-fixes`)."]),
        ((SAFE,), ["[*] 1 fixable with `--fix`."]),
        ((FIX, None), ["1 fixable with `--fix --unsafe-fixes`."]),
    ],
)
def test_how_many_could_be_fixed(fixes, lines):
    report = Report(tuple(replace(FINDING, fix=fix) for fix in fixes), (), 1)
    assert list(fixable(report)) == lines


def test_the_list_of_what_was_fixed():
    second = replace(FINDING, attribute="mask\x1b")
    assert list(fixed_list([OTHER, FINDING, second])) == [
        "Fixed 3 findings:",
        "- b.py:",
        "    1 × TL901 (unused-noqa)",
        "- src/net.py:",
        r"    2 × TL101 (unregistered-buffer): make.Net.pe, make.Net.mask\x1b",
    ]
    assert next(fixed_list([OTHER], would=True)) == "Would fix 1 finding:"
    assert list(fixed_list([])) == []


def test_error_lines():
    assert warning_line("a\n.py", "is odd", PLAIN) == r"warning: a\n.py: is odd"
    assert error_line(ERROR, PLAIN) == "error: a.py: is a binary file"
    assert error_line(FileError("", "out of memory"), PLAIN) == "error: out of memory"


def test_json_is_schema_1():
    finding = replace(FINDING, fix=FIX, verdict=Verdict("refuted", "it is there", "Net(4)", "meta", SEEN))
    plain = replace(
        FINDING, path="é\udcff.py", class_name=None, method=None, attribute=None, unfixable="it has a graph"
    )
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
                "unfixable": None,
                "verdict": {
                    "status": "refuted",
                    "reason": "it is there",
                    "build": "Net(4)",
                    "device": "meta",
                    "evidence": {
                        "state_dict": True,
                        "reload": 0.0,
                        "optimizer_step": None,
                        "device": True,
                        "dtype": True,
                    },
                },
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
                "unfixable": "it has a graph",
                "verdict": None,
            },
        ],
        "errors": [{"path": "b.py", "message": "é"}],
    }


def test_json_lists_what_was_fixed():
    report = json.loads(to_json(Report((), (), 1), [FINDING, OTHER]))
    assert report["fixed"] == [
        {"path": "src/net.py", "code": "TL101", "class": "make.Net", "attribute": "pe"},
        {"path": "b.py", "code": "TL901", "class": None, "attribute": None},
    ]
    assert json.loads(to_json(Report((), (), 1), []))["fixed"] == []
    assert "fixed" not in json.loads(to_json(Report((), (), 1)))
