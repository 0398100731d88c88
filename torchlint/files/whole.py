"""Writing a file that torchlint makes itself: whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from torchlint.files.source import SourceError, describe_os_error


def write_whole(path: Path, data: bytes) -> None:
    """Make or replace a file; what a symbolic link leads to is replaced. Raises SourceError."""
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "xb") as file:
            if os.path.exists(target):
                os.chmod(temporary, os.stat(target).st_mode & 0o7777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except (OSError, ValueError) as error:
        if not isinstance(error, FileExistsError):
            with suppress(OSError, ValueError):
                os.unlink(temporary)
        message = describe_os_error(error).replace("cannot be read", "cannot be written")
        raise SourceError(str(path), message) from error
