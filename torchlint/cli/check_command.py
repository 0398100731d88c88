"""`torchlint check`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from torchlint.cli.check_options import CheckOptions, make_resolver, make_run_options, reject_contradictions
from torchlint.cli.check_output import Outcome, account, exit_code, write_outcome
from torchlint.cli.options import choice_option, codes_option, split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torchlint.config import SettingsResolver
    from torchlint.findings import Finding
    from torchlint.report.streams import Output
    from torchlint.runs.options import RunOptions


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(allow_dash=True), metavar="[PATH]...")
@click.option("--fix", is_flag=True, help="Fix what can be fixed; report what remains.")
@click.option(
    "--unsafe-fixes/--no-unsafe-fixes",
    default=None,
    help="Take unsafe fixes too: state_dict keys or training may change.",
)
@click.option("--diff", is_flag=True, help="Write nothing; show what --fix would change, as a diff.")
@click.option("--fix-only", is_flag=True, help="Fix, and do not report what remains.")
@click.option("--show-fixes", is_flag=True, help="List what was fixed.")
@click.option(
    "--persistent",
    type=click.Choice(["auto", "always", "never"]),
    help="Whether new buffers are saved; `auto`: unless construction gives the same again.",
)
@click.option("--add-noqa", is_flag=True, help="Write `# noqa: ...` on each finding.")
@click.option("--reason", metavar="TEXT", help="What to write behind it.")
@click.option(
    "--baseline", metavar="FILE", type=click.Path(), help="Keep the findings that this file knows silent."
)
@click.option("--write-baseline", metavar="FILE", type=click.Path(), help="Write all findings to this file.")
@click.option(
    "--verify",
    is_flag=True,
    help="Build the modules and see whether torch agrees, with fixes too: imports and runs the code.",
)
@click.option(
    "--python", metavar="PATH", help="The interpreter for --verify; the default is torchlint's own."
)
@click.option(
    "--verify-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long each class may take.",
)
@codes_option("--select", "Only these rules: codes or prefixes, such as TL101,TL9.")
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
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most so many worker processes; the default is the cores that it may use.",
)
@click.option(
    "--cache-dir",
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Where results are kept for the next run; the default is .torchlint_cache in the root of the project.",
)
@click.option("--no-cache", is_flag=True, help="Check everything anew, and keep nothing.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
@click.option("-q", "--quiet", is_flag=True, help="Write findings and errors only.")
@click.option(
    "-v", "--verbose", is_flag=True, help="Say which configuration is used, how many files, how long."
)
@click.pass_context
def check(ctx: click.Context, /, **values: Any) -> None:
    """Check files and directories, and fix them; `-` is standard input, fixed to standard output."""
    options = CheckOptions(**values)
    reject_contradictions(options)

    from torchlint.report.streams import standard_error, standard_output

    out, err = standard_output(options.color), standard_error(options.color)
    stdin = None
    if options.wants_stdin:
        stdin = options.stdin_filename or "-", sys.stdin.buffer.read()
    try:
        outcome = _run(options, stdin, err)
    except Exception:
        if stdin is not None and options.mode in (
            "fix",
            "fix-only",
        ):  # whoever reads this must not lose the text
            out.write_bytes(stdin[1])
        raise
    write_outcome(outcome, options, stdin, out, err)
    ctx.exit(exit_code(outcome, options))


def _run(options: CheckOptions, stdin: tuple[str, bytes] | None, err: Output) -> Outcome:
    """Check, and fix; a bad configuration is an error of the report like any other."""
    from time import perf_counter

    from torchlint.config import ConfigError
    from torchlint.findings import FileError, Report
    from torchlint.report.progress import ProgressBar

    start = perf_counter()
    progress = ProgressBar(color=err.style.color) if err.is_terminal and not options.quiet else None
    try:
        resolver = make_resolver(options)
        run_options = make_run_options(options, resolver, progress)
        if options.verify:
            outcome = _verified(options, resolver, run_options, err)
        else:
            outcome = _outcome(options, resolver, stdin, run_options)
    except ConfigError as error:
        report = Report((), (FileError(error.path, error.message),), 0)
        return Outcome(report, lambda finding: False)
    finally:
        if progress is not None:
            progress.close()
    if options.verbose:
        sources = _configurations(options, resolver)
        err.write(account(sources, outcome.report, perf_counter() - start))
    return outcome


def _outcome(
    options: CheckOptions,
    resolver: SettingsResolver,
    stdin: tuple[str, bytes] | None,
    run_options: RunOptions,
) -> Outcome:
    would_fix = _would_fix(resolver)
    paths = () if stdin else options.paths or (".",)
    if options.add_noqa or options.write_baseline is not None:
        return _adopted(options, paths, resolver, would_fix, run_options)
    if options.mode is None:
        from torchlint.runs.check import check as run_check

        report = run_check(
            paths,
            resolver,
            run_options,
            stdin=stdin,
        )
        return Outcome(report, would_fix)

    from torchlint.runs.fix import fix

    done = fix(
        paths,
        resolver,
        run_options,
        stdin=stdin,
        write=not options.diff,
    )
    return Outcome(done.report, would_fix, done.fixed, done.undone, done.changes)


def _verified(
    options: CheckOptions, resolver: SettingsResolver, run_options: RunOptions, err: Output
) -> Outcome:
    """Check, and ask the live modules; fix, if that is wanted, and let them prove it."""
    from torchlint.report.progress import ProgressBar
    from torchlint.runs.verify import VerifyOptions, verify
    from torchlint.runtime.process import Limits

    if not options.quiet:
        err.write(["--verify imports and runs the code that it checks, in processes of its own."])
    verifying = None if run_options.progress is None else ProgressBar(color=err.style.color, task="Verifying")
    would_fix = _would_fix(resolver)
    paths = options.paths or (".",)
    verify_options = VerifyOptions(options.python, Limits(options.verify_timeout))
    try:
        if options.mode is None:
            report = verify(
                paths,
                resolver,
                verify_options,
                run_options,
                verifying=verifying,
            )
            return Outcome(report, would_fix)
        from torchlint.runs.prove import fix_and_prove

        done = fix_and_prove(
            paths,
            resolver,
            verify_options,
            run_options,
            verifying=verifying,
            remaining=not options.fix_only,
        )
        return Outcome(done.report, would_fix, done.fixed, done.undone, done.changes)
    finally:
        if verifying is not None:
            verifying.close()


def _would_fix(resolver: SettingsResolver) -> Callable[[Finding], bool]:
    """Tells whether `--fix` would fix a finding."""
    from torchlint.fixes.applicability import applies

    return lambda finding: applies(finding, resolver.for_file(finding.path))


def _adopted(
    options: CheckOptions,
    paths: Sequence[str],
    resolver: SettingsResolver,
    would_fix: Callable[[Finding], bool],
    run_options: RunOptions,
) -> Outcome:
    """Write comments, or a baseline."""
    from torchlint.report.summary import baseline_summary, noqa_summary
    from torchlint.runs.adopt import add_noqa, write_baseline

    if options.write_baseline is None:
        added = add_noqa(paths, resolver, run_options, reason=options.reason)
        return Outcome(added.report, would_fix, told=noqa_summary(added.comments, added.files, added.report))
    target = options.write_baseline
    written = write_baseline(paths, resolver, target, run_options)
    told = baseline_summary(target, written.known, written.new, written.gone)
    return Outcome(written.report, would_fix, told=told if written.written else "")


def _configurations(options: CheckOptions, resolver: SettingsResolver) -> list[object]:
    """The configuration file of each path, None where there is none."""
    from os.path import isdir

    name = options.stdin_filename or "-"
    paths = [name] if options.wants_stdin else options.paths or (".",)
    settings = [resolver.for_directory(path) if isdir(path) else resolver.for_file(path) for path in paths]
    return [setting.source for setting in settings]
