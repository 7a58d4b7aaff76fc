from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from o3d_paint.core.selection.polygons import region_polygons

EIGHT = np.ones((3, 3))


def filled(polygons, shape):
    """What training code makes of polygons: decimals cut off, filled with the line, each alone."""
    union = np.zeros(shape, np.uint8)
    for polygon in polygons:
        one = np.zeros(shape, np.uint8)
        cv2.fillPoly(one, [polygon.astype(np.float32).astype(np.int32)], 1)
        union |= one
    return union.astype(bool)


def covered(polygons, shape):
    """What annotation tools make of polygons: which pixels' centres lie within, by crossings."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    union = np.zeros(shape, bool)
    for polygon in polygons:
        inside = np.zeros(shape, bool)
        for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            if y0 != y1:
                crosses = (y0 > rows) != (y1 > rows)
                inside ^= crosses & (columns < x0 + (rows - y0) / (y1 - y0) * (x1 - x0))
        union |= inside
    return union


def with_points_between(polygon, shape, count):
    """What training code does to polygons before: points at even steps, in single precision."""
    height, width = shape
    scaled = np.float32([f"{v:.7g}" for v in (polygon / (width, height)).ravel()]).reshape(-1, 2)
    closed = np.concatenate([scaled, scaled[:1]])
    at = np.sort(np.concatenate([np.linspace(0, len(polygon), count), np.arange(len(closed))]))
    more = np.stack([np.interp(at, np.arange(len(closed)), c) for c in closed.T], axis=1)
    return more.astype(np.float32) * np.float32([width, height])


def area(polygon):
    x, y = polygon.T
    return (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2


def test_a_rectangle_has_four_corners_on_its_outer_edge():
    mask = np.zeros((8, 9), bool)
    mask[2:6, 3:8] = True
    (polygon,) = region_polygons(mask)
    near, far = 0.01, -0.01
    corners = {(3 + near, 2 + near), (8 + far, 2 + near), (8 + far, 6 + far), (3 + near, 6 + far)}
    assert set(map(tuple, polygon.tolist())) == corners


def test_nothing_and_everything():
    assert region_polygons(np.zeros((4, 5), bool)) == []
    (whole,) = region_polygons(np.ones((4, 5), bool))
    assert filled([whole], (4, 5)).all()
    assert area(whole) == pytest.approx(4 * 5, rel=0.01)


def test_a_single_pixel_has_an_area():
    mask = np.zeros((3, 3), bool)
    mask[1, 2] = True
    (polygon,) = region_polygons(mask)
    assert area(polygon) == pytest.approx(0.98**2)


def test_holes_stay_open():
    mask = np.zeros((40, 60), bool)
    mask[2:38, 2:58] = True
    mask[5:12, 5:20] = False
    mask[20:30, 8:14] = False
    mask[15:33, 30:50] = False
    mask[20:26, 35:45] = True  # an island in a hole is a region of its own
    polygons = region_polygons(mask)
    assert len(polygons) == 2
    assert (filled(polygons, mask.shape) == mask).all()


def test_holes_in_a_row_hang_at_each_other():
    mask = np.ones((9, 8 * 400 + 1), bool)
    for i in range(400):
        mask[2:7, 8 * i + 2 : 8 * i + 7] = False
    (polygon,) = region_polygons(mask)
    assert (filled([polygon], mask.shape) == mask).all()


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_points_between_corners_stay_in_the_region(is_mirrored):
    step = np.array([[1, 0], [0, 1]], bool)
    step = step[:, ::-1] if is_mirrored else step
    wrong = 0
    for y, x in np.random.default_rng(0).integers(0, 515, (100, 2)):
        mask = np.zeros((518, 518), bool)
        mask[y : y + 2, x : x + 2] = step
        (polygon,) = region_polygons(mask)
        more = with_points_between(polygon, mask.shape, 1000)
        wrong += (filled([more], mask.shape) != mask).sum()
    assert wrong <= 2


@settings(max_examples=300, deadline=None)
@given(
    arrays(bool, st.tuples(st.integers(1, 14), st.integers(1, 14))),
    st.integers(1, 3),
)
def test_filling_gives_the_region_back(mask, zoom):
    mask = np.kron(mask, np.ones((zoom, zoom), bool))
    polygons = region_polygons(mask)
    assert len(polygons) == ndimage.label(mask, EIGHT)[1]
    assert (filled(polygons, mask.shape) == mask).all()
    assert (covered(polygons, mask.shape) == mask).all()
    assert sum(map(area, polygons)) == pytest.approx(mask.sum(), rel=0.05, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_large_noisy_regions(seed):
    rng = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(rng.normal(size=(300, 400)).astype(np.float32), (0, 0), 6)
    mask = (smooth > 0) & (rng.random((300, 400)) > 0.03)
    polygons = region_polygons(mask)
    assert (filled(polygons, mask.shape) == mask).all()
