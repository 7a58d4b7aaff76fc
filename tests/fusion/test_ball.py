from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o3d_paint.fusion.ball import ball_vote
from tests.core.naive import naive_vote


def cloud(rng, kind, count):
    if kind == "volume":
        return rng.random((count, 3)) * rng.choice([0.05, 0.2, 0.5, 2.0])
    lattice = rng.integers(0, 8, (count, 3)) * 0.025  # distances of exactly 0.05 occur
    if kind == "lattice":
        return lattice
    return (lattice + rng.normal(0, 1e-3, lattice.shape)) * [1, 1, 0]


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(["volume", "lattice", "plane"]),
    count=st.integers(1, 1500),
    classes=st.integers(1, 9),
    share=st.sampled_from([0.02, 0.3, 0.8]),
    min_neighbors=st.integers(1, 6),
    batch_size=st.integers(1, 3000),
)
def test_labels_are_those_of_query_ball_point(
    seed, kind, count, classes, share, min_neighbors, batch_size
):
    rng = np.random.default_rng(seed)
    xyz = cloud(rng, kind, count)
    painted = rng.random(count) < share
    labels = np.where(painted, rng.integers(1, classes + 1, count), 0).astype(np.uint16)
    fused = ball_vote(xyz, labels, radius=0.05, min_neighbors=min_neighbors, batch_size=batch_size)
    np.testing.assert_array_equal(fused, naive_vote(xyz, labels, 0.05, min_neighbors))


def test_distance_is_inclusive_and_ties_go_to_the_lowest_class():
    xyz = np.array([[0.0, 0, 0], [0.5, 0, 0], [-0.5, 0, 0], [0, 0.5 + 1e-9, 0]])
    labels = np.array([0, 700, 300, 700], dtype=np.uint16)
    assert ball_vote(xyz, labels, radius=0.5, min_neighbors=2)[0] == 300
    assert ball_vote(xyz, labels, radius=0.5, min_neighbors=3)[0] == 0
    assert ball_vote(xyz, labels, radius=0.5 + 2e-9, min_neighbors=3)[0] == 700


def test_far_coordinates_and_many_classes_keep_exact():
    rng = np.random.default_rng(3)
    xyz = rng.random((2000, 3)) * 0.3 + [4.5e5, 5.6e6, 120.0]
    labels = np.where(rng.random(2000) < 0.5, rng.integers(1, 65536, 2000), 0).astype(np.uint16)
    np.testing.assert_array_equal(
        ball_vote(xyz, labels, radius=0.05, min_neighbors=1), naive_vote(xyz, labels, 0.05, 1)
    )


def test_labelled_points_are_never_changed_and_input_stays():
    xyz = np.zeros((5, 3))
    labels = np.array([1, 2, 2, 2, 0], dtype=np.uint16)
    before = labels.copy()
    assert ball_vote(xyz, labels, radius=1.0).tolist() == [1, 2, 2, 2, 2]
    np.testing.assert_array_equal(labels, before)


def test_progress_rises_to_one_and_may_cancel():
    rng = np.random.default_rng(0)
    xyz, labels = rng.random((3000, 3)), rng.integers(0, 2, 3000).astype(np.uint16)
    seen: list[float] = []
    ball_vote(xyz, labels, radius=0.1, batch_size=100, progress=lambda f, _: seen.append(f))
    assert len(seen) > 5
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    def cancel(fraction, stage):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ball_vote(xyz, labels, radius=0.1, batch_size=100, progress=cancel)


@pytest.mark.parametrize("wrong", [{"radius": 0.0}, {"radius": 1, "min_neighbors": 0}])
def test_wrong_parameters_are_named(wrong):
    with pytest.raises(ValueError, match=r"positive, got radius"):
        ball_vote(np.zeros((2, 3)), np.array([0, 1], dtype=np.uint16), **wrong)
    with pytest.raises(ValueError, match="length"):
        ball_vote(np.zeros((3, 3)), np.array([0, 1], dtype=np.uint16), radius=1.0)
