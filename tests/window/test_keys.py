"""Keys, buttons, menus and messages in a real window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.window.app import App, small_scene
from tests.window.display import Display

FAILING = """
import sys
from pathlib import Path
from o3d_paint.io.scene import LoadOptions
from o3d_paint.ui.app import run
from o3d_paint.ui.editor import Editor

def fail(self):
    raise RuntimeError("made to fail")

Editor.next_mode = fail
run(Path(sys.argv[1]), options=LoadOptions())
"""


@pytest.mark.slow
def test_panels_cycle_and_classes_go_by_name(x_display: Display, tmp_path: Path) -> None:
    app = App(x_display, tmp_path, [small_scene(tmp_path)])
    try:
        app.wait_open()
        for shown in ("scene", "photo", "both"):
            app.key("Tab")
            app.wait(lambda s, shown=shown: s["panels_shown"] == shown, shown)
        app.key("c")
        app.wait(lambda s: s["popup"] == "ClassSearch", "search")
        app.type("roo")
        app.key("Return")
        app.wait(lambda s: s["popup"] is None and s["class_id"] == 3, "roof")
        app.click_item("classes/add")
        app.wait(lambda s: s["field"] is not None, "a name is asked")
        app.type("tree")
        app.wait(lambda s: s["field"] == "tree", "typed, and no letter acted")
        app.key("Return")
        app.wait(lambda s: s["classes"][-1][1] == "tree" and s["class_id"] == 6, "added")
        app.key("ctrl+z")
        app.wait(lambda s: len(s["classes"]) == 5, "classes are in the history too")
        app.wait(lambda s: s["message"] == "undone: add class tree", "and it is said what")
        app.click_item("classes/add")
        app.type("bush")
        app.key("Return")
        app.wait(
            lambda s: len(s["classes"]) == 6 and not s["message"], "no word of what was before"
        )
        app.key("Escape")
        app.key("ctrl+q")
        assert app.process.wait(60) == 0
    finally:
        app.kill()


@pytest.mark.slow
def test_a_failing_callback_is_told_and_the_program_goes_on(
    x_display: Display, tmp_path: Path
) -> None:
    app = App(x_display, tmp_path, [small_scene(tmp_path)], program=("-c", FAILING))
    try:
        app.wait_open()
        app.key("v")
        app.wait(lambda s: any("made to fail" in t for t in s["toasts"]), "the message")
        app.key("Right")
        app.wait_photo(0)
        assert app.end() == 0
    finally:
        app.kill()


def test_a_scene_that_cannot_be_read_is_one_sentence_and_exit_code_1(
    x_display: Display, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.npz"
    bad.write_bytes(b"not a zip")
    done = subprocess.run(
        [sys.executable, "-m", "o3d_paint", "open", str(bad)],
        env=x_display.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    lines = [text for text in done.stderr.splitlines() if "bad.npz" in text]
    assert len(lines) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_without_a_scene_the_window_offers_some(x_display: Display, tmp_path: Path) -> None:
    app = App(x_display, tmp_path)
    try:
        state = app.wait(lambda s: "welcome" in s.get("panels", {}), "the welcome")
        assert not state["is_open"]
        app.key("v")
        app.key("Escape")
        assert app.end() == 0
    finally:
        app.kill()


@pytest.mark.slow
def test_a_card_opened_by_key_hides_the_tip_of_what_it_covers(
    x_display: Display, tmp_path: Path
) -> None:
    app = App(x_display, tmp_path, [small_scene(tmp_path)])
    try:
        app.wait_open()
        app.mouse("mousemove", *app.on_screen(*app.state["items"]["options/polygon"]))
        app.wait(lambda s: s["tip"], "a tip")
        app.key("F1")
        app.wait(lambda s: s["popup"] == "HelpOverlay" and not s["tip"], "the card alone")
    finally:
        app.kill()
