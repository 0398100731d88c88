"""The baseline: findings that are known and kept silent, matched by file, class, attribute and code, not by line."""

from torchlint.baseline.applied import Baselines

__all__ = ["Baselines"]
