"""What is asked of files without parsing them: quick looks at their bytes. The same bytes give the same answer."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

COMPUTED = "*"
"""In place of the name of an attribute: attributes whose names are computed."""
_STAR = re.compile(rb"\bimport[\s\\(]*\*")
_STAR_LINE = re.compile(rb"^.*\bimport[\s\\(]*\*.*$", re.MULTILINE)
_BY_NAME = re.compile(rb"setattr\b|__dict__\b|vars\(")
_BY_NAME_PLAINLY = (b"setattr", b"__dict__", b"vars(")


class Question(NamedTuple):
    """A question about one file: `defines`, `mentions`, `stars`, `speaks` or `looks_up`, and about what names."""

    kind: str
    names: tuple[str, ...]


class Search(NamedTuple):
    """A question to all files of a project: those below a folder (`deep`), or in it."""

    kind: str
    """`mentioning`, `building`, `deriving`, `naming`, `calling` or `storing`."""
    name: str
    folder: str
    deep: bool

    @property
    def takes_any(self) -> bool:
        """Whether it ends at the first file that is found."""
        return self.kind == "calling"


def files_of_project(list_files: Callable[[str], Sequence[str]], folder: str, deep: bool) -> tuple[str, ...]:
    """The files (absolute) of the project in a folder; `list_files` gives those below one."""
    return tuple(os.path.abspath(path) for path in (list_files(folder) if deep else _beside(folder)))


def _beside(folder: str) -> list[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
    return [entry.path for entry in entries if entry.name.endswith(".py") and entry.is_file()]


def answer(question: Question, data: bytes) -> bool:
    """The answer that the bytes of a file give.

    `defines`: it may define or star-import the name. `mentions`: the name stands in it. `stars`: the lines of its star
    imports are these. `speaks`: one of the names stands in it as a whole word.
    `looks_up`: it names the attribute, the first of the names, behind one of the others (`Net.x`,
    `setattr(Net, "x", …)`).
    """
    kind, names = question
    if kind == "defines":
        return _encoded(names[0]) in data or _STAR.search(data) is not None
    if kind == "mentions":
        return _encoded(names[0]) in data
    if kind == "stars":
        return star_lines(data) == names
    if kind == "speaks":
        return _has_any(data, names)
    if kind == "looks_up":
        behind = rb"\s*[.,]\s*['\"]?" + re.escape(_encoded(names[0])) + rb"\b"
        owners = map(_encoded, names[1:])
        return any(owner in data and re.search(re.escape(owner) + behind, data) for owner in owners)
    raise ValueError(kind)


def star_lines(data: bytes) -> tuple[str, ...]:
    """The lines of the star imports of a file."""
    return tuple(line.decode("utf-8", "replace") for line in _STAR_LINE.findall(data))


def matcher(kind: str, name: str) -> Callable[[bytes], bool]:
    """What a search looks for in the bytes of each file.

    `mentioning`: the name stands in it. `building`: something of this name is called. `deriving`: it may derive a
    class from the name, or rename it.
    `naming`: it may look an attribute of this name up. `calling`: it calls a method of this name on anything but
    `self`. `storing`: it may assign to an attribute of this name, or of a name that is computed.
    """
    word = _encoded(name)
    escaped = re.escape(word)
    if kind == "mentioning":
        return lambda data: word in data
    if kind == "building":
        called = word + b"("
        return lambda data: called in data
    if kind == "deriving":
        # the name stands in the head of a class, before `as`, or behind `=`
        whole = rb"(?<!\w)" + escaped + rb"(?!\w)"
        heading = rb"\bclass\b(?:(?!:\s*[\r\n]).){,5000}?" + whole
        looks = re.compile(heading + rb"|" + whole + rb"[\s\\]+as\b|=[^=\n#]*" + whole, re.DOTALL)
        return lambda data: word in data and looks.search(data) is not None
    if kind == "naming":
        looked_up = b"." + word
        return lambda data: word in data and (looked_up in data or b"getattr" in data)
    if kind == "calling":
        on_others = rb"(?<!self." + escaped + rb")(?<!super\(\)." + escaped + rb")"
        called_on = re.compile(rb"\." + escaped + on_others + rb"\s*\(")
        return lambda data: word in data and called_on.search(data) is not None
    if kind == "storing":
        return _by_name if name == COMPUTED else _storing(word)
    raise ValueError(kind)


def _by_name(data: bytes) -> bool:
    """Whether attributes are looked up by names in strings. Plain searches first: they are far quicker."""
    return any(plain in data for plain in _BY_NAME_PLAINLY) and _BY_NAME.search(data) is not None


def _storing(word: bytes) -> Callable[[bytes], bool]:
    """A quick look: most files never name an attribute, and of those that do, most only read it."""
    looked_up = b"." + word
    escaped = re.escape(looked_up)
    store = re.compile(
        escaped
        + (rb"(?<![^\w.]self" + escaped + rb")")
        + rb"(?!\w)\s*(?:=(?!=)|[-+*/%@&|^<>]{1,2}=|:[^=\n]*=|\[|\.|,[^\n()]*=(?!=)|\))"
    )

    def stores(data: bytes) -> bool:
        if word not in data:
            return False
        return (looked_up in data and store.search(data) is not None) or _by_name(data)

    return stores


def _has_any(data: bytes, names: Iterable[str]) -> bool:
    """Whether any of these names stands in a text as a whole. Plain searches first: they are far quicker."""
    return any(
        word in data
        and re.search(re.escape(word) + rb"(?<!\w" + re.escape(word) + rb")(?!\w)", data) is not None
        for word in map(_encoded, names)
    )


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")  # a string may hold any code point
