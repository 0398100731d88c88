"""The folder of the cache: what is in it, how a file gets there whole or not at all, and how all of it is removed."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

FOLDER_NAME = ".torchlint_cache"
FACTS_NAME = "facts.sqlite"
_TAG_NAME, _IGNORE_NAME, _SUFFIX, _UNFINISHED = "CACHEDIR.TAG", ".gitignore", ".results", ".unfinished"
_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# This file marks a directory as the cache of torchlint: https://bford.info/cachedir/
"""
_IGNORE = "# made by torchlint\n*\n"
KEPT_FOR = 30 * 24 * 3600
"""How long results and facts are kept that no run has asked for, in seconds."""
_UNFINISHED_FOR = 3600


def prepare(folder: Path) -> None:
    """Make the folder, if there is none. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in ((_TAG_NAME, _TAG), (_IGNORE_NAME, _IGNORE)):
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")


def results_file(folder: Path, key: str) -> Path:
    """Where the results are that go by a key."""
    return folder / f"{key}{_SUFFIX}"


def write(folder: Path, key: str, parts: list[bytes]) -> None:
    """Write results, if that is possible; whoever reads at the same time sees the old ones or the new."""
    unfinished = None
    try:
        prepare(folder)
        unfinished = folder / f"{key}.{os.getpid()}-{time.time_ns()}{_UNFINISHED}"
        with unfinished.open("xb") as file:
            file.writelines(parts)
        os.replace(unfinished, results_file(folder, key))
    except OSError:  # a full disk, a folder that is not ours to write: results are made again each time
        if unfinished is not None:
            remove(unfinished)
        return
    _remove_old(folder)


def used(path: Path) -> None:
    """Note that results were asked for: those that nobody asks for are removed after a while."""
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > KEPT_FOR / 10:
            os.utime(path)


def clean(folder: Path) -> bool:
    """Remove a cache. Whether there was one. Raises OSError where it cannot be removed.

    Only what torchlint has written is removed, and the folder itself only if nothing else is in it.
    """
    if not (folder / _TAG_NAME).is_file():
        return False
    for path in (*_own(folder), folder / FACTS_NAME, folder / f"{FACTS_NAME}-journal"):
        path.unlink(missing_ok=True)
    (folder / _IGNORE_NAME).unlink(missing_ok=True)
    (folder / _TAG_NAME).unlink(missing_ok=True)
    if not any(folder.iterdir()) and not folder.is_symlink():
        folder.rmdir()
    return True


def _own(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix in (_SUFFIX, _UNFINISHED)]


def _remove_old(folder: Path) -> None:
    now = time.time()
    with suppress(OSError):  # somebody else removes it just now
        for path in _own(folder):
            if now - path.stat().st_mtime > (KEPT_FOR if path.suffix == _SUFFIX else _UNFINISHED_FOR):
                remove(path)


def remove(path: Path) -> None:
    """Remove a file, if that is possible."""
    with suppress(OSError):
        path.unlink()
