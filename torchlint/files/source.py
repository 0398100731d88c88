"""A source file as text: its decoding (PEP 263), its newline style, and the exact way back to bytes."""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BOM = codecs.BOM_UTF8
# The two expressions of PEP 263, on bytes: `tokenize.detect_encoding` (before Python 3.14) decodes the line
# as UTF-8 first and so rejects comments that CPython accepts.
# They are compiled when needed: few files declare an encoding.
_COOKIE = rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)"
_BLANK = rb"[ \t\f]*(?:#|$)"
_HEAD = rb"([^\r\n]*)(?:\r\n|\r|\n|\Z)([^\r\n]*)"


class SourceError(Exception):
    """A file that cannot be read or decoded: `path` as displayed, `message` for the user."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(path, message)  # both, so that the error survives pickling between processes
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class SourceFile:
    r"""The text of a file, and what it takes to write it back.

    `newline` is the commonest of "\n", "\r\n" and "\r" (the first one met, on a tie). `exact` is false
    where the codec does not give the same bytes back (it has two byte sequences for one character): such a
    file can be checked, but not rewritten.
    """

    path: str
    text: str
    encoding: str
    newline: str
    bom: bool
    exact: bool = True


def read_bytes(path: Path | str) -> bytes:
    """Return the content of a regular file.

    Raises SourceError if it has vanished, is a directory, a pipe or a device, or cannot be read.
    """
    # Without O_NONBLOCK, opening a named pipe waits for a writer that may never come.
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    )
    try:
        descriptor = os.open(path, flags)
        try:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                what = "is a directory" if stat.S_ISDIR(mode) else "is not a regular file"
                raise SourceError(str(path), f"cannot be read: {what}")
            with io.FileIO(descriptor, closefd=False) as file:
                return file.readall() or b""
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        raise SourceError(str(path), describe_os_error(error)) from error


def describe_os_error(error: OSError | ValueError) -> str:
    """Say in words why a file or directory could not be read."""
    if isinstance(error, FileNotFoundError):
        return "no such file or directory"
    if isinstance(error, IsADirectoryError):
        return "cannot be read: is a directory"
    if isinstance(error, OSError):
        return f"cannot be read: {(error.strerror or str(error)).lower()}"
    return f"cannot be read: {error}"


def decode(path: str, data: bytes) -> SourceFile:
    """Decode a file as Python does: by its BOM, else its coding cookie, else as UTF-8. Newlines are kept.

    Raises SourceError if the data is binary, the encoding is unknown, or the bytes are not valid in it.
    """
    if b"\0" in data:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise SourceError(path, "is encoded as UTF-16 or UTF-32, which Python cannot read as source code")
        raise SourceError(path, "is a binary file (it contains null bytes)")
    bom = data.startswith(_BOM)
    body = data[len(_BOM) :] if bom else data
    cookie = _find_cookie(body)
    encoding = "utf-8" if cookie is None else _codec_name(path, cookie)
    if bom and encoding != "utf-8":
        raise SourceError(path, f"has a UTF-8 byte order mark, but declares the encoding {cookie!r}")
    try:
        text = body.decode(encoding)
    except (LookupError, ValueError) as error:
        raise SourceError(path, _decoding_message(body, cookie, error)) from error
    exact = encoding == "utf-8" or _encodes_back(text, encoding, body)
    return SourceFile(path, text, encoding, _newline_style(text), bom, exact)


def encode(source: SourceFile) -> bytes:
    """Return the bytes of a source file: for an unchanged text, exactly those it was decoded from.

    Raises SourceError if the text cannot be written in the file's encoding, or not without changing other
    bytes.
    """
    if not source.exact:
        message = f"cannot be rewritten: its encoding {source.encoding!r} does not give the same bytes back"
        raise SourceError(source.path, message)
    try:
        body = source.text.encode(source.encoding)
    except UnicodeError as error:
        raise SourceError(source.path, f"cannot be written as {source.encoding!r}: {error}") from error
    return _BOM + body if source.bom else body


def split_lines(text: str) -> list[str]:
    r"""Split text into lines, ends kept, where Python's tokenizer does: at \n, \r\n and \r only."""
    return list(io.StringIO(text, newline=""))


def _find_cookie(body: bytes) -> str | None:
    """The encoding declared in the first two lines; the second counts only after a comment or a blank."""
    head = re.match(_HEAD, body) if b"coding" in body else None
    if head is None or b"coding" not in head.group():
        return None
    first, second = head.groups()
    found = re.match(_COOKIE, first)
    if found is None and re.match(_BLANK, first):
        found = re.match(_COOKIE, second)
    return found.group(1).decode("ascii") if found else None


def _codec_name(path: str, cookie: str) -> str:
    # As CPython: Emacs writes "utf-8-unix" and "latin-1-dos" for an encoding with its newline style.
    folded = cookie[:12].lower().replace("_", "-")
    if folded == "utf-8" or folded.startswith("utf-8-"):
        return "utf-8"
    latin = ("latin-1", "iso-8859-1", "iso-latin-1")
    if folded in latin or folded.startswith(tuple(f"{name}-" for name in latin)):
        return "iso-8859-1"
    try:
        return codecs.lookup(cookie).name
    except (LookupError, ValueError) as error:
        raise SourceError(path, f"declares an unknown encoding: {cookie!r}") from error


def _decoding_message(body: bytes, cookie: str | None, error: LookupError | ValueError) -> str:
    if isinstance(error, LookupError):
        return f"declares the encoding {cookie!r}, which is not a text encoding"
    where = ""
    if isinstance(error, UnicodeDecodeError) and error.start < len(body):
        before = body[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        where = f": byte 0x{body[error.start]:02x} in line {before.count(10) + 1}"
    if cookie is None:
        return f"is not valid UTF-8 and declares no other encoding{where}"
    return f"declares the encoding {cookie!r}, but is not valid in it{where}"


def _encodes_back(text: str, encoding: str, body: bytes) -> bool:
    try:
        return text.encode(encoding) == body
    except (LookupError, ValueError):
        return False


def _newline_style(text: str) -> str:
    if "\r" not in text:
        return "\n"
    windows = text.count("\r\n")
    counts = {"\r\n": windows, "\n": text.count("\n") - windows, "\r": text.count("\r") - windows}
    most = max(counts.values())
    # Where two styles tie, the first one in the file.
    return min((n for n, count in counts.items() if count == most), key=lambda n: _first_newline(text, n))


def _first_newline(text: str, newline: str) -> int:
    if newline == "\r\n":
        return text.find(newline)
    found = re.search(r"\r(?!\n)" if newline == "\r" else r"(?<!\r)\n", text)
    return found.start() if found else len(text)
