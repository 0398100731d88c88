"""The loop: rounds, roll-back, several files; over a toy check."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixes.toy import Toy
from torchlint.config import Settings
from torchlint.fixes.applicability import applies
from torchlint.fixes.engine import fix

SETTINGS = Settings(root=Path())
STILL_THERE = "its fix did not remove it"


def run(files: dict[str, str | bytes], **options):
    """Fix the files; the outcome, and the toy."""
    disk = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    toy = Toy(disk)
    outcome = fix(tuple(disk), toy.check, lambda finding: applies(finding, SETTINGS), **options)
    assert toy.disk == disk
    return outcome, toy


def after(outcome) -> dict[str, str]:
    return {change.path: change.after.decode() for change in outcome.changes}


def told(findings) -> list[tuple[str, str | None]]:
    return [(finding.path, finding.attribute) for finding in findings]


def test_nothing_to_fix():
    outcome, toy = run({"a.py": "x = plain\n", "b.py": ""})
    assert (told(outcome.findings), outcome.fixed, outcome.changes) == ([("a.py", "x")], (), ())
    assert toy.calls == [("a.py", "b.py")]


def test_fixes_of_several_files():
    outcome, _ = run({"b.py": "x = bad\ny = plain\n", "a.py": "x = bad; y = bad\n", "c.py": "x = good\n"})
    assert after(outcome) == {"b.py": "x = good\ny = plain\n", "a.py": "x = good; y = good\n"}
    assert told(outcome.fixed) == [("b.py", "x"), ("a.py", "x"), ("a.py", "y")]
    assert told(outcome.findings) == [("b.py", "y")]
    assert (outcome.errors, outcome.undone) == ((), ())
    assert [(change.before, told(change.found)) for change in outcome.changes] == [
        (b"x = bad\ny = plain\n", [("b.py", "x"), ("b.py", "y")]),
        (b"x = bad; y = bad\n", [("a.py", "x"), ("a.py", "y")]),
    ]


def test_unsafe_fixes_are_left_out_unless_wanted():
    outcome, _ = run({"a.py": "x = risky\n"})
    assert (outcome.changes, outcome.findings[0].fix.applicability) == ((), "unsafe")
    toy = Toy({"a.py": b"x = risky\n"})
    outcome = fix(["a.py"], toy.check, lambda finding: finding.fix is not None)
    assert after(outcome) == {"a.py": "x = good\n"}


def test_a_fix_that_several_findings_share():
    outcome, _ = run({"a.py": "x, y = bad\n"})
    assert after(outcome) == {"a.py": "x, y = good\n"}
    assert told(outcome.fixed) == [("a.py", "x"), ("a.py", "y")]


def test_an_import_that_several_fixes_need_comes_once():
    outcome, _ = run({"a.py": "x = imports\ny = imports\n"})
    assert after(outcome) == {"a.py": "import this\nx = good\ny = good\n"}


def test_what_a_fix_brings_up_is_fixed_in_the_next_round():
    outcome, _ = run({"a.py": "x = bad\ny = (later)\n"})
    assert after(outcome) == {"a.py": "x = good\ny = (good)\n"}


def test_a_finding_that_stays_loses_its_fix_and_the_others_are_applied():
    text = "a = bad\nb = stubborn\nc = bad\nd = stubborn\n"
    outcome, _ = run({"a.py": text, "z.py": "e = bad\n"})
    assert after(outcome) == {
        "a.py": "a = good\nb = stubborn\nc = good\nd = stubborn\n",
        "z.py": "e = good\n",
    }
    assert told(outcome.fixed) == [("a.py", "a"), ("a.py", "c"), ("z.py", "e")]
    assert [(finding.attribute, finding.fix, finding.unfixable) for finding in outcome.findings] == [
        ("b", None, STILL_THERE),
        ("d", None, STILL_THERE),
    ]
    assert [(undone.finding.attribute, undone.reason) for undone in outcome.undone] == [
        ("b", STILL_THERE),
        ("d", STILL_THERE),
    ]
    assert outcome.errors == ()


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stubborn", STILL_THERE),
        ("breaks", "its fix gave text that does not parse"),
        ("uncheckable", "its fix gave a file that cannot be checked"),
        ("misplaced", "its edits do not fit the file"),
    ],
)
def test_a_fix_that_fails_is_taken_back(word, reason):
    outcome, _ = run({"a.py": f"x = {word}\n", "b.py": f"x = bad\ny = {word}\nz = bad\n"})
    assert after(outcome) == {"b.py": f"x = good\ny = {word}\nz = good\n"}
    assert [(undone.finding.path, undone.reason) for undone in outcome.undone] == [
        ("a.py", reason),
        ("b.py", reason),
    ]
    assert [(finding.path, finding.unfixable) for finding in outcome.findings] == [
        ("a.py", reason),
        ("b.py", reason),
    ]
    assert outcome.errors == ()


def test_a_bad_fix_among_many_is_found_with_few_checks():
    lines = [f"x{number} = {'stubborn' if number == 77 else 'bad'}\n" for number in range(300)]
    outcome, toy = run({"a.py": "".join(lines)})
    assert after(outcome) == {"a.py": "".join(lines).replace("bad", "good")}
    assert [finding.attribute for finding in outcome.findings] == ["x77"]
    assert len(toy.calls) < 50


def test_a_bad_fix_that_several_findings_share():
    outcome, _ = run({"a.py": "x, y = stubborn\nz = bad\n"})
    assert after(outcome) == {"a.py": "x, y = stubborn\nz = good\n"}
    assert [finding.unfixable for finding in outcome.findings] == [STILL_THERE, STILL_THERE]


def test_lines_that_are_alike_share_their_fate():
    outcome, _ = run({"a.py": "x  # noqa: stays\n" * 3 + "y = bad\n"})
    assert after(outcome) == {"a.py": "x  # noqa: stays\n" * 3 + "y = good\n"}
    assert [finding.unfixable for finding in outcome.findings] == [STILL_THERE] * 3


def test_findings_without_an_attribute_are_told_apart_by_their_line():
    text = "x = 1  # noqa\ny = 2  # noqa: stays\nz = 3  # noqa\n"
    outcome, _ = run({"a.py": text})
    assert after(outcome) == {"a.py": "x = 1  \ny = 2  # noqa: stays\nz = 3  \n"}
    assert [(finding.place.line, finding.unfixable) for finding in outcome.findings] == [(2, STILL_THERE)]
    assert len(outcome.fixed) == 2


def test_another_file_sees_the_fix():
    outcome, _ = run({"base.py": "x = bad\n", "user.py": "y = inherited\n"})
    assert (outcome.findings, after(outcome)) == ((), {"base.py": "x = good\n"})
    assert told(outcome.fixed) == [("base.py", "x")]


def test_only_what_changed_and_what_has_findings_is_checked_again_and_everything_at_the_end():
    files = {f"{name}.py": "x = good\n" for name in "abc"} | {"d.py": "x = bad\n", "e.py": "x = plain\n"}
    _, toy = run(files)
    assert toy.calls == [tuple(files), ("d.py", "e.py"), tuple(files)]


def test_fixes_without_end_stop_with_what_parses_and_an_error():
    outcome, _ = run({"a.py": "x = endless0\n", "b.py": "x = bad\n"}, rounds=7)
    assert after(outcome) == {"a.py": "x = endless7\n", "b.py": "x = good\n"}
    [error] = outcome.errors
    assert error.path == "a.py"
    assert "7 rounds" in error.message
    assert len(outcome.findings) == 1
    outcome, _ = run({"a.py": "x = endless0\n"})
    assert "100 rounds" in outcome.errors[0].message
    assert after(outcome) == {"a.py": "x = endless100\n"}


def test_as_many_rounds_as_needed_are_no_error():
    outcome, _ = run({"a.py": "x = later\n"}, rounds=2)
    assert (after(outcome), outcome.errors) == ({"a.py": "x = good\n"}, ())


def test_the_encoding_stays():
    text = "# coding: latin-1\nx = bad  # é\r\ny = euro\n".encode("latin-1")
    outcome, _ = run({"a.py": text.replace(b"y = euro\n", b""), "b.py": b"\xef\xbb\xbfx = bad\n"})
    assert [change.after for change in outcome.changes] == [
        b"# coding: latin-1\nx = good  # \xe9\r\n",
        b"\xef\xbb\xbfx = good\n",
    ]


def test_what_cannot_be_encoded_is_an_error_and_the_file_stays_as_it_was():
    text = b"# coding: latin-1\nx = later\ny = euro\n"
    outcome, _ = run({"a.py": text, "b.py": b"x = bad\ny = euro\n"})
    assert after(outcome) == {"b.py": "x = good\ny = '€'\n"}
    [error] = outcome.errors
    assert error.path == "a.py"
    assert "cannot be written as 'iso-8859-1'" in error.message
    assert told(outcome.findings) == [("a.py", "x"), ("a.py", "y")]
    assert told(outcome.fixed) == [("b.py", "x"), ("b.py", "y")]


def test_an_encoding_that_does_not_give_the_same_bytes_back_is_an_error():
    data = b"# coding: iso-2022-jp\n# " + b"\x1b$B\x1b(B" + b"\nx = bad\n"
    outcome, _ = run({"a.py": data})
    assert outcome.changes == ()
    assert "does not give the same bytes back" in outcome.errors[0].message
    outcome, _ = run({"a.py": data.replace(b"bad", b"good")})
    assert outcome.errors == ()


def test_an_edit_that_would_change_how_the_file_is_read_is_an_error():
    outcome, _ = run({"a.py": b"#\n# coding: latin-1\nx = imports  # \xe9\n"})
    assert outcome.changes == ()
    assert "cannot be rewritten" in outcome.errors[0].message


def test_an_error_of_a_file_is_kept():
    outcome, _ = run({"a.py": "forbidden\nx = bad\n", "b.py": "x = bad\n"})
    assert [(error.path, error.message) for error in outcome.errors] == [("a.py", "is forbidden")]
    assert after(outcome) == {"b.py": "x = good\n"}


_WORDS = st.sampled_from(
    ["bad", "risky", "stubborn", "breaks", "uncheckable", "later", "misplaced", "imports", "good"]
)
_FILES = st.dictionaries(
    st.sampled_from(["a.py", "b.py", "c.py"]), st.lists(_WORDS, max_size=5), min_size=1, max_size=3
)


@given(_FILES, st.sampled_from(["\n", "\r\n", "; "]))
def test_everything_that_works_is_applied_and_a_second_run_changes_nothing(files, between):
    texts = {
        path: between.join(f"{path[0]}{number} = {word}" for number, word in enumerate(words)) + "\n"
        for path, words in files.items()
    }
    outcome, _ = run(texts)
    results = {**texts, **after(outcome)}
    for path, words in files.items():
        reached = ["good" if word in ("bad", "later", "imports") else word for word in words]
        head = "import this\n" if "imports" in words else ""
        expected = between.join(f"{path[0]}{number} = {word}" for number, word in enumerate(reached))
        assert results[path] == f"{head}{expected}\n"
    assert outcome.errors == ()
    again, _ = run(results)
    assert (again.changes, again.fixed) == ((), ())
    assert told(again.findings) == told(outcome.findings)
    assert not any(os.path.exists(path) for path in texts)
