from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.metrics import MISSED, RIGHT, WRONG
from o3d_paint.core.views.review import (
    UNPAINTED_COLOR,
    VERDICT_COLORS,
    class_picture,
    error_picture,
    overlay_picture,
    sized,
)

COLORS = np.array([(1, 1, 1), (250, 0, 0), (0, 0, 250)], np.uint8)


def test_classes_are_drawn_in_their_colours_without_blending():
    mask = np.zeros((30, 60), np.uint16)
    mask[:, 20:40] = 1
    mask[:, 40:] = 999  # no class has it
    picture = class_picture(mask, COLORS, (120, 60))
    assert picture.shape == (60, 120, 3)
    assert (picture[:, :40] == UNPAINTED_COLOR).all()
    assert (picture[:, 40:80] == COLORS[1]).all()
    assert (picture[:, 80:] == UNPAINTED_COLOR).all()


def test_the_overlay_leaves_bare_photo_alone():
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    mask = np.zeros((80, 80), np.uint16)
    mask[:, 40:] = 2
    picture = overlay_picture(photo, mask, COLORS, size=(40, 40))
    np.testing.assert_array_equal(picture[:, :20], photo[:, :20])
    inside = picture[:, 22:].astype(int)
    expected = 0.45 * photo[:, 22:] + 0.55 * COLORS[2]
    assert np.abs(inside - expected).max() <= 1


def test_verdicts_have_colours_of_their_own():
    photo = np.full((30, 30, 3), 90, np.uint8)
    verdict = np.zeros((30, 30), np.uint8)
    for i, value in enumerate((RIGHT, WRONG, MISSED)):
        verdict[10 * i : 10 * i + 10, 10:] = value
    picture = error_picture(photo, verdict, size=(30, 30)).astype(int)
    assert (picture[:, :9] == picture[0, 0]).all()
    assert len(set(picture[0, 0])) == 1  # grey
    for i, value in enumerate((RIGHT, WRONG, MISSED)):
        seen = picture[10 * i + 5, 20]
        nearest = min(VERDICT_COLORS, key=lambda v: np.abs(seen - VERDICT_COLORS[v]).sum())
        assert nearest == value


@pytest.mark.parametrize("size", [(10, 20), (64, 31), (200, 300)])
def test_any_size(size):
    photo = np.full((64, 48, 3), 77, np.uint8)
    picture = sized(photo, size)
    assert picture.shape == (size[1], size[0], 3)
    assert (picture == 77).all()
