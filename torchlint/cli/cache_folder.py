"""Where the cache of a project is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torchlint.config import SettingsResolver


def cache_folder(given: str | None, resolver: SettingsResolver) -> Path:
    """The folder that an option gives, or else that of the configuration that holds in the working directory."""
    from torchlint.cache import FOLDER_NAME

    return Path(given) if given is not None else resolver.project_root() / FOLDER_NAME
