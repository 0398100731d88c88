"""The command line of `torchlint check`, and what in it contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from torchlint.cores import available_cores

if TYPE_CHECKING:
    from torchlint.checker.outcome import Progress
    from torchlint.config import Persistence, SettingsResolver
    from torchlint.report.summary import FixMode
    from torchlint.runs.options import RunOptions


@dataclass(frozen=True)
class CheckOptions:
    """The options, as click gives them."""

    paths: tuple[str, ...]
    fix: bool
    fix_only: bool
    diff: bool
    unsafe_fixes: bool | None
    show_fixes: bool
    persistent: Persistence | None
    add_noqa: bool
    reason: str | None
    baseline: str | None
    write_baseline: str | None
    select: tuple[str, ...] | None
    ignore: tuple[str, ...] | None
    extend_select: tuple[str, ...] | None
    exclude: tuple[str, ...] | None
    force_exclude: bool
    stdin_filename: str | None
    config: str | None
    isolated: bool
    output_format: str
    statistics: bool
    color: str
    exit_zero: bool
    quiet: bool
    verbose: bool
    verify: bool
    python: str | None
    verify_timeout: float
    jobs: int | None
    cache_dir: str | None
    no_cache: bool

    @property
    def mode(self) -> FixMode | None:
        """What is to be done with fixes; None if nothing is."""
        if self.diff:
            return "diff"
        if self.fix_only:
            return "fix-only"
        return "fix" if self.fix else None

    @property
    def workers(self) -> int:
        """The largest number of worker processes."""
        return available_cores() if self.jobs is None else self.jobs

    @property
    def wants_stdin(self) -> bool:
        """Whether standard input is to be checked."""
        return self.paths == ("-",) or self.stdin_filename is not None


def reject_contradictions(options: CheckOptions) -> None:
    """Refuse options that cannot both be meant."""
    json = options.output_format == "json"
    contradictions = (
        (options.isolated and options.config is not None, "--isolated and --config contradict each other."),
        (
            options.no_cache and options.cache_dir is not None,
            "--no-cache and --cache-dir contradict each other.",
        ),
        (options.select == (), "--select names no rule: nothing would be checked."),
        (options.quiet and options.verbose, "--quiet and --verbose contradict each other."),
        (
            options.statistics and json,
            "--statistics is text; the json format already holds the code of each finding.",
        ),
        (
            options.diff and (json or options.statistics),
            "--diff takes the place of the findings: it goes with neither --output-format json nor --statistics.",
        ),
        (
            options.fix_only and options.statistics,
            "--fix-only does not report what remains, --statistics does: they contradict each other.",
        ),
        (
            options.show_fixes and options.mode is None,
            "--show-fixes needs --fix, --fix-only or --diff: nothing is fixed without.",
        ),
        (options.show_fixes and json, "--show-fixes is text; the json format already lists what was fixed."),
        (options.show_fixes and options.quiet, "--show-fixes and --quiet contradict each other."),
        *_adopting(options),
        *_verifying(options),
        (
            "-" in options.paths and len(options.paths) > 1,
            "`-` (standard input) cannot be combined with other paths.",
        ),
        (
            options.stdin_filename is not None and options.paths not in ((), ("-",)),
            "--stdin-filename is only for `-` (standard input), not with other paths.",
        ),
    )
    for contradicts, message in contradictions:
        if contradicts:
            raise click.UsageError(message)


def _adopting(options: CheckOptions) -> Iterator[tuple[bool, str]]:
    """What contradicts the writing of comments or of a baseline."""
    adds, writes = options.add_noqa, options.write_baseline is not None
    yield adds and writes, "--add-noqa and --write-baseline contradict each other: findings need one of them."
    yield options.reason is not None and not adds, "--reason needs --add-noqa: there is no comment without."
    yield writes and options.baseline is not None, "--write-baseline and --baseline contradict each other."
    for given, name in ((adds, "--add-noqa"), (writes, "--write-baseline")):
        yield given and options.mode is not None, f"{name} goes with none of --fix, --fix-only and --diff."
        yield given and options.wants_stdin, f"{name} is for files, not for `-` (standard input)."
        text_only = options.output_format == "json" or options.statistics
        yield given and text_only, f"{name} goes with neither --output-format json nor --statistics."
    if options.reason is not None:
        from torchlint.suppression import problem_of_reason

        problem = problem_of_reason(options.reason)
        yield problem is not None, f"--reason: {problem}."


def _verifying(options: CheckOptions) -> Iterator[tuple[bool, str]]:
    """What contradicts the running of the code."""
    adopts = options.add_noqa or options.write_baseline is not None
    yield (
        options.python is not None and not options.verify,
        "--python needs --verify: nothing is run without.",
    )
    yield options.verify and options.wants_stdin, "--verify runs files, not `-` (standard input)."
    yield options.verify and adopts, "--verify goes with neither --add-noqa nor --write-baseline."
    yield (
        options.verify and options.diff,
        "--verify does not go with --diff: it goes with --fix and --fix-only, which prove what they write.",
    )


def make_resolver(options: CheckOptions) -> SettingsResolver:
    """The settings of each file, with what the command line says on top."""
    from pathlib import Path

    from torchlint.cli.options import known_rules
    from torchlint.config import Overrides, SettingsResolver

    return SettingsResolver(
        frozenset(rule.code for rule in known_rules()),
        cwd=Path.cwd(),
        config=None if options.config is None else Path(options.config),
        isolated=options.isolated,
        overrides=Overrides(
            select=options.select,
            ignore=options.ignore or (),
            extend_select=options.extend_select or (),
            exclude=options.exclude,
            persistent=options.persistent,
            unsafe_fixes=options.unsafe_fixes,
            baseline=None if options.baseline is None else Path(options.baseline),
        ),
    )


def make_run_options(
    options: CheckOptions, resolver: SettingsResolver, progress: Progress | None
) -> RunOptions:
    """How the files are checked."""
    from torchlint.cli.cache_folder import cache_folder
    from torchlint.runs.options import RunOptions

    cache = None if options.no_cache else cache_folder(options.cache_dir, resolver)
    return RunOptions(options.force_exclude, options.workers, cache=cache, progress=progress)
