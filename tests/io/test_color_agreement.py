"""Wrong poses are noticed by photos without depth, and what would be right is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.io.color_agreement import told_by_colors
from tests.io.ball_on_floor import arrays, with_points

H, W = 90, 120
FLIP = np.diag([1.0, -1, -1, 1])


@pytest.fixture(scope="module")
def scene():
    """Frames without depth, and the points and colours; the floor is checkered."""
    made = with_points(arrays(photos=6, h=H, w=W)[0])
    xyz = made["points_3d"]
    tiles = (np.floor(xyz[:, 0] * 3) + np.floor(xyz[:, 1] * 3)).astype(int) % 2
    rgb = np.clip(255 * made["colors_3d"] * np.where(tiles, 1.0, 0.35)[:, None], 0, 255)
    frames, start = [], 0
    for i in range(6):
        seen = made["depth"][i] > 0
        picture = np.zeros((H, W, 3), np.uint8)
        picture[seen] = rgb[start : start + np.count_nonzero(seen)]
        start += np.count_nonzero(seen)
        pose = np.eye(4)
        pose[:3] = made["extrinsics"][i]
        camera = Camera.from_matrix(made["intrinsics"][i], W, H)
        frames.append(Frame(str(i), camera, pose, ArrayPhoto(picture)))
    return frames, xyz, rgb.astype(np.uint8)


@pytest.mark.parametrize("colored", [True, False])
def test_right_poses_are_left_alone(scene, colored):
    frames, xyz, rgb = scene
    assert told_by_colors(xyz, rgb if colored else None, frames) == []


@pytest.mark.parametrize("colored", [True, False])
def test_other_axes_are_named(scene, colored):
    frames, xyz, rgb = scene
    wrong = [replace(f, cam_from_world=FLIP @ f.cam_from_world) for f in frames]
    said = " ".join(told_by_colors(xyz, rgb if colored else None, wrong))
    assert "agree better with the camera's other axes" in said
    assert "(--axes)" in said


def test_the_other_direction_is_named(scene):
    frames, xyz, rgb = scene
    wrong = [replace(f, cam_from_world=inverse(f.cam_from_world)) for f in frames]
    assert "run the other way round (--convention):" in " ".join(told_by_colors(xyz, rgb, wrong))


def test_a_shift_is_noticed(scene):
    frames, xyz, rgb = scene
    assert "an offset missing" in " ".join(told_by_colors(xyz + np.eye(3)[2], rgb, frames))


def test_a_scene_of_one_colour_says_nothing(scene):
    frames, xyz, _ = scene
    gray = [replace(f, photo=ArrayPhoto(np.full((H, W, 3), 90, np.uint8))) for f in frames]
    assert told_by_colors(xyz, None, gray) == []
