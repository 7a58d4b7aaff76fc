"""The brush that rests over the photo shows on the cloud, also where a frame takes long."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.window.app import App, small_scene
from tests.window.display import Display


def _hover(app: App, across: float, down: float) -> None:
    x, y = app.on_screen(*app.on_photo(across, down))
    app.mouse("mousemove", x - 3, y, "sleep", 0.05, "mousemove", x, y)


@pytest.mark.slow
def test_the_footprint_follows_the_brush_and_is_in_nobodys_way(
    x_display: Display, tmp_path: Path
) -> None:
    app = App(x_display, tmp_path, [small_scene(tmp_path)])
    try:
        app.wait_open()
        app.open_photo(0)
        bare = app.settled("scene")
        _hover(app, 0.5, 0.5)
        app.wait(lambda s: s["has_overlay"], "it shows")
        shown = app.wait_changed("scene", bare, pixels=10)
        lines, columns = np.nonzero(np.abs(shown - bare).sum(axis=2) > 40)
        assert np.ptp(lines) < 60
        assert np.ptp(columns) < 60
        app.drag([app.on_photo(0.5, 0.5), app.on_photo(0.6, 0.55)])
        app.wait(lambda s: s["painted"] > 0, "painted as ever")

        # A press on the cloud that comes before the footprint went turns the cloud all the same.
        _hover(app, 0.45, 0.6)
        app.wait(lambda s: s["has_overlay"], "it shows again")
        before = app.state["eye"]
        x, y = app.state["scene"][0] + columns.mean(), app.state["scene"][1] + lines.mean()
        with app.busy():
            app.drag([(x, y), (x + 40, y), (x + 80, y)])
        app.wait(lambda s: s["eye"] != before and not s["has_overlay"], "turned")
    finally:
        app.kill()


def test_a_photo_that_opens_under_the_resting_pointer_shows_the_brush(
    x_display: Display, tmp_path: Path
) -> None:
    app = App(x_display, tmp_path, [small_scene(tmp_path)])
    try:
        app.wait_open()
        x, y, width, height = app.panel("canvas")
        app.mouse("mousemove", *app.on_screen(x + 0.5 * width, y + 0.5 * height))
        app.press("Right")
        app.wait_photo(0)
        app.wait(lambda s: s["has_overlay"], "it shows, though the mouse did not move")
    finally:
        app.kill()
