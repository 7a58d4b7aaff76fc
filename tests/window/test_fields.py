"""Fields that ask for a name: what stands there is replaced as it is in other programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.window.app import App, small_scene
from tests.window.display import Display


def _field(app: App, text: str) -> None:
    app.wait(lambda s: s["field"] == text, f"the field says {text!r}")


@pytest.mark.slow
def test_a_name_is_replaced_by_typing_and_after_ctrl_a(x_display: Display, tmp_path: Path) -> None:
    scene = small_scene(tmp_path)
    app = App(x_display, tmp_path, [scene])
    try:
        app.wait_open()
        app.click_item("classes/menu:2")
        app.click_item("popup/rename")
        _field(app, "walls")
        app.type("fac")
        _field(app, "fac")
        app.type("ade")
        _field(app, "facade")
        app.key("ctrl+a")
        app.type("brick")
        _field(app, "brick")
        app.key("ctrl+a")
        app.key("BackSpace")
        _field(app, "")
        app.type("front")
        app.key("Return")
        app.wait(lambda s: s["classes"][1][1] == "front", "renamed")

        # A click gives the field the toolkit's own focus, and with it caret and selection.
        app.click_item("classes/menu:2")
        app.click_item("popup/rename")
        _field(app, "front")
        app.click(*app.state["items"]["popup/field"], hold_s=0.3)
        app.mouse("keydown", "ctrl", "keydown", "a", "sleep", 0.5, "keyup", "a", "keyup", "ctrl")
        app.type("back")
        _field(app, "back")
        # Escape within one frame, and held for a few: the card goes, the program stays.
        app.mouse("key", "Escape")
        app.wait(lambda s: s["popup"] is None, "not renamed")
        assert app.state["classes"][1][1] == "front"
        app.click_item("classes/add")
        _field(app, "")
        app.click(*app.state["items"]["popup/field"], hold_s=0.3)
        app.mouse("keydown", "Escape", "sleep", 0.3, "keyup", "Escape")
        app.wait(lambda s: s["popup"] is None, "nothing added")

        app.click_item("toolbar/save_ply")
        _field(app, str(tmp_path / "scene_labelled.ply"))
        app.type("mine")
        app.key("Return")
        app.wait_file(tmp_path / "mine.ply")
    finally:
        app.kill()
