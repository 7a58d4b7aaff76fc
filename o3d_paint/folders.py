"""The user's own folders, by the custom of each system."""

from __future__ import annotations

import os
import platform
from pathlib import Path

_NAME = "o3d-paint"


def cache_folder() -> Path:
    """Return the folder for what can be made again: sample scene, result of the preflight."""
    return _folder("XDG_CACHE_HOME", ".cache", mac="Library/Caches")


def data_folder() -> Path:
    """Return the folder for what must not be lost: projects of scenes in read-only folders."""
    return _folder("XDG_DATA_HOME", ".local/share", mac="Library/Application Support")


def _folder(variable: str, linux: str, *, mac: str) -> Path:
    chosen = os.environ.get(variable)
    # The XDG rule: a relative path in these variables is to be ignored.
    if chosen and Path(chosen).is_absolute():
        return Path(chosen) / _NAME
    system = platform.system()
    if system == "Windows":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / _NAME
    return Path.home() / (mac if system == "Darwin" else linux) / _NAME
