"""What is asked of files without parsing them: quick looks at their bytes. The same bytes give the same answer."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from torchlint.files.source import SourceError, decode

if TYPE_CHECKING:
    from torchlint.project.outside_uses import OutsideUses

COMPUTED = "*"
"""In place of the name of an attribute: attributes whose names are computed."""
_STAR = re.compile(rb"\bimport[\s\\(]*\*")
_STAR_LINE = re.compile(rb"^.*\bimport[\s\\(]*\*.*$", re.MULTILINE)
_BY_NAME = re.compile(rb"setattr\b|__dict__\b|vars\(")
_BY_NAME_PLAINLY = (b"setattr", b"__dict__", b"vars(")
_WORD = re.compile(rb"[\w\x80-\xff]+")
_BEHIND = re.compile(rb"\s*[.,]\s*['\"]?([\w\x80-\xff]+)")
_BLANK = b" \t\n\r\v\f\\"
_FARTHEST = 200
"""How long a name, or what stands before one, is at most, in bytes."""
_CLASS = re.compile(rb"\bclass\b")
_HEAD_ENDS = re.compile(rb":\s*[\r\n]")
_LONGEST_HEAD = 5005
_CALLED = re.compile(rb"\s*\(")
_AS = re.compile(rb"[\s\\]+as\b")
_GETATTR = re.compile(r"getattr\((?<!\wgetattr\()[^()]*,\s*['\"](\w+)['\"]")
_OWN = re.compile(r"(?<![\w.])(?:self|cls)\Z")
_TOP = re.compile(rb"^(?:class|(?:async[ \t]+)?def)[ \t]+(\w+)", re.MULTILINE)
_NAME = re.compile(rb"[^\W\d][\w\x80-\xff]*")
_CUT_NAME = re.compile(rb"[^\W\d][\w\x80-\xff]*\Z")


class Question(NamedTuple):
    """A question about one file, and about what names; the kinds are those of `answer`."""

    kind: str
    names: tuple[str, ...]


class Search(NamedTuple):
    """A question to all files of a project: those below a folder (`deep`), or in it.

    The kinds are those of `matcher`.
    """

    kind: str
    names: tuple[str, ...]
    folder: str
    deep: bool

    @property
    def takes_any(self) -> bool:
        """Whether it ends at the first file that is found."""
        return self.kind == "calling"

    @property
    def words(self) -> tuple[str, ...]:
        """Each file that is found has one of these in it."""
        return self.names[1:] if self.kind == "owning" else self.names


def files_of_project(list_files: Callable[[str], Sequence[str]], folder: str, deep: bool) -> tuple[str, ...]:
    """The files (absolute) of the project in a folder; `list_files` gives those below one."""
    return tuple(os.path.abspath(path) for path in (list_files(folder) if deep else _beside(folder)))


def _beside(folder: str) -> list[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
    return [entry.path for entry in entries if entry.name.endswith(".py") and _is_file(entry)]


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link in a circle
        return False


def answer(question: Question, data: bytes) -> bool:
    """The answer that the bytes of a file give.

    `defines`: it may define or star-import the name. `mentions`: the name stands in it. `stars`: the lines of its star
    imports are these. `looks_up`: it names the attribute, the first of the names, behind one of the others (`Net.x`,
    `setattr(Net, "x", …)`). `names`: it may look an attribute of this name up. `reads`: it does so, without a call, on
    anything but `self`. `stores`: it may assign to an attribute of this name, or of a name that is computed. `uses`:
    it does to the attribute, the first of the names, what the others spell. `tops`: its functions and classes in whose
    text the first of the names stands are the others.
    """
    kind, names = question
    if kind == "stars":
        return star_lines(data) == names
    word = encoded(names[0])
    if kind == "stores":
        return _by_name(data) if names[0] == COMPUTED else _stores(word, data)
    if kind == "defines":
        return word in data or _STAR.search(data) is not None
    if kind == "mentions":
        return word in data
    if kind == "names":
        return word in data and (b"." + word in data or b"getattr" in data)
    if kind == "reads":
        return looks_up(text_of(data), names[0])
    if kind == "uses":
        return _uses(data, names[0]) == names[1:]
    if kind == "tops":
        return tops_with(word, tops(data)) == names[1:]
    if kind == "looks_up":
        behind = rb"\s*[.,]\s*['\"]?" + re.escape(word) + rb"\b"
        owners = map(encoded, names[1:])
        return any(owner in data and re.search(re.escape(owner) + behind, data) for owner in owners)
    raise ValueError(kind)


def star_lines(data: bytes) -> tuple[str, ...]:
    """The lines of the star imports of a file."""
    return tuple(line.decode("utf-8", "replace") for line in _STAR_LINE.findall(data))


def matcher(kind: str, names: tuple[str, ...]) -> Callable[[bytes], bool]:
    """What a search looks for in the bytes of each file.

    `mentioning`: the name stands in it. `building`: something of this name is called. `speaking`: one of the names
    stands in it as a whole word. `deriving`: it may derive a class from the name, or rename it. `calling`: it calls a
    method of this name on anything but `self`. `owning`: it may name an attribute, the first of the names, behind one
    of the others, or define a class of these.
    """
    word, *others = map(encoded, names)
    if kind == "mentioning":
        return lambda data: word in data
    if kind == "building":
        called = word + b"("
        return lambda data: called in data
    if kind == "speaking":
        return lambda data: _has_any(data, (word, *others))
    if kind == "deriving":
        return lambda data: word in data and any(_derives(data, one) for one in _whole(word).finditer(data))
    if kind == "calling":
        return lambda data: word in data and _calls(data, word)
    if kind == "owning":
        return lambda data: any(owns(owned(data, owner), names[0]) for owner in names[1:])
    raise ValueError(kind)


def _calls(data: bytes, word: bytes) -> bool:
    """Whether a method is called on anything but `self` and `super()`."""
    looked_up = b"." + word
    at = data.find(looked_up)
    while at >= 0:
        end = at + len(looked_up)
        if not data.endswith((b"self", b"super()"), 0, at) and _CALLED.match(data, end):
            return True
        at = data.find(looked_up, end)
    return False


def _derives(data: bytes, name: re.Match[bytes]) -> bool:
    """Whether a name stands in the head of a class, before `as`, or behind `=`."""
    begin, end = name.span()
    _, equals, before = data[data.rfind(b"\n", 0, begin) + 1 : begin].rpartition(b"=")
    if _AS.match(data, end) or (equals and b"#" not in before):
        return True
    heads = [one.end() for one in _CLASS.finditer(data, max(0, begin - _LONGEST_HEAD), begin)]
    return bool(heads) and _HEAD_ENDS.search(data, heads[-1], begin) is None


def owned(data: bytes, name: str) -> frozenset[bytes]:
    """The words that stand behind a name as attributes of it do; an empty one if a class of the name is defined."""
    owner = encoded(name)
    found: set[bytes] = set()
    at = data.find(owner)
    while at >= 0:
        end = at + len(owner)
        if behind := _BEHIND.match(data, end):
            found.add(behind[1])
        if data[at - 1 : at] in _BLANK and data[max(0, at - _FARTHEST) : at].rstrip(_BLANK).endswith(
            b"class"
        ):
            found.add(b"")
        at = data.find(owner, at + 1)
    return frozenset(found)


def owns(words: frozenset[bytes], attribute: str) -> bool:
    """Whether an attribute may be among what `owned` has found, or the class is defined there."""
    first = _WORD.match(encoded(attribute))
    return b"" in words or first is None or first[0] in words


def _by_name(data: bytes) -> bool:
    """Whether attributes are looked up by names in strings. Plain searches first: they are far quicker."""
    return any(plain in data for plain in _BY_NAME_PLAINLY) and _BY_NAME.search(data) is not None


def _stores(word: bytes, data: bytes) -> bool:
    """A quick look: most files never name an attribute, and of those that do, most only read it."""
    if word not in data:
        return False
    if b"." + word in data and _store_of(word).search(data) is not None:
        return True
    if not _by_name(data):
        return False
    # where names stand in strings, one that is no word of its own is none, and all targets count
    return (
        any(mark + word + mark in data for mark in (b"'", b'"')) or _target_of(word).search(data) is not None
    )


@lru_cache(maxsize=256)
def _store_of(word: bytes) -> re.Pattern[bytes]:
    escaped = re.escape(b"." + word)
    return re.compile(
        escaped
        + (rb"(?<![^\w.]self" + escaped + rb")")
        + rb"(?!\w)\s*(?:=(?!=)|[-+*/%@&|^<>]{1,2}=|:[^=\n]*=|\[|\.|,[^\n()]*=(?!=)|\))"
    )


@lru_cache(maxsize=256)
def _target_of(word: bytes) -> re.Pattern[bytes]:
    """An attribute as it stands before `=`, in a loop, or after `as`, spelled in any way."""
    escaped = re.escape(word)
    return re.compile(
        escaped
        + (rb"(?<=[.\s]" + escaped + rb")(?<![^\w.]self\." + escaped + rb")")
        + rb"(?!\w)[\s\\]*(?:[-+*/%@&|^<>:=.,)\]\[]|in\b)"
    )


def _has_any(data: bytes, words: Iterable[bytes]) -> bool:
    """Whether any of these words stands in a text as a whole. Plain searches first: they are far quicker."""
    return any(word in data and _whole(word).search(data) is not None for word in words)


@lru_cache(maxsize=1024)
def _whole(word: bytes) -> re.Pattern[bytes]:
    escaped = re.escape(word)
    return re.compile(escaped + rb"(?<!\w" + escaped + rb")(?!\w)")


def encoded(name: str) -> bytes:
    """A name as it stands in a file."""
    return name.encode("utf-8", "surrogatepass")  # a string may hold any code point


def text_of(data: bytes) -> str:
    """The text of a file; none where it cannot be decoded."""
    try:
        return decode("", data).text
    except SourceError:
        return ""


def looks_up(text: str, name: str) -> bool:
    """Whether a text looks an attribute up, without a call, on anything but `self` or `cls`."""
    if name not in text or not re.fullmatch(r"\w+", name):
        return False
    for match in re.finditer(rf"\.{name}\b(?!\s*\()", text):  # begins with plain text: a quick search
        if not _OWN.search(text[max(0, match.start() - 6) : match.start()]):
            return True
    return "getattr" in text and name in _GETATTR.findall(text)


def tops(data: bytes) -> Sequence[tuple[str, bytes]]:
    """The functions and classes at the top of a file, by name and what follows that."""
    _, *parts = _TOP.split(data)
    return [
        (name.decode("utf-8", "replace"), body) for name, body in zip(parts[::2], parts[1::2], strict=True)
    ]


def tops_with(word: bytes, definitions: Sequence[tuple[str, bytes]]) -> tuple[str, ...]:
    """Which of the functions and classes have a word in their text, as `words_in` finds it."""
    return tuple(name for name, body in definitions if _stands_in(word, body))


def words_in(text: bytes) -> Iterable[bytes]:
    """The names in a text, each once."""
    return set(_NAME.findall(text))


def _stands_in(word: bytes, text: bytes) -> bool:
    """Whether a word is one of those that `words_in` gives."""
    if word not in text or not _NAME.fullmatch(word):
        return False
    for match in re.finditer(re.escape(word) + rb"(?![\w\x80-\xff])", text):
        if not _CUT_NAME.search(text, max(0, match.start() - _FARTHEST), match.start()):
            return True
    return False


def _uses(data: bytes, name: str) -> tuple[str, ...]:
    """What a file does to an attribute of others, as `outside_uses.spelled` tells it."""
    from torchlint.project.outside_uses import spelled

    return spelled(_all_uses(data).get(name))


@lru_cache(maxsize=1)
def _all_uses(data: bytes) -> Mapping[str, OutsideUses]:
    # only a file that has changed is parsed for an answer
    from torchlint.project.outside_uses import outside_uses

    return outside_uses(text_of(data))
