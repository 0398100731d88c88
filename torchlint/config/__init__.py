"""Configuration: which settings hold for which file. Knows nothing of the rules but their codes."""

from torchlint.config.load import check_codes, find_config, load
from torchlint.config.resolver import Overrides, SettingsResolver
from torchlint.config.selection import enabled_codes, longest_prefix
from torchlint.config.settings import BufferStyle, ConfigError, Persistence, Recipe, Settings

__all__ = [
    "BufferStyle",
    "ConfigError",
    "Overrides",
    "Persistence",
    "Recipe",
    "Settings",
    "SettingsResolver",
    "check_codes",
    "enabled_codes",
    "find_config",
    "load",
    "longest_prefix",
]
