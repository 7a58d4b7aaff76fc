from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.text import Font
from o3d_paint.ui.theme import Metrics

RED = (255, 0, 0)
boxes = st.builds(
    Box.sized, st.integers(-30, 60), st.integers(-30, 60), st.integers(0, 90), st.integers(0, 90)
)


def canvas_of(width: int = 60, height: int = 40) -> Canvas:
    return Canvas(width, height, Metrics(16))


def drawn(canvas: Canvas) -> np.ndarray:
    return canvas.pixels.any(axis=2)


def mask_of(box: Box, canvas: Canvas) -> np.ndarray:
    mask = np.zeros(canvas.pixels.shape[:2], dtype=bool)
    part = box.cut(canvas.box)
    if not part.is_empty:
        mask[part.y0 : part.y1, part.x0 : part.x1] = True
    return mask


@given(boxes)
def test_fill_covers_exactly_the_box(box):
    canvas = canvas_of()
    canvas.fill(box, RED)
    np.testing.assert_array_equal(drawn(canvas), mask_of(box, canvas))


@given(boxes, boxes, st.integers(0, 20), st.sampled_from([1.0, 0.5]))
def test_nothing_is_drawn_outside_box_and_clip(box, clip, radius, opacity):
    canvas = canvas_of()
    with canvas.clipped(clip):
        canvas.rounded(box, RED, radius=radius, opacity=opacity)
        canvas.outline(box, RED, radius=radius, width=2)
        canvas.text(box, "A long line of text", RED, font=Font(12))
    outside_sideways = ~mask_of(Box(box.x0, 0, box.x1, 40), canvas)
    assert not drawn(canvas)[outside_sideways | ~mask_of(clip, canvas)].any()


@given(st.integers(8, 50), st.integers(8, 30), st.integers(0, 10))
def test_rounded_box_is_symmetric_and_full_in_the_middle(width, height, radius):
    canvas = canvas_of()
    box = Box.sized(4, 4, width, height)
    canvas.rounded(box, RED, radius=radius)
    inside = canvas.pixels[4 : 4 + height, 4 : 4 + width, 0][: 40 - 4]
    if 4 + height <= 40:
        np.testing.assert_array_equal(inside, inside[::-1])
        np.testing.assert_array_equal(inside, inside[:, ::-1])
        assert inside[height // 2, width // 2] == 255


def test_outline_leaves_the_middle_and_closes_around_it():
    canvas = canvas_of()
    canvas.outline(Box(5, 5, 35, 30), RED, radius=6, width=2)
    seen = drawn(canvas)
    assert not seen[9:26, 9:31].any()
    assert seen[5:30, 20].sum() == 4
    assert seen[17, 5:35].sum() == 4


def test_blend_follows_coverage_and_opacity():
    canvas = canvas_of()
    canvas.fill(canvas.box, (100, 100, 100))
    coverage = np.array([[0, 128, 255]], dtype=np.uint8)
    canvas.blend(coverage, 1, 1, (200, 100, 0))
    np.testing.assert_allclose(canvas.pixels[1, 1:4, 0], [100, 150, 200], atol=1)
    np.testing.assert_allclose(canvas.pixels[1, 1:4, 2], [100, 50, 0], atol=1)
    canvas.fill(canvas.box, (100, 100, 100))
    canvas.blend(coverage, 1, 1, (200, 100, 0), 0.5)
    np.testing.assert_allclose(canvas.pixels[1, 1:4, 0], [100, 125, 150], atol=2)


def test_text_is_centred_by_its_capitals():
    canvas = canvas_of(120, 41)
    canvas.text(Box(0, 0, 120, 41), "HEH", RED, font=Font(20), align="center")
    rows = np.flatnonzero(drawn(canvas).any(axis=1))
    columns = np.flatnonzero(drawn(canvas).any(axis=0))
    assert abs((rows[0] + rows[-1]) / 2 - 20) <= 1
    assert abs((columns[0] + columns[-1]) / 2 - 59.5) <= 2


def test_picture_is_copied_as_it_is():
    canvas = canvas_of()
    picture = np.random.default_rng(1).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    canvas.picture(Box.sized(50, 30, 30, 20), picture)
    np.testing.assert_array_equal(canvas.pixels[30:, 50:], picture[:10, :10])
