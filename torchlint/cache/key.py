"""What results go by: everything but the sources that they come from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import torchlint
from torchlint.project.reads import digest_of, installed_folders


def key_of(*parts: object) -> str:
    """The key of the results of a run; `parts` are what the run was told.

    Its own are the version of torchlint (the files of it, for whoever works on it), that of Python, where imports are
    looked for, and the working directory, which paths count from.
    """
    own = (torchlint.__version__, list(_own_files()), sys.version, installed_folders(), os.getcwd())
    return digest_of(repr((own, parts)).encode("utf-8", "surrogateescape"))


def _own_files() -> Iterable[tuple[str, int, int]]:
    """The files of torchlint, with size and time of change; none where it is not on the disk."""
    package = os.path.dirname(os.path.abspath(torchlint.__file__))
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            if name.endswith(".py"):
                status = Path(folder, name).stat()
                yield os.path.join(folder, name), status.st_size, status.st_mtime_ns
