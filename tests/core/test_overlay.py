from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.mask import Rect
from o3d_paint.core.views.overlay import PhotoPyramid, blend_labels, mask_in_view
from o3d_paint.core.views.viewport import Viewport, fit

BACKGROUND = (1, 2, 3)
COLORS = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0]], dtype=np.uint8)


def test_pyramid_at_unit_zoom_is_the_photo() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    view = PhotoPyramid.of(photo, (90, 120)).view(fit((90, 120), (90, 120)), BACKGROUND)
    np.testing.assert_array_equal(view, photo)


def test_beside_the_photo_lies_the_background() -> None:
    photo = np.full((100, 100, 3), 200, dtype=np.uint8)
    view = PhotoPyramid.of(photo, (100, 100)).view(fit((100, 100), (100, 180)), BACKGROUND)
    assert (view[:, :40] == BACKGROUND).all()
    assert (view[:, 140:] == BACKGROUND).all()
    assert (view[:, 40:140] == 200).all()


def test_small_view_averages_instead_of_picking() -> None:
    photo = np.zeros((512, 512, 3), dtype=np.uint8)
    photo[::2, ::2] = 255
    photo[1::2, 1::2] = 255
    view = PhotoPyramid.of(photo, (512, 512)).view(fit((512, 512), (128, 128)), BACKGROUND)
    assert np.abs(view.astype(int) - 128).max() <= 2


def test_photo_smaller_than_its_mask_covers_the_same_field() -> None:
    photo = np.zeros((50, 50, 3), dtype=np.uint8)
    photo[:, 25:] = 255
    view = PhotoPyramid.of(photo, (200, 200)).view(fit((200, 200), (200, 200)), BACKGROUND)
    assert view[100, 90, 0] == 0
    assert view[100, 110, 0] == 255
    assert view[100, 99, 0] < 128 <= view[100, 100, 0]


@pytest.mark.parametrize("zoom", [0.5, 1.0, 3.0])
def test_part_of_the_mask_equals_the_same_part_of_the_whole(zoom: float) -> None:
    mask = np.random.default_rng(1).integers(0, 3, (80, 90)).astype(np.uint16)
    view = Viewport((80, 90), (100, 120), zoom, 4.0, 7.0)
    whole = mask_in_view(mask, view, Rect(0, 0, 120, 100))
    rect = Rect(13, 21, 77, 64)
    np.testing.assert_array_equal(mask_in_view(mask, view, rect), whole[rect.slices])


def test_blend_mixes_labels_and_leaves_the_rest() -> None:
    base = np.full((9, 9, 3), 100, dtype=np.uint8)
    ids = np.zeros((9, 9), dtype=np.uint16)
    ids[2:7, 2:7] = 1
    target = np.zeros_like(base)
    blend_labels(target, base, ids, colors=COLORS, opacity=0.5)
    assert target[0, 0].tolist() == [100, 100, 100]
    assert target[4, 4].tolist() == [178, 50, 50]
    assert target[2, 2].tolist() == [255, 0, 0]


def test_blend_without_opacity_shows_the_photo() -> None:
    base = np.full((4, 4, 3), 100, dtype=np.uint8)
    target = np.zeros_like(base)
    blend_labels(target, base, np.ones((4, 4), dtype=np.uint16), colors=COLORS, opacity=0.0)
    np.testing.assert_array_equal(target, base)


def test_unknown_class_shows_as_unlabelled() -> None:
    base = np.full((4, 4, 3), 100, dtype=np.uint8)
    target = np.zeros_like(base)
    blend_labels(target, base, np.full((4, 4), 9, dtype=np.uint16), colors=COLORS, opacity=1.0)
    np.testing.assert_array_equal(target, base)
