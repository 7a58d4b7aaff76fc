from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.core.mask import Rect
from o3d_paint.core.views.viewport import Viewport, fit

positions = st.tuples(st.floats(-50, 900), st.floats(-50, 700))
viewports = st.builds(
    lambda zoom, left, top: Viewport((300, 400), (600, 800), zoom, left, top),
    st.floats(0.2, 8),
    st.floats(-300, 300),
    st.floats(-300, 300),
)


@given(viewports, positions)
def test_to_photo_and_back(view: Viewport, position: tuple[float, float]) -> None:
    assert view.to_panel(*view.to_photo(*position)) == pytest.approx(position, abs=1e-6)


@given(st.integers(10, 700), st.integers(10, 500), st.floats(0.7, 1.5))
def test_zoom_keeps_what_lies_under_the_cursor(x: int, y: int, factor: float) -> None:
    view = fit((300, 400), (600, 800))
    assert view.zoomed(factor, x, y).to_photo(x, y) == pytest.approx(view.to_photo(x, y), abs=1e-6)


def test_fit_shows_the_whole_photo_centred() -> None:
    view = fit((100, 100), (200, 400))
    assert (view.zoom, view.left, view.top) == (2.0, 100.0, 0.0)
    assert view.panel_rect(Rect.whole((100, 100)), margin=0) == Rect(100, 0, 300, 200)


def test_unit_zoom_is_the_identity_on_pixels() -> None:
    view = Viewport((10, 10), (10, 10), 1.0, 0.0, 0.0)
    assert view.to_photo(3, 7) == (3.0, 7.0)
    np.testing.assert_allclose(view.photo_from_panel((0, 0)), [[1, 0, 0], [0, 1, 0]])


def test_affine_agrees_with_to_photo() -> None:
    view = Viewport((300, 400), (600, 800), 1.7, -31.5, 12.25)
    matrix = view.photo_from_panel((40, 60))
    assert tuple(matrix @ (5.0, 9.0, 1.0)) == pytest.approx(view.to_photo(45, 69))


def test_warped_pixels_are_those_under_the_cursor() -> None:
    photo = np.arange(12 * 16, dtype=np.uint16).reshape(12, 16)
    view = Viewport((12, 16), (120, 160), 6.0, 11.0, 7.0)
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    shown = cv2.warpAffine(photo, view.photo_from_panel((0, 0)), (160, 120), flags=flags)
    for x, y in [(13, 9), (50, 40), (100, 75)]:
        u, v = view.to_photo(x, y)
        assert shown[y, x] == photo[int(np.floor(v + 0.5)), int(np.floor(u + 0.5))]


def test_photo_cannot_be_lost_out_of_sight() -> None:
    view = fit((300, 400), (600, 800)).panned(1e6, -1e6)
    assert not view.panel_rect(Rect.whole((300, 400))).is_empty


def test_panel_resize_keeps_the_centre() -> None:
    view = fit((300, 400), (600, 800)).zoomed(3, 200, 200)
    wider = view.resized((600, 1000))
    assert wider.to_photo(499.5, 299.5) == pytest.approx(view.to_photo(399.5, 299.5))
    assert wider.zoom == view.zoom


def test_centered_on() -> None:
    view = fit((300, 400), (600, 800)).centered_on(100, 50, zoom=4)
    assert view.to_panel(100, 50) == pytest.approx((399.5, 299.5))
