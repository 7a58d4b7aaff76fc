from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from o3d_paint.core.cells import may_be_near
from o3d_paint.core.kernels.cells import bounds, out_of_reach
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.article import _transfer
from o3d_paint.fusion.ball import ball_vote
from o3d_paint.fusion.graph import build_graph


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1e-3, 0.1, 0.5]), st.sampled_from([0.0, 0.2, 1.0]))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_near_is_missed(
    dtype: type[np.floating], seed: int, distance: float, depth: float
) -> None:
    rng = np.random.default_rng(seed)
    # On a lattice of the distance itself, so that many lie exactly that far away.
    places = (rng.integers(-20, 20, (400, 3)) * [1, 1, depth] * distance).astype(dtype)
    others = places[rng.choice(400, 5)]
    near = may_be_near(places, others, distance)
    assert near[cKDTree(others).query(places)[0] <= distance].all()


def test_what_lies_far_away_is_left_out() -> None:
    line = np.stack([np.linspace(0, 1, 1001), np.zeros(1001), np.zeros(1001)], axis=1)
    near = may_be_near(line, line[400:402], 0.01)
    assert near[390:412].all()
    assert near.sum() < 40


@pytest.mark.parametrize("place", [np.nan, np.inf, -np.inf, 1e300, -1e300])
def test_points_beyond_all_numbers_are_not_near(place: float) -> None:
    xyz = np.array([[0.0, 0.0, 0.0], [place, 0.0, 0.0]])
    assert may_be_near(xyz, xyz[:1], 0.1).tolist() == [True, False]


def test_without_others_nothing_is_near() -> None:
    assert may_be_near(np.zeros((3, 3)), np.zeros((0, 3)), 0.1).tolist() == [False] * 3


def test_others_far_apart_take_little_memory_and_miss_nothing() -> None:
    others = np.array([[0.0, 0.0, 0.0], [1e6, 1.0, 3e5]])
    xyz = np.concatenate([others + 0.005, others - 0.005, [[1e6, 5e5, 0.0]]])
    assert may_be_near(xyz, others, 0.01).tolist() == [True] * 4 + [False]


@pytest.mark.parametrize("count", [1, 2, 500])
def test_bounds_are_those_of_numpy(count: int) -> None:
    xyz = np.random.default_rng(count).normal(size=(count, 3))
    low, high = bounds(xyz)
    np.testing.assert_array_equal(low, xyz.min(axis=0))
    np.testing.assert_array_equal(high, xyz.max(axis=0))


def test_a_point_in_reach_of_one_centre_is_in_reach() -> None:
    xyz = np.array([[0.0, 0.0, 0.0], [3.0, 4.0, 0.0], [3.0, 4.0, 1e-6], [10.0, 0.0, 0.0]])
    centers = np.array([[100.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert out_of_reach(xyz, np.array([3, 2, 1]), centers, 5.0).tolist() == [True, True, False]
    assert out_of_reach(xyz, np.array([0]), centers[:0], 5.0).tolist() == [True]


@pytest.mark.parametrize("far", [2e4, 1e9])
def test_strays_beyond_what_can_be_numbered_keep_their_neighbours(far: float) -> None:
    rng = np.random.default_rng(5)
    strays = np.array([[far, far, far], [far + 0.03, far, far], [-far, 3.0, far]])
    xyz = np.concatenate([rng.random((2000, 3)), strays])
    queries = np.concatenate([rng.random((900, 3)), strays[[0, 2]] + [0.01, 0.0, 0.0]])
    values = rng.integers(1, 5, len(queries)).astype(np.uint16)
    distances, winners = cKDTree(xyz).query(queries)
    wanted = np.zeros(len(xyz), np.uint16)
    wanted[winners[distances < 0.05]] = values[distances < 0.05]
    assert wanted[[-3, -1]].all()
    assert (_transfer(xyz, [(queries, values)], 0.05) == wanted).all()
    voted = ball_vote(xyz, wanted, radius=0.05, min_neighbors=1)
    assert voted[-2] == wanted[-3]
    assert build_graph(PointCloud(xyz, np.zeros((len(xyz), 3), np.uint8))).node_of.shape == (
        len(xyz),
    )
