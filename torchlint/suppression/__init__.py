"""Suppressions: `# noqa` and `# torchlint: skip-file`. Pure: text and findings in, findings out."""

from torchlint.suppression.comments import Noqa, Suppressions, parse
from torchlint.suppression.matching import UnusedNoqa, Used, apply, unused

__all__ = ["Noqa", "Suppressions", "UnusedNoqa", "Used", "apply", "parse", "unused"]
