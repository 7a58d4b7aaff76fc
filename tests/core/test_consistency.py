from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import absolute_rule
from o3d_paint.core.consistency import agreement_between, reversed_poses, suggested_tolerance
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud, Scene
from o3d_paint.io.capture import ImportOptions
from o3d_paint.io.importers import read_capture
from tests.io.ball_on_floor import arrays, depth_and_class, look_at_origin


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


def _ring(photos: int) -> tuple[Frame, ...]:
    """Cameras all around a ball on a floor, the first two on opposite sides."""
    h, w = 80, 120
    k = np.array([[1.1 * w, 0, (w - 1) / 2], [0, 1.1 * w, (h - 1) / 2], [0, 0, 1]])
    made = []
    for i in range(photos):
        angle = 2 * np.pi * (i // 2 / photos + i % 2 / 2)
        pose = look_at_origin(np.array([2.6 * np.cos(angle), 2.6 * np.sin(angle), 1.0]))
        depth = depth_and_class(k, pose, h, w)[0].astype(np.float32)
        photo = ArrayPhoto(np.zeros((h, w, 3), np.uint8))
        made.append(Frame(str(i), Camera.from_matrix(k, w, h), pose, photo, depth))
    return tuple(made)


@pytest.mark.parametrize("photos", [2, 4, 8])
def test_opposite_sides_of_a_thing_do_not_disagree(photos):
    """They see the same place, but the thing itself lies between."""
    ring = _ring(photos)
    right, wrong = agreement_between(ring), agreement_between(reversed_poses(ring))
    assert right.error < 0.015
    assert wrong.error > 0.05


def test_depth_of_one_photo_in_front_of_everything_is_seen(frames):
    near = tuple(replace(f, depth=f.depth * (0.7 if i % 2 else 1)) for i, f in enumerate(frames))
    assert agreement_between(near).error > 0.05


def _real(captures: Path) -> dict[str, tuple[Path, ImportOptions]]:
    room = captures / "pi3_room" / "examples" / "room"
    ch5 = ImportOptions(intrinsics=(518.0, 519.0, 325.5, 253.5))
    plain = ImportOptions()
    return {
        "hololens": (captures / "hololens_dvmvs", ImportOptions(every=3)),
        "hololens npz": (captures / "hololens_dvmvs" / "scene.npz", plain),
        "open3d": (captures / "open3d_rgbd", plain),
        "kinect": (captures / "slambook2_rgbd/ch5/rgbd", ch5),
        "icl": (captures / "slambook2_rgbd/ch12/dense_RGBD/data", plain),
        "3dmatch": (captures / "nvblox_3dmatch", plain),
        "pi3": (room / "condition.npz", ImportOptions(images=room / "rgb")),
    }


@pytest.mark.captures
@pytest.mark.parametrize(
    "name", ["hololens", "hololens npz", "open3d", "kinect", "icl", "3dmatch", "pi3"]
)
def test_real_captures_read_rightly_and_wrongly_stay_apart(captures, name):
    path, options = _real(captures)[name]
    frames = read_capture(path, options).frames
    right, wrong = agreement_between(frames).error, agreement_between(reversed_poses(frames)).error
    # Two of the five frames of 3dmatch are far from the others, and its depth is noisy.
    assert right < (0.02 if name == "3dmatch" else 0.0125)
    # Five photos taken within a few centimetres hardly move when read the other way round.
    assert wrong > (2 * right if name == "open3d" else 0.08)


def test_the_order_of_the_photos_does_not_matter():
    rng = np.random.default_rng(0)
    ring = _ring(12)
    found = agreement_between(ring)
    for _ in range(3):
        shuffled = tuple(ring[i] for i in rng.permutation(len(ring)))
        again = agreement_between(shuffled)
        assert again.error == pytest.approx(found.error, rel=1e-9)
        assert (again.pairs, again.shared) == (found.pairs, found.shared)
