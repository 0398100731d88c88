"""Which findings a baseline knows, and what its next version keeps."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from torchlint.baseline.known import Baseline, Known, silence, updated
from torchlint.findings import Finding, Place

FINDING = Finding(
    "TL101", "unregistered-buffer", "src/a.py", Place(8, 9, 8, 15), "Net", "__init__", "t", "", (8, 8)
)
KNOWN = Known("src/a.py", "Net", "t", "TL101")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path)


def remaining(findings, baseline, folder="."):
    return silence(findings, baseline, folder).remaining


def test_known_wherever_it_stands():
    moved = replace(FINDING, place=Place(80, 1, 81, 2), statement=(80, 90), method="build", message="other")
    assert silence([moved], Baseline({KNOWN: 1}), ".").silenced == 1
    assert remaining([moved], Baseline({KNOWN: 1})) == ()


@pytest.mark.parametrize(
    "other",
    [
        replace(FINDING, path="src/b.py"),
        replace(FINDING, path="a.py"),
        replace(FINDING, class_name="Other"),
        replace(FINDING, class_name=None),
        replace(FINDING, attribute="u"),
        replace(FINDING, code="TL102"),
    ],
)
def test_new_ones_remain(other):
    assert remaining([FINDING, other], Baseline({KNOWN: 1})) == (other,)


def test_more_than_are_known():
    findings = [replace(FINDING, place=Place(line, 1, line, 5)) for line in (3, 5, 9)]
    result = silence(findings, Baseline({KNOWN: 2}), ".")
    assert (result.remaining, result.silenced) == ((findings[2],), 2)


def test_unused_suppressions_are_never_known():
    unused = Finding("TL901", "unused-noqa", "src/a.py", Place(8, 9, 8, 15), None, None, None, "", (8, 8))
    key = Known("src/a.py", None, None, "TL901")
    assert remaining([unused], Baseline({key: 1})) == (unused,)
    assert updated(Baseline(), [unused], ".", lambda path: True) == Baseline()


def test_paths_count_from_the_folder_of_the_baseline(tmp_path, monkeypatch):
    inside = Baseline({Known("a.py", "Net", "t", "TL101"): 1})
    below = Baseline({Known("../src/a.py", "Net", "t", "TL101"): 1})
    (tmp_path / "other").mkdir()
    assert remaining([FINDING], inside, "src") == ()
    assert remaining([FINDING], below, "other") == ()
    monkeypatch.chdir(tmp_path / "src")
    assert remaining([replace(FINDING, path="a.py")], inside, str(tmp_path / "src")) == ()
    assert remaining([replace(FINDING, path=str(tmp_path / "src/a.py"))], inside, ".") == ()


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links here")
def test_a_folder_by_another_name(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "src")
    baseline = Baseline({Known("a.py", "Net", "t", "TL101"): 1})
    assert remaining([FINDING], baseline, "link") == ()
    assert remaining([replace(FINDING, path="link/a.py")], baseline, "src") == ()


def test_the_next_version_drops_what_is_gone_and_counts_anew():
    gone = Known("src/a.py", "Net", "gone", "TL101")
    new = replace(FINDING, attribute="u")
    baseline = updated(Baseline({KNOWN: 3, gone: 1}), [FINDING, FINDING, new], ".", lambda path: True)
    assert baseline == Baseline({KNOWN: 2, Known("src/a.py", "Net", "u", "TL101"): 1})


def test_the_next_version_keeps_what_was_not_checked(tmp_path):
    elsewhere = Known("lib/b.py", "Net", "t", "TL101")
    asked = []

    def checked(path):
        asked.append(path)
        return path.endswith("a.py")

    baseline = updated(Baseline({KNOWN: 1, elsewhere: 2}), [], ".", checked)
    assert baseline == Baseline({elsewhere: 2})
    assert asked == [str(tmp_path / "src/a.py"), str(tmp_path / "lib/b.py")]
