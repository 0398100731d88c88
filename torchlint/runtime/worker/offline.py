"""Whether an exception says that the network was needed."""

from __future__ import annotations

import socket
import urllib.error

_ERRORS = (urllib.error.URLError, socket.gaierror, ConnectionError)
_DEEPEST = 10


def needs_network(error: BaseException | None) -> bool:
    """Whether it, or what it was raised from, is an error of the network."""
    for _ in range(_DEEPEST):
        if error is None:
            return False
        if isinstance(error, _ERRORS) or "urlopen error" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
