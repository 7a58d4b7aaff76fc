"""Behind a long frame presses and releases still count where they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.window.app import App, small_scene
from tests.window.display import Display


@pytest.mark.slow
def test_what_the_mouse_does_behind_a_long_frame_counts_where_it_was(
    x_display: Display, tmp_path: Path
) -> None:
    app = App(x_display, tmp_path, [small_scene(tmp_path)])
    try:
        state = app.wait_open()
        names = [c[1] for c in state["classes"]]
        rows = [state["items"][f"classes/row:{i}"] for i in range(1, 6)]
        with app.busy():
            (x, y), (_, below) = rows[0], rows[2]
            app.drag([(x, y), (x, below), (x, below + 3)])
            app.mouse("mousemove", *app.on_screen(*rows[4]))
        moved = [*names[1:3], names[0], *names[3:]]
        app.wait(lambda s: [c[1] for c in s["classes"]] == moved, "a class dragged")

        # A click, after which the hand goes on to another row.
        with app.busy():
            app.click(*rows[3])
            app.mouse("mousemove", *app.on_screen(*rows[0]))
        app.wait(lambda s: s["class_id"] == 4, "a class chosen")

        # A stroke that begins on the photo and ends on the strip.
        app.open_photo(1)
        before = app.state["photo"]
        with app.busy():
            app.drag([app.on_photo(0.5, 0.8), app.on_photo(0.5, 0.9), rows[0], rows[1]])
        state = app.wait(lambda s: s["class_pixels"] > 0, "painted")
        assert (state["photo"], state["class_id"]) == (before, 4)
        assert [c[1] for c in state["classes"]] == moved
        assert app.end() == 0
    finally:
        app.kill()
