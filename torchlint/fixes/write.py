"""Writing a changed file: wholly or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from torchlint.files.source import SourceError, read_bytes


def write_file(path: str, before: bytes, after: bytes) -> None:
    """Replace the content of a file, which must still be `before`. Its mode stays, and its owner where that may be.

    A symbolic link stays one: the file that it leads to is written. Raises SourceError, and leaves all as it was, if
    the file was changed or cannot be written.
    """
    try:
        real = os.path.realpath(path)
        status = os.stat(real)
        # Renaming needs no permission to write the file itself: whoever took that away did not want it changed.
        if not os.access(real, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise PermissionError(0, "permission denied")
        temporary = _written_beside(real, after, status)
        try:
            if read_bytes(Path(real)) != before:
                raise SourceError(path, "was changed on disk while it was being fixed: not written")
            os.replace(temporary, real)
        except BaseException:
            _remove(temporary)
            raise
        _flush_folder(os.path.dirname(real))
    except OSError as error:
        reason = "no such file or directory" if isinstance(error, FileNotFoundError) else error.strerror
        raise SourceError(path, f"cannot be written: {(reason or str(error)).lower()}") from error
    except SourceError as error:
        raise SourceError(path, error.message) from error


def _written_beside(real: str, data: bytes, status: os.stat_result) -> str:
    """A new file in the same folder with this content, and the owner and mode of `status`."""
    descriptor, temporary = tempfile.mkstemp(prefix=".torchlint-", suffix=".tmp", dir=os.path.dirname(real))
    try:
        with open(descriptor, "wb") as file:
            if hasattr(os, "fchown"):
                with suppress(PermissionError):
                    os.fchown(descriptor, status.st_uid, status.st_gid)
            os.chmod(temporary, stat.S_IMODE(status.st_mode))  # after the owner: that takes set-user-id away
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        _remove(temporary)
        raise
    return temporary


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def _flush_folder(folder: str) -> None:
    """Make the renaming last, where a folder can be flushed."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
