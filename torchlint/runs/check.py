"""The whole of a run: paths in, a report out. Or one check after the other, as fixes change the files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from torchlint.baseline import Baselines
from torchlint.checker.interpreter import deep_and_uncollected
from torchlint.checker.outcome import FileOutcome
from torchlint.config import ConfigError, enabled_codes
from torchlint.files import SourceFile, decode, discover, read_bytes
from torchlint.findings import FileError, Finding, Report
from torchlint.fixes.applicability import settled
from torchlint.fixes.model import Checked
from torchlint.runs.options import DEFAULTS, RunOptions
from torchlint.suppression import apply, parse

if TYPE_CHECKING:
    import ast

    from torchlint.cache import Cache
    from torchlint.checker.session import ModuleClass, Session
    from torchlint.config import SettingsResolver
    from torchlint.project.files import KnownFacts
    from torchlint.project.reads import Remembered

_WORTH_PROCESSES = 1_000_000
"""The bytes of source that worker processes pay for.

Measured on two cores, with one process and with two: 0.5 MB 0.34 and 0.38 s, 1.1 MB 0.47 and 0.45 s,
4 MB 1.42 and 1.00 s.
"""


def check(
    paths: Sequence[str],
    resolver: SettingsResolver,
    options: RunOptions = DEFAULTS,
    *,
    stdin: tuple[str, bytes] | None = None,
    overlay: Mapping[str, bytes] | None = None,
) -> Report:
    """Check files and directories, or `stdin` (a file name and its content).

    Every file is checked whatever befalls another: what cannot be read or parsed is an error of the report. `overlay`
    has the contents of files, by absolute path, that are not to be read from the disk.
    """
    run = Run(paths, resolver, options, stdin=stdin)
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
        options: RunOptions = DEFAULTS,
        *,
        stdin: tuple[str, bytes] | None = None,
        baselines: bool = True,
    ) -> None:
        """Find the files; the arguments are those of `check`. Without `baselines` known findings are not silent."""
        self.resolver = resolver
        self.files: tuple[str, ...] = ()
        self._errors: tuple[FileError, ...] = ()
        self._stdin = stdin
        self._options = options
        if stdin is not None:
            self.files = (stdin[0],)
        else:
            discovered = discover(paths, resolver.for_directory, force_exclude=options.force_exclude)
            self.files, self._errors = discovered.files, discovered.errors
        self._cache = options.cache if stdin is None else None
        self._known_facts: KnownFacts | None = None
        self._remembered: Remembered | None = None
        self._silence = baselines
        self._baselines = Baselines()
        self._noticed: set[tuple[str, str | None, str | None]] = set()
        """The attributes that were found, also where that is suppressed or known."""

    @cached_property
    def _session(self) -> Session:
        from torchlint.checker.session import (
            Session,
        )  # the whole analysis: not needed where all is known already

        sieve, stamped = self._options.sieve, self._options.cache is not None
        return Session(
            self.resolver,
            sieve=sieve,
            stamped=stamped,
            known=self._known_facts,
            remembered=self._remembered,
        )

    def check(self, files: Sequence[str], overlay: Mapping[str, bytes]) -> Checked:
        """Check some of the files; `overlay` has contents by absolute path, in place of those on the disk."""
        if overlay or "_session" in self.__dict__:
            self._session.show(overlay)
        findings: list[Finding] = []
        errors: list[FileError] = []
        contents: dict[str, bytes] = {}
        with deep_and_uncollected():
            for outcome in self._outcomes(files, overlay):
                self._noticed |= outcome.noticed
                self.resolver.note(outcome.config_errors)
                found: Sequence[Finding] = ()
                if outcome.error is not None:
                    errors.append(FileError(outcome.path, outcome.error))
                elif outcome.findings:
                    found = self._settled(outcome.path, outcome.findings)
                if found:
                    findings += found
                    contents[outcome.path] = outcome.data
        findings.sort(key=lambda finding: (finding.path, finding.place, finding.code))
        return Checked(tuple(findings), tuple(errors), contents)

    def _settled(self, path: str, findings: Sequence[Finding]) -> list[Finding]:
        """The findings that the baseline leaves, as the configuration wants their fixes."""
        settings = self.resolver.for_file(path)
        baseline = settings.baseline if self._silence else None
        return [settled(finding, settings) for finding in self._baselines.remaining(path, findings, baseline)]

    def _outcomes(self, files: Sequence[str], overlay: Mapping[str, bytes]) -> Iterator[FileOutcome]:
        """Take over what is known from earlier runs, and find the rest."""
        # a second check of the same run comes after changes of its own
        folder, self._cache = self._cache, None
        if folder is None or overlay:
            yield from self._found(files, overlay, None)
            return
        from torchlint.cache import Cache

        told = self.resolver.identity, self._options.sieve
        cache = Cache(folder, told, self._files_below, self.resolver.for_file)
        known = cache.known(files)
        self._remembered = cache.remembered
        missing = [path for path in files if path not in known]
        if missing and sum(map(_size, missing)) < _WORTH_PROCESSES:
            # of few files, the bases and what else they import is most of the work
            self._known_facts = cache.facts()
        found = self._found(missing, overlay, cache)
        for path in files:
            yield known.get(path) or next(found)
        for _ in found:  # what was found together is kept when all of it was asked for
            pass
        cache.save()

    def _files_below(self, folder: str) -> Sequence[str]:
        """The files in a folder that a run would check, whether it is in this one or not."""
        from torchlint.cache import UnlistableError

        # what is wrong with a configuration there, this run may have no need to say
        apart = self.resolver.apart()
        files = discover([folder], apart.for_directory).files
        if apart.errors:
            raise UnlistableError(folder)
        return files

    def _found(
        self, files: Sequence[str], overlay: Mapping[str, bytes], cache: Cache | None
    ) -> Iterator[FileOutcome]:
        """Check files here, or elsewhere where that pays. What has an overlay is little, and is checked here."""
        options, progress = self._options, self._options.progress
        elsewhere = not overlay and self._stdin is None
        if elsewhere and (options.executor is not None or (options.jobs > 1 and len(files) > 1)):
            sizes = [_size(path) for path in files]
            if options.executor is not None or sum(sizes) >= _WORTH_PROCESSES:
                from torchlint.runs.parallel import in_processes, make_setup, on_executor

                def done(number: int) -> None:
                    if progress is not None:
                        progress(number, len(files))

                setup = make_setup(self.resolver, sieve=options.sieve, noted=cache is not None)
                keep = None if cache is None else cache.keep
                if options.executor is not None:
                    yield from on_executor(options.executor, setup, files, sizes, done, keep)
                else:
                    yield from in_processes(options.jobs, setup, files, sizes, done, keep)
                return
        if not files:
            return
        # from the disk, the session reads by itself, and notes what
        read = (lambda path: self._read(path, overlay)) if overlay or self._stdin is not None else None
        outcomes = self._session.outcomes(files, read, progress)
        if cache is None:
            yield from outcomes
            return
        kept = []
        for outcome in outcomes:
            kept.append(replace(outcome, data=b""))
            yield outcome
        cache.keep(kept, self._session.reads.notes(kept))

    def module_classes(self, path: str) -> list[ModuleClass]:
        """The classes of a file of the run that are modules, as the source on the disk says."""
        with deep_and_uncollected():
            return list(self._session.module_classes(path))

    def admitted(self, path: str, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Those of more findings in a file that are new, and wanted, and neither suppressed nor known."""
        settings = self.resolver.for_file(path)
        enabled = enabled_codes(settings, path, self._session.defaults)
        suppressions = parse(decode(path, read_bytes(Path(path))).text)
        new = [one for one in findings if (path, one.class_name, one.attribute) not in self._noticed]
        kept, _ = apply([finding for finding in new if finding.code in enabled], suppressions)
        return self._baselines.remaining(path, kept, settings.baseline if self._silence else None)

    def report(self, findings: Sequence[Finding], errors: Sequence[FileError]) -> Report:
        """The report on all files, with what was wrong before any was checked."""
        errors = (*self._errors, *errors, *self.resolver.errors, *self._baselines.errors)
        return Report(tuple(findings), errors, len(self.files), self._baselines.silenced)

    def _read(self, path: str, overlay: Mapping[str, bytes]) -> bytes:
        if overlay and (data := overlay.get(os.path.abspath(path))) is not None:
            return data
        return read_bytes(Path(path)) if self._stdin is None else self._stdin[1]


class TextChecker:
    """Checks texts that another program holds, one after another; other files are read once for all of them."""

    def __init__(self, resolver: SettingsResolver) -> None:
        from torchlint.checker.session import Session

        self._session = Session(resolver)
        self._baselines = Baselines()

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
        resolver, baselines = self._session.resolver, self._baselines
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
