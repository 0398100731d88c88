"""`torchlint inspect`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from torchlint.cli.options import CLEAN, FAILURE, FINDINGS, choice_option, known_rules

if TYPE_CHECKING:
    from torchlint.config import Settings
    from torchlint.report.streams import Output
    from torchlint.runtime.inspection import Inspection


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
@click.option(
    "--html",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Also write it to FILE as a web page, which needs no network.",
)
@choice_option("--color", ["auto", "always", "never"], "Colour; `auto` obeys NO_COLOR and FORCE_COLOR.")
@click.pass_context
def inspect(
    ctx: click.Context,
    target: str,
    arguments: str,
    python: str | None,
    timeout: float,
    output_format: str,
    html: str | None,
    color: str,
) -> None:
    """Build a module and show what torch does with its state.

    TARGET is `package.module:Class` or `path/file.py:Class`, or a function that returns a module. Without --args, a
    class is built by its recipe in the configuration, if it has one. This imports and runs the code, in a process of
    its own. Exit code: 0 all state is registered, 1 some is not, 2 it cannot be built.
    """
    from torchlint.config import ConfigError
    from torchlint.files.source import SourceError
    from torchlint.findings import FileError
    from torchlint.report.streams import standard_error, standard_output
    from torchlint.report.text import error_line
    from torchlint.runs.recipes import recipe_for
    from torchlint.runtime.inspection import inspect as run
    from torchlint.runtime.process import Limits, RuntimeFailure

    out, err = standard_output(color), standard_error(color)
    try:
        roots, settings = _configured(target)
        recipe = None if arguments or settings is None else recipe_for(target, settings)
        found = run(
            target,
            arguments,
            roots=roots,
            recipe=None if recipe is None else recipe.call,
            inputs=None if recipe is None else recipe.inputs,
            python=python,
            limits=Limits(timeout),
        )
        if html is not None:
            _write_page(html, found)
    except RuntimeFailure as failure:
        err.write(
            [*failure.output.splitlines()[-20:], error_line(FileError(target, failure.message), err.style)]
        )
        ctx.exit(FAILURE)
    except (ConfigError, SourceError) as error:
        err.write([error_line(FileError(error.path, error.message), err.style)])
        ctx.exit(FAILURE)
    out.write(_lines(found, output_format, out))
    ctx.exit(FINDINGS if any(row.unregistered for row in found.attributes) else CLEAN)


def _configured(target: str) -> tuple[list[str], Settings | None]:
    """Where imports start: `src` of the configuration, then this folder and its `src`; and the configuration.

    Raises ConfigError.
    """
    import os
    from pathlib import Path

    from torchlint.config.load import find_config, load

    where = target.rpartition(":")[0]
    folder = os.path.dirname(where) if where.endswith(".py") else ""
    here = Path.cwd()
    config = find_config(here / folder)
    settings = None if config is None else load(config, [rule.code for rule in known_rules()])
    configured = () if settings is None else settings.src
    return [str(root) for root in (*configured, here, here / "src") if root.is_dir()], settings


def _write_page(path: str, found: Inspection) -> None:
    """Write the page, whole or not at all. Raises SourceError."""
    from pathlib import Path

    from torchlint.files.whole import write_whole
    from torchlint.report.inspection_html import inspection_html

    # a name may hold half a surrogate pair, which no encoding has
    write_whole(Path(path), inspection_html(found).encode("utf-8", "backslashreplace"))


def _lines(found: Inspection, output_format: str, out: Output) -> Iterable[str]:
    from shutil import get_terminal_size

    from torchlint.report.inspection import Terminal, inspection_json, inspection_table

    if output_format == "json":
        return [inspection_json(found)]
    terminal = Terminal(get_terminal_size().columns, out.encoding) if out.is_terminal else None
    return inspection_table(found, out.style, terminal)
