"""Paths to source files: which files to check, and their text. Knows nothing of Python syntax."""

from torchlint.files.discover import DEFAULT_EXCLUDE, Discovered, ExcludeSettings, discover
from torchlint.files.source import SourceError, SourceFile, decode, encode, read_bytes, split_lines

__all__ = [
    "DEFAULT_EXCLUDE",
    "Discovered",
    "ExcludeSettings",
    "SourceError",
    "SourceFile",
    "decode",
    "discover",
    "encode",
    "read_bytes",
    "split_lines",
]
