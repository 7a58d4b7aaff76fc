from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.camera import transform
from o3d_paint.core.views.orbit import Eye
from o3d_paint.core.views.render import camera_of_eye, framed, nearest_points, render_points, shade

UP = np.array([0.0, 0, 1])


@pytest.fixture
def eye():
    return Eye(np.array([0.0, -4, 0]), np.zeros(3), UP)


def wall(y, n=60, side=1.0):
    x, z = np.mgrid[0:n, 0:n].reshape(2, -1) / (n - 1) * 2 * side - side
    return np.stack([x, np.full_like(x, y), z], axis=1)


def test_the_camera_looks_where_the_eye_looks(eye):
    camera, cam_from_world = camera_of_eye(eye, 80, 60)
    points = transform(cam_from_world, np.array([[0.0, 0, 0], [0, 0, 0.5], [0.5, 0, 0]]))
    uv = camera.project(points)
    np.testing.assert_allclose(uv[0], (39.5, 29.5))
    assert uv[1, 1] < 29.5
    assert uv[2, 0] > 39.5
    np.testing.assert_allclose(np.linalg.det(cam_from_world[:3, :3]), 1)


def test_a_near_wall_has_no_holes(eye):
    near, far = wall(0.0), wall(1.0, n=300)
    camera, pose = camera_of_eye(eye, 200, 200)
    point, depth = nearest_points(np.concatenate([far, near]), camera, pose, spacing=2 / 59)
    inner = (slice(60, 140), slice(60, 140))
    assert (point[inner] >= len(far)).all()
    np.testing.assert_allclose(depth[inner], 4.0, rtol=1e-6)
    assert point[0, 0] == -1
    assert np.isinf(depth[0, 0])


def test_points_behind_the_eye_are_not_drawn(eye):
    camera, pose = camera_of_eye(eye, 50, 50)
    point, _ = nearest_points(np.array([[0.0, -9, 0]]), camera, pose, spacing=0.1)
    assert (point == -1).all()


def test_pictures_share_geometry_and_differ_in_colour(eye):
    xyz = wall(0.0)
    red = np.tile(np.uint8([[200, 0, 0]]), (len(xyz), 1))
    pictures = render_points(xyz, [red, red[:, ::-1]], eye, size=(60, 50), spacing=2 / 59)
    assert [p.shape for p in pictures] == [(50, 60, 3)] * 2
    np.testing.assert_array_equal(pictures[0], pictures[1][..., ::-1])
    np.testing.assert_array_equal(pictures[0][25, 30], (200, 0, 0))
    np.testing.assert_array_equal(pictures[0][0, 0], (255, 255, 255))


def test_what_lies_behind_an_edge_is_darker():
    depth = np.full((80, 80), 5.0, np.float32)
    depth[:, :40] = 2.0
    brightness = shade(depth)
    assert brightness[40, 42] < 0.8
    assert brightness[40, 37] == pytest.approx(1)
    assert brightness[40, 70] == pytest.approx(1)
    assert (shade(np.full((9, 9), np.inf, np.float32)) == 1).all()


def test_framing_fills_the_picture(eye):
    xyz = wall(0.0) + np.array([5.0, 3, 2])
    moved = framed(Eye(np.array([0.0, -30, 0]), np.array([4.0, 3, 1]), UP), xyz, size=(300, 200))
    camera, pose = camera_of_eye(moved, 300, 200)
    uv = camera.project(transform(pose, xyz))
    size = (uv.max(axis=0) - uv.min(axis=0)) / (300, 200)
    assert size.max() == pytest.approx(0.9, abs=0.03)
    np.testing.assert_allclose((uv.max(axis=0) + uv.min(axis=0)) / 2, (149.5, 99.5), atol=5)
