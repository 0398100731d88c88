"""What the commands have in common: exit codes, kinds of options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from torchlint.rules import Rule

_Command = TypeVar("_Command", bound=Callable[..., Any])

CLEAN, FINDINGS, FAILURE = 0, 1, 2


def split(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[str, ...] | None:
    """The values of an option that takes several, comma-separated or repeated; None if it is not given."""
    if not values:
        return None
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def split_codes(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[str, ...] | None:
    """The same for rule codes, in capitals."""
    codes = split(ctx, param, values)
    return None if codes is None else tuple(code.upper() for code in codes)


def complete_codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """For the shell: the codes that continue the last one of the list."""
    before, comma, last = incomplete.rpartition(",")
    rules = [rule for rule in known_rules() if rule.code.startswith(last.upper())]
    return [CompletionItem(f"{before}{comma}{rule.code}", help=rule.name) for rule in rules]


def codes_option(name: str, text: str) -> Callable[[_Command], _Command]:
    """An option that takes rule codes."""
    return click.option(
        name, metavar="CODES", multiple=True, callback=split_codes, shell_complete=complete_codes, help=text
    )


def choice_option(name: str, choices: Sequence[str], text: str) -> Callable[[_Command], _Command]:
    """An option with a few fixed values, the first of which is the default."""
    return click.option(name, type=click.Choice(choices), default=choices[0], show_default=True, help=text)


def known_rules() -> Sequence[Rule]:
    """Every rule."""
    from torchlint.rules import all_rules

    return all_rules()
