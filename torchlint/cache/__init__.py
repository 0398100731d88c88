"""What earlier runs found, as long as it still holds: nothing that was read to find it has changed since."""

from torchlint.cache.cache import Cache
from torchlint.cache.changes import UnlistableError
from torchlint.cache.folder import FOLDER_NAME, clean

__all__ = ["FOLDER_NAME", "Cache", "UnlistableError", "clean"]
