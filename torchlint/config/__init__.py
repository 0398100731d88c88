"""Configuration: which settings hold for which file. Knows nothing of the rules but their codes."""

from torchlint.config.load import check_codes, find_config, load
from torchlint.config.resolver import Overrides, SettingsResolver
from torchlint.config.selection import enabled_codes
from torchlint.config.settings import ConfigError, Settings

__all__ = [
    "ConfigError",
    "Overrides",
    "Settings",
    "SettingsResolver",
    "check_codes",
    "enabled_codes",
    "find_config",
    "load",
]
