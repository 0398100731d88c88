"""Which rules are on for a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from torchlint.config.globs import compile_glob
from torchlint.config.settings import Settings

_Codes = tuple[str, ...]


def enabled_codes(settings: Settings, path: str | Path, all_codes: Mapping[str, bool]) -> frozenset[str]:
    """Return the codes of the rules that are on for a file; `all_codes` tells which are on by default.

    The longest prefix that matches a code decides between `select` and `ignore` ("ALL" is the shortest); on a
    tie, `ignore`. Then `per-file-ignores` takes codes away: its globs match the file's name, or its path
    relative to the settings' root; after "!", they hold for all files that do not match.
    """
    enabled = _selected(settings.select, settings.extend_select, settings.ignore, tuple(all_codes.items()))
    if not settings.per_file_ignores:
        return enabled
    absolute = os.path.abspath(path).replace(os.sep, "/")
    root = str(settings.root).replace(os.sep, "/").rstrip("/") + "/"
    name, relative = os.path.basename(absolute), absolute.removeprefix(root)
    for glob, codes in settings.per_file_ignores:
        regex = compile_glob(glob.removeprefix("!"))
        matched = regex.match(name) is not None or regex.match(relative) is not None
        if matched != glob.startswith("!"):
            enabled = frozenset(code for code in enabled if longest_prefix(code, codes) < 0)
    return enabled


@lru_cache(maxsize=64)
def _selected(
    select: _Codes | None, extend_select: _Codes, ignore: _Codes, all_codes: tuple[tuple[str, bool], ...]
) -> frozenset[str]:
    chosen = (*(select or ()), *extend_select)
    enabled = set()
    for code, on_by_default in all_codes:
        by_default = select is None and on_by_default
        selected, ignored = longest_prefix(code, chosen), longest_prefix(code, ignore)
        if (by_default and ignored < 0) or selected > ignored:
            enabled.add(code)
    return frozenset(enabled)


def longest_prefix(code: str, prefixes: _Codes) -> int:
    """Return the length of the longest prefix of a code among some, 0 for "ALL", -1 for none."""
    return max(
        (0 if p == "ALL" else len(p) for p in prefixes if p == "ALL" or code.startswith(p)), default=-1
    )
