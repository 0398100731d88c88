"""`torchlint inspect`."""

from __future__ import annotations

import click

from torchlint.cli.options import CLEAN, FAILURE, FINDINGS, choice_option


@click.command()
@click.argument("target")
@click.option(
    "--args", "arguments", default="", metavar="ARGS", help="What to call it with, as Python: `4, d_model=8`."
)
@click.option(
    "--python", metavar="PATH", help="The interpreter that has torch; the default is torchlint's own."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long it may take.",
)
@choice_option("--output-format", ["text", "json"], "How to write what is seen.")
@choice_option("--color", ["auto", "always", "never"], "Colour; `auto` obeys NO_COLOR and FORCE_COLOR.")
@click.pass_context
def inspect(
    ctx: click.Context,
    target: str,
    arguments: str,
    python: str | None,
    timeout: float,
    output_format: str,
    color: str,
) -> None:
    """Build a module and show what torch does with its state.

    TARGET is `package.module:Class` or `path/file.py:Class`, or a function that returns a module. This imports and
    runs the code, in a process of its own. Exit code: 0 all state is registered, 1 some is not, 2 it cannot be built.
    """
    import os

    from torchlint.findings import FileError
    from torchlint.report.inspection import inspection_json, inspection_table
    from torchlint.report.streams import standard_error, standard_output
    from torchlint.report.text import error_line
    from torchlint.runtime.inspection import inspect as run
    from torchlint.runtime.process import Limits, RuntimeFailure

    out, err = standard_output(color), standard_error(color)
    here = os.getcwd()
    roots = [folder for folder in (here, os.path.join(here, "src")) if os.path.isdir(folder)]
    try:
        found = run(target, arguments, roots=roots, python=python, limits=Limits(timeout))
    except RuntimeFailure as failure:
        err.write(
            [*failure.output.splitlines()[-20:], error_line(FileError(target, failure.message), err.style)]
        )
        ctx.exit(FAILURE)
    out.write([inspection_json(found)] if output_format == "json" else inspection_table(found, out.style))
    ctx.exit(FINDINGS if any(row.unregistered for row in found.attributes) else CLEAN)
