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
    """What a polygon means, by OpenCV's rasteriser: each one by itself, then all together."""
    union = np.zeros(shape, np.uint8)
    for polygon in polygons:
        one = np.zeros(shape, np.uint8)
        cv2.fillPoly(one, [polygon], 1)
        union |= one
    return union.astype(bool)


def test_a_rectangle_has_four_corners():
    mask = np.zeros((8, 9), bool)
    mask[2:6, 3:8] = True
    (polygon,) = region_polygons(mask)
    assert sorted(map(tuple, polygon.tolist())) == [(3, 2), (3, 5), (7, 2), (7, 5)]


def test_nothing_and_everything():
    assert region_polygons(np.zeros((4, 5), bool)) == []
    (whole,) = region_polygons(np.ones((4, 5), bool))
    assert filled([whole], (4, 5)).all()


def test_a_single_pixel():
    mask = np.zeros((3, 3), bool)
    mask[1, 2] = True
    (polygon,) = region_polygons(mask)
    assert polygon.tolist() == [[2, 1]]


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


@pytest.mark.parametrize("seed", range(3))
def test_large_noisy_regions(seed):
    rng = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(rng.normal(size=(300, 400)).astype(np.float32), (0, 0), 6)
    mask = (smooth > 0) & (rng.random((300, 400)) > 0.03)
    polygons = region_polygons(mask)
    assert (filled(polygons, mask.shape) == mask).all()
