"""The rules: one file each. `all_rules` finds them; nothing lists them."""

from torchlint.rules.rule import Rule, all_rules

__all__ = ["Rule", "all_rules"]
