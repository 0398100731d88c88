"""Writing to standard output and standard error: colour or not, any encoding, a reader that has gone away."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

import click

from torchlint.report.text import Style

_READER_GONE = (errno.EPIPE, errno.EINVAL)  # the second is what Windows says


def wants_color(choice: str, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to write colour; for `auto`, as NO_COLOR, FORCE_COLOR and the terminal say."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return environment.get("TERM") != "dumb" and is_terminal(stream)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at the stream."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


class OutputError(Exception):
    """A stream that cannot be written to, for another reason than a reader who has gone away."""


class Output:
    """Standard output or standard error, with the style that it should have."""

    def __init__(
        self, stream: TextIO, color: str = "auto", environment: Mapping[str, str] | None = None
    ) -> None:
        """Write to `stream`; `color` is `auto`, `always` or `never`."""
        self._stream = stream
        self._open = True
        self.is_terminal = is_terminal(stream)
        self.style = Style(wants_color(color, stream, os.environ if environment is None else environment))

    @property
    def encoding(self) -> str:
        """How the stream encodes text."""
        return self._stream.encoding or "utf-8"

    def write(self, lines: Iterable[str]) -> None:
        """Write the lines. Once the reader is gone (`| head`), do nothing."""
        text = "".join(f"{line}\n" for line in lines)
        if not text or not self._open:
            return
        text = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        try:
            click.echo(text, file=self._stream, nl=False, color=self.style.color)
        except OSError as error:
            self._fail(error)

    def write_bytes(self, data: bytes) -> None:
        """Write the bytes as they are. Once the reader is gone, do nothing."""
        if not data or not self._open:
            return
        try:
            self._stream.flush()
            self._stream.buffer.write(data)
            self._stream.flush()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self._open = False
        self._discard()
        if error.errno not in _READER_GONE:
            raise OutputError(f"cannot write the output: {error.strerror}") from error

    def _discard(self) -> None:
        """Send what is still in the buffer nowhere, so that the interpreter can flush it at exit."""
        try:
            descriptor = self._stream.fileno()
        except (OSError, ValueError):
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def standard_output(color: str) -> Output:
    """Standard output."""
    return Output(sys.stdout, color)


def standard_error(color: str) -> Output:
    """Standard error."""
    return Output(sys.stderr, color)
