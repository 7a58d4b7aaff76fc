"""Suggestions against cover problems solved by hand; views of a spot in a room of known walls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from o3d_paint.core.camera import Camera, transform
from o3d_paint.core.confidence import absolute_rule
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.core.views.best_view import ViewFinder
from o3d_paint.core.views.suggest import Sightings, build_sightings, suggest, unsettled
from o3d_paint.core.visibility import DepthTolerance

RULE = absolute_rule(0.4)


def sightings(*rows: str) -> Sightings:
    seen = np.array([[letter == "#" for letter in row] for row in rows])
    return Sightings(seen.shape[1], np.arange(seen.shape[1], dtype=np.int32), seen)


def test_greedy_choice_counts_what_is_left() -> None:
    found = suggest(sightings("####......", ".####.....", "......##.."), np.ones(10, bool), count=9)
    assert [(s.frame_idx, s.gain, s.points) for s in found] == [
        (0, 0.4, 4), (2, 0.2, 2), (1, 0.1, 1),
    ]  # fmt: skip


def test_settled_points_and_excluded_photos_do_not_count() -> None:
    views = sightings("######....", "....######", "..........")
    needed = np.arange(10) >= 3
    assert suggest(views, needed)[0].frame_idx == 1
    assert suggest(views, needed, exclude={1})[0].gain == pytest.approx(0.3)
    assert suggest(views, needed, exclude={0, 1}) == ()
    assert suggest(views, np.zeros(10, bool)) == ()


def test_needed_must_fit_the_sample() -> None:
    with pytest.raises(ValueError, match=r"\(2,\), got \(3,\)"):
        suggest(sightings("##"), np.ones(3, bool))


@given(arrays(bool, (5, 30)), arrays(bool, 30), st.integers(1, 6))
def test_each_suggestion_is_the_best_of_its_moment(seen, needed, count) -> None:
    views = Sightings(30, np.arange(30, dtype=np.int32), seen)
    left, before = needed.copy(), None
    for found in suggest(views, needed, count=count):
        assert (
            found.points == (seen & left).sum(axis=1).max() == (seen[found.frame_idx] & left).sum()
        )
        assert before is None or found.points <= before
        left &= ~seen[found.frame_idx]
        before = found.points


def test_unsettled_is_low_confidence_or_conflict() -> None:
    confidence = np.array([0.0, 0.69, 0.7, 1.0])
    assert unsettled(confidence).tolist() == [True, True, False, False]
    conflicts = np.array([False, False, False, True])
    assert unsettled(confidence, conflicts).tolist() == [True, True, False, True]


def camera_at(position, target, *, depth: float | None = None, size: int = 60) -> Frame:
    """A camera that looks along a horizontal line; a wall at one depth fills its view."""
    forward = np.subtract(target, position) / np.linalg.norm(np.subtract(target, position))
    right = np.cross(forward, [0, 0, 1.0])
    rotation = np.stack([right, np.cross(forward, right), forward])
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, -rotation @ position
    camera = Camera(size / 2, size / 2, (size - 1) / 2, (size - 1) / 2, size, size)
    photo = ArrayPhoto(np.zeros((size, size, 3), np.uint8))
    surface = None if depth is None else np.full((size, size), depth, np.float32)
    return Frame(f"{position}", camera, pose, photo, surface)


def wall(count: int = 20_000) -> np.ndarray:
    """Points on the wall x = 0, four wide and four high about the origin."""
    rng = np.random.default_rng(1)
    return np.stack([np.zeros(count), rng.uniform(-2, 2, count), rng.uniform(-2, 2, count)], axis=1)


def sightings_of(frames, xyz) -> Sightings:
    tolerance, spacing = DepthTolerance(0.05), 2.0 / len(xyz) ** 0.5
    return build_sightings(frames, xyz, rule=RULE, tolerance=tolerance, spacing=spacing)


def test_sightings_are_what_lies_in_view_and_unhidden() -> None:
    xyz = wall()
    open_view = camera_at((1.0, 0, 0), (0, 0, 0), depth=1.0)
    blocked = camera_at((1.0, 0, 0), (0, 0, 0), depth=0.5)
    views = sightings_of([open_view, blocked, camera_at((1, 0, 0), (2, 0, 0), depth=9.0)], xyz)
    inside = (np.abs(xyz[views.sample, 1:]) < 1).all(axis=1)
    assert np.mean(views.seen[0] == inside) > 0.99
    assert not views.seen[1:].any()


def test_a_large_cloud_is_sampled_and_gains_are_shares_of_all_of_it() -> None:
    xyz = wall(150_000)
    views = sightings_of([camera_at((1.0, 0, 0), (0, 0, 0), depth=1.0)], xyz)
    assert len(views.sample) == 60_000
    (found,) = suggest(views, np.ones(len(views.sample), bool))
    assert found.gain == pytest.approx(0.25, abs=0.01)
    assert found.points == pytest.approx(0.25 * len(xyz), rel=0.04)


def finder(frames, xyz) -> ViewFinder:
    return ViewFinder(frames, xyz, sightings=sightings_of(frames, xyz))


def test_nearest_frontal_photo_wins_and_says_where_the_spot_is() -> None:
    far = camera_at((2.0, 0, 0), (0, 0, 0), depth=2.0)
    near = camera_at((1.0, 0, 0), (0, 0, 0), depth=1.0)
    spot = np.array([0.0, 0.1, -0.2])
    best = finder([far, near], wall()).best(spot)
    assert best.frame_idx == 1
    resized = near.camera.resized(*near.mask_shape[::-1])
    expected = resized.project(transform(near.cam_from_world, spot[None]))[0]
    assert best.pixel == pytest.approx(tuple(expected))


def test_spot_in_the_middle_beats_spot_at_the_border() -> None:
    middle = camera_at((1.0, 0.9, 0), (0, 0.9, 0), depth=1.0)
    border = camera_at((1.0, 0.0, 0), (0, 0.0, 0), depth=1.0)
    ranked = finder([border, middle], wall()).ranked(np.array([0, 0.9, 0]))
    assert [view.frame_idx for view in ranked] == [1, 0]


def test_frontal_beats_grazing_at_equal_distance() -> None:
    frontal = camera_at((1.0, 0, 0), (0, 0, 0))
    grazing = camera_at((0.5, -0.87, 0), (0, 0, 0))
    ranked = finder([grazing, frontal], wall(60_000)).ranked(np.zeros(3))
    assert [view.frame_idx for view in ranked] == [1, 0]


def test_hidden_or_missed_spots_have_no_view() -> None:
    blocked = camera_at((1.0, 0, 0), (0, 0, 0), depth=0.5)
    look = finder([blocked], wall())
    assert look.best(np.zeros(3)) is None
    assert finder([], wall()).best(np.zeros(3)) is None
