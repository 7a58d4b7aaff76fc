"""The menu bar, built from the table of commands."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from open3d.visualization import gui

from o3d_paint.ui.commands import MENUS, Command, commands, key_text
from o3d_paint.ui.guard import Guard

__all__ = ["MenuBar"]

_FIRST_ID = 100


class MenuBar:
    """The application's menus.

    Args:
        run: Called with the id of the chosen command.
        guard: Wraps the callbacks.
    """

    def __init__(self, run: Callable[[str], None], guard: Guard) -> None:
        self._run = run
        self._guard = guard
        self._numbers: dict[str, int] = {}
        self._menus: dict[str, Any] = {}
        self._shown: dict[str, bool] = {}
        self.checked: frozenset[str] = frozenset()
        bar = gui.Menu()
        for title in MENUS:
            listed = [c for c in commands() if c.group == title and c.in_menu]
            bar.add_menu(title, self._menu(title, listed))
        gui.Application.instance.menubar = bar

    def connect(self, window: Any) -> None:
        """Let a window handle the entries."""
        for command_id, number in self._numbers.items():
            run = self._guard.wrap(lambda c=command_id: self._run(c), None)
            window.set_on_menu_item_activated(number, run)

    def enable(self, enabled: Collection[str]) -> None:
        """Grey all entries but these commands."""
        for command_id, number in self._numbers.items():
            is_on = command_id in enabled
            if self._shown.get(command_id, True) != is_on:
                self._shown[command_id] = is_on
                self._menus[command_id].set_enabled(number, is_on)

    def check(self, checked: frozenset[str]) -> None:
        """Tick these entries and no others."""
        checked &= self._numbers.keys()
        for command_id in checked ^ self.checked:
            menu, number = self._menus[command_id], self._numbers[command_id]
            menu.set_checked(number, command_id in checked)
        self.checked = checked

    def _menu(self, _title: str, listed: list[Command]) -> Any:
        menu = gui.Menu()
        for command in listed:
            if command.divider:
                menu.add_separator()
            number = _FIRST_ID + len(self._numbers)
            self._numbers[command.command_id] = number
            self._menus[command.command_id] = menu
            key = key_text(command)
            # Open3D's menus know no accelerators: the key stands in the text.
            # The toolkit's own font has Latin letters only.
            title = command.title.replace("…", "...")
            menu.add_item(f"{title}    {key}" if key else title, number)
        return menu
