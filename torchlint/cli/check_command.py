"""`torchlint check`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from torchlint.cli.options import CLEAN, FAILURE, FINDINGS, choice_option, codes_option, known_rules, split

if TYPE_CHECKING:
    from torchlint.config import SettingsResolver
    from torchlint.findings import Report
    from torchlint.report.streams import Output
    from torchlint.report.text import Lines


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(allow_dash=True), metavar="[PATH]...")
@codes_option("--select", "Only these rules: codes or prefixes, such as TL101,TL2.")
@codes_option("--ignore", "Not these rules.")
@codes_option("--extend-select", "These rules as well.")
@click.option(
    "--exclude", metavar="PATTERNS", multiple=True, callback=split, help="Leave out paths that match."
)
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files even when they are named.")
@click.option("--stdin-filename", metavar="PATH", help="The name of what is read from standard input.")
@click.option("--config", metavar="FILE", type=click.Path(), help="Use this configuration file.")
@click.option("--isolated", is_flag=True, help="Use no configuration file.")
@choice_option("--output-format", ["full", "concise", "json"], "How to write findings.")
@click.option(
    "--statistics", is_flag=True, help="Write how often each rule was broken instead of the findings."
)
@choice_option("--color", ["auto", "always", "never"], "Colour; `auto` obeys NO_COLOR and FORCE_COLOR.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
@click.option("-q", "--quiet", is_flag=True, help="Write findings and errors only.")
@click.option(
    "-v", "--verbose", is_flag=True, help="Say which configuration is used, how many files, how long."
)
@click.pass_context
def check(ctx: click.Context, /, **values: Any) -> None:
    """Check files and directories; `-` is standard input."""
    options = CheckOptions(**values)
    _reject_contradictions(options)

    from torchlint.report.streams import standard_error, standard_output

    out, err = standard_output(options.color), standard_error(options.color)
    stdin = _read_stdin(options)
    report = _run(options, stdin, err)
    _write(report, options, stdin, out, err)
    if report.errors:
        ctx.exit(FAILURE)
    ctx.exit(FINDINGS if report.findings and not options.exit_zero else CLEAN)


@dataclass(frozen=True)
class CheckOptions:
    """The command line of `torchlint check`, as click gives it."""

    paths: tuple[str, ...]
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


def _reject_contradictions(options: CheckOptions) -> None:
    """Refuse options that cannot both be meant."""
    if options.isolated and options.config is not None:
        raise click.UsageError("--isolated and --config contradict each other.")
    if options.quiet and options.verbose:
        raise click.UsageError("--quiet and --verbose contradict each other.")
    if options.statistics and options.output_format == "json":
        raise click.UsageError(
            "--statistics is text; the json format already holds the code of each finding."
        )
    if "-" in options.paths and len(options.paths) > 1:
        raise click.UsageError("`-` (standard input) cannot be combined with other paths.")
    if options.stdin_filename is not None and options.paths not in ((), ("-",)):
        raise click.UsageError("--stdin-filename is only for `-` (standard input), not with other paths.")


def _wants_stdin(options: CheckOptions) -> bool:
    return options.paths == ("-",) or options.stdin_filename is not None


def _read_stdin(options: CheckOptions) -> tuple[str, bytes] | None:
    """The name and content of standard input when that is what is to be checked."""
    if not _wants_stdin(options):
        return None
    return options.stdin_filename or "-", sys.stdin.buffer.read()


def _run(options: CheckOptions, stdin: tuple[str, bytes] | None, err: Output) -> Report:
    """Check; a bad configuration is an error of the report like any other."""
    from time import perf_counter

    from torchlint.config import ConfigError
    from torchlint.findings import FileError, Report
    from torchlint.report.progress import ProgressBar

    start = perf_counter()
    progress = ProgressBar(color=err.style.color) if err.is_terminal and not options.quiet else None
    try:
        resolver = _resolver(options)
        from torchlint.check import check as run_check

        report = run_check(
            () if stdin else options.paths or (".",),
            resolver,
            force_exclude=options.force_exclude,
            stdin=stdin,
            progress=progress,
        )
    except ConfigError as error:
        return Report((), (FileError(error.path, error.message),), 0)
    finally:
        if progress is not None:
            progress.close()
    if options.verbose:
        err.write(_account(options, resolver, report.files, perf_counter() - start))
    return report


def _resolver(options: CheckOptions) -> SettingsResolver:
    """The settings of each file, with what the command line says on top."""
    from pathlib import Path

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
        ),
    )


def _account(options: CheckOptions, resolver: SettingsResolver, files: int, seconds: float) -> Iterator[str]:
    """What `--verbose` tells: the configuration files of the paths, how many files, how long."""
    from os.path import isdir

    from torchlint.report.text import counted

    name = options.stdin_filename or "-"
    paths = [name] if _wants_stdin(options) else options.paths or (".",)
    settings = [resolver.for_directory(path) if isdir(path) else resolver.for_file(path) for path in paths]
    for source in dict.fromkeys(setting.source for setting in settings):
        yield f"Configuration: {source or 'none, the defaults hold'}"
    yield f"Checked {counted(files, 'file')} in {seconds:.2f} s."


def _write(
    report: Report, options: CheckOptions, stdin: tuple[str, bytes] | None, out: Output, err: Output
) -> None:
    """Findings to standard output, errors to standard error."""
    from torchlint.report.text import error_line, summary

    if options.output_format == "json":
        from torchlint.report.json import to_json

        out.write([to_json(report)])
    elif options.statistics:
        from torchlint.report.statistics import statistics

        out.write(statistics(report, out.style))
    elif options.output_format == "concise":
        from torchlint.report.concise import concise

        out.write(concise(report, out.style))
    else:
        from torchlint.report.full import full

        out.write(full(report, _source_lines(stdin), out.style))
    err.write(error_line(error, err.style) for error in report.errors)
    if options.quiet or options.output_format == "json":
        return
    if report.files or report.errors:
        out.write([summary(report, out.style)])
    else:
        err.write(["warning: no Python files found"])


def _source_lines(stdin: tuple[str, bytes] | None) -> Lines:
    """The lines of the files that findings are in; a file is read when it is asked for."""
    from functools import lru_cache
    from pathlib import Path

    from torchlint.files import SourceError, decode, read_bytes, split_lines

    @lru_cache(maxsize=4)
    def lines(path: str) -> Sequence[str] | None:
        try:
            data = stdin[1] if stdin is not None and path == stdin[0] else read_bytes(Path(path))
            return split_lines(decode(path, data).text)
        except SourceError:
            return None

    return lines
