from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from o3d_paint.core.camera import Camera, inverse, nearest_rotation, transform

sizes = st.integers(1, 2000)


def test_integer_pixel_is_the_pixel_centre() -> None:
    camera = Camera(100.0, 100.0, 31.5, 23.5, 64, 48)
    on_axis = camera.project(np.array([[0.0, 0.0, 2.0]]))
    assert on_axis.tolist() == [[31.5, 23.5]]


def test_points_behind_the_camera_have_no_pixel() -> None:
    camera = Camera(100.0, 100.0, 31.5, 23.5, 64, 48)
    uv = camera.project(np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 0.0]]))
    assert np.isnan(uv).all()


@given(
    fx=st.floats(10, 5000),
    fy=st.floats(10, 5000),
    sign=st.sampled_from([1, -1]),
    u=st.floats(-50, 700),
    v=st.floats(-50, 500),
    depth=st.floats(1e-3, 1e4),
)
def test_unproject_and_project_are_inverse(
    fx: float, fy: float, sign: int, u: float, v: float, depth: float
) -> None:
    camera = Camera(fx, sign * fy, 319.5, 239.5, 640, 480)
    uv = np.array([[u, v]])
    assert np.allclose(camera.project(camera.unproject(uv, np.array([depth]))), uv, atol=1e-6)


@given(width=sizes, height=sizes, new_width=sizes, new_height=sizes)
def test_resizing_keeps_the_edges_of_the_picture(
    width: int, height: int, new_width: int, new_height: int
) -> None:
    camera = Camera(500.0, 510.0, width * 0.4, height * 0.6, width, height)
    resized = camera.resized(new_width, new_height)
    corner = np.array([[-0.5, -0.5], [width - 0.5, height - 0.5]])
    expected = np.array([[-0.5, -0.5], [new_width - 0.5, new_height - 0.5]])
    rays = camera.unproject(corner, np.ones(2))
    assert np.allclose(resized.project(rays), expected, atol=1e-6 * max(new_width, new_height))


def test_resizing_there_and_back_changes_nothing() -> None:
    camera = Camera(500.0, 510.0, 250.0, 120.0, 518, 280)
    back = camera.resized(1998, 1080).resized(518, 280)
    assert np.allclose(back.matrix, camera.matrix)


def test_inverse_takes_a_rigid_transform_back() -> None:
    b_from_a = np.eye(4)
    b_from_a[:3, :3] = Rotation.from_euler("xyz", [0.3, -1.2, 2.0]).as_matrix()
    b_from_a[:3, 3] = (4.0, -5.0, 6.0)
    points = np.random.default_rng(0).normal(size=(20, 3))
    assert np.allclose(transform(inverse(b_from_a), transform(b_from_a, points)), points)


@pytest.mark.parametrize(
    ("values", "found"),
    [((0.0, 1.0, 0.0, 0.0, 4, 4), "focal"), ((1.0, 1.0, 0.0, 0.0, 0, 4), "size")],
)
def test_impossible_intrinsics_are_refused(values: tuple[float, ...], found: str) -> None:
    with pytest.raises(ValueError, match=found):
        Camera(*values)  # type: ignore[arg-type]


def test_a_rotation_of_seven_digits_becomes_exact() -> None:
    rotation = Rotation.from_euler("xyz", [0.3, -1.2, 2.0]).as_matrix()
    exact = nearest_rotation(rotation.astype(np.float32).astype(np.float64))
    assert np.abs(exact @ exact.T - np.eye(3)).max() < 1e-15
    assert np.abs(exact - rotation).max() < 1e-6
