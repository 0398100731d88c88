"""Facts in a SQLite database, by the content of their files.

As with the results, nothing that goes wrong is an error: what cannot be had from here is parsed.
"""

from __future__ import annotations

import io
import pickle
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec.structs import replace

import torchlint.facts.ir as ir
import torchlint.facts.model as model
from torchlint.cache.folder import FACTS_NAME, KEPT_FOR, prepare, remove
from torchlint.facts.model import FileFacts
from torchlint.findings import Place
from torchlint.project.reads import digest_of

_PATIENCE = 0.5
"""How long another run may keep the database locked, in seconds."""
_CREATE = """CREATE TABLE IF NOT EXISTS facts
    (key TEXT PRIMARY KEY, used INTEGER, checksum TEXT, facts BLOB) WITHOUT ROWID"""
_INSERT = "INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)"
_SELECT = "SELECT used, checksum, facts FROM facts WHERE key = ?"
_CLASSES: dict[tuple[str, str], object] = {
    (cls.__module__, cls.__name__): cls
    for cls in (Place, *vars(model).values(), *vars(ir).values())
    if isinstance(cls, type) and cls.__module__.startswith("torchlint.")
}
_CLASSES |= {("builtins", "complex"): complex, ("builtins", "Ellipsis"): ...}
_FAILURES = (
    OSError,
    sqlite3.Error,
    pickle.UnpicklingError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    RecursionError,
    MemoryError,
)


class Database:
    """The facts in a folder. `told` is what they depend on beside the content."""

    def __init__(self, folder: Path, told: str) -> None:
        self._folder, self._told = folder, told
        self._new: dict[str, FileFacts] = {}
        self._old: set[str] = set()
        """The keys that were asked for, and have not been for days."""
        self._connection: sqlite3.Connection | None = None
        self._opened = False

    def get(self, path: str, data: bytes) -> FileFacts | None:
        """The facts of a file with this content; None where they are not known."""
        key = self._key(data)
        try:
            row = self._read(key)
            if row is None or digest_of(row[2]) != row[1]:
                return None
            facts = _Unpickler(io.BytesIO(row[2])).load()
        except _FAILURES:
            return None
        if not isinstance(facts, FileFacts):
            return None
        if time.time() - row[0] > KEPT_FOR / 10:
            self._old.add(key)
        return replace(facts, path=path)

    def put(self, data: bytes, facts: FileFacts) -> None:
        """Keep the facts of a content."""
        self._new[self._key(data)] = facts

    def save(self) -> None:
        """Write what is new, and forget what nobody has asked for in a long time."""
        if self._connection is not None:
            self._connection.close()
        if not self._new and not self._old:
            return
        try:
            prepare(self._folder)
            self._write()
        except sqlite3.DatabaseError as error:
            if type(error) is sqlite3.DatabaseError:  # damaged, or something else: the next run begins anew
                remove(self._folder / FACTS_NAME)
        except _FAILURES:
            pass

    def _key(self, data: bytes) -> str:
        return f"{self._told}-{digest_of(data)}"

    def _read(self, key: str) -> Any:
        if not self._opened:
            self._opened = True
            if (self._folder / FACTS_NAME).is_file():
                self._connection = sqlite3.connect(self._folder / FACTS_NAME, timeout=_PATIENCE)
        if self._connection is None:
            return None
        return self._connection.execute(_SELECT, (key,)).fetchone()

    def _write(self) -> None:
        now = int(time.time())
        with closing(sqlite3.connect(self._folder / FACTS_NAME, timeout=_PATIENCE)) as connection, connection:
            connection.execute(_CREATE)
            connection.executemany(
                _INSERT, [(key, now, *_pickled(facts)) for key, facts in self._new.items()]
            )
            connection.executemany(
                "UPDATE facts SET used = ? WHERE key = ?", [(now, key) for key in self._old]
            )
            connection.execute("DELETE FROM facts WHERE used < ?", (now - KEPT_FOR,))


def _pickled(facts: FileFacts) -> tuple[str, bytes]:
    data = pickle.dumps(facts, protocol=5)
    return digest_of(data), data


class _Unpickler(pickle.Unpickler):
    """Makes facts, and nothing else: whoever wrote the database may have been somebody else."""

    def find_class(self, module: str, name: str) -> Any:
        """One of the classes that facts are made of."""
        try:
            return _CLASSES[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name}") from None
