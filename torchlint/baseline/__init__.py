"""The baseline: findings that are known and kept silent, matched by file, class, attribute and code, not by line."""

from torchlint.baseline.file import BaselineError, load, parse, render, write
from torchlint.baseline.known import Baseline, Known, Silenced, silence, updated

__all__ = [
    "Baseline",
    "BaselineError",
    "Known",
    "Silenced",
    "load",
    "parse",
    "render",
    "silence",
    "updated",
    "write",
]
