"""What the configuration makes of a fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchlint.config import Settings
from torchlint.findings import Edit, Finding, Fix, Place
from torchlint.fixes.applicability import applies, settled

PLACE = Place(1, 1, 1, 2)


def finding(applicability, code="TL101"):
    fix = None if applicability is None else Fix(applicability, "Do it", (Edit(PLACE, "x"),))
    return Finding(code, "rule", "a.py", PLACE, "Net", "f", "x", "is lost", (1, 1), fix)


@pytest.mark.parametrize(
    ("settings", "safe", "unsafe"),
    [
        ({}, "safe", "unsafe"),
        ({"extend_safe_fixes": ("TL1",)}, "safe", "safe"),
        ({"extend_unsafe_fixes": ("ALL",)}, "unsafe", "unsafe"),
        ({"extend_safe_fixes": ("TL101",), "extend_unsafe_fixes": ("TL1",)}, "safe", "safe"),
        ({"extend_safe_fixes": ("TL1",), "extend_unsafe_fixes": ("TL101",)}, "unsafe", "unsafe"),
        ({"extend_safe_fixes": ("TL1",), "extend_unsafe_fixes": ("TL1",)}, "unsafe", "unsafe"),
        ({"extend_safe_fixes": ("TL2",)}, "safe", "unsafe"),
        ({"fixable": ("TL1",)}, "safe", "unsafe"),
        ({"fixable": ("ALL",)}, "safe", "unsafe"),
        ({"fixable": ("TL2",)}, None, None),
        ({"fixable": ()}, None, None),
        ({"unfixable": ("TL1",)}, None, None),
        ({"unfixable": ("ALL",)}, None, None),
        ({"fixable": ("TL101",), "unfixable": ("TL1",)}, "safe", "unsafe"),
        ({"fixable": ("TL1",), "unfixable": ("TL101",)}, None, None),
        ({"unfixable": ("TL2",)}, "safe", "unsafe"),
    ],
)
def test_settled(settings, safe, unsafe):
    settings = Settings(root=Path(), **settings)
    for given, expected in (("safe", safe), ("unsafe", unsafe)):
        result = settled(finding(given), settings)
        assert (result.fix and result.fix.applicability) == expected
        assert (result.unfixable == "the configuration turns it off") is (expected is None)


def test_what_has_no_fix_keeps_its_reason():
    from dataclasses import replace

    plain = replace(finding(None), unfixable="it has a graph")
    assert settled(plain, Settings(root=Path(), unfixable=("ALL",))) == plain


@pytest.mark.parametrize("unsafe_fixes", [False, True])
def test_applies(unsafe_fixes):
    settings = Settings(root=Path(), unsafe_fixes=unsafe_fixes)
    assert applies(finding("safe"), settings)
    assert applies(finding("unsafe"), settings) is unsafe_fixes
    assert not applies(finding(None), settings)
