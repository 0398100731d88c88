"""Which findings a comment suppresses, and which comments suppress nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from torchlint.findings import Finding, Place
from torchlint.suppression import UnusedNoqa, apply, parse, unused

FINDING = Finding("TL101", "unregistered-buffer", "a.py", Place(2, 1, 3, 5), "Net", None, "x", "", (2, 4))
CODES = frozenset({"TL101", "TL102", "TL201", "TL901"})


def _text(line: int, comment: str) -> str:
    return "\n" * (line - 1) + f"x  {comment}\n"


@pytest.mark.parametrize("line", [2, 3, 4])
@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: TL101", "# noqa: E501, tl101", "# noqa: TL1", "# noqa: T1, TL10"]
)
def test_suppressed_on_any_line_of_the_statement(line, comment):
    kept, used = apply([FINDING], parse(_text(line, comment)))
    assert kept == ()
    assert len(used) == 1


@pytest.mark.parametrize(
    ("line", "comment"),
    [(1, "# noqa"), (5, "# noqa"), (2, "# noqa: E501"), (2, "# noqa: TL1010"), (2, "# noqa: TL102"), (2, "")],
)
def test_not_suppressed(line, comment):
    assert apply([FINDING], parse(_text(line, comment))) == ((FINDING,), frozenset())


def test_the_order_stays():
    findings = [
        replace(FINDING, attribute=name, code=code)
        for name, code in [("b", "TL1"), ("a", "TL2"), ("c", "TL3")]
    ]
    kept, _ = apply(findings, parse(_text(2, "# noqa: TL2")))
    assert [finding.attribute for finding in kept] == ["b", "c"]


def _unused(
    comment: str, findings: list[Finding] | None = None, enabled=CODES, known=CODES
) -> list[tuple[str, ...]]:
    suppressions = parse(_text(2, comment))
    _, used = apply(findings or [], suppressions)
    return [found.codes for found in unused(suppressions, used, enabled, known)]


def test_unused_codes_have_a_place():
    suppressions = parse(_text(2, "# why # noqa: TL101, E501, TL201 text"))
    assert list(unused(suppressions, frozenset(), CODES)) == [
        UnusedNoqa(Place(2, 10, 2, 36), ("TL101", "TL201")),
    ]


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# noqa: TL101", []),
        ("# noqa: TL101, TL102", [("TL102",)]),
        ("# noqa: TL1", []),
        ("# noqa: TL1, TL101", []),
        ("# noqa: TL2", [("TL2",)]),
        ("# noqa", []),
    ],
)
def test_used_codes_are_not_unused(comment, codes):
    assert _unused(comment, [FINDING]) == codes


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# noqa", []),
        ("# noqa: E501", []),
        ("# noqa: TL999", [("TL999",)]),
        ("# noqa: TL102", []),
        ("# noqa: TL1", []),
        ("# noqa: TL201", [("TL201",)]),
        ("# noqa: TL901", []),
        ("# noqa: TL201, TL901", []),
        ("# noqa: TL9, TL201", []),
        ("# noqa: TL201  # noqa: TL901", []),
        ("# noqa: TL201  # noqa", [("TL201",)]),
    ],
)
def test_only_enabled_and_unknown_codes_are_unused(comment, codes):
    assert _unused(comment, enabled=CODES - {"TL102"}) == codes
