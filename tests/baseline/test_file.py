"""The file of a baseline: what is written, what is read, and what is refused."""

from __future__ import annotations

import json
import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchlint.baseline.file import BaselineError, load, parse, render, write
from torchlint.baseline.known import Baseline, Known

ENTRY = {"path": "a.py", "class": "Net", "attribute": "t", "code": "TL101"}
KNOWN = Known("a.py", "Net", "t", "TL101")


def text_of(*entries: object) -> str:
    return json.dumps({"schema": 1, "known": entries})


def test_one_line_for_each_entry_in_order():
    baseline = Baseline(
        {
            Known("b.py", "Net", "t", "TL101"): 1,
            Known("a.py", "Net", "u", "TL105"): 2,
            Known("a.py", "Net", "t", "TL105"): 1,
            Known("a.py", "Größe", "t", "TL101"): 1,
            Known("a.py", None, None, "TL201"): 1,
        }
    )
    assert render(baseline) == (
        '{\n  "schema": 1,\n  "known": [\n'
        '    {"path": "a.py", "class": null, "attribute": null, "code": "TL201"},\n'
        '    {"path": "a.py", "class": "Gr\\u00f6\\u00dfe", "attribute": "t", "code": "TL101"},\n'
        '    {"path": "a.py", "class": "Net", "attribute": "t", "code": "TL105"},\n'
        '    {"path": "a.py", "class": "Net", "attribute": "u", "code": "TL105", "count": 2},\n'
        '    {"path": "b.py", "class": "Net", "attribute": "t", "code": "TL101"}\n'
        "  ]\n}\n"
    )


def test_an_empty_one():
    assert render(Baseline()) == '{\n  "schema": 1,\n  "known": []\n}\n'
    assert parse(render(Baseline())) == Baseline()


NAMES = st.text(st.characters(), max_size=8)
KEYS = st.builds(Known, NAMES, st.none() | NAMES, st.none() | NAMES, NAMES)


@settings(deadline=None)
@given(st.dictionaries(KEYS, st.integers(1, 10**6), max_size=6))
def test_what_is_written_is_read(counts):
    text = render(Baseline(counts))
    assert parse(text) == Baseline(counts)
    assert text.isascii()
    assert text.count("\n") == len(counts) + (5 if counts else 4)


def test_an_entry_that_a_merge_doubled_counts_once():
    assert parse(text_of(ENTRY, ENTRY, {**ENTRY, "count": 3})) == Baseline({KNOWN: 3})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "invalid JSON in line 1"),
        ('{\n"schema": 1,\n<<<<<<< HEAD\n', "invalid JSON in line 3"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "keys `schema` and `known`"),
        ('{"schema": 1, "version": "0.1.0", "files": 1, "findings": [], "errors": []}', "keys `schema`"),
        ('{"schema": 2, "known": []}', "its schema is 2, and this version reads 1"),
        ('{"schema": true, "known": []}', "its schema is true"),
        ('{"schema": 1, "known": {}}', "`known` is not a list"),
        (text_of(ENTRY, "a.py"), "entry 2"),
        (text_of({**ENTRY, "line": 3}), "entry 1"),
        (text_of({"path": "a.py", "code": "TL101"}), "entry 1"),
        (text_of({**ENTRY, "path": None}), "something else than text"),
        (text_of({**ENTRY, "class": 1}), "something else than text"),
        (text_of({**ENTRY, "count": 0}), "`count`"),
        (text_of({**ENTRY, "count": True}), "`count`"),
        (text_of({**ENTRY, "count": 1.5}), "`count`"),
    ],
)
def test_what_is_refused(tmp_path, text, told):
    with pytest.raises(ValueError, match=told):
        parse(text)
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(BaselineError, match=f"{path}: is not a baseline of torchlint: .*{told}"):
        load(path)


@settings(deadline=None)
@given(st.text(max_size=60) | st.recursive(st.none() | st.text(), st.lists).map(text_of))
def test_any_text_is_read_or_refused(text):
    try:
        baseline = parse(text)
    except ValueError:
        return
    assert parse(render(baseline)) == baseline


def test_a_missing_file(tmp_path):
    with pytest.raises(BaselineError, match=r"no such file or directory; `--write-baseline` writes it"):
        load(tmp_path / "missing.json")
    with pytest.raises(BaselineError, match="is a directory"):
        load(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(BaselineError, match="not UTF-8"):
        load(tmp_path / "binary")


def test_written_and_read(tmp_path):
    path = tmp_path / "baseline.json"
    write(path, Baseline({KNOWN: 1}))
    assert load(path) == Baseline({KNOWN: 1})
    path.chmod(0o640)
    write(path, Baseline({KNOWN: 2}))
    assert load(path) == Baseline({KNOWN: 2})
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["baseline.json"]


def test_a_link_stays_a_link(tmp_path):
    write(tmp_path / "real.json", Baseline())
    (tmp_path / "link.json").symlink_to("real.json")
    write(tmp_path / "link.json", Baseline({KNOWN: 1}))
    assert (tmp_path / "link.json").is_symlink()
    assert load(tmp_path / "real.json") == Baseline({KNOWN: 1})


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(BaselineError, match="no such file or directory"):
        write(tmp_path / "missing" / "baseline.json", Baseline())
    (tmp_path / "folder").mkdir()
    with pytest.raises(BaselineError, match="is a directory"):
        write(tmp_path / "folder", Baseline())
    assert os.listdir(tmp_path) == ["folder"]
