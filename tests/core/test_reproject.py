"""Masks drawn from the cloud against scenes whose every pixel is known."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from o3d_paint.core.camera import Camera, transform
from o3d_paint.core.confidence import absolute_rule
from o3d_paint.core.reproject import reproject_labels
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.core.visibility import DepthTolerance
from o3d_paint.io.sample import Sample, SampleOptions, generate_sample

RULE = absolute_rule(0.4)
SIZE = 48


def frame_of(depth: np.ndarray | None, size: int = SIZE) -> Frame:
    camera = Camera(size, size, (size - 1) / 2, (size - 1) / 2, size, size)
    photo = ArrayPhoto(np.zeros((size, size, 3), np.uint8))
    return Frame("a", camera, np.eye(4), photo, depth)


def points_at(frame: Frame, depth: np.ndarray) -> np.ndarray:
    """The point that each pixel of a depth map shows."""
    v, u = np.mgrid[0 : depth.shape[0], 0 : depth.shape[1]].reshape(2, -1)
    uv = np.stack([u, v], axis=1).astype(float)
    points_cam = frame.camera.unproject(uv, depth.ravel())
    return transform(frame.world_from_cam, points_cam)


def step() -> np.ndarray:
    """A near surface on the left of a far one."""
    depth = np.full((SIZE, SIZE), 3.0, np.float32)
    depth[:, : SIZE // 2] = 2.0
    return depth


def mask_of(frame, xyz, labels, *, spacing=0.05, shape=None):
    return reproject_labels(
        frame,
        xyz,
        labels,
        rule=RULE,
        tolerance=DepthTolerance(0.02),
        spacing=spacing,
        shape=shape,
    )


def test_high_ids_find_their_place_in_large_photos() -> None:
    size = 400
    depth = np.full((size, size), 2.0, np.float32)
    frame = frame_of(depth, size)
    labels = np.where(np.arange(size * size) < size * size // 3, 7, 40_000).astype(np.uint16)
    found = mask_of(frame, points_at(frame, depth), labels)
    assert np.array_equal(found, labels.reshape(size, size))


def test_every_pixel_gets_the_label_of_its_point() -> None:
    depth = step()
    frame = frame_of(depth)
    labels = np.where(depth < 2.5, 7, 300).astype(np.uint16)
    assert np.array_equal(mask_of(frame, points_at(frame, depth), labels.ravel()), labels)


def test_hidden_points_do_not_show_through() -> None:
    depth = step()
    frame = frame_of(depth)
    behind = points_at(frame, np.full_like(depth, 3.0))
    xyz = np.concatenate([points_at(frame, depth), behind])
    labels = np.repeat(np.array([1, 2], np.uint16), depth.size)
    assert (mask_of(frame, xyz, labels) == 1).all()


def test_holes_fill_at_the_same_depth_and_never_across_a_jump() -> None:
    depth = step()
    frame = frame_of(depth)
    kept = np.zeros(depth.shape, bool)
    kept[::4, ::4] = True
    kept &= depth < 2.5  # the far surface has no points
    xyz = points_at(frame, depth)[kept.ravel()]
    mask = mask_of(frame, xyz, np.full(len(xyz), 5, np.uint16))
    assert (mask[depth < 2.5] == 5).all()
    assert (mask[depth > 2.5] == 0).all()


def test_pixels_without_depth_stay_empty() -> None:
    depth = step()
    frame = frame_of(np.where(np.arange(SIZE) < 4, 0, depth).astype(np.float32))
    mask = mask_of(frame, points_at(frame, depth), np.full(depth.size, 5, np.uint16))
    assert (mask[:, :4] == 0).all()
    assert (mask[:, 6:] == 5).all()


def test_unlabelled_surface_is_no_hole() -> None:
    depth = np.full((SIZE, SIZE), 2.0, np.float32)
    frame = frame_of(depth)
    labels = np.zeros(depth.shape, np.uint16)
    labels[:, :20] = 4
    assert np.array_equal(mask_of(frame, points_at(frame, depth), labels.ravel()), labels)


def test_most_points_of_a_pixel_decide() -> None:
    depth = np.full((SIZE, SIZE), 2.0, np.float32)
    frame = frame_of(depth)
    xyz = np.concatenate([points_at(frame, depth)] * 3)
    labels = np.repeat(np.array([3, 9, 9], np.uint16), depth.size)
    assert (mask_of(frame, xyz, labels) == 9).all()
    assert (mask_of(frame, xyz[: 2 * depth.size], labels[: 2 * depth.size]) == 3).all()


def test_result_has_the_shape_asked_for() -> None:
    depth = step()
    frame = frame_of(depth)
    labels = np.where(depth < 2.5, 7, 8).astype(np.uint16).ravel()
    mask = mask_of(frame, points_at(frame, depth), labels, shape=frame.mask_shape)
    assert mask.shape == frame.mask_shape == (1080, 1080)
    assert (mask[:, :540] == 7).all()
    assert (mask[:, 540:] == 8).all()


def test_without_depth_the_cloud_hides_itself() -> None:
    depth = step()
    frame = frame_of(None)
    fine = np.repeat(np.repeat(depth, 8, 0), 8, 1)
    dense = frame_of(None, SIZE * 8)
    behind = points_at(dense, np.full_like(fine, 3.0))
    xyz = np.concatenate([points_at(dense, fine), behind])
    labels = np.repeat(np.array([1, 2], np.uint16), fine.size)
    labels[: fine.size][fine.ravel() > 2.5] = 2
    mask = mask_of(frame, xyz, labels, spacing=0.005, shape=(SIZE, SIZE))
    assert (mask[:, : SIZE // 2 - 1] == 1).all()
    assert (mask[:, SIZE // 2 + 1 :] == 2).all()


def test_no_points_no_labels() -> None:
    mask = mask_of(frame_of(step()), np.zeros((0, 3)), np.zeros(0, np.uint16))
    assert not mask.any()


@cache
def sample(noise: float) -> Sample:
    return generate_sample(
        SampleOptions(seed=7, resolution=192, photos=5, noise=noise, shadows=False, smooth=False)
    )


def away_from_borders(truth: np.ndarray) -> np.ndarray:
    """Pixels whose neighbours within two pixels are of the same class."""
    kernel = np.ones((5, 5), np.uint8)
    return cv2.erode(truth, kernel) == cv2.dilate(truth, kernel)


@pytest.mark.parametrize(("noise", "inside", "anywhere"), [(0.0, 0.985, 0.94), (0.5, 0.98, 0.92)])
def test_masks_of_the_sample_are_its_truth(noise, inside, anywhere) -> None:
    made = sample(noise)
    labels = made.truth_points.astype(np.uint16)
    for idx in range(len(made.photos)):
        pose = np.eye(4)
        pose[:3] = made.extrinsics[idx]
        size = made.photos.shape[1]
        frame = Frame(
            str(idx),
            Camera.from_matrix(made.intrinsics[idx], size, size),
            pose,
            ArrayPhoto(made.photos[idx]),
            made.depth[idx],
            made.confidence[idx],
        )
        mask = mask_of(frame, made.points, labels)
        truth = made.truth_pixels[idx]
        right = mask == truth
        assert right[(mask > 0) & away_from_borders(truth)].mean() > inside
        assert right[mask > 0].mean() > anywhere
        assert (mask > 0)[truth > 0].mean() > 0.9
        # Notches of the outline a pixel wide look like pinholes.
        assert (mask[made.depth[idx] == 0] > 0).mean() < 0.003


def test_pinholes_of_a_depth_camera_close_but_not_across_a_jump() -> None:
    rng = np.random.default_rng(0)
    depth = np.full((SIZE, SIZE), 2.0, dtype=np.float32)
    depth[:, SIZE // 2 :] = 4.0
    whole = frame_of(depth)
    xyz = points_at(whole, depth)
    labels = np.where(np.arange(SIZE * SIZE) % SIZE < SIZE // 2, 1, 2).astype(np.uint16)
    holed = depth.copy()
    holed[rng.random(depth.shape) < 0.12] = 0
    mask = mask_of(frame_of(holed), xyz, labels)
    away = np.abs(np.arange(SIZE) - SIZE // 2 + 0.5) > 2
    assert (mask[:, away] > 0).mean() > 0.998
    assert (mask[:, : SIZE // 2] != 2).all()
    assert (mask[:, SIZE // 2 :] != 1).all()
