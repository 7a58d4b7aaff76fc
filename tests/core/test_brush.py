from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.core.brush import capsule, polygon

SHAPE = (40, 60)
coordinate = st.floats(-30, 90)
quarter = st.integers(-120, 360).map(lambda q: q / 4)


def _painted(result: tuple | None) -> np.ndarray:
    canvas = np.zeros(SHAPE, dtype=bool)
    if result is not None:
        rect, coverage = result
        canvas[rect.slices] = coverage
    return canvas


@given(x0=coordinate, y0=coordinate, x1=coordinate, y1=coordinate, radius=st.floats(0.5, 25))
def test_a_capsule_covers_the_pixels_within_its_radius(
    x0: float, y0: float, x1: float, y1: float, radius: float
) -> None:
    painted = _painted(capsule(SHAPE, (x0, y0), end=(x1, y1), radius=radius))
    v, u = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    along = np.array([x1 - x0, y1 - y0])
    t = ((u - x0) * along[0] + (v - y0) * along[1]) / max(along @ along, 1e-30)
    t = np.clip(t, 0, 1)
    distance = np.hypot(u - x0 - t * along[0], v - y0 - t * along[1])
    unsure = np.abs(distance - radius) < 1e-3
    assert (painted == (distance <= radius))[~unsure].all()


def test_a_fast_stroke_has_no_gaps() -> None:
    canvas = np.zeros(SHAPE, dtype=bool)
    positions = [(2.0, 2.0), (50.0, 8.0), (5.0, 35.0)]
    for start, end in itertools.pairwise(positions):
        canvas |= _painted(capsule(SHAPE, start, end=end, radius=2.0))
    for start, end in itertools.pairwise(positions):
        for t in np.linspace(0, 1, 200):
            x, y = (np.array(start) * (1 - t) + np.array(end) * t).round().astype(int)
            assert canvas[y, x]


def test_a_stroke_outside_the_photo_covers_nothing() -> None:
    assert capsule(SHAPE, (-50.0, -50.0), end=(-20.0, -40.0), radius=5.0) is None
    assert polygon(SHAPE, np.array([[70.0, 0.0], [90.0, 0.0], [80.0, 20.0]])) is None


def test_the_smallest_brush_paints_the_pixel_under_it() -> None:
    painted = _painted(capsule(SHAPE, (7.2, 9.3), end=(7.2, 9.3), radius=0.0))
    assert np.argwhere(painted).tolist() == [[9, 7]]


def test_a_polygon_covers_what_lies_inside_and_is_cut_at_the_border() -> None:
    painted = _painted(
        polygon(SHAPE, np.array([[10.0, 5.0], [30.0, 5.0], [30.0, 99.0], [10.0, 99.0]]))
    )
    expected = np.zeros(SHAPE, dtype=bool)
    expected[5:, 10:30] = True
    assert (painted == expected).all()


@given(
    corners=st.lists(st.tuples(quarter, quarter), min_size=3, max_size=8),
    cut=st.tuples(quarter, quarter),
)
def test_polygons_that_share_a_border_share_no_pixel(
    corners: list[tuple[float, float]], cut: tuple[float, float]
) -> None:
    whole = _painted(polygon(SHAPE, np.array(corners)))
    parts = np.zeros(SHAPE, dtype=int)
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        parts += _painted(polygon(SHAPE, np.array([a, b, cut])))
    assert (parts % 2 == whole).all()


def test_an_outline_of_many_corners_takes_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few crossings are looked at at a time, the pixels are the same."""
    corners = np.random.default_rng(3).uniform(-20, 320, (3000, 2))
    expected = polygon((300, 280), corners)
    assert expected is not None
    for portion in (1, 250, 10_000):
        monkeypatch.setattr("o3d_paint.core.brush._CROSSINGS", portion)
        found = polygon((300, 280), corners)
        assert found is not None
        assert found[0] == expected[0]
        np.testing.assert_array_equal(found[1], expected[1])
    monkeypatch.undo()
    many = np.random.default_rng(4).uniform(0, 1000, (100_000, 2))
    tracemalloc.start()
    try:
        polygon((1000, 1000), many)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 256 << 20  # all crossings at once take 2 GB
