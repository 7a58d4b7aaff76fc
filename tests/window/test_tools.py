"""Photo tools, ghosts, guidance and 3D paint in a real window."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.ui.commands import commands
from tests.window.app import App, small_scene
from tests.window.display import Display


@pytest.fixture
def app(x_display: Display, tmp_path: Path) -> Iterator[App]:
    running = App(x_display, tmp_path, [small_scene(tmp_path)])
    yield running
    running.kill()


@pytest.mark.slow
def test_every_selection_tool_paints_one_step(app: App) -> None:
    state = app.wait_open()
    assert {c.command_id for c in commands()} == set(state["commands"])
    app.open_photo(1)
    app.key("g")
    app.wait(lambda s: s["tool"] == "polygon", "polygon")
    for n, place in enumerate(((0.3, 0.4), (0.6, 0.4), (0.6, 0.6)), start=1):
        app.click(*app.on_photo(*place))
        app.wait(lambda s, n=n: s["corners"] == n, f"{n} corners")
    app.key("Return")
    polygon = app.wait(lambda s: s["undo"] == "polygon" and s["painted"], "painted")

    app.key("2")
    app.key("f")
    app.click(*app.on_photo(0.5, 0.75))
    fill = app.wait(lambda s: s["undo"] == "fill" and s["steps"] == 2, "filled")
    assert app.wait(lambda s: s["painted"] > polygon["painted"], "more")["steps"] == 2

    app.key("3")
    app.key("a")
    app.drag([app.on_photo(0.5 + 0.01 * i, 0.35) for i in range(12)])
    app.wait(lambda s: s["undo"] == "assist" and s["steps"] == 3, "assisted")

    app.key("4")
    app.key("d")
    circle = [(0.25 * math.cos(t / 3), 0.25 * math.sin(t / 3)) for t in range(19)]
    app.drag([app.on_photo(0.57 + x, 0.42 + y) for x, y in circle])
    app.wait(lambda s: s["undo"] == "outline" and s["steps"] == 4, "outlined")
    for steps in (3, 2):
        app.key("ctrl+z")
        app.wait(lambda s, steps=steps: s["steps"] == steps, "undone")
    app.wait(lambda s: s["painted"] == fill["painted"] or s["painted"], "counted")

    # Erasing is the same gesture with the right button.
    app.key("f")
    app.click(*app.on_photo(0.5, 0.75), button=3)
    app.wait(lambda s: s["undo"] == "erase", "erased")

    # The toolkit keeps the key's release to itself when the mouse was let go just before.
    app.key("b")
    app.wait(lambda s: s["tool"] == "brush", "the brush")
    stroke = [app.on_photo(0.4 + 0.02 * i, 0.5) for i in range(20)]
    for _ in range(3):
        app.mouse("keydown", "e")
        app.wait(lambda s: s["tool"] == "eraser", "the eraser while its key is down")
        app.drag(stroke)
        app.mouse("keyup", "e")
        app.wait(lambda s: s["tool"] == "brush", "the brush again")
    # Escape takes back the stroke under way, and never ends the program.
    steps = app.wait(lambda s: s["undo"] == "erase", "erased once")["steps"]
    app.mouse("mousemove", *app.on_screen(*stroke[0]), "mousedown", 1)
    app.wait(lambda s: s["is_gesturing"], "a stroke is under way")
    app.mouse("key", "Escape")
    app.wait(lambda s: not s["is_gesturing"], "taken back")
    app.mouse("mouseup", 1)
    assert app.wait(lambda s: not s["is_gesturing"], "open")["steps"] == steps
    assert app.end() == 0


@pytest.mark.slow
def test_the_ghost_shows_and_is_accepted(app: App) -> None:
    app.wait_open()
    app.open_photo(1)
    app.key("f")
    app.click(*app.on_photo(0.5, 0.75))
    painted = app.wait(lambda s: s["steps"] == 1 and s["painted"], "painted")["painted"]
    state = app.wait(lambda s: s["suggested"] is not None and s["gain"], "a suggestion")
    app.open_photo(state["suggested"])
    app.wait(lambda s: s["ghost"] > 0, "a ghost of the other photo's paint")
    bare = app.settled("canvas")
    app.key("q")
    app.wait(lambda s: s["ghost"] == 0, "switched off")
    app.wait_changed("canvas", bare)
    app.key("q")
    app.wait(lambda s: s["ghost"] > 0, "on again")
    app.key("j")
    app.wait(lambda s: s["undo"] == "accept ghost", "accepted")
    assert app.wait(lambda s: s["painted"] >= painted, "counted")["conflicts"] == 0
    app.key("ctrl+z")
    app.wait(lambda s: s["steps"] == 1, "undone")
    app.key("n")
    app.wait_photo(app.state["suggested"])
    assert app.end() == 0


@pytest.mark.slow
def test_accepted_predictions_are_counted_apart_and_erased_like_paint(app: App) -> None:
    app.wait_open()
    app.open_photo(1)
    for key, place in (("1", (0.5, 0.75)), ("2", (0.5, 0.3))):
        app.key(key)
        app.key("f")
        app.click(*app.on_photo(*place))
    app.wait(lambda s: s["steps"] == 2 and s["painted"], "painted")
    app.key("ctrl+Return")
    app.wait(lambda s: s["fused_shown"] and not s["is_fusing"], "fused")
    app.open_photo(2)
    before = app.wait(lambda s: s["ghost"] and s["is_counted"], "a ghost of guesses")
    app.key("shift+j")
    accepted = app.wait(lambda s: s["accepted"] and s["accepted_pixels"], "accepted")
    assert accepted["undo"] == "accept ghost"
    for name in ("painted", "fused", "photo_pixels", "painted_frames", "conflicts"):
        assert accepted[name] == before[name], name
    app.key("q")
    hidden = app.wait(lambda s: not s["has_ghost"] and s["ghost"] == 0, "the ghost off")
    assert hidden["accepted_pixels"] == accepted["accepted_pixels"]
    app.key("q")
    app.key("b")
    app.drag([app.on_photo(0.1 + 0.05 * i, 0.5) for i in range(17)], button=3)
    # Counted while the stroke is under way too.
    fewer = app.wait(
        lambda s: s["undo"] == "erase" and 0 < s["accepted"] < accepted["accepted"],
        "some of it erased",
    )
    assert fewer["painted"] == before["painted"]
    app.wait(lambda s: 0 < s["accepted_pixels"] < accepted["accepted_pixels"], "drawn so")
    app.key("ctrl+z")
    app.wait(lambda s: s["accepted"] == accepted["accepted"], "undone")
    app.key("ctrl+z")
    app.wait(lambda s: s["accepted"] == s["accepted_pixels"] == 0, "undone")
    assert app.end() == 0


@pytest.mark.slow
def test_conflicts_are_shown_and_gone_to(app: App) -> None:
    app.wait_open()
    for photo, key in ((1, "1"), (0, "2")):
        app.open_photo(photo)
        app.key(key)
        app.key("f")
        app.click(*app.on_photo(0.5, 0.75))
        app.wait(lambda s, n=photo: n in s["painted_frames"], "painted")
    app.wait(lambda s: s["conflicts"], "they disagree")
    scene = app.settled("scene")
    app.key("k")
    app.wait(lambda s: s["heat"] == "conflicts", "conflicts")
    app.wait_changed("scene", scene)
    app.open_photo(3)
    zoom = app.state["viewport"][0]
    app.key("Return")
    app.wait(lambda s: s["photo"] in (0, 1) and s["viewport"][0] > 1.5 * zoom, "centred there")
    for key, heat in (("u", "confidence"), ("shift+u", "coverage"), ("shift+u", None)):
        app.key(key)
        app.wait(lambda s, heat=heat: s["heat"] == heat, str(heat))
    assert app.end() == 0


@pytest.mark.slow
def test_painting_on_the_cloud_and_the_photo_that_sees_a_spot_best(app: App) -> None:
    state = app.wait_open()
    x, y, width, height = state["scene"]
    eye = state["eye"]
    app.key("shift+b")
    app.wait(lambda s: s["tool"] == "brush_3d", "the 3D brush")
    stroke = [(x + width * 0.45 + 4 * i, y + height * 0.5) for i in range(15)]
    app.drag(stroke)
    app.wait(lambda s: s["undo"] == "paint on the cloud" and s["painted"], "painted")
    assert np.allclose(app.state["eye"], eye), "the eye must not turn while painting"
    app.drag(stroke, button=3)
    app.wait(lambda s: s["undo"] == "erase on the cloud" and s["painted"] == 0, "erased")
    app.key("shift+l")
    app.wait(lambda s: s["tool"] == "lasso_3d", "the lasso")
    left, top = x + width * 0.42, y + height * 0.45
    around = [(0.5 - math.cos(t / 3) / 2, 0.5 - math.sin(t / 3) / 2) for t in range(18)]
    app.drag([(left + 60 * x, top + 60 * y) for x, y in around])
    lasso = app.wait(lambda s: s["steps"] == 3 and s["painted"], "lassoed")
    app.drag([(left + 6 * i, top + 3 * i) for i in range(12)], button=2)
    app.wait(lambda s: not np.allclose(s["eye"], eye, atol=0.01), "the middle button turns")
    app.key("b")
    app.click(left + 30, top + 30, keys="ctrl")
    state = app.wait(lambda s: s["photo"] is not None, "the photo that sees it best")
    app.wait(lambda s: s["ghost"] > 0, "the cloud layer is in its ghost")
    app.key("ctrl+z")
    app.wait(lambda s: s["steps"] == 2 and s["painted"] < lasso["painted"], "undone")
    assert app.end() == 0


@pytest.mark.slow
def test_first_steps_show_once_and_the_scene_is_remembered(
    x_display: Display, tmp_path: Path
) -> None:
    scene = small_scene(tmp_path)
    app = App(x_display, tmp_path, [scene], shows_hints=True)
    try:
        app.wait_open()
        app.wait(lambda s: s["popup"] == "HintCard", "the first steps")
        app.key("Escape")
        app.wait(lambda s: s["popup"] is None, "closed")
        app.key("Tab")
        app.wait(lambda s: s["panels_shown"] == "scene", "3D alone")
        assert app.end() == 0
        app = App(x_display, tmp_path, shows_hints=True)
        app.wait(lambda s: "welcome/recent:0" in s.get("items", {}), "the recent scene")
        app.click_item("welcome/recent:0")
        state = app.wait_open()
        assert state["popup"] is None
        assert state["panels_shown"] == "scene"
        assert app.end() == 0
    finally:
        app.kill()
