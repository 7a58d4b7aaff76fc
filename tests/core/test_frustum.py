from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.core.views.frustum import default_size, frustum_corners, pick_frustum, screen_points

SIZE = (800, 600)


def frame_at(x: float, z: float = 0.0) -> Frame:
    pose = np.eye(4)
    pose[:3, 3] = (-x, 0, -z)
    photo = ArrayPhoto(np.zeros((60, 80, 3), dtype=np.uint8))
    return Frame("f", Camera(80, 80, 39.5, 29.5, 80, 60), pose, photo)


def looking_along_z(distance: float = 10.0) -> np.ndarray:
    """Projection times view of an eye at z = -distance that looks along +z, y down."""
    view = np.diag([1.0, -1.0, -1.0, 1.0])
    view[2, 3] = -distance
    f, near, far = 2.0, 0.1, 100.0
    projection = np.zeros((4, 4))
    projection[0, 0], projection[1, 1] = f * 600 / 800, f
    projection[2, 2] = (far + near) / (near - far)
    projection[2, 3], projection[3, 2] = 2 * far * near / (near - far), -1
    return projection @ view


def test_corners_enclose_the_photo() -> None:
    corners = frustum_corners(frame_at(0), 1.0)
    assert np.linalg.norm(corners[3] - corners[1]) == pytest.approx(1.0)
    np.testing.assert_allclose(corners[0], 0)
    np.testing.assert_allclose(corners[1] + corners[3], [0, 0, 2 * corners[1, 2]], atol=1e-12)
    assert corners[5, 1] < corners[1, 1]


def test_screen_points_of_the_axis_are_the_middle() -> None:
    points, depth = screen_points(np.zeros((1, 3)), looking_along_z(), SIZE)
    np.testing.assert_allclose(points, [[400, 300]])
    assert depth[0] == pytest.approx(10)


def corners_of(*frames: Frame) -> np.ndarray:
    return np.stack([frustum_corners(f, 1.0) for f in frames])


def pick(x: float, y: float, corners: np.ndarray) -> int | None:
    return pick_frustum(
        (x, y), corners, screen_from_world=looking_along_z(), size=SIZE, tolerance=8
    )


def test_inside_counts_not_only_lines() -> None:
    corners = corners_of(frame_at(-2), frame_at(2))
    points, _ = screen_points(corners, looking_along_z(), SIZE)
    for number in (0, 1):
        x, y = points[number, [1, 2, 3, 4]].mean(axis=0) + np.array([0, 4])
        assert pick(x, y, corners) == number
    assert pick(400, 300, corners) is None


def test_line_within_reach_beats_the_inside_of_another() -> None:
    far, near = frustum_corners(frame_at(0, 6.0), 1.0), frustum_corners(frame_at(0), 4.0)
    corners = np.stack([far, near])
    points, _ = screen_points(corners, looking_along_z(), SIZE)
    x, y = points[0, [1, 2]].mean(axis=0) - np.array([0, 3])
    assert pick(x, y, corners) == 0


def test_cameras_behind_the_eye_are_never_hit() -> None:
    corners = corners_of(frame_at(0, -20.0))
    assert pick(400, 300, corners) is None


def test_no_cameras() -> None:
    assert pick(1, 1, np.zeros((0, 6, 3))) is None


def test_sizes_follow_the_scene() -> None:
    line = np.zeros((10, 3))
    line[:, 0] = np.arange(10) * 0.01
    assert default_size(line, 10.0) == pytest.approx(0.3)
    assert default_size(line * 1000, 10.0) == pytest.approx(1.5)
    assert default_size(line[:1], 10.0) == pytest.approx(1.5)
