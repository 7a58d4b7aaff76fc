"""Every gesture of the key overlay on photo and cloud, and what classes and options do to paint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from o3d_paint.ui.commands import GESTURES
from tests.window.app import App, small_scene
from tests.window.display import Display

PHOTO, SCENE = "On the photo", "In the 3D view"
ELSEWHERE = {
    (PHOTO, "Enter"): "test_every_command: confirm",
    (SCENE, "Click a camera"): "test_painting: the main job",
    (SCENE, "Ctrl+click"): "test_tools: the photo that sees a spot best",
}


@pytest.fixture
def app(x_display: Display, tmp_path: Path) -> Iterator[App]:
    running = App(x_display, tmp_path, [small_scene(tmp_path)])
    yield running
    running.kill()


def line(app: App, down: float = 0.6) -> list[tuple[float, float]]:
    return [app.on_photo(0.4 + 0.02 * i, down) for i in range(12)]


def across(app: App) -> list[tuple[float, float]]:
    x, y, width, height = app.state["scene"]
    return [(x + width * 0.45 + 5 * i, y + height * 0.55) for i in range(12)]


def with_space(app: App, points: list[tuple[float, float]]) -> None:
    app.mouse("keydown", "space")
    app.drag(points)
    app.rest()
    app.mouse("keyup", "space")


def wheel(app: App, at: tuple[float, float], keys: str = "") -> None:
    app.rest()
    app.click(*at, button=4, keys=keys)


def double_click(
    app: App, at: tuple[float, float], did: Callable[[dict[str, Any]], object]
) -> None:
    """Double click, again where a frame of a busy machine lay between the two."""
    for _ in range(4):
        app.mouse("mousemove", *app.on_screen(*at), "click", "--repeat", 2, "--delay", 60, 1)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            if did(app.state):
                return
            time.sleep(0.05)


def corners(app: App, count: int) -> None:
    if app.state["tool"] != "polygon":
        app.key("g")
    state = app.wait(lambda s: s["tool"] == "polygon", "polygon")
    for n in range(state["corners"], count):
        app.click(*app.on_photo(0.3 + 0.1 * (n % 2), 0.3 + 0.06 * n))
        app.wait(lambda s, n=n: s["corners"] == n + 1, f"{n + 1} corners")


def right_click_takes_back(app: App) -> None:
    corners(app, 4)
    app.click(*app.on_photo(0.4, 0.4), button=3)
    app.wait(lambda s: s["corners"] == 3, "three corners")


def double_click_closes(app: App) -> None:
    corners(app, 3)

    def is_closed(state: dict[str, Any]) -> bool:
        return state["undo"] == "polygon" and state["corners"] == 0

    double_click(app, app.on_photo(0.5, 0.3), is_closed)
    app.wait(is_closed, "closed")


def paints(app: App) -> None:
    app.key("b")
    app.drag(line(app))
    app.wait(lambda s: s["steps"] == 1 and s["painted"], "painted")


def erases(app: App) -> None:
    app.drag(line(app), button=3)
    app.wait(lambda s: s["undo"] == "erase", "erased")
    app.undo()


def picks(app: App) -> None:
    app.key("4")
    app.click(*app.on_photo(0.5, 0.6), keys="alt")
    app.wait(lambda s: s["class_id"] == 1, "the class of the paint")


def moves(name: str, act: Callable[[App], object]) -> Callable[[App], None]:
    """Return a check that something of the view changes."""

    def check(app: App) -> None:
        before = np.array(app.state[name])
        act(app)
        app.wait(lambda s: not np.allclose(s[name], before, atol=0.002), f"another {name}")

    return check


def turns_with_a_tool(act: Callable[[App], object]) -> Callable[[App], None]:
    def check(app: App) -> None:
        steps = app.state["steps"]
        app.key("shift+b")
        moves("eye", act)(app)
        assert app.state["steps"] == steps
        app.key("b")

    return check


def erases_in_3d(app: App) -> None:
    app.key("shift+b")
    app.drag(across(app))
    app.wait(lambda s: s["undo"] == "paint on the cloud", "painted")
    app.drag(across(app), button=3)
    app.wait(lambda s: s["undo"] == "erase on the cloud", "erased")
    app.undo()


def picks_in_3d(app: App) -> None:
    """Pick the class of the paint that the check before left on the cloud."""
    app.key("b")
    app.key("4")
    app.wait(lambda s: s["class_id"] == 4 and s["painted"], "another class")
    app.click(*across(app)[6], keys="alt")
    app.wait(lambda s: s["class_id"] == 1, "the class of the spot")


def turns_around_a_spot(app: App) -> None:
    """Double click on the middle of the scene, where no camera is."""
    moves("eye", lambda app: app.key("Home"))(app)
    eye = app.state["eye"]
    double_click(app, across(app)[6], lambda s: not np.allclose(s["eye"], eye, atol=0.002))
    assert not np.allclose(app.state["eye"], eye, atol=0.002)


CHECKS: dict[tuple[str, str], Callable[[App], object]] = {
    (PHOTO, "Left drag"): paints,
    (PHOTO, "Right drag"): erases,
    (PHOTO, "Alt+click"): picks,
    (PHOTO, "Wheel"): moves("viewport", lambda app: wheel(app, app.on_photo(0.5, 0.5))),
    (PHOTO, "Middle drag"): moves("viewport", lambda app: app.drag(line(app, 0.5), button=2)),
    (PHOTO, "Space+drag"): moves("viewport", lambda app: with_space(app, line(app, 0.5))),
    (PHOTO, "Ctrl+wheel"): moves("radius", lambda app: wheel(app, app.on_photo(0.5, 0.5), "ctrl")),
    (PHOTO, "Click"): lambda app: corners(app, 4),
    (PHOTO, "Right click"): right_click_takes_back,
    (PHOTO, "Double click"): double_click_closes,
    (SCENE, "Alt+click"): lambda app: (erases_in_3d(app), picks_in_3d(app)),
    (SCENE, "Right drag"): moves("eye", lambda app: app.drag(across(app), button=3)),
    (SCENE, "Middle drag"): turns_with_a_tool(lambda app: app.drag(across(app), button=2)),
    (SCENE, "Space+drag"): turns_with_a_tool(lambda app: with_space(app, across(app))),
    (SCENE, "Left drag"): moves("eye", lambda app: app.drag(across(app))),
    (SCENE, "Wheel"): moves("eye", lambda app: wheel(app, across(app)[0])),
    (SCENE, "Ctrl+wheel"): moves("point_size", lambda app: wheel(app, across(app)[0], "ctrl")),
    (SCENE, "Double click"): turns_around_a_spot,
}


def test_every_gesture_of_the_overlay_is_made_in_a_window() -> None:
    listed = {(gesture.group, key) for gesture in GESTURES for key in gesture.keys}
    assert listed == set(CHECKS) | set(ELSEWHERE)


@pytest.mark.slow
def test_every_gesture(app: App) -> None:
    app.wait_open()
    app.open_photo(1)
    for (group, key), check in CHECKS.items():
        try:
            check(app)
        except AssertionError as error:
            raise AssertionError(f"{key} {group}: {error}") from error
    assert app.end() == 0


@pytest.mark.slow
def test_hidden_locked_protected_and_through(app: App) -> None:
    app.wait_open()
    app.open_photo(1)
    paints(app)
    pixels = app.state["photo_pixels"]
    scene = app.settled("canvas")
    app.click_item("classes/eye:1")
    app.wait(lambda s: s["hidden"] == [1], "hidden")
    app.wait_changed("canvas", scene)
    app.click_item("classes/eye:1")
    app.wait(lambda s: s["hidden"] == [], "shown")

    app.click_item("classes/lock:1")
    app.wait(lambda s: s["locked"] == [1], "locked")
    app.drag(line(app), button=3)
    app.key("2")
    app.drag(line(app))
    app.rest()
    state = app.wait(lambda s: s["class_id"] == 2, "tried to erase, and to paint over it")
    assert state["photo_pixels"] - state["class_pixels"] == pixels
    app.click_item("classes/lock:1")
    app.wait(lambda s: s["locked"] == [], "unlocked")
    app.key("r")
    app.wait(lambda s: s["protect"], "protected")
    app.drag(line(app))
    app.rest()
    state = app.wait(lambda s: s["protect"], "tried again")
    assert state["photo_pixels"] - state["class_pixels"] == pixels
    app.key("r")
    app.wait(lambda s: not s["protect"], "free")
    app.drag(line(app))
    app.wait(lambda s: s["class_pixels"] > pixels / 2, "painted over")

    size = app.state["radius"]
    app.key("e")
    for _ in range(3):
        app.key("bracketright")
    app.wait(lambda s: s["tool"] == "eraser" and s["radius"] > size, "a bigger eraser")
    app.key("b")
    app.wait(lambda s: s["tool"] == "brush" and s["radius"] == size, "the brush as it was")

    painted = []
    app.key("shift+b")
    for is_through in (False, True):
        if is_through:
            app.click_item("options/through")
            app.wait(lambda s: s["through"], "through the surface")
        before = app.wait(lambda s: s["tool"] == "brush_3d", "the 3D brush")
        app.drag(across(app))
        after = app.wait(lambda s, n=before["steps"]: s["steps"] == n + 1, "painted")
        painted.append(after["painted"] - before["painted"])
        app.undo()
        app.wait(lambda s, n=before["painted"]: s["painted"] == n, "undone")
    assert painted[1] > painted[0] > 0
    assert app.end() == 0
