"""The settings of a run, and the error of a configuration that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Persistence = Literal["auto", "always", "never"]
BufferStyle = Literal["register_buffer", "nn.Buffer"]


class ConfigError(Exception):
    """A configuration that cannot be used: `path` of the file, `message` that names the key."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(path, message)  # both, so that the error survives pickling between processes
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a class is built: a Python expression, or `package.module:factory`; `inputs`: what `forward` is given."""

    call: str
    inputs: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a configuration file and the command line say; the defaults where they say nothing.

    `select` and `exclude` are None where they are not given. Patterns are relative to `root` (the directory
    of the configuration file, else the working directory), those of `exclude` to `exclude_root` if that is
    given (they came from the command line, and so are relative to the working directory). `persistent` and
    `buffer_style` say how a fix registers a buffer; `fixable` (None: all) and `unfixable` which rules may be
    fixed at all; the two `extend_…_fixes` which fixes count as safe or unsafe whatever their rule says, and
    `unsafe_fixes` whether those are applied as well. `verify_python` is the interpreter that has torch (None: the one
    that runs torchlint), `verify_build` has recipes by `package.module:Class`. `broken`: these are the defaults in
    place of a configuration that cannot be used, which may have forbidden what they allow.
    """

    root: Path
    source: Path | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    module_bases: tuple[str, ...] = ()
    src: tuple[Path, ...] = ()
    target_torch: tuple[int, int] | None = None
    exclude_root: Path | None = None
    persistent: Persistence = "auto"
    buffer_style: BufferStyle = "register_buffer"
    fixable: tuple[str, ...] | None = None
    unfixable: tuple[str, ...] = ()
    extend_safe_fixes: tuple[str, ...] = ()
    extend_unsafe_fixes: tuple[str, ...] = ()
    unsafe_fixes: bool = False
    baseline: Path | None = None
    verify_python: str | None = None
    verify_build: tuple[tuple[str, Recipe], ...] = ()
    broken: bool = False
