"""Whether a fix may be applied: what the settings say on top of what its rule says."""

from __future__ import annotations

from dataclasses import replace

from torchlint.config import Settings, longest_prefix
from torchlint.findings import Applicability, Finding, Fix

TURNED_OFF = "the configuration turns it off"
BROKEN = "the configuration that may turn it off cannot be used"
DEMOTED = "the configuration calls it unsafe"


def settled(finding: Finding, settings: Settings) -> Finding:
    """Return the finding with its fix as the settings of its file have it: promoted, demoted, or taken away.

    Of two lists that name the rule, the one with the longer prefix decides; on a tie, the more careful one.
    """
    fix = finding.fix
    if fix is None:
        return finding
    if settings.broken:
        return replace(finding, fix=None, unfixable=BROKEN)
    allowed = 0 if settings.fixable is None else longest_prefix(finding.code, settings.fixable)
    if allowed < 0 or longest_prefix(finding.code, settings.unfixable) >= allowed:
        return replace(finding, fix=None, unfixable=TURNED_OFF)
    applicability = _applicability(finding.code, fix, settings)
    if applicability == fix.applicability:
        return finding
    reason = None if applicability == "safe" else DEMOTED
    message = fix.message if reason is None else f"{fix.message}; but {reason}"
    return replace(finding, fix=replace(fix, applicability=applicability, message=message, reason=reason))


def applies(finding: Finding, settings: Settings) -> bool:
    """Whether `--fix` applies the fix of a finding whose fix is settled."""
    return finding.fix is not None and (finding.fix.applicability == "safe" or settings.unsafe_fixes)


def _applicability(code: str, fix: Fix, settings: Settings) -> Applicability:
    promoted = longest_prefix(code, settings.extend_safe_fixes)
    demoted = longest_prefix(code, settings.extend_unsafe_fixes)
    if promoted == demoted == -1:
        return fix.applicability
    return "safe" if promoted > demoted else "unsafe"
