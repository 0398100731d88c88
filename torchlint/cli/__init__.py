"""The command line: options in, one library call, a reporter, an exit code.

Only click is imported at the top. Everything else is imported by the command that needs it, so that
`--version`, `--help` and shell completion answer at once.
"""

from __future__ import annotations

import atexit
import gc

import click

from torchlint import __version__
from torchlint.cli.check_command import check
from torchlint.cli.clean_command import clean
from torchlint.cli.group import DefaultToCheck
from torchlint.cli.inspect_command import inspect
from torchlint.cli.rule_command import rule

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=DefaultToCheck, context_settings=_CONTEXT, subcommand_metavar="[PATH]...")
@click.version_option(__version__, "--version", prog_name="torchlint", message="%(prog)s %(version)s")
def cli() -> None:
    """Find tensors, parameters and modules that an nn.Module does not register.

    `torchlint PATH...` is short for `torchlint check PATH...`; without a path it checks the current
    directory. A file or directory that is itself called `check`, `clean`, `inspect` or `rule` is written `./check`.

    Exit code: 0 nothing found, 1 findings, 2 something could not be checked.
    """


cli.add_command(check)
cli.add_command(clean)
cli.add_command(inspect)
cli.add_command(rule)


def main() -> None:
    """The console script."""
    gc.disable()  # the process ends with the run, and so do its objects
    atexit.register(gc.freeze)
    cli(prog_name="torchlint")
