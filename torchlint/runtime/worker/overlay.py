"""Imports that take the text of some files from elsewhere, and not from the disk."""

from __future__ import annotations

import io
import json
import linecache
import os
import tokenize
from importlib.machinery import SourceFileLoader
from types import CodeType


def lay_over(overlay_file: str) -> None:
    """From now on, import files with the contents that the file has: a JSON object, by absolute path (links followed).

    The contents are bytes, written as Latin-1. Source lines that Python shows or inspects are theirs too.
    """
    with open(overlay_file, encoding="utf-8") as stream:
        contents: dict[str, str] = json.load(stream)
    load = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        text = contents.get(os.path.realpath(path))
        if text is None:
            return load(self, fullname)
        data = text.encode("latin-1")
        code: CodeType = self.source_to_code(data, path)
        linecache.cache[path] = (len(data), None, _lines(data), path)
        return code

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]


def _lines(data: bytes) -> list[str]:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.StringIO(data.decode(encoding), newline=None).readlines()
