"""The whole of a run: paths in, a report out. Or one check after the other, as fixes change the files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from torchlint.config import ConfigError
from torchlint.files import SourceFile, discover, read_bytes
from torchlint.findings import FileError, Finding, Report
from torchlint.fixes.applicability import settled
from torchlint.fixes.model import Checked
from torchlint.session import FileOutcome, ModuleClass, Progress, Session, deep_and_uncollected
from torchlint.suppression import apply, parse

if TYPE_CHECKING:
    import ast
    from concurrent.futures import Executor

    from torchlint.config import SettingsResolver

_WORTH_PROCESSES = 1_000_000
"""The bytes of source that worker processes pay for.

Measured on two cores, with one process and with two: 0.5 MB 0.34 and 0.38 s, 1.1 MB 0.47 and 0.45 s,
4 MB 1.42 and 1.00 s.
"""


def check(
    paths: Sequence[str],
    resolver: SettingsResolver,
    *,
    force_exclude: bool = False,
    stdin: tuple[str, bytes] | None = None,
    progress: Progress | None = None,
    sieve: bool = True,
    overlay: Mapping[str, bytes] | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
) -> Report:
    """Check files and directories, or `stdin` (a file name and its content).

    Every file is checked whatever befalls another: what cannot be read or parsed is an error of the report. `progress`
    is called with the number of files done and their total. `sieve=False` looks at every class, however harmless.
    `overlay` has the contents of files, by absolute path, that are not to be read from the disk.
    `jobs` is the largest number of worker processes; with an `executor`, the files are checked there.
    """
    run = Run(
        paths,
        resolver,
        force_exclude=force_exclude,
        stdin=stdin,
        progress=progress,
        sieve=sieve,
        jobs=jobs,
        executor=executor,
    )
    checked = run.check(run.files, overlay or {})
    return run.report(checked.findings, checked.errors)


class Run:
    """The files of a run, to be checked as often as their contents change.

    What is known of a file that stays the same is kept from one check to the next.
    """

    def __init__(
        self,
        paths: Sequence[str],
        resolver: SettingsResolver,
        *,
        force_exclude: bool = False,
        stdin: tuple[str, bytes] | None = None,
        progress: Progress | None = None,
        sieve: bool = True,
        baselines: bool = True,
        jobs: int = 1,
        executor: Executor | None = None,
    ) -> None:
        """Find the files; the arguments are those of `check`. Without `baselines` known findings are not silent."""
        self.resolver = resolver
        self.files: tuple[str, ...] = ()
        self._errors: tuple[FileError, ...] = ()
        self._stdin = stdin
        self._progress = progress
        if stdin is not None:
            self.files = (stdin[0],)
        else:
            discovered = discover(paths, resolver.for_directory, force_exclude=force_exclude)
            self.files, self._errors = discovered.files, discovered.errors
        self._sieve = sieve
        self._jobs, self._executor = jobs, executor
        self._session = Session(resolver, sieve=sieve, silence=baselines)

    def check(self, files: Sequence[str], overlay: Mapping[str, bytes]) -> Checked:
        """Check some of the files; `overlay` has contents by absolute path, in place of those on the disk."""
        session = self._session
        session.show(overlay)
        findings: list[Finding] = []
        errors: list[FileError] = []
        contents: dict[str, bytes] = {}
        with deep_and_uncollected():
            for outcome in self._outcomes(files, overlay):
                found, error = session.admit(outcome)
                findings += found
                if error is not None:
                    errors.append(FileError(outcome.path, error))
                elif found:
                    contents[outcome.path] = outcome.data
        findings.sort(key=lambda finding: (finding.path, finding.place, finding.code))
        return Checked(tuple(findings), tuple(errors), contents)

    def _outcomes(self, files: Sequence[str], overlay: Mapping[str, bytes]) -> Iterator[FileOutcome]:
        """Check files here, or elsewhere where that pays. What has an overlay is little, and is checked here."""
        progress = self._progress
        elsewhere = not overlay and self._stdin is None
        if elsewhere and (self._executor is not None or (self._jobs > 1 and len(files) > 1)):
            sizes = [_size(path) for path in files]
            if self._executor is not None or sum(sizes) >= _WORTH_PROCESSES:
                from torchlint.parallel import in_processes, make_setup, on_executor

                def done(number: int) -> None:
                    if progress is not None:
                        progress(number, len(files))

                setup = make_setup(self.resolver, sieve=self._sieve)
                if self._executor is not None:
                    return on_executor(self._executor, setup, files, sizes, done)
                return in_processes(self._jobs, setup, files, sizes, done)
        # from the disk, the session reads by itself, and notes what
        read = (lambda path: self._read(path, overlay)) if overlay or self._stdin is not None else None
        return self._session.outcomes(files, read, progress)

    def module_classes(self, path: str) -> list[ModuleClass]:
        """The classes of a file of the run that are modules, as the source on the disk says."""
        with deep_and_uncollected():
            return list(self._session.module_classes(path))

    def admitted(self, path: str, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Those of more findings in a file that its rules, its comments and its baseline let through."""
        return self._session.admitted(path, findings)

    def report(self, findings: Sequence[Finding], errors: Sequence[FileError]) -> Report:
        """The report on all files, with what was wrong before any was checked."""
        baselines = self._session.baselines
        errors = (*self._errors, *errors, *self.resolver.errors, *baselines.errors)
        return Report(tuple(findings), errors, len(self.files), baselines.silenced)

    def _read(self, path: str, overlay: Mapping[str, bytes]) -> bytes:
        if overlay and (data := overlay.get(os.path.abspath(path))) is not None:
            return data
        return read_bytes(Path(path)) if self._stdin is None else self._stdin[1]


class TextChecker:
    """Checks texts that another program holds, one after another; other files are read once for all of them."""

    def __init__(self, resolver: SettingsResolver) -> None:
        self._session = Session(resolver)

    def check(self, path: str, text: str, tree: ast.Module | None = None) -> Sequence[Finding]:
        """The findings in a text that belongs to `path`, in order of place, whatever `noqa` comments suppress.

        `tree` is the text parsed, if the other program has done so; it is left as it is.

        None where a comment says `torchlint: skip-file`, and none that the baseline knows. Raises SourceError where the
        text is no Python, RecursionError or MemoryError where it is nested too deeply, ConfigError where the
        configuration of the file or the baseline is broken.
        """
        suppressions = parse(text)
        if suppressions.skip_file:
            return ()
        resolver, baselines = self._session.resolver, self._session.baselines
        baseline = resolver.for_file(path).baseline
        source = SourceFile(path, text, "utf-8", "\n", bom=False)
        with deep_and_uncollected():
            found = self._session.found_in(source, text.encode("utf-8", "surrogateescape"), tree)
        found.sort(key=lambda finding: (finding.place, finding.code))
        # as in a run, comments come before the baseline: what they suppress is not in it
        kept, _ = apply(found, suppressions)
        silent = set(kept).difference(baselines.remaining(path, kept, baseline))
        for error in (*resolver.errors, *baselines.errors):
            raise ConfigError(error.path, error.message)
        settings = resolver.for_file(path)
        return [settled(finding, settings) for finding in found if finding not in silent]


def _size(path: str) -> int:
    """The size of a file; what cannot be read costs nothing."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
