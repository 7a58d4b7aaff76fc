from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from o3d_paint.core.geometry import (
    estimate_spacing,
    estimate_up,
    plausibly_metric,
    robust_bounds,
    robust_diagonal,
)
from tests.io.ball_on_floor import look_at_origin


def grid(n, step):
    x, y = np.mgrid[0:n, 0:n].reshape(2, -1) * step
    return np.stack([x, y, np.zeros_like(x)], axis=1)


@pytest.mark.parametrize("n", [50, 800])
def test_spacing_of_a_grid_is_its_step(n):
    assert estimate_spacing(grid(n, 0.25)) == pytest.approx(0.25)


def test_spacing_ignores_points_on_top_of_each_other():
    assert estimate_spacing(np.repeat(grid(40, 0.25), 3, axis=0)) == pytest.approx(0.25)


@pytest.mark.parametrize("xyz", [np.zeros((1, 3)), np.zeros((9, 3)), np.ones((2, 3)) * 1e6])
def test_spacing_is_positive_even_without_a_distance(xyz):
    assert estimate_spacing(xyz) > 0


def test_a_dense_corner_does_not_decide_the_spacing():
    dense = grid(300, 0.001) - np.array([5, 5, 0])
    assert estimate_spacing(np.concatenate([grid(600, 0.25), dense])) == pytest.approx(0.25)


def test_stray_points_do_not_move_the_bounds():
    xyz = np.concatenate([grid(100, 0.1), [[1e6, 0, 0], [-1e6, 3, 9e5]]])
    low, high = robust_bounds(xyz)
    assert low[0] >= 0
    assert high[0] <= 10
    assert robust_diagonal(xyz) < 15


def test_metric_is_a_question_of_size_and_density():
    assert plausibly_metric(10, 0.004)
    assert not plausibly_metric(0.05, 0.00002)
    assert not plausibly_metric(1e4, 0.5)


@pytest.fixture
def turned():
    """A rotation that makes +x of the turned world point up."""
    return np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])


def ring(turn, tilt=1.0, photos=6):
    poses = []
    for i in range(photos):
        angle = 2 * np.pi * i / photos + 0.1
        pose = look_at_origin(np.array([np.cos(angle), np.sin(angle), tilt]))
        pose[:3, :3] = pose[:3, :3] @ turn.T
        poses.append(pose)
    return poses


def test_up_is_the_floor_normal(turned):
    rng = np.random.default_rng(1)
    floor = grid(120, 0.02) + rng.normal(0, 0.001, (14400, 3))
    wall = grid(60, 0.02)[:, [2, 0, 1]]
    xyz = np.concatenate([floor, wall]) @ turned.T
    # Cameras that all lean by 12 degrees agree with the floor and not with each other.
    lean = np.array([[1, 0, 0], [0, np.cos(0.2), -np.sin(0.2)], [0, np.sin(0.2), np.cos(0.2)]])
    poses = [p.copy() for p in ring(turned, photos=2)]
    for pose in poses:
        pose[:3, :3] = pose[:3, :3] @ lean
    np.testing.assert_allclose(estimate_up(xyz, poses), turned @ (0, 0, 1), atol=0.01)


@pytest.mark.parametrize("tilt", [0.2, 1.0, 20.0])
def test_up_without_any_plane_comes_from_the_cameras(turned, tilt):
    xyz = np.random.default_rng(0).normal(0, 1, (20, 3))
    up = estimate_up(xyz, ring(turned, tilt))
    np.testing.assert_allclose(up, turned @ (0, 0, 1), atol=0.02)


def test_a_wall_is_not_up(turned):
    wall = grid(100, 0.02)[:, [2, 0, 1]] @ turned.T
    np.testing.assert_allclose(estimate_up(wall, ring(turned)), turned @ (0, 0, 1), atol=0.02)


def test_without_cameras_z_is_up():
    np.testing.assert_allclose(estimate_up(np.zeros((3, 3)), []), (0, 0, 1))


@pytest.mark.parametrize("offset", [0.0, 7.3])
@pytest.mark.parametrize("noise", [0.003, 0.01])
def test_a_large_flat_cloud_is_not_cut_into_slices_of_its_noise(noise, offset):
    rng = np.random.default_rng(0)
    count = 600_000
    cloud = np.stack(
        [rng.random(count) * 20, rng.random(count) * 26, rng.normal(offset, noise, count)], 1
    )
    some = cloud[:4000]
    truth = np.median(cKDTree(cloud).query(some, k=2)[0][:, 1])
    assert estimate_spacing(cloud) == pytest.approx(truth, rel=0.1)


def test_spacing_does_not_depend_on_the_order_of_the_points():
    rng = np.random.default_rng(1)
    cloud = rng.random((400_000, 3)) * [20, 20, 0.01]
    assert estimate_spacing(cloud[rng.permutation(len(cloud))]) == estimate_spacing(cloud)


def test_a_dense_wall_on_a_floor_counts_by_its_points():
    rng = np.random.default_rng(2)
    floor = rng.random((360_000, 3)) * [20, 26, 0]
    wall = rng.random((240_000, 3)) * [20, 0, 3]
    cloud = np.concatenate([floor, wall])
    truth = np.median(cKDTree(cloud).query(cloud[::150], k=2)[0][:, 1])
    assert estimate_spacing(cloud) == pytest.approx(truth, rel=0.15)
