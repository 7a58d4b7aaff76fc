"""The 3D view as a photo: two walls, one behind the other."""

from __future__ import annotations

import numpy as np

from o3d_paint.core.views.eye_view import points_in_view
from o3d_paint.core.views.frustum import screen_points
from o3d_paint.core.views.orbit import Eye

SIZE = (640, 480)
EYE = Eye(np.array([0.0, -5.0, 1.0]), np.array([0.0, 0.0, 0.5]), np.array([0.0, 0.0, 1.0]))
SPACING = 0.02


def walls() -> np.ndarray:
    """A wall at y = 0 and one at y = 1 that is twice as wide; the first half of the points."""
    x, z = np.mgrid[-0.5:0.5:SPACING, 0:1:SPACING].reshape(2, -1)
    front = np.stack([x, np.zeros_like(x), z], axis=1)
    return np.concatenate([front, np.stack([2 * x, np.ones_like(x), z], axis=1)])


def test_only_what_stands_in_front_is_in_view() -> None:
    xyz = walls()
    index = points_in_view(EYE, SIZE, xyz, spacing=SPACING, through=False)
    half = len(xyz) // 2
    front, back = index.point < half, index.point >= half
    assert np.count_nonzero(front) == half
    hidden = np.abs(xyz[index.point[back], 0]) < 0.45
    assert back.any()
    assert not hidden.any()


def test_through_takes_everything_inside_the_view() -> None:
    xyz = walls()
    index = points_in_view(EYE, SIZE, xyz, spacing=SPACING, through=True)
    assert len(index) == len(xyz)
    assert (np.diff(index.pixel) >= 0).all()


def test_pixels_are_where_the_view_draws_the_points() -> None:
    xyz = walls()
    index = points_in_view(EYE, SIZE, xyz, spacing=SPACING, through=True)
    right, upward, forward = EYE.axes
    view = np.eye(4)
    view[:3, :3] = np.stack([right, upward, -forward])
    view[:3, 3] = -view[:3, :3] @ EYE.position
    focal = 1 / np.tan(EYE.fov / 2)
    projection = np.zeros((4, 4))
    projection[0, 0], projection[1, 1] = focal * SIZE[1] / SIZE[0], focal
    projection[2, 2], projection[2, 3], projection[3, 2] = -1.0, -0.1, -1.0
    drawn, _ = screen_points(xyz[index.point], projection @ view, SIZE)
    line, column = np.divmod(index.pixel, index.shape[1])
    scale = index.shape[0] / SIZE[1]
    np.testing.assert_allclose((column + 0.5) / scale, drawn[:, 0], atol=0.51)
    np.testing.assert_allclose((line + 0.5) / scale, drawn[:, 1], atol=0.51)
