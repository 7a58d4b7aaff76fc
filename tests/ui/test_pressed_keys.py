"""Held keys, and those whose release the toolkit keeps to itself."""

from __future__ import annotations

import pytest

from o3d_paint.ui.pressed_keys import KEYS_HIDDEN_S, PressedKeys


@pytest.fixture
def gone() -> list[str]:
    return []


@pytest.fixture
def keys(gone: list[str]) -> PressedKeys:
    return PressedKeys(gone.append)


def test_a_key_is_held_until_it_goes_up_and_let_go_once(keys: PressedKeys, gone: list[str]) -> None:
    keys.down("eraser", 1.0)
    assert "eraser" in keys
    assert keys.names == ("eraser",)
    keys.up("eraser")
    keys.up("eraser")
    assert gone == ["eraser"]
    assert "eraser" not in keys


def test_a_release_that_never_arrives_is_noticed_after_the_mouse(
    keys: PressedKeys, gone: list[str]
) -> None:
    keys.down("eraser", 1.0)
    keys.tick(9.0, pressed_at=8.9, is_pressed=True)
    keys.tick(9.0, pressed_at=9.0, is_pressed=False)
    keys.tick(9.0 + 0.9 * KEYS_HIDDEN_S, pressed_at=9.0, is_pressed=False)
    assert gone == []
    keys.tick(9.0 + KEYS_HIDDEN_S, pressed_at=9.0, is_pressed=False)
    assert gone == ["eraser"]


def test_a_key_that_repeats_after_the_mouse_is_held(keys: PressedKeys, gone: list[str]) -> None:
    keys.down("eraser", 1.0)
    keys.down("eraser", 2.1)
    keys.tick(5.0, pressed_at=2.0, is_pressed=False)
    assert gone == []
    keys.tick(8.0, pressed_at=6.0, is_pressed=False)
    assert gone == ["eraser"]


def test_without_the_mouse_a_key_is_held_for_ever(keys: PressedKeys, gone: list[str]) -> None:
    keys.down("peek", 1.0)
    keys.tick(1e6, pressed_at=0.5, is_pressed=False)
    assert gone == []
