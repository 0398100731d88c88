"""The flake8 plugin: the findings of the command, reported by flake8.

torchlint's configuration says what is found: rules, excluded files, the baseline. flake8 has the last word with its own
`select`, `ignore`, `per-file-ignores` and `noqa`, so findings go to it unsuppressed (but for `# torchlint: skip-file`),
and TL901, which is about suppressions, is never among them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from torchlint import __version__
from torchlint.config import SettingsResolver
from torchlint.files import SourceError, discover
from torchlint.findings import Finding
from torchlint.rules import all_rules
from torchlint.runs.check import TextChecker

if TYPE_CHECKING:
    import argparse
    import ast


class Run:
    """What the files of one flake8 process share: the configuration, and the files that imports lead to."""

    def __init__(self) -> None:
        self._resolver = SettingsResolver([rule.code for rule in all_rules()], cwd=Path.cwd())
        self._checker = TextChecker(self._resolver)
        self._checked: set[str] = set()

    def has_checked(self, path: str) -> bool:
        """Whether the file has been checked: whoever asks for it again has changed it, and begins a new run."""
        return os.path.abspath(path) in self._checked

    def check(self, path: str, text: str, tree: ast.Module) -> Sequence[Finding]:
        """The findings in a text, of which `tree` is the syntax tree.

        Raises ConfigError where the configuration or the baseline of the file is broken.
        """
        self._checked.add(os.path.abspath(path))
        if self._is_excluded(path):
            return ()
        try:
            return self._checker.check(path, text, tree)
        except SourceError:  # no Python: flake8 says so itself
            return ()

    def _is_excluded(self, path: str) -> bool:
        found = discover([path], self._resolver.for_directory, force_exclude=True)
        return not found.files and not found.errors


class Plugin:
    """What flake8 calls: made for each file, then run."""

    name = "torchlint"
    version = __version__
    _run: ClassVar[Run | None] = None

    def __init__(self, tree: ast.Module, filename: str, lines: Sequence[str]) -> None:
        """Check the lines of a file: what is raised here, and not in `run`, flake8 tells as an error of the plugin."""
        cls = type(self)
        if cls._run is None or cls._run.has_checked(filename):
            cls._run = Run()
        self._findings = cls._run.check(filename, "".join(lines), tree)

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Begin a new run: flake8 calls this once in each of its processes."""
        cls._run = None

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """The findings as flake8 wants them: line from 1, column from 0, code and message, and this class."""
        for finding in self._findings:
            place = finding.place
            caveat = "" if finding.caveat is None else f" ({finding.caveat})"
            yield place.line, place.column - 1, f"{finding.code} {finding.message}{caveat}", type(self)
