"""The facts of files that were read for the sake of others: who checks one file need not parse its bases again."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torchlint.cache.database import Database
    from torchlint.facts.model import FileFacts

_WORTH = 4096
"""The bytes of a file from which on looking it up is quicker than parsing it."""


class Facts:
    """What is known of contents. `told` is what facts depend on beside the content."""

    def __init__(self, folder: Path, told: str) -> None:
        self._folder, self._told = folder, told

    def get(self, path: str, data: bytes) -> FileFacts | None:
        """The facts of a file with this content; None where they are not known."""
        if len(data) < _WORTH or self._database is None:
            return None
        return self._database.get(path, data)

    def put(self, data: bytes, facts: FileFacts) -> None:
        """Keep the facts of a content."""
        if len(data) >= _WORTH and self._database is not None:
            self._database.put(data, facts)

    def save(self) -> None:
        """Leave what is new to the next run."""
        opened: Database | None = self.__dict__.get("_database")
        if opened is not None:
            opened.save()

    @cached_property
    def _database(self) -> Database | None:
        try:
            from torchlint.cache.database import Database  # many runs read no other file
        except ImportError:  # a Python that was built without SQLite
            return None
        return Database(self._folder, self._told)
