"""The documentation of rules, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from torchlint.report.text import PLAIN, Style


class DocumentedRule(Protocol):
    """What this module needs to know of a rule."""

    @property
    def code(self) -> str:
        """`TL101`."""

    @property
    def name(self) -> str:
        """`unregistered-buffer`."""

    @property
    def summary(self) -> str:
        """One line."""

    @property
    def docs(self) -> str:
        """The documentation in Markdown."""

    @property
    def default_on(self) -> bool:
        """Whether the rule is on without being selected."""


def rule_text(rule: DocumentedRule) -> str:
    """The documentation of one rule in Markdown, under a title."""
    docs = rule.docs.strip()
    title = "" if docs.startswith("# ") else f"# {rule.name} ({rule.code})\n\n"
    off = "" if rule.default_on else "\n\nThis rule is off by default."
    return f"{title}{docs}{off}"


def rule_table(rules: Sequence[DocumentedRule], style: Style = PLAIN) -> Iterator[str]:
    """One line a rule: code, name, summary."""
    size = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        off = "" if rule.default_on else " (off by default)"
        yield f"{style.code(rule.code)}  {rule.name:<{size}}  {rule.summary}{off}"


def rules_json(rules: Sequence[DocumentedRule]) -> str:
    """The rules as a JSON array of objects."""
    return json.dumps([_rule(rule) for rule in rules], indent=2)


def _rule(rule: DocumentedRule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": rule.summary,
        "docs": rule.docs,
        "default_on": rule.default_on,
    }
