"""Writing a file: wholly or not at all, and nothing about it but its content changes."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from torchlint.files import SourceError
from torchlint.fixes.write import write_file


def fails(path: Path, before: bytes = b"old", after: bytes = b"new") -> str:
    with pytest.raises(SourceError) as info:
        write_file(str(path), before, after)
    assert info.value.path == str(path)
    return info.value.message


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o666])
def test_content_and_mode(tmp_path, mode):
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_file(str(path), b"old", b"new\r\n\xff")
    assert path.read_bytes() == b"new\r\n\xff"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_relative_path_and_a_very_long_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "n" * 252 + ".py"
    Path(name).write_bytes(b"old")
    write_file(name, b"old", b"new")
    assert Path(name).read_bytes() == b"new"


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_bytes(b"old")
    (tmp_path / "b.py").symlink_to("real/a.py")
    (tmp_path / "c.py").symlink_to(tmp_path / "b.py")
    write_file(str(tmp_path / "c.py"), b"old", b"new")
    assert (tmp_path / "b.py").is_symlink()
    assert (tmp_path / "c.py").is_symlink()
    assert (tmp_path / "real" / "a.py").read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path)) == ["b.py", "c.py", "real"]
    assert os.listdir(tmp_path / "real") == ["a.py"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    os.chown(path, 12345, 54321)
    path.chmod(0o2750)
    write_file(str(path), b"old", b"new")
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 54321, 0o2750)


def test_a_file_that_was_changed_is_left_alone(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"newer")
    assert "changed on disk while it was being fixed" in fails(path)
    assert path.read_bytes() == b"newer"
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_file_that_has_gone(tmp_path):
    assert fails(tmp_path / "a.py") == "cannot be written: no such file or directory"
    (tmp_path / "link.py").symlink_to("nowhere.py")
    assert fails(tmp_path / "link.py") == "cannot be written: no such file or directory"
    assert os.listdir(tmp_path) == ["link.py"]


def test_a_folder_in_its_place(tmp_path):
    (tmp_path / "a.py").mkdir()
    assert "directory" in fails(tmp_path / "a.py")
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_folder_that_may_not_be_written(open_folder, as_anybody):
    path = open_folder / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o666)
    open_folder.chmod(0o555)
    with as_anybody():
        assert fails(path) == "cannot be written: permission denied"
    assert path.read_bytes() == b"old"
    assert os.listdir(open_folder) == ["a.py"]


def test_a_file_that_may_not_be_written_although_its_folder_may(open_folder, as_anybody):
    path = open_folder / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with as_anybody():
        assert fails(path) == "cannot be written: permission denied"
    assert path.read_bytes() == b"old"
    assert os.listdir(open_folder) == ["a.py"]


def test_a_foreign_file_that_may_be_written_becomes_the_writers(open_folder, as_anybody):
    """The owner cannot be kept; the mode is."""
    path = open_folder / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o666)
    with as_anybody():
        write_file(str(path), b"old", b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o666


def test_a_disk_that_is_full(tmp_path):
    """A limit on the size of files stands for the disk: the write ends in the middle in the same way."""
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        message = fails(path, after=b"x" * 200_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert message == f"cannot be written: {os.strerror(errno.EFBIG).lower()}"
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.py"]
