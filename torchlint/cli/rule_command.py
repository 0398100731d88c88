"""`torchlint rule`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from torchlint.cli.options import choice_option, complete_codes, known_rules, split

if TYPE_CHECKING:
    from torchlint.rules import Rule


@click.command()
@click.argument("wanted", nargs=-1, metavar="[CODE]...", callback=split, shell_complete=complete_codes)
@click.option("--all", "every", is_flag=True, help="List all rules: code, name, summary.")
@choice_option("--output-format", ["text", "json"], "How to write them.")
@choice_option("--color", ["auto", "always", "never"], "Colour; `auto` obeys NO_COLOR and FORCE_COLOR.")
def rule(wanted: tuple[str, ...] | None, every: bool, output_format: str, color: str) -> None:
    """Explain rules: what they find, why it is bad."""
    from torchlint.report.rules import rule_table, rule_text, rules_json
    from torchlint.report.streams import standard_output

    if every == bool(wanted):
        raise click.UsageError("Name a rule, such as TL101, or give --all.")
    out = standard_output(color)
    rules = (
        sorted(known_rules(), key=lambda rule: rule.code) if every else [_rule(code) for code in wanted or ()]
    )
    if output_format == "json":
        out.write([rules_json(rules)])
    elif every:
        out.write(rule_table(rules, out.style))
    else:
        out.write(["\n\n".join(rule_text(rule) for rule in rules)])


def _rule(wanted: str) -> Rule:
    """The rule of a code or a name."""
    rules = known_rules()
    for rule in rules:
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            return rule
    known = ", ".join(sorted(rule.code for rule in rules))
    raise click.UsageError(f"There is no rule {wanted!r}. The rules are: {known}.")
