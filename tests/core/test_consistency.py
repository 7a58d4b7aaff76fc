from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import absolute_rule
from o3d_paint.core.consistency import agreement_between, reversed_poses, suggested_tolerance
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud, Scene
from tests.io.ball_on_floor import arrays


@pytest.fixture
def frames():
    data, _ = arrays(photos=5, h=80, w=120)
    made = []
    for i in range(5):
        pose = np.eye(4)
        pose[:3] = data["extrinsics"][i]
        camera = Camera.from_matrix(data["intrinsics"][i], 120, 80)
        photo = ArrayPhoto(data["processed_images"][i])
        made.append(Frame(str(i), camera, pose, photo, data["depth"][i], data["conf"][i]))
    return tuple(made)


def test_right_poses_agree_and_reversed_ones_do_not(frames):
    right, wrong = agreement_between(frames), agreement_between(reversed_poses(frames))
    assert right.error < 0.01
    assert not wrong.error < 10 * right.error
    assert right.shared == right.pairs > 5


def test_turning_poses_twice_changes_nothing(frames):
    twice = reversed_poses(reversed_poses(frames))
    np.testing.assert_allclose(twice[3].cam_from_world, frames[3].cam_from_world, atol=1e-6)


def test_depth_that_is_wrong_but_not_trusted_does_not_count(frames):
    liars = [replace(f, depth=f.depth * 1.5, confidence=f.confidence * 0) for f in frames[1:]]
    mixed = tuple(f for pair in zip(frames, liars, strict=False) for f in pair)
    assert agreement_between(mixed, absolute_rule(0.5)).error < 0.01
    assert agreement_between(mixed).error > 0.1


def test_photos_that_share_nothing_are_not_compared(frames):
    away = frames[0].cam_from_world.copy()
    away[:3, 3] += (100, 0, 0)
    found = agreement_between((frames[0], replace(frames[1], cam_from_world=away)))
    assert found.shared == 0
    assert np.isnan(found.error)
    assert np.isnan(agreement_between(()).error)


def test_tolerance_follows_the_disagreement_within_bounds(frames):
    def tolerance(bias, spacing=0.01):
        biased = [replace(f, depth=f.depth * (1 + bias * (i % 2))) for i, f in enumerate(frames)]
        cloud = PointCloud(np.zeros((1, 3)), np.zeros((1, 3), np.uint8))
        up = np.array([0, 0, 1.0])
        scene = Scene("s", cloud, tuple(biased), absolute_rule(0.4), spacing, up, True)
        return suggested_tolerance(scene)

    assert tolerance(0).absolute == pytest.approx(0.02)
    assert 0.003 <= tolerance(0).relative < 0.015
    assert tolerance(0).relative < tolerance(0.004).relative < 0.03
    assert tolerance(0.2).relative == pytest.approx(0.03)


def test_without_depth_the_tolerance_is_one_per_cent(frames):
    bare = tuple(replace(f, depth=None, confidence=None) for f in frames)
    cloud = PointCloud(np.zeros((1, 3)), np.zeros((1, 3), np.uint8))
    scene = Scene("s", cloud, bare, absolute_rule(0.4), 0.5, np.array([0, 0, 1.0]), True)
    assert suggested_tolerance(scene).relative == 0.01
