"""The window's memory at work: its shape comes back, recent scenes are offered, hints come once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from o3d_paint.core.scene import Scene
from o3d_paint.ui import dialogs
from o3d_paint.ui.layout import LayoutMode
from o3d_paint.ui.panels.empty_states import RecentScene
from o3d_paint.ui.panels.menu import Menu, MenuEntry
from o3d_paint.ui.window import Window
from o3d_paint.ui.window_settings import load_window_settings, save_window_settings

__all__ = ["WindowMemory"]


class WindowMemory:
    """What one window remembers.

    Args:
        window: The window.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._remembered = load_window_settings()
        if self._remembered.split is not None:
            window.split = self._remembered.split
        window.mode = cast("LayoutMode", self._remembered.mode)

    @property
    def recent(self) -> tuple[RecentScene, ...]:
        """Scenes that were open before and are still there, newest first."""
        return self._remembered.present

    def opened(self, scene: Scene, path: Path) -> None:
        """A scene was opened: it is the most recent one, and the first ever shows the hints."""
        entry = RecentScene(str(path), scene.name, f"{len(scene.frames)} photos · {path.parent}")
        self._remembered = self._remembered.opened(entry)
        if not self._remembered.has_seen_hints:
            self._remembered = replace(self._remembered, has_seen_hints=True)
            dialogs.show_hints(self._window.popups)
        self.keep()

    def keep(self) -> None:
        """Write it down, with the window's present shape."""
        window = self._window
        size = window.native.size
        self._remembered = replace(
            self._remembered,
            size=(int(size.width), int(size.height)),
            split=float(window.split),
            mode=window.mode,
        )
        save_window_settings(self._remembered)

    def choose(self, done: Callable[[Path], None]) -> None:
        """Let the user choose one of the recent scenes."""
        popups, recent = self._window.popups, self.recent
        if not recent:
            self._window.toast("No scene was opened before")
            return

        def choose(position: str) -> None:
            popups.close()
            done(Path(recent[int(position)].path))

        menu = Menu(choose, popups.close)
        menu.set_model(
            tuple(
                MenuEntry(str(n), f"{entry.name}   {entry.path}", "history")
                for n, entry in enumerate(recent)
            )
        )
        frame = self._window.panel_host("toolbar").frame
        popups.open(menu, anchor=(frame.x, frame.y + frame.height))
