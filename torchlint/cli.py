"""The command line: options in, one library call, a reporter, an exit code.

Only click is imported at the top. Everything else is imported by the command that needs it, so that
`--version`, `--help` and shell completion answer at once.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from torchlint import __version__

if TYPE_CHECKING:
    from torchlint.config import SettingsResolver
    from torchlint.findings import Report
    from torchlint.report.streams import Output
    from torchlint.report.text import Lines
    from torchlint.rules import Rule

_Command = TypeVar("_Command", bound=Callable[..., Any])

CLEAN, FINDINGS, FAILURE = 0, 1, 2

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class DefaultToCheck(click.Group):
    """A group in which `torchlint PATH...` means `torchlint check PATH...`."""

    default_name = "check"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command before anything that is neither a command nor an option of the group."""
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        explicit = bool(args) and (args[0] in self.commands or args[0] in own)
        completing_the_first_word = not args and ctx.resilient_parsing
        if not explicit and not completing_the_first_word:
            args = [self.default_name, *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options of the default command too: that is what `torchlint --help` is asked for."""
        parameters = [*self._default(ctx).params, *self.get_params(ctx)]
        records = (parameter.get_help_record(ctx) for parameter in parameters)
        with formatter.section("Options"):
            formatter.write_dl([record for record in records if record is not None])
        self.format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the first word: a command, an option of the group or of the default command, or a path."""
        items = super().shell_complete(ctx, incomplete)
        command = self._default(ctx)
        inner = click.Context(command, info_name=self.default_name, parent=ctx, resilient_parsing=True)
        known = {item.value for item in items}
        if not incomplete.startswith("-"):
            items.append(CompletionItem(incomplete, type="file"))
        return items + [item for item in command.shell_complete(inner, incomplete) if item.value not in known]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a defect of torchlint, or an interruption, ends in exit code 2 as any failure."""
        from torchlint.report.streams import OutputError

        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except KeyboardInterrupt:
            click.echo("error: interrupted", err=True)
        except OutputError as error:
            click.echo(f"error: {error}", err=True)
        except Exception:
            import traceback

            click.echo(traceback.format_exc(), err=True, nl=False)
            versions = f"torchlint {__version__}, Python {sys.version.split()[0]}"
            click.echo(
                f"error: this is a defect of torchlint; please report it with all lines above ({versions})",
                err=True,
            )
        raise click.exceptions.Exit(FAILURE)

    def _default(self, ctx: click.Context) -> click.Command:
        command = self.get_command(ctx, self.default_name)
        assert command is not None
        return command


def _split(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[str, ...] | None:
    """The values of an option that takes several, comma-separated or repeated; None if it is not given."""
    if not values:
        return None
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _split_codes(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[str, ...] | None:
    """The same for rule codes, in capitals."""
    codes = _split(ctx, param, values)
    return None if codes is None else tuple(code.upper() for code in codes)


def _complete_codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """For the shell: the codes that continue the last one of the list."""
    before, comma, last = incomplete.rpartition(",")
    rules = [rule for rule in _rules() if rule.code.startswith(last.upper())]
    return [CompletionItem(f"{before}{comma}{rule.code}", help=rule.name) for rule in rules]


def _codes_option(name: str, text: str) -> Callable[[_Command], _Command]:
    """An option that takes rule codes."""
    return click.option(
        name, metavar="CODES", multiple=True, callback=_split_codes, shell_complete=_complete_codes, help=text
    )


@click.group(cls=DefaultToCheck, context_settings=_CONTEXT, subcommand_metavar="[PATH]...")
@click.version_option(__version__, "--version", prog_name="torchlint", message="%(prog)s %(version)s")
def cli() -> None:
    """Find tensors, parameters and modules that an nn.Module does not register.

    `torchlint PATH...` is short for `torchlint check PATH...`; without a path it checks the current
    directory. A file or directory that is itself called `check` or `rule` is written `./check`.

    Exit code: 0 nothing found, 1 findings, 2 something could not be checked.
    """


def _choice_option(name: str, choices: Sequence[str], text: str) -> Callable[[_Command], _Command]:
    """An option with a few fixed values, the first of which is the default."""
    return click.option(name, type=click.Choice(choices), default=choices[0], show_default=True, help=text)


@cli.command()
@click.argument("paths", nargs=-1, type=click.Path(allow_dash=True), metavar="[PATH]...")
@_codes_option("--select", "Only these rules: codes or prefixes, such as TL101,TL2.")
@_codes_option("--ignore", "Not these rules.")
@_codes_option("--extend-select", "These rules as well.")
@click.option(
    "--exclude", metavar="PATTERNS", multiple=True, callback=_split, help="Leave out paths that match."
)
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files even when they are named.")
@click.option("--stdin-filename", metavar="PATH", help="The name of what is read from standard input.")
@click.option("--config", metavar="FILE", type=click.Path(), help="Use this configuration file.")
@click.option("--isolated", is_flag=True, help="Use no configuration file.")
@_choice_option("--output-format", ["full", "concise", "json"], "How to write findings.")
@click.option(
    "--statistics", is_flag=True, help="Write how often each rule was broken instead of the findings."
)
@_choice_option("--color", ["auto", "always", "never"], "Colour; `auto` obeys NO_COLOR and FORCE_COLOR.")
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
        frozenset(rule.code for rule in _rules()),
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


@cli.command()
@click.argument("wanted", nargs=-1, metavar="[CODE]...", callback=_split, shell_complete=_complete_codes)
@click.option("--all", "every", is_flag=True, help="List all rules: code, name, summary.")
@_choice_option("--output-format", ["text", "json"], "How to write them.")
@_choice_option("--color", ["auto", "always", "never"], "Colour; `auto` obeys NO_COLOR and FORCE_COLOR.")
def rule(wanted: tuple[str, ...] | None, every: bool, output_format: str, color: str) -> None:
    """Explain rules: what they find, why it is bad."""
    from torchlint.report.rules import rule_table, rule_text, rules_json
    from torchlint.report.streams import standard_output

    if every == bool(wanted):
        raise click.UsageError("Name a rule, such as TL101, or give --all.")
    out = standard_output(color)
    rules = sorted(_rules(), key=lambda rule: rule.code) if every else [_rule(code) for code in wanted or ()]
    if output_format == "json":
        out.write([rules_json(rules)])
    elif every:
        out.write(rule_table(rules, out.style))
    else:
        out.write(["\n\n".join(rule_text(rule) for rule in rules)])


def _rule(wanted: str) -> Rule:
    """The rule of a code or a name."""
    rules = _rules()
    for rule in rules:
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            return rule
    known = ", ".join(sorted(rule.code for rule in rules))
    raise click.UsageError(f"There is no rule {wanted!r}. The rules are: {known}.")


def _rules() -> Sequence[Rule]:
    from torchlint.rules import all_rules

    return all_rules()


def main() -> None:
    """The console script."""
    gc.disable()  # the process ends with the run, and so do its objects
    atexit.register(gc.freeze)
    cli(prog_name="torchlint")
