"""The facts that are kept: whatever is in their database, a run reports what it would report without."""

from __future__ import annotations

import os
import pickle
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import torchlint
from torchlint.cache.facts import Facts
from torchlint.facts.index import index
from torchlint.findings import Report
from torchlint.project.files import FileStore
from torchlint.project.reads import digest_of

ROOT = Path(torchlint.__file__).parents[1]
PADDING = "# nothing\n" * 500
BASE = """\
import torch
from torch import nn


class Base(nn.Module):
    def keep(self, n):
        self.kept = torch.zeros(n)
"""
NET = """\
import torch
from base import Base


class Net(Base):
    def __init__(self, n):
        super().__init__()
        self.pe = torch.zeros(n)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "base.py").write_text(BASE + PADDING)
    (tmp_path / "net.py").write_text(NET)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check_changed(project: Path) -> tuple[Report, Report]:
    """The reports on a file that has changed, with the cache and without."""
    net = project / "net.py"
    net.write_text(net.read_text() + "# changed\n")
    return torchlint.check(["net.py"], cache=".torchlint_cache"), torchlint.check(["net.py"])


def database(project: Path) -> Path:
    return project / ".torchlint_cache" / "facts.sqlite"


def rows(project: Path) -> list[tuple[str, int, str, bytes]]:
    with closing(sqlite3.connect(database(project))) as connection:
        return connection.execute("SELECT * FROM facts").fetchall()


def test_a_base_is_parsed_once_for_many_runs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torchlint.check(["net.py"], cache=".torchlint_cache")
    parsed: list[str] = []
    add = FileStore.add

    def noted(self: FileStore, path: str, *others: object, **named: object) -> object:
        parsed.append(os.path.basename(path))
        return add(self, path, *others, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(FileStore, "add", noted)
    cached = torchlint.check(["net.py"], cache=".torchlint_cache")
    assert parsed == []
    (project / "net.py").write_text(NET + "# changed\n")
    assert torchlint.check(["net.py"], cache=".torchlint_cache") == cached
    assert parsed == ["net.py"]
    assert [finding.attribute for finding in cached.findings] == ["pe"]
    (project / "base.py").write_text(BASE.replace("nn.Module", "object") + PADDING)
    assert torchlint.check(["net.py"], cache=".torchlint_cache").findings == ()
    assert parsed == ["net.py", "net.py", "base.py"]


def test_what_is_kept_is_what_is_parsed(tmp_path: Path) -> None:
    """For every file of the fixtures and of torchlint: the way through the database changes nothing."""
    paths = [*(ROOT / "fixtures").rglob("*.py"), *(ROOT / "torchlint").rglob("*.py")]
    assert len(paths) > 100
    contents = {str(path): path.read_bytes() + PADDING.encode() for path in paths}
    written = Facts(tmp_path, "told")
    for path, data in contents.items():
        written.put(data, index(path, data.decode(), data))
    written.save()
    read, other = Facts(tmp_path, "told"), Facts(tmp_path, "told otherwise")
    for path, data in contents.items():
        assert read.get(path, data) == index(path, data.decode(), data)
        assert other.get(path, data) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"no database at all",
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:200] + b"\xff" * 3000 + data[3200:],
        lambda data: data[:-3000] + b"\xff" * 3000,
    ],
)
def test_a_damaged_database(project: Path, damage: Callable[[bytes], bytes]) -> None:
    torchlint.check(["net.py"], cache=".torchlint_cache")
    path = database(project)
    path.write_bytes(damage(path.read_bytes()))
    for _ in range(3):
        cached, fresh = check_changed(project)
        assert cached == fresh
        assert len(fresh.findings) == 1


def test_facts_that_are_not_what_was_written(project: Path) -> None:
    torchlint.check(["net.py"], cache=".torchlint_cache")
    with closing(sqlite3.connect(database(project))) as connection, connection:
        connection.execute("UPDATE facts SET facts = replace(facts, 'keep', 'peek')")
    cached, fresh = check_changed(project)
    assert cached == fresh


def test_a_python_without_sqlite(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchlint.cache.database", None)
    for _ in range(2):
        cached, fresh = check_changed(project)
        assert cached == fresh
    assert not database(project).exists()


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch evil.txt",)


@pytest.mark.parametrize("content", [Evil(), {"facts": 1}, 3, None, [Evil()]])
def test_a_database_that_somebody_else_wrote_runs_nothing(project: Path, content: object) -> None:
    torchlint.check(["net.py"], cache=".torchlint_cache")
    data = pickle.dumps(content)
    with closing(sqlite3.connect(database(project))) as connection, connection:
        connection.execute("UPDATE facts SET facts = ?, checksum = ?", (data, digest_of(data)))
    cached, fresh = check_changed(project)
    assert cached == fresh
    assert not (project / "evil.txt").exists()


def test_a_database_that_another_run_holds(project: Path) -> None:
    torchlint.check(["net.py"], cache=".torchlint_cache")
    (project / "base.py").write_text(BASE + PADDING + "# other\n")
    with closing(sqlite3.connect(database(project))) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        cached, fresh = check_changed(project)
        assert cached == fresh
    assert len(rows(project)) == 1
    check_changed(project)
    assert len(rows(project)) == 2


def test_what_nobody_asks_for_is_forgotten(project: Path) -> None:
    torchlint.check(["net.py"], cache=".torchlint_cache")
    long_ago = int(time.time()) - 20 * 24 * 3600
    with closing(sqlite3.connect(database(project))) as connection, connection:
        connection.execute("UPDATE facts SET used = ?", (long_ago,))
        connection.execute("INSERT INTO facts VALUES ('gone', ?, '', '')", (long_ago * 0,))
    check_changed(project)
    ((_, used, _, _),) = rows(project)
    assert used > long_ago
