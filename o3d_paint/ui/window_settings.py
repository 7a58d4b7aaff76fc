"""What the window remembers from one start to the next: scenes, its shape, that hints were seen."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from o3d_paint.errors import PaintError
from o3d_paint.folders import data_folder
from o3d_paint.io.store import make_folder, write_json
from o3d_paint.ui.panels.empty_states import RecentScene

__all__ = ["WindowSettings", "load_window_settings", "save_window_settings"]

_FILE = "window.json"
_MOST_RECENT = 8
_SIDES = (320, 16384)


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """All of it.

    Attributes:
        recent: Newest first.
        has_seen_hints: Whether the first steps were shown.
        size: (width, height) of the window in device pixels; None for the usual one.
        split: Share of the width that the 3D view takes.
        mode: Which of 3D view and photo show: "both", "scene" or "photo".
    """

    recent: tuple[RecentScene, ...] = ()
    has_seen_hints: bool = False
    size: tuple[int, int] | None = None
    split: float | None = None
    mode: str = "both"

    def opened(self, entry: RecentScene) -> WindowSettings:
        """Return the memory with a scene in front of all others."""
        others = [e for e in self.recent if e.path != entry.path]
        return replace(self, recent=(entry, *others)[:_MOST_RECENT])

    @property
    def present(self) -> tuple[RecentScene, ...]:
        """The recent scenes that are still there."""
        return tuple(e for e in self.recent if Path(e.path).exists())


def load_window_settings(path: Path | None = None) -> WindowSettings:
    """Return what was remembered; what cannot be read or makes no sense is forgotten."""
    try:
        found = json.loads((path or _path()).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return WindowSettings()
    if not isinstance(found, dict):
        return WindowSettings()
    recent = found.get("recent")
    split, mode = found.get("split"), found.get("mode")
    return WindowSettings(
        recent=tuple(e for e in map(_entry, recent if isinstance(recent, list) else ()) if e),
        has_seen_hints=found.get("has_seen_hints") is True,
        size=_size(found.get("size")),
        split=split if isinstance(split, float) and 0.1 <= split <= 0.9 else None,
        mode=mode if mode in ("both", "scene", "photo") else "both",
    )


def save_window_settings(remembered: WindowSettings, path: Path | None = None) -> None:
    """Write it; a folder that cannot be written is no reason to trouble anybody."""
    target = path or _path()
    try:
        make_folder(target.parent)
        write_json(target, asdict(remembered))
    except (OSError, PaintError):
        return


def _path() -> Path:
    return data_folder() / _FILE


def _entry(found: object) -> RecentScene | None:
    if not isinstance(found, dict):
        return None
    texts = [found.get(name, "") for name in ("path", "name", "detail")]
    if not texts[0] or not all(isinstance(text, str) for text in texts):
        return None
    return RecentScene(*texts)


def _size(found: object) -> tuple[int, int] | None:
    if not (isinstance(found, list) and len(found) == 2):
        return None
    low, high = _SIDES
    if not all(type(side) is int and low <= side <= high for side in found):
        return None
    return found[0], found[1]
