from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest


@contextmanager
def powerless() -> Iterator[None]:
    """As a user whom permissions hold back: where the tests run as root, as somebody else."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def as_anybody() -> Callable[[], AbstractContextManager[None]]:
    """Gives a context in which permissions count."""
    if not hasattr(os, "seteuid"):
        pytest.skip("needs POSIX permissions")
    return powerless


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter and write to."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)
