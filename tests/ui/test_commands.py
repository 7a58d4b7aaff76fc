from __future__ import annotations

import pytest

from o3d_paint.assets import asset
from o3d_paint.ui.commands import (
    MENUS,
    command_of,
    commands,
    find_command,
    help_rows,
    key_text,
    tooltip_of,
)
from o3d_paint.ui.events import KeyEvent, character_of
from o3d_paint.ui.panels.toolbar import TOOLBAR_IDS


def press(key: str, *modifiers: str) -> str | None:
    command = command_of(KeyEvent(key, is_down=True, modifiers=frozenset(modifiers)))
    return command.command_id if command else None


def test_ids_and_keys_are_unique() -> None:
    ids = [c.command_id for c in commands()]
    keys = [k for c in commands() for k in c.keys]
    assert len(ids) == len(set(ids))
    assert len(keys) == len(set(keys))


def test_every_command_has_a_menu_entry_or_a_key() -> None:
    for command in commands():
        assert command.group in MENUS
        assert command.in_menu or command.keys, command.command_id


@pytest.mark.parametrize(
    ("key", "modifiers", "expected"),
    [
        ("z", ("ctrl",), "undo"),
        ("z", ("ctrl", "shift"), "redo"),
        ("y", ("ctrl",), "redo"),
        ("z", (), None),
        ("1", (), "class_1"),
        ("9", ("shift",), "class_18"),
        ("[", (), "smaller"),
        ("]", ("shift",), "much_bigger"),
        ("/", ("shift",), "help"),
        ("F1", (), "help"),
        ("Escape", (), "cancel"),
        ("Enter", ("ctrl",), "fuse"),
        ("Left", (), "previous_photo"),
    ],
)
def test_keys(key: str, modifiers: tuple[str, ...], expected: str | None) -> None:
    assert press(key, *modifiers) == expected


def test_every_toolbar_button_is_a_command() -> None:
    for command_id in TOOLBAR_IDS:
        assert find_command(command_id).command_id == command_id


def test_tooltips_name_the_key() -> None:
    for command in commands():
        if command.keys:
            assert f"({key_text(command)})" in tooltip_of(command.command_id)


def test_the_overlay_lists_every_key() -> None:
    listed = {key for _, keys, _ in help_rows() for key in keys}
    for command in commands():
        if not command.command_id.startswith("class_"):
            assert set(command.keys) <= listed


def test_icons_are_shipped() -> None:
    for command in commands():
        if command.icon:
            assert asset("icons", f"{command.icon}.png").is_file()


def test_characters_of_keys() -> None:
    assert character_of(KeyEvent("a", is_down=True)) == "a"
    assert character_of(KeyEvent("a", is_down=True, modifiers=frozenset({"shift"}))) == "A"
    assert character_of(KeyEvent("-", is_down=True, modifiers=frozenset({"shift"}))) == "_"
    assert character_of(KeyEvent("a", is_down=True, modifiers=frozenset({"ctrl"}))) == ""
    assert character_of(KeyEvent("F1", is_down=True)) == ""
