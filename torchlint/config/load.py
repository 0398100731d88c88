"""Configuration files: finding them, reading them, and saying what is wrong with them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, get_args

from torchlint.config.globs import compile_glob
from torchlint.config.settings import BufferStyle, ConfigError, Persistence, Recipe, Settings
from torchlint.files.patterns import is_valid_pattern
from torchlint.files.source import SourceError, read_bytes

_NAMES = ("torchlint.toml", ".torchlint.toml", "pyproject.toml")
_PYPROJECT = "pyproject.toml"
# The TOML parser takes more than quadratic time on hostile keys ("a.a.a. …"): 20,000 parts take 12 s. No
# configuration written by people is as large, or has such keys.
_MAX_BYTES = 512 * 1024
_MAX_DOTS = 500
_BUFFER_CLASS = (2, 5)  # the torch that brought nn.Buffer
_FACTORY = r"[\w.]+:[\w.]+|[^\s()]+\.py:[\w.]+"
_TARGET = r"([0-9]{1,4})\.([0-9]{1,4})(?:\.[0-9]{1,4})?"


def find_config(start: Path) -> Path | None:
    """Return the configuration file nearest to a directory, upwards, or None.

    A file that cannot be read or parsed is returned, too: `load` then says what is wrong with it.
    """
    directory = Path(os.path.abspath(start))
    for parent in (directory, *directory.parents):
        found = config_in(parent)
        if found is not None:
            return found
    return None


def config_in(directory: Path) -> Path | None:
    """Return the configuration file in one directory; pyproject.toml only if it has our table."""
    for name in _NAMES:
        path = os.path.join(directory, name)
        if os.path.isfile(path) and (name != _PYPROJECT or _speaks_to_us(Path(path))):
            return Path(path)
    return None


def load(path: Path, known_codes: Collection[str]) -> Settings:
    """Read a configuration file.

    Raises ConfigError if it cannot be read or parsed, or has an unknown key, a wrong type, a code or prefix
    that none of `known_codes` starts with, or a malformed pattern or version.
    """
    path = Path(os.path.abspath(path))
    document = _parse(path)
    prefix = ""
    table: object = document
    if path.name == _PYPROJECT:
        prefix = "tool.torchlint."
        tool = document.get("tool", {})
        table = tool.get("torchlint", {}) if isinstance(tool, dict) else tool
        if not isinstance(table, dict):
            raise ConfigError(str(path), f"`tool.torchlint` must be a table, not {_kind(table)}")
    assert isinstance(table, dict)
    reader = _Reader(path, prefix, known_codes)
    values: dict[str, Any] = {}
    for key, value in table.items():
        read = _READERS.get(key)
        if read is None:
            raise reader.error(key, f"is an unknown key{_hint(key, value, path)}", "")
        read_value = read(reader, key, value)
        if key == "verify":
            assert isinstance(read_value, dict)
            values.update(read_value)
        else:
            values[key.replace("-", "_")] = read_value
    settings = Settings(root=path.parent, source=path, **values)
    if settings.buffer_style == "nn.Buffer" and (settings.target_torch or (0, 0)) < _BUFFER_CLASS:
        needed = ".".join(map(str, _BUFFER_CLASS))
        given = "is not given" if settings.target_torch is None else f"is {table['target-torch']}"
        message = f'"nn.Buffer" needs `target-torch` to be "{needed}" or later (it {given})'
        raise reader.error("buffer-style", message)
    return settings


def check_codes(codes: Collection[str], known_codes: Collection[str], path: str, key: str) -> None:
    """Check rule codes and prefixes.

    Raises ConfigError(path, …), naming the key, for one that is not "ALL" and that no known code starts with.
    """
    for code in codes:
        if code != "ALL" and not (code and any(known.startswith(code) for known in known_codes)):
            hint = _suggestion(code.upper(), (*known_codes, "ALL"))
            raise ConfigError(path, f"`{key}`: unknown rule code or prefix {_quote(code)}{hint}")


class _Reader:
    """Checks the values of one file: each method returns a value for the settings or raises ConfigError."""

    def __init__(self, path: Path, prefix: str, known_codes: Collection[str]) -> None:
        self.path = path
        self.prefix = prefix
        self.known_codes = known_codes

    def error(self, key: str, message: str, separator: str = ":") -> ConfigError:
        name = _printable(self.prefix + key)
        return ConfigError(str(self.path), f"`{name}`{separator} {message}")

    def strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self.error(key, f"must be a list of strings, not {_kind(value)}", "")
        for item in value:
            if not isinstance(item, str):
                raise self.error(key, f"must be a list of strings, but holds {_kind(item)}", "")
        return tuple(value)

    def codes(self, key: str, value: object) -> tuple[str, ...]:
        codes = self.strings(key, value)
        check_codes(codes, self.known_codes, str(self.path), _printable(self.prefix + key))
        return codes

    def patterns(self, key: str, value: object) -> tuple[str, ...]:
        patterns = self.strings(key, value)
        for pattern in patterns:
            if not is_valid_pattern(pattern):
                raise self.error(key, f"malformed pattern {_quote(pattern)}")
        return patterns

    def per_file_ignores(self, key: str, value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if not isinstance(value, dict):
            raise self.error(key, f"must be a table of globs and lists of codes, not {_kind(value)}", "")
        for glob in value:
            try:
                compile_glob(glob.removeprefix("!"))
            except ValueError as error:
                raise self.error(key, f"malformed glob {_quote(glob)} ({error})") from error
        return tuple((glob, self.codes(f"{key}.{_quote(glob)}", codes)) for glob, codes in value.items())

    def dotted_names(self, key: str, value: object) -> tuple[str, ...]:
        names = self.strings(key, value)
        for name in names:
            if not all(part.isidentifier() for part in name.split(".")):
                raise self.error(key, f'{_quote(name)} is not a dotted name such as "package.module.Class"')
        return names

    def directories(self, key: str, value: object) -> tuple[Path, ...]:
        names = self.strings(key, value)
        if any(not name or "\0" in name for name in names):
            raise self.error(key, "holds an empty or malformed path", "")
        return tuple(Path(os.path.normpath(self.path.parent / name)) for name in names)

    def file(self, key: str, value: object) -> Path:
        if not isinstance(value, str):
            raise self.error(key, f"must be a path in quotes, not {_kind(value)}", "")
        if not value or "\0" in value:
            raise self.error(key, "is an empty or malformed path", "")
        return Path(os.path.normpath(self.path.parent / value))

    def flag(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {_kind(value)}", "")
        return value

    def choice(self, key: str, value: object) -> str:
        choices = _CHOICES[key]
        if not isinstance(value, str) or value not in choices:
            *others, last = map(_quote, choices)
            listed = f"{', '.join(others)} or {last}"
            given = _quote(value) if isinstance(value, str) else _kind(value)
            raise self.error(key, f"must be {listed}, not {given}", "")
        return value

    def version(self, key: str, value: object) -> tuple[int, int]:
        if not isinstance(value, str):
            raise self.error(key, f'must be a string such as "2.5", not {_kind(value)}', "")
        match = re.fullmatch(_TARGET, value)
        if match is None:
            raise self.error(key, f'must be a version such as "2.5", not {_quote(value)}', "")
        return int(match.group(1)), int(match.group(2))

    def verify(self, key: str, value: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self.error(key, f"must be a table, not {_kind(value)}", "")
        for name in value:
            if name not in ("python", "build"):
                raise self.error(
                    f"{key}.{name}", f"is an unknown key{_suggestion(name, ('python', 'build'))}", ""
                )
        found: dict[str, object] = {}
        if "python" in value:
            python = value["python"]
            if not isinstance(python, str):
                raise self.error(f"{key}.python", f"must be a path in quotes, not {_kind(python)}", "")
            if not python or "\0" in python:
                raise self.error(f"{key}.python", "is an empty or malformed path", "")
            # a bare name is looked for as a shell does it
            given = os.path.basename(python) == python
            found["verify_python"] = python if given else os.path.normpath(self.path.parent / python)
        if "build" in value:
            found["verify_build"] = self.recipes(f"{key}.build", value["build"])
        return found

    def recipes(self, key: str, value: object) -> tuple[tuple[str, Recipe], ...]:
        if not isinstance(value, dict):
            raise self.error(key, f"must be a table of classes and how to build them, not {_kind(value)}", "")
        return tuple(
            (name, self.recipe(f"{key}.{_quote(name)}", name, recipe)) for name, recipe in value.items()
        )

    def recipe(self, key: str, name: str, value: object) -> Recipe:
        where, _, class_name = name.rpartition(":")
        if not where or not class_name:
            raise self.error(
                key, 'the key must name a class, as "package.module:Class" or "path/file.py:Class"'
            )
        if isinstance(value, str):
            value = {"call": value}
        if not isinstance(value, dict):
            raise self.error(key, f'must be a call in quotes, or a table with "call", not {_kind(value)}', "")
        for part, text in value.items():
            if part not in ("call", "inputs"):
                raise self.error(
                    f"{key}.{part}", f"is an unknown key{_suggestion(part, ('call', 'inputs'))}", ""
                )
            if not isinstance(text, str):
                raise self.error(f"{key}.{part}", f"must be Python in quotes, not {_kind(text)}", "")
            if not _is_expression(text) and not (part == "call" and re.fullmatch(_FACTORY, text)):
                raise self.error(f"{key}.{part}", f"is no Python expression: {_quote(text)}", "")
        if "call" not in value:
            raise self.error(key, 'needs a "call"', "")
        return Recipe(value["call"], value.get("inputs"))


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "persistent": get_args(Persistence),
    "buffer-style": get_args(BufferStyle),
}

_READERS: Mapping[str, Callable[[_Reader, str, object], object]] = {
    "select": _Reader.codes,
    "ignore": _Reader.codes,
    "extend-select": _Reader.codes,
    "exclude": _Reader.patterns,
    "extend-exclude": _Reader.patterns,
    "per-file-ignores": _Reader.per_file_ignores,
    "module-bases": _Reader.dotted_names,
    "src": _Reader.directories,
    "target-torch": _Reader.version,
    "persistent": _Reader.choice,
    "buffer-style": _Reader.choice,
    "fixable": _Reader.codes,
    "unfixable": _Reader.codes,
    "extend-safe-fixes": _Reader.codes,
    "extend-unsafe-fixes": _Reader.codes,
    "unsafe-fixes": _Reader.flag,
    "baseline": _Reader.file,
    "verify": _Reader.verify,
}


def _speaks_to_us(path: Path) -> bool:
    try:
        # A search of the bytes first: most projects' files don't name torchlint, and parsing TOML is slow.
        if b"torchlint" not in read_bytes(path):
            return False
        tool = _parse(path).get("tool")
    except (SourceError, ConfigError):
        return True
    return isinstance(tool, dict) and "torchlint" in tool


def _parse(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        data = read_bytes(path)
    except SourceError as error:
        raise ConfigError(str(path), error.message) from error
    if len(data) > _MAX_BYTES:
        raise ConfigError(str(path), f"is too large for a configuration file ({len(data):,} bytes)")
    if any(part.count(b".") > _MAX_DOTS for line in data.split(b"\n") for part in line.split(b"=")):
        raise ConfigError(str(path), "has a line with too many dots for a configuration file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(str(path), f"is not valid UTF-8 (line {line})") from error
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(str(path), "is nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, and numbers with more digits than Python converts
        last = f"at line {text.count(chr(10)) + 1}, the end of the file"
        message = str(error).replace("at end of document", last)
        raise ConfigError(str(path), f"is not valid TOML: {message}") from error


def _is_expression(text: str) -> bool:
    import ast

    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _hint(key: str, value: object, path: Path) -> str:
    """What may be meant by an unknown key."""
    if path.name != _PYPROJECT and key == "tool" and isinstance(value, dict) and "torchlint" in value:
        return f": in {path.name} the keys stand by themselves, without `[tool.torchlint]`"
    return _suggestion(key, _READERS)


def _suggestion(word: str, candidates: Collection[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word[:80].replace("_", "-"), list(candidates), n=1)
    return f" (did you mean `{close[0]}`?)" if close else ""


def _kind(value: object) -> str:
    kinds = {
        bool: "a boolean",
        int: "an integer",
        float: "a float",
        str: "a string",
        list: "a list",
        dict: "a table",
    }
    return kinds.get(type(value), "a date or time")


def _printable(text: str) -> str:
    """The text on one line, without control characters, and not too long."""
    shortened = text if len(text) <= 80 else f"{text[:77]}..."
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in shortened)


def _quote(text: str) -> str:
    return f'"{_printable(text)}"'
