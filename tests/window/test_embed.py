"""The example's viewer with the paint panel beside it: a real stroke colours the viewer's cloud."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from plyfile import PlyData

from tests.conftest import ROOT
from tests.test_plugins import install
from tests.window.app import App, small_scene
from tests.window.display import Display, wait_until
from tests.window.test_extra_tools import TOOLS

EXAMPLE = ROOT / "scripts" / "examples" / "05_paint_panel_in_your_window.py"
# Runs the example unchanged, and writes down after each of its ticks what the panel shows.
PROGRAM = """
import json, os, runpy, sys
from pathlib import Path
from o3d_paint.ui import embed

plain_tick, last = embed.PaintPanel.tick, [""]

def tick(panel):
    answer = plain_tick(panel)
    controller = panel._controller
    at, frame = controller.window.native.os_frame, controller.window.panel_host("canvas").frame
    text = json.dumps({
        "window_at": [at.x, at.y],
        "photo": panel.photo,
        "photo_rect": panel.photo_rect(),
        "class_id": controller.editor.state.class_id,
        "has_picture": controller.paint.panels.canvas.has_picture,
        "has_index": controller.project.index(panel.photo) is not None,
        "is_quick": controller.cloud._measures_left == 0,
        "painted": controller.paint.coverage.painted if controller.paint.coverage else 0,
        "is_counted": controller.paint.is_counted,
        "steps": len(controller.project.history.done),
        "scene": [0, 0, frame.x, controller.window.native.content_rect.height],
        "panels": {"canvas": [frame.x, frame.y, frame.width, frame.height]},
        "field": controller.window.popups.text_field.visible,
        "classes": len(controller.project.taxonomy),
        "tool": controller.editor.state.tool,
        "regions": sorted(controller.editor.regions.frames),
        "has_area": controller.editor.sketch is not None
        and controller.editor.sketch.area is not None,
        "undo": controller.project.history.undo_name,
        "toasts": [t.text for t in controller.window.toasts],
    })
    if text != last[0]:
        last[0] = text
        path = Path(os.environ["O3D_PAINT_TEST_STATE"])
        path.with_suffix(".part").write_text(text)
        path.with_suffix(".part").replace(path)
    return answer

embed.PaintPanel.tick = tick
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def on_photo(app: App, across: float, down: float) -> tuple[float, float]:
    left, top, width, height = app.state["photo_rect"]
    return left + across * width, top + down * height


@pytest.mark.slow
def test_a_stroke_in_somebody_elses_window(x_display: Display, tmp_path: Path) -> None:
    scene = small_scene(tmp_path)
    app = App(x_display, tmp_path, [EXAMPLE, scene, tmp_path], program=("-c", PROGRAM))
    try:
        app.wait(
            lambda s: s.get("has_picture") and s["has_index"] and s["is_quick"], "photo and cloud"
        )
        view, photo = app.settled("scene"), app.settled("canvas")
        app.drag([on_photo(app, 0.3 + 0.025 * i, 0.6) for i in range(16)])
        first = app.wait(lambda s: s["steps"] == 1 and s["painted"] > 0, "the stroke is in")
        app.wait_changed("canvas", photo)
        app.wait_changed("scene", view)
        app.key("ctrl+z")
        app.wait(lambda s: s["steps"] == 0 and s["painted"] == 0, "undone")
        wait_until(lambda: np.array_equal(app.picture("scene"), view), "the colours are back")
        app.key("ctrl+shift+z")
        app.wait(lambda s: s["painted"] == first["painted"], "redone")
        app.key("Right")
        app.wait(lambda s: s["photo"] == 1 and s["has_picture"], "the next photo")
        app.key("2")
        app.wait(lambda s: s["class_id"] == 2, "the second class")
        app.drag([on_photo(app, 0.3 + 0.025 * i, 0.8) for i in range(16)])
        second = app.wait(lambda s: s["steps"] == 2 and s["painted"] > first["painted"], "two")
        app.display.xdotool("key", "Escape")
        assert app.process.wait(60) == 0, app.log
    finally:
        app.kill()
    labels = PlyData.read(tmp_path / "painted.ply")["vertex"]["label"]
    assert np.count_nonzero(labels) == second["painted"]
    assert set(np.unique(labels)) == {0, 1, 2}


@pytest.mark.slow
def test_regions_and_tools_of_plug_ins_in_somebody_elses_window(
    x_display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    install(packages, "tools_of_others", TOOLS, {"tools": {"disc": "tools_of_others:DISC"}})
    path = os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    regions = np.zeros((1, 120, 120), bool)
    regions[0, 20:100, 20:100] = True
    np.save(tmp_path / "000.npy", regions)
    scene = small_scene(tmp_path)
    app = App(x_display, tmp_path, [EXAMPLE, scene, tmp_path], program=("-c", PROGRAM))
    try:
        app.wait(
            lambda s: s.get("has_picture") and s["has_index"] and s["is_quick"], "photo and cloud"
        )
        app.key("w")
        app.wait(lambda s: s["tool"] == "plugin", "the only tool there is")
        app.wait(lambda s: "disc: Click something." in s["toasts"], "how to use it")
        app.click(*on_photo(app, 0.5, 0.5))
        app.wait(lambda s: s["undo"] == "disc" and s["painted"] > 0, "it paints")
        app.key("s")
        app.wait(lambda s: s["field"], "asked for regions")
        app.type(str(tmp_path / "000.npy"))
        app.key("Return")
        app.wait(lambda s: s["regions"] == [0] and s["tool"] == "region", "regions")
        app.key("2")
        app.mouse("mousemove", *app.on_screen(*on_photo(app, 0.3, 0.3)))
        app.wait(lambda s: s["has_area"], "the region under the cursor shows")
        app.click(*on_photo(app, 0.3, 0.3))
        app.wait(lambda s: s["undo"] == "region" and s["steps"] == 2, "painted")
        app.display.xdotool("key", "Escape")
        assert app.process.wait(60) == 0, app.log
    finally:
        app.kill()
