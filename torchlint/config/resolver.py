"""Which settings hold where: the nearest configuration file, with the command line on top."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

from torchlint.config.load import check_codes, config_in, load
from torchlint.config.settings import ConfigError, Persistence, Settings
from torchlint.files.patterns import is_valid_pattern
from torchlint.findings import FileError


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line says about settings; None or empty where it says nothing."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] | None = None
    persistent: Persistence | None = None
    unsafe_fixes: bool | None = None
    baseline: Path | None = None


class SettingsResolver:
    """Gives the settings of a file or directory, and remembers them for each directory.

    A broken configuration file that is met on the way is noted in `errors`, once, and the defaults hold in
    its place, so that every file is still checked; but none there is changed.
    """

    def __init__(
        self,
        known_codes: Collection[str],
        *,
        cwd: Path,
        config: Path | None = None,
        isolated: bool = False,
        overrides: Overrides | None = None,
    ) -> None:
        """Prepare to resolve: `config` is one file for all, `isolated` means no configuration file at all.

        Raises ConfigError if `config` cannot be used, or the overrides hold an unknown code or malformed
        pattern.
        """
        self._known_codes = known_codes
        self._cwd = Path(os.path.abspath(cwd))
        self._overrides = overrides or Overrides()
        self._check_overrides()
        self._cache: dict[str, Settings] = {}
        self._errors: list[FileError] = []
        self._default = self._merge(Settings(root=self._cwd))
        self._for_all: Settings | None = None
        if config is not None:
            self._for_all = self._merge(load(self._cwd / config, known_codes))
        elif isolated:
            self._for_all = self._default

    @property
    def identity(self) -> str:
        """What tells this resolver from one that was told something else."""
        return repr((self._cwd, self._overrides, self._for_all))

    def apart(self) -> SettingsResolver:
        """A resolver that was told the same, and keeps its errors to itself."""
        other = copy(self)
        other._cache, other._errors = {}, []
        return other

    def project_root(self) -> Path:
        """The folder of the configuration that holds in the working directory (which need not be read for that)."""
        if self._for_all is not None:
            return self._for_all.root
        folders = (self._cwd, *self._cwd.parents)
        return next((folder for folder in folders if config_in(folder) is not None), self._cwd)

    @property
    def errors(self) -> tuple[FileError, ...]:
        """The broken configuration files met so far."""
        return tuple(self._errors)

    def note(self, errors: Iterable[FileError]) -> None:
        """Take note of broken configuration files that a worker met; none is noted twice."""
        self._errors += (error for error in dict.fromkeys(errors) if error not in self._errors)

    def for_file(self, path: str | Path) -> Settings:
        """Return the settings of a file (its path may be relative to the working directory)."""
        return self.for_directory(os.path.dirname(path))

    def for_directory(self, path: str | Path) -> Settings:
        """Return the settings that hold in a directory: those of the nearest configuration file, upwards."""
        if self._for_all is not None:
            return self._for_all
        directory = os.path.normpath(os.path.join(self._cwd, path))
        passed: list[str] = []
        while directory not in self._cache:
            passed.append(directory)
            settings = self._configured_in(Path(directory))
            above = os.path.dirname(directory)
            if settings is not None or above == directory:
                self._cache[directory] = settings or self._default
                break
            directory = above
        found = self._cache[directory]
        self._cache.update(dict.fromkeys(passed, found))
        return found

    def _configured_in(self, directory: Path) -> Settings | None:
        path = config_in(directory)
        if path is None:
            return None
        try:
            return self._merge(load(path, self._known_codes))
        except ConfigError as error:
            self.note([FileError(error.path, error.message)])
            return self._merge(Settings(root=directory, broken=True))

    def _merge(self, settings: Settings) -> Settings:
        given = self._overrides
        if given.exclude is not None:
            settings = replace(settings, exclude=given.exclude, exclude_root=self._cwd)
        return replace(
            settings,
            select=settings.select if given.select is None else given.select,
            ignore=settings.ignore + given.ignore,
            extend_select=settings.extend_select + given.extend_select,
            persistent=settings.persistent if given.persistent is None else given.persistent,
            unsafe_fixes=settings.unsafe_fixes if given.unsafe_fixes is None else given.unsafe_fixes,
            baseline=settings.baseline if given.baseline is None else self._cwd / given.baseline,
        )

    def _check_overrides(self) -> None:
        given = self._overrides
        for option, codes in (
            ("--select", given.select or ()),
            ("--ignore", given.ignore),
            ("--extend-select", given.extend_select),
        ):
            check_codes(codes, self._known_codes, "command line", option)
        for pattern in given.exclude or ():
            if not is_valid_pattern(pattern):
                raise ConfigError("command line", f"`--exclude`: malformed pattern {pattern!r}")
