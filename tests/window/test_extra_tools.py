"""Regions of a network, tools of plug-ins and Export… in a real window."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import o3d_paint as op
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.exporters import exporters
from o3d_paint.io.mask_exporters import MASK_WRITERS
from tests.test_plugins import install
from tests.window.app import App, small_scene
from tests.window.display import Display

TOOLS = """
import time
import numpy as np
from o3d_paint.core.selection.photo_tool import PhotoTool

def disc(view):
    view.report(0.5)
    height, width = view.mask.shape
    y, x = np.mgrid[0:height, 0:width]
    box = view.prompt.box
    if box is not None:
        return (box.x0 <= x) & (x < box.x1) & (box.y0 <= y) & (y < box.y1)
    found = np.zeros(view.mask.shape, bool)
    for (u, v), wanted in zip(view.prompt.points, view.prompt.wanted):
        near = np.hypot(x - u, y - v) < 100
        found = found | near if wanted else found & ~near
    return found

def fail(view):
    raise RuntimeError("no model")

def sleep(view):
    time.sleep(3600)

DISC = PhotoTool("disc", disc, hint="Click something.")
FAIL = PhotoTool("failing", fail)
SLEEP = PhotoTool("sleeping", sleep)
"""


@pytest.mark.slow
def test_a_click_gives_a_region_its_class(x_display: Display, tmp_path: Path) -> None:
    scene = small_scene(tmp_path)
    regions = np.zeros((2, 120, 120), bool)
    regions[0, 20:100, 20:100] = True
    regions[1, 50:70, 50:70] = True
    np.save(tmp_path / "001.npy", regions)
    app = App(x_display, tmp_path, [scene, "--regions", tmp_path / "001.npy"])
    try:
        app.wait_open()
        app.wait(lambda s: s["regions"] == [1] and s["tool"] == "region", "regions")
        assert "options/region" in app.state["items"]
        app.open_photo(1)
        app.mouse("mousemove", *app.on_screen(*app.on_photo(0.5, 0.5)))
        app.wait(lambda s: s["has_area"], "the region under the cursor shows")
        before = app.settled("canvas")
        app.key("2")
        app.click(*app.on_photo(0.5, 0.5))
        state = app.wait(lambda s: s["undo"] == "region" and s["painted"], "painted")
        app.wait_changed("canvas", before)
        app.click(*app.on_photo(0.5, 0.5))
        more = app.wait(
            lambda s: s["steps"] == 2 and s["painted"] > state["painted"], "the next larger one"
        )
        app.click(*app.on_photo(0.5, 0.5), button=3)
        app.wait(lambda s: s["undo"] == "erase" and s["steps"] == 3, "taken away")
        app.key("ctrl+z")
        app.wait(lambda s: s["steps"] == 2 and s["painted"] == more["painted"], "brought back")
        app.open_photo(2)
        app.mouse("mousemove", *app.on_screen(*app.on_photo(0.5, 0.5)))
        app.wait(lambda s: not s["has_area"], "no regions there")
        assert app.end() == 0
        # The project remembers where they were.
        app = App(x_display, tmp_path, [scene])
        app.wait(lambda s: s.get("regions") == [1], "regions again")
        assert app.end() == 0
    finally:
        app.kill()


@pytest.fixture
def plugged(x_display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    packages = tmp_path / "packages"
    packages.mkdir()
    names = {"disc": "tools_of_others:DISC", "failing": "tools_of_others:FAIL"}
    names |= {"sleeping": "tools_of_others:SLEEP", "broken": "tools_of_others:GONE"}
    install(packages, "tools_of_others", TOOLS, {"tools": names})
    path = os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    running = App(x_display, tmp_path, [small_scene(tmp_path)])
    yield running
    running.kill()


@pytest.mark.slow
def test_tools_of_plug_ins_paint_fail_and_are_cancelled(plugged: App) -> None:
    app = plugged

    def choose(position: int) -> None:
        app.key("w")
        app.wait(lambda s: s["popup"] == "Menu", "the tools to choose from")
        for _ in range(position + 1):
            app.key("Down")
        app.key("Return")
        app.wait(lambda s: s["popup"] is None and s["tool"] == "plugin", "chosen")

    app.wait_open()
    app.open_photo(1)
    choose(0)
    app.click(*app.on_photo(0.5, 0.5))
    first = app.wait(lambda s: s["undo"] == "disc" and s["painted"], "painted by the plug-in")
    app.click(*app.on_photo(0.6, 0.5), keys="shift")
    app.wait(lambda s: s["steps"] == 1 and 0 < s["painted"] < first["painted"], "refined")
    app.drag([app.on_photo(0.3 + i / 50, 0.3 + i / 50) for i in range(10)])
    app.wait(lambda s: s["steps"] == 2 and s["undo"] == "disc", "a box")

    choose(1)
    app.click(*app.on_photo(0.5, 0.5))
    app.wait(
        lambda s: any("'failing' failed (RuntimeError: no model)" in t for t in s["toasts"]), "said"
    )
    choose(2)
    app.click(*app.on_photo(0.5, 0.5))
    app.wait(lambda s: "status/cancel" in s["items"], "it is at work")
    app.key("Escape")
    app.wait(lambda s: "status/cancel" not in s["items"], "cancelled")
    app.key("ctrl+z")
    app.wait(lambda s: s["steps"] == 1, "the window goes on")
    assert "of the package tools_of_others is left out" in app.log
    assert app.end() == 0


@pytest.mark.slow
def test_the_promptable_example_segments_at_the_click(
    x_display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = pytest.importorskip("tests.test_promptable_plugin", reason="onnx is not installed")
    packages = tmp_path / "packages"
    packages.mkdir()
    module = (tiny.FOLDER / "o3d_paint_promptable.py").read_text()
    entries = {"tools": {"promptable": "o3d_paint_promptable:TOOL"}}
    install(packages, "o3d_paint_promptable", module, entries)
    nodes, constants = tiny.disc_nodes(tiny.square_grid())
    models = {"O3D_PAINT_ENCODER": tiny.save_encoder(tmp_path / "e.onnx")}
    models["O3D_PAINT_DECODER"] = tiny.save_model(
        tmp_path / "d.onnx", nodes, tiny.INPUTS, ["masks"], constants
    )
    for name, path in models.items():
        monkeypatch.setenv(name, str(path))
    path = os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    scene = small_scene(tmp_path)
    app = App(x_display, tmp_path, [scene])
    try:
        app.wait_open()
        app.open_photo(1)
        # The only tool is taken without a menu.
        app.key("w")
        app.wait(lambda s: s["tool"] == "plugin", "chosen")
        app.click(*app.on_photo(0.5, 0.6))
        state = app.wait(lambda s: s["undo"] == "Segment from clicks", "segmented")
        app.wait(lambda s: s["painted"], "points took the label")
        assert app.end() == 0
    finally:
        app.kill()
    session = op.open_session(op.load(scene), Path(state["folder"]))
    mask = session.project.mask(1)
    session.close()
    y, x = np.nonzero(mask)
    height, width = mask.shape
    radius = tiny.RADIUS * height / tiny.SIDE
    assert len(y) == pytest.approx(np.pi * radius**2, rel=0.03)
    assert (x.mean(), y.mean()) == pytest.approx((0.5 * width, 0.6 * height), abs=height / 200)


@pytest.mark.slow
def test_export_writes_what_other_libraries_read(x_display: Display, tmp_path: Path) -> None:
    laspy = pytest.importorskip("laspy", reason="laspy is not installed")
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    scene = small_scene(tmp_path)
    app = App(x_display, tmp_path, [scene])

    def export(position: int, target: Path) -> None:
        app.key("ctrl+e")
        app.wait(lambda s: s["popup"] == "Menu", "what can be exported")
        for _ in range(position + 1):
            app.key("Down")
        app.key("Return")
        app.wait(lambda s: s["field"], "where to")
        app.key("Return")
        app.wait(lambda s: any(f"Wrote {target}" in t for t in s["toasts"]), f"{target.name}")

    try:
        app.wait_open()
        app.open_photo(1)
        app.key("2")
        app.key("f")
        app.click(*app.on_photo(0.5, 0.75))
        app.wait(lambda s: s["painted"], "painted")
        state = app.wait(lambda s: s["steps"] == 1, "one step")
        export(2, tmp_path / "scene_labelled.las")
        points = laspy.read(tmp_path / "scene_labelled.las")
        assert len(points) == state["num_points"]
        assert np.count_nonzero(points.label == 2) == state["painted"]
        assert set(np.unique(points.label).tolist()) == {0, 2}

        export(len(exporters()) + list(MASK_WRITERS).index("coco"), tmp_path / "scene_masks_coco")
        found = coco.COCO(str(tmp_path / "scene_masks_coco" / "annotations.json"))
        assert len(found.imgs) == 6
        assert found.cats[2]["name"] == state["classes"][1][1]
        assert {a["category_id"] for a in found.anns.values()} == {2}
        areas = {a["image_id"]: found.annToMask(a).sum() for a in found.anns.values()}
        assert areas[2] > 0
        export(len(exporters()) + list(MASK_WRITERS).index("yolo"), tmp_path / "scene_masks_yolo")
        app.wait(
            lambda s: any("1 of 6 photo is for validation" in t for t in s["toasts"]), "the note"
        )
        # Asked before anything is replaced.
        app.key("ctrl+e")
        app.wait(lambda s: s["popup"] == "Menu", "again")
        for _ in range(3):
            app.key("Down")
        app.key("Return")
        app.wait(lambda s: s["field"], "where to")
        before = (tmp_path / "scene_labelled.las").stat().st_mtime_ns
        app.key("Return")
        app.wait(lambda s: s["popup"] == "Dialog" and s["field"], "still asking")
        assert (tmp_path / "scene_labelled.las").stat().st_mtime_ns == before
        app.key("Escape")
        assert app.end() == 0
    finally:
        app.kill()


@pytest.mark.slow
def test_a_class_is_dragged_to_another_place(x_display: Display, tmp_path: Path) -> None:
    app = App(x_display, tmp_path, [small_scene(tmp_path)])
    try:
        state = app.wait_open()
        names = [c[1] for c in state["classes"]]
        (x, y), (_, below) = (state["items"][f"classes/row:{i}"] for i in (1, 3))
        app.drag([(x, y + (below - y) * i / 8) for i in range(10)])
        moved = [*names[1:3], names[0], *names[3:]]
        app.wait(lambda s: [c[1] for c in s["classes"]] == moved, "dragged")
        app.key("ctrl+z")
        app.wait(lambda s: [c[1] for c in s["classes"]] == names, "undone")
        assert app.end() == 0
    finally:
        app.kill()


@pytest.mark.slow
def test_a_project_opens_with_the_cloud_that_it_was_painted_on(
    x_display: Display, tmp_path: Path
) -> None:
    scene = small_scene(tmp_path)
    with np.load(scene) as arrays:
        points = arrays["points_3d"][::2]
    np.savetxt(tmp_path / "scan.xyz", points)
    app = App(x_display, tmp_path, [scene, "--cloud", tmp_path / "scan.xyz"])
    try:
        assert app.wait_open()["num_points"] == len(points)
        app.open_photo(1)
        app.key("f")
        app.click(*app.on_photo(0.5, 0.75))
        painted = app.wait(lambda s: s["steps"] == 1 and s["painted"], "painted")["painted"]
        assert app.end() == 0
        app = App(x_display, tmp_path, [scene])
        state = app.wait(lambda s: s.get("painted") == painted, "the paint is back")
        assert state["num_points"] == len(points)
        assert app.end() == 0
    finally:
        app.kill()
    run = [sys.executable, "-m", "o3d_paint", "export", state["folder"], "-o", "out.ply"]
    subprocess.run(run, cwd=tmp_path, check=True, timeout=120)
    assert len(read_cloud(tmp_path / "out.ply").xyz) == len(points)
