from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.mask import Rect
from o3d_paint.core.views.overlay import PhotoPyramid
from o3d_paint.ui.canvas_style import CanvasActions, CanvasStyle
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.photo_canvas import PhotoCanvas

COLORS = np.array([[0, 0, 0], [255, 0, 0]], dtype=np.uint8)


class Log:
    def __init__(self) -> None:
        self.calls: list[tuple] = []

    def __getattr__(self, name: str):
        return lambda *args: self.calls.append((name, *args))

    def named(self, name: str) -> list[tuple]:
        return [c[1:] for c in self.calls if c[0] == name]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def mask() -> np.ndarray:
    return np.zeros((200, 300), dtype=np.uint16)


@pytest.fixture
def canvas(log: Log, mask: np.ndarray) -> PhotoCanvas:
    actions = CanvasActions(log.press, log.drag, log.release, log.pick, log.brush_steps, log.hover)
    made = PhotoCanvas(actions)
    made.resize(600, 400, em=16)
    made.set_style(CanvasStyle(COLORS, np.ones(2, dtype=bool), opacity=1.0, radius=10))
    made.set_photo(0, mask)
    photo = np.full((200, 300, 3), 100, dtype=np.uint8)
    made.set_picture(PhotoPyramid.of(photo, (200, 300)))
    return made


def test_a_stroke_arrives_in_mask_pixels(canvas: PhotoCanvas, log: Log) -> None:
    canvas.pointer(PointerEvent("down", 100, 60, "left"))
    canvas.pointer(PointerEvent("drag", 120, 80, "left"))
    canvas.pointer(PointerEvent("up", 120, 80, "left"))
    (pressed,) = log.named("press")
    assert pressed[:3] == (pytest.approx(49.75), pytest.approx(29.75), False)
    assert log.named("drag") == [(pytest.approx(59.75), pytest.approx(39.75))]
    assert log.named("release") == [()]


def test_the_right_button_erases(canvas: PhotoCanvas, log: Log) -> None:
    canvas.pointer(PointerEvent("down", 100, 60, "right"))
    assert log.named("press")[0][2] is True


@pytest.mark.parametrize("is_space", [False, True])
def test_panning_does_not_paint(canvas: PhotoCanvas, log: Log, is_space: bool) -> None:
    canvas.is_space_held = is_space
    button = "left" if is_space else "middle"
    before = canvas.viewport
    canvas.pointer(PointerEvent("down", 100, 60, button))
    canvas.pointer(PointerEvent("drag", 130, 75, button))
    canvas.pointer(PointerEvent("up", 130, 75, button))
    assert canvas.viewport.left == before.left + 30
    assert canvas.viewport.top == before.top + 15
    assert not log.named("press")
    assert not log.named("release")


def test_the_wheel_zooms_at_the_cursor_and_sizes_the_brush_with_ctrl(
    canvas: PhotoCanvas, log: Log
) -> None:
    under = canvas.viewport.to_photo(200, 100)
    canvas.pointer(PointerEvent("wheel", 200, 100, wheel=2))
    assert canvas.viewport.zoom > 2
    assert canvas.viewport.to_photo(200, 100) == pytest.approx(under)
    zoom = canvas.viewport.zoom
    canvas.pointer(PointerEvent("wheel", 200, 100, wheel=-1, modifiers=frozenset({"ctrl"})))
    assert canvas.viewport.zoom == zoom
    assert log.named("brush_steps") == [(-1,)]


def test_alt_click_picks(canvas: PhotoCanvas, log: Log) -> None:
    canvas.pointer(PointerEvent("down", 100, 60, "left", frozenset({"alt"})))
    canvas.pointer(PointerEvent("up", 100, 60, "left", frozenset({"alt"})))
    assert len(log.named("pick")) == 1
    assert not log.named("press")


def test_a_changed_rectangle_shows_and_nothing_else_changes(
    canvas: PhotoCanvas, mask: np.ndarray
) -> None:
    before = canvas.draw().copy()
    assert not canvas.is_dirty
    mask[50:60, 80:100] = 1
    canvas.refresh(Rect(80, 50, 100, 60))
    assert canvas.is_dirty
    after = canvas.draw()
    changed = np.argwhere((after != before).any(axis=2))
    assert changed.min(axis=0).tolist() == [100, 160]
    assert changed.max(axis=0).tolist() == [119, 199]
    assert (after[100:120, 160:200] == (255, 0, 0)).all()


def test_many_small_changes_equal_one_whole_drawing(canvas: PhotoCanvas, mask: np.ndarray) -> None:
    canvas.pointer(PointerEvent("wheel", 311, 207, wheel=3))
    rng = np.random.default_rng(0)
    for _ in range(30):
        x, y = int(rng.integers(0, 280)), int(rng.integers(0, 180))
        mask[y : y + 12, x : x + 12] = rng.integers(0, 2)
        canvas.refresh(Rect(x, y, x + 12, y + 12))
        canvas.pointer(PointerEvent("move", float(2 * x), float(2 * y)))
        canvas.draw()
    canvas.pointer(PointerEvent("leave", -1, -1))
    piecewise = canvas.draw().copy()
    canvas.resize(600, 400, em=16)
    np.testing.assert_array_equal(canvas.draw(), piecewise)


def test_the_outline_follows_the_pointer_and_leaves_no_trace(canvas: PhotoCanvas) -> None:
    clean = canvas.draw().copy()
    canvas.pointer(PointerEvent("move", 300, 200))
    assert (canvas.draw() != clean).any()
    canvas.pointer(PointerEvent("leave", -1, -1))
    np.testing.assert_array_equal(canvas.draw(), clean)


def test_a_photo_that_opens_under_the_resting_pointer_knows_it(log: Log) -> None:
    actions = CanvasActions(log.press, log.drag, log.release, log.pick, log.brush_steps, log.hover)
    canvas = PhotoCanvas(actions)
    canvas.resize(600, 400, em=16)
    canvas.pointer(PointerEvent("move", 300, 200))
    assert canvas.cursor is None
    canvas.set_photo(0, np.zeros((200, 300), dtype=np.uint16))
    assert canvas.cursor == (pytest.approx(149.75), pytest.approx(99.75))
    assert log.named("hover") == []


def test_hidden_classes_do_not_show(canvas: PhotoCanvas, mask: np.ndarray) -> None:
    clean = canvas.draw().copy()
    mask[50:60, 80:100] = 1
    canvas.refresh(Rect(80, 50, 100, 60))
    canvas.set_style(CanvasStyle(COLORS, np.array([True, False]), opacity=1.0, radius=10))
    np.testing.assert_array_equal(canvas.draw(), clean)


def test_each_photo_keeps_its_zoom(canvas: PhotoCanvas, mask: np.ndarray) -> None:
    canvas.pointer(PointerEvent("wheel", 200, 100, wheel=2))
    view = canvas.viewport
    canvas.set_photo(1, mask)
    assert canvas.viewport != view
    canvas.set_photo(0, mask)
    assert canvas.viewport == view
