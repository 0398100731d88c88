"""The group of commands: `torchlint PATH...` is short for its default command."""

from __future__ import annotations

import sys
from typing import Any

import click
from click.shell_completion import CompletionItem

from torchlint import __version__
from torchlint.cli.options import FAILURE


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
        records = (one.get_help_record(ctx) for one in parameters if isinstance(one, click.Option))
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
