"""A panel from outside in a real window: it shows, follows the work and does commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.window.app import App, small_scene
from tests.window.display import Display

PROGRAM = """
import sys
from pathlib import Path
from o3d_paint.io.scene import LoadOptions
from o3d_paint.ui.app import run
from o3d_paint.ui.paint_panels import PANELS
from tests.ui.extra_panel import PAINTED_PHOTOS

PANELS[PAINTED_PHOTOS.name] = PAINTED_PHOTOS
run(Path(sys.argv[1]), options=LoadOptions())
"""


@pytest.mark.slow
def test_a_panel_of_ones_own(x_display: Display, tmp_path: Path) -> None:
    app = App(x_display, tmp_path, [small_scene(tmp_path)], program=("-c", PROGRAM))
    try:
        state = app.wait_open()
        _x, y, width, height = state["panels"]["painted_photos"]
        assert (width, height) == (state["panels"]["classes"][2], pytest.approx(32, abs=8))
        assert y == state["panels"]["classes"][1] + state["panels"]["classes"][3]
        app.click_item("painted_photos/next")
        app.wait(lambda s: s["photo"] == 0, "its button opens a photo")
        app.key("ctrl+q")
        assert app.process.wait(60) == 0, app.log
    finally:
        app.kill()
