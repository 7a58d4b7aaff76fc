"""The main job in a real window: click a camera, paint, orbit, paint, undo, fuse, save, reopen."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from plyfile import PlyData

from tests.window.app import App, small_scene
from tests.window.display import Display


@pytest.fixture
def app(x_display: Display, tmp_path: Path) -> Iterator[App]:
    running = App(x_display, tmp_path, [small_scene(tmp_path)])
    yield running
    running.kill()


def line(app: App, down: float, *, start: float = 0.3, end: float = 0.7) -> list[tuple]:
    return [app.on_photo(start + (end - start) * i / 14, down) for i in range(15)]


@pytest.mark.slow
def test_click_paint_orbit_paint_undo_save(app: App, tmp_path: Path) -> None:
    state = app.wait_open()
    assert state["photo"] is None
    x, y, width, height = state["scene"]
    inside = [
        i for i, (cx, cy) in enumerate(state["cameras"])
        if x + 20 < cx < x + width - 20 and y + 20 < cy < y + height - 20
    ]  # fmt: skip
    chosen = inside[0]
    eye = state["eye"]
    app.click(*state["cameras"][chosen])
    app.wait_photo(app.wait(lambda s: s["photo"] is not None, "a photo opened")["photo"])
    assert app.state["photo"] == chosen
    assert app.state["eye"] == eye, "opening a photo must not move the 3D view"

    scene, photo = app.settled("scene"), app.settled("canvas")
    app.drag(line(app, 0.6))
    first = app.wait(lambda s: s["painted"] > 0 and s["steps"] == 1, "the stroke is in")
    app.wait_changed("canvas", photo)
    app.wait_changed("scene", scene)

    app.drag([(x + width / 2 + 6 * i, y + height / 2) for i in range(20)])
    app.wait(lambda s: not np.allclose(s["eye"], eye, atol=0.01), "the eye turned")
    assert app.state["painted"] == first["painted"]
    app.drag(line(app, 0.7))
    second = app.wait(lambda s: s["steps"] == 2, "a second stroke without any mode switch")
    assert app.wait(lambda s: s["painted"] > first["painted"], "more is painted")
    app.key("ctrl+z")
    app.wait(lambda s: s["steps"] == 1 and s["painted"] == first["painted"], "undone")
    app.key("ctrl+shift+z")
    app.wait(lambda s: s["steps"] == 2, "redone")
    assert second["redo"] is None

    painted = app.wait(lambda s: s["painted"] > first["painted"], "counted")["painted"]
    app.click_item("toolbar/save_ply")
    field = app.wait(lambda s: s["field"], "the name is asked")["field"]
    app.key("Return")
    app.wait(lambda s: any("Wrote" in t for t in s["toasts"]), "a word of what was written")
    vertices = PlyData.read(field)["vertex"]
    assert len(vertices) == state["num_points"]
    assert set(np.unique(vertices["votes"])) == {0, 1}
    assert np.count_nonzero(vertices["label"]) == painted
    assert set(np.unique(vertices["label"])) == {0, 1}

    app.click_item("toolbar/save_glb")
    app.wait(lambda s: (s["field"] or "").endswith(".glb"), "the name is asked")
    app.key("Return")
    app.wait(lambda s: any(".glb" in t for t in s["toasts"]), "written")
    assert app.end() == 0
    with closing(sqlite3.connect(tmp_path / "scene.o3dpaint" / "project.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM mask").fetchone()[0] >= 1


@pytest.mark.slow
def test_fused_labels_come_and_go(app: App) -> None:
    app.wait_open()
    app.open_photo(0)
    app.drag(line(app, 0.6))
    state = app.wait(lambda s: s["steps"] == 1 and s["painted"] > 0, "painted")
    app.undo()
    app.key("ctrl+shift+z")
    app.wait(lambda s: s["steps"] == 1 and s["message"] == "redone: paint", "redone")
    app.key("ctrl+Return")
    app.wait(lambda s: s["message"] == "", "what was redone is said no more")
    fused = app.wait(lambda s: s["fused_shown"] and s["fused"] > s["painted"], "fused")
    assert fused["painted"] == state["painted"]
    app.key("ctrl+Return")
    app.wait(lambda s: not s["fused_shown"] and s["fused"] == state["painted"], "switched off")
    app.click_item("toolbar/fuse")
    app.wait(lambda s: s["fused_shown"], "switched on again")
    assert app.end() == 0


@pytest.mark.slow
def test_work_comes_back_after_sigterm_and_after_kill(x_display: Display, tmp_path: Path) -> None:
    scene = small_scene(tmp_path)
    app = App(x_display, tmp_path, [scene])
    try:
        app.wait_open()
        app.open_photo(1)
        app.drag(line(app, 0.6))
        painted = app.wait(lambda s: s["steps"] == 1 and s["painted"], "painted")["painted"]
        app.key("Escape")
        app.key("Escape")
        assert app.end() == 0
        app = App(x_display, tmp_path, [scene])
        state = app.wait(lambda s: s.get("painted"), "the paint is back")
        assert (state["painted"], state["painted_frames"], state["steps"]) == (painted, [1], 1)
        app.open_photo(1)
        app.drag(line(app, 0.75))
        more = app.wait(lambda s: s["steps"] == 2 and s["painted"] > painted, "painted more")
        app.kill()
        app = App(x_display, tmp_path, [scene])
        state = app.wait(lambda s: s.get("painted", 0) > painted, "the killed work is back")
        assert state["painted"] == more["painted"]
        app.key("ctrl+z")
        app.wait(lambda s: s["painted"] == painted, "and can be undone")
        assert app.end() == 0
    finally:
        app.kill()


@pytest.mark.slow
def test_right_button_erases_and_leaving_the_photo_does_not_matter(app: App) -> None:
    app.wait_open()
    app.open_photo(0)
    for _ in range(6):
        app.key("bracketright")
    app.wait(lambda s: s["radius"] > 40, "a bigger brush")
    out_and_back = [*line(app, 0.6), *[app.on_photo(0.5 + 0.1 * i, 0.6) for i in range(9)]]
    app.drag([*out_and_back, *reversed(out_and_back)])
    app.wait(lambda s: s["steps"] == 1 and s["painted"], "one step")
    app.drag(out_and_back, button=3)
    app.drag(list(reversed(out_and_back)), button=3)
    app.wait(lambda s: s["undo"] == "erase" and s["painted"] == 0, "erased")
    app.key("ctrl+z")
    app.wait(lambda s: s["painted"] > 0, "erasing can be undone")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a signal of Unix")
def test_a_terminal_that_is_closed_saves_and_closes(app: App, tmp_path: Path) -> None:
    app.wait_open()
    app.open_photo(1)
    app.drag(line(app, 0.6))
    app.wait(lambda s: s["steps"] == 1 and s["painted"] > 0, "painted")
    (project,) = tmp_path.rglob("*.o3dpaint")
    assert (project / "lock").exists()
    assert app.end(signal.SIGHUP) == 0
    assert sorted(p.name for p in project.iterdir()) == ["project.sqlite", "states"]
