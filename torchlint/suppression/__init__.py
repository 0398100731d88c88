"""Suppressions: `# noqa` and `# torchlint: skip-file`. Pure: text and findings in, findings or edits out."""

from torchlint.suppression.adding import AddedNoqa, add_noqa, problem_of_reason
from torchlint.suppression.comments import Noqa, Suppressions, parse
from torchlint.suppression.matching import UnusedNoqa, Used, apply, unused

__all__ = [
    "AddedNoqa",
    "Noqa",
    "Suppressions",
    "UnusedNoqa",
    "Used",
    "add_noqa",
    "apply",
    "parse",
    "problem_of_reason",
    "unused",
]
