"""`torchlint clean`."""

from __future__ import annotations

import click

from torchlint.cli.options import FAILURE


@click.command()
@click.option(
    "--cache-dir", metavar="FOLDER", type=click.Path(), help="The folder that --cache-dir gave the runs."
)
@click.option("--config", metavar="FILE", type=click.Path(), help="Use this configuration file.")
@click.option("--isolated", is_flag=True, help="Use no configuration file.")
@click.pass_context
def clean(ctx: click.Context, /, cache_dir: str | None, config: str | None, isolated: bool) -> None:
    """Remove the results that earlier runs have kept in this project."""
    from pathlib import Path

    from torchlint.cache import clean as remove
    from torchlint.cli.cache_folder import cache_folder
    from torchlint.cli.options import known_rules
    from torchlint.config import ConfigError, SettingsResolver
    from torchlint.files.source import describe_os_error

    try:
        codes = frozenset(rule.code for rule in known_rules())
        given = None if config is None else Path(config)
        resolver = SettingsResolver(codes, cwd=Path.cwd(), config=given, isolated=isolated)
        folder = cache_folder(cache_dir, resolver)
        removed = remove(folder)
    except ConfigError as error:
        click.echo(f"error: {error}", err=True)
        ctx.exit(FAILURE)
    except OSError as error:
        click.echo(f"error: {folder}: {describe_os_error(error)}", err=True)
        ctx.exit(FAILURE)
    click.echo(f"Removed {folder}." if removed else f"No cache in {folder}.")
