"""Planes fitted to depth against planes whose normals are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o3d_paint.core.camera import Camera
from o3d_paint.core.selection.outline import EdgeLook, outline_score
from o3d_paint.core.selection.surface import fit_surface, resampled_depth
from tests.core.photo_scenes import iou, plain

CAMERA = Camera(90.0, 80.0, 31.5, 23.5, 64, 48)


def plane_depth(normal: np.ndarray, distance: float) -> np.ndarray:
    """Depth of the plane ``normal · x = distance`` at every pixel."""
    v, u = np.mgrid[0 : CAMERA.height, 0 : CAMERA.width]
    rays = np.stack(
        [(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, np.ones(u.shape)], axis=-1
    )
    return (distance / (rays @ normal)).astype(np.float32)


@given(st.floats(-0.8, 0.8), st.floats(-0.8, 0.8), st.sampled_from([1e-3, 0.4, 3.0, 1e4]))
@settings(max_examples=40, deadline=None)
def test_a_plane_is_fitted_exactly_at_any_slant_and_scale(x, y, distance) -> None:
    normal = np.array([x, y, 1.0]) / np.linalg.norm([x, y, 1.0])
    surface = fit_surface(plane_depth(normal, distance), CAMERA)
    inside = surface.normal[4:-4, 4:-4]
    assert np.degrees(np.arccos(np.clip(inside @ normal, -1, 1))).max() < 0.5
    assert surface.residual.max() < 1e-3


def test_normals_stay_sharp_at_a_crease() -> None:
    left, right = np.array([0.5, 0, 1.0]), np.array([-0.5, 0, 1.0])
    left, right = left / np.linalg.norm(left), right / np.linalg.norm(right)
    depth = np.maximum(plane_depth(left, 2.0), plane_depth(right, 2.0))
    normal = fit_surface(depth, CAMERA).normal
    wrong = [np.arccos(np.clip(normal[6:-6] @ n, -1, 1)) for n in (left, right)]
    off = np.degrees(np.minimum(*wrong))
    assert np.median(off[:, 28:36]) < 2
    assert off[:, :26].max() < 1


def test_flying_pixels_are_put_back_onto_a_surface() -> None:
    rng = np.random.default_rng(2)
    truth = np.full((48, 64), 2.0, np.float32)
    truth[:, 32:] = 3.0
    depth = truth.copy()
    flying = rng.uniform(size=48) < 0.6
    depth[flying, 31] = rng.uniform(2.1, 2.9, flying.sum())
    surface = fit_surface(depth, CAMERA)
    assert np.median(surface.residual[flying, 31]) > 10 * surface.noise
    assert np.abs(1 / surface.nearness[:, :30] - 2).max() < 1e-3
    assert np.abs(1 / surface.nearness[:, 34:] - 3).max() < 1e-3


def test_bars_thinner_than_a_window_stay_where_they_are() -> None:
    bars = np.zeros((48, 64), bool)
    bars[:, 30:33] = bars[20:23] = True
    depth = np.where(bars, 2.0, 3.0) * np.random.default_rng(5).normal(1, 0.002, (48, 64))
    surface = fit_surface(depth.astype(np.float32), CAMERA)
    assert np.abs(1 / surface.nearness[bars] - 2).max() < 0.01
    assert np.abs(1 / surface.nearness[~bars] - 3).max() < 0.03


def test_noise_is_measured_as_a_share_of_the_depth() -> None:
    rng = np.random.default_rng(3)
    depth = 5 * (1 + rng.normal(0, 0.004, (48, 64))).astype(np.float32)
    assert fit_surface(depth, CAMERA).noise == pytest.approx(0.004, rel=0.15)


def test_no_depth_no_surface() -> None:
    surface = fit_surface(np.zeros((48, 64), np.float32), CAMERA)
    assert not surface.valid.any()
    assert not surface.normal.any()


def test_enlarged_depth_never_lies_between_two_surfaces() -> None:
    depth = np.full((30, 40), 2.0, np.float32)
    depth[:, 20:] = 3.0
    large = resampled_depth(depth, (90, 120))
    assert set(np.unique(large)) == {2.0, 3.0}
    assert (large[:, :60] == 2).all()


def test_enlarged_slope_is_smooth() -> None:
    depth = np.tile(np.linspace(2, 2.2, 40, dtype=np.float32), (30, 1))
    steps = np.diff(resampled_depth(depth, (90, 120))[45])
    assert steps.max() < 0.2 / 39 / 2


def test_thin_holes_close_and_wide_ones_stay() -> None:
    depth = np.full((60, 60), 2.0, np.float32)
    depth[::9] = 0
    depth[:, 30] = np.nan
    depth[20:35, 5:20] = -1
    closed = resampled_depth(depth, (60, 60))
    assert (closed[22:33, 7:18] == 0).all()
    assert (closed[40:] == 2).all()


def disc(size: int, radius: float) -> np.ndarray:
    v, u = np.mgrid[0:size, 0:size]
    return (u - size / 2) ** 2 + (v - size / 2) ** 2 < radius**2


def test_a_rough_outline_moves_onto_the_edge_of_the_photo() -> None:
    truth = disc(80, 25)
    rough = np.roll(truth, 1, axis=1)
    lab = plain(truth, noise=10).astype(np.float32)
    score = outline_score(rough, lab, log_depth=None, look=EdgeLook(band=4))
    assert iou(rough, truth) < 0.965
    assert iou(score > 0, truth) > 0.995


def test_depth_moves_the_outline_where_colour_cannot() -> None:
    truth = disc(80, 25)
    rough = np.roll(truth, 1, axis=1)
    lab = np.random.default_rng(4).uniform(0, 90, (80, 80, 3)).astype(np.float32)
    log_depth = np.where(truth, 0.7, 1.1).astype(np.float32)
    score = outline_score(rough, lab, log_depth=log_depth, look=EdgeLook(band=4))
    without = outline_score(rough, lab, log_depth=None, look=EdgeLook(band=4))
    assert iou(score > 0, truth) > 0.97
    assert iou(score > 0, truth) > iou(without > 0, truth) + 0.02


def test_far_from_the_outline_nothing_changes() -> None:
    rough = disc(80, 20)
    lab = np.random.default_rng(0).uniform(0, 200, (80, 80, 3)).astype(np.float32)
    score = outline_score(rough, lab, log_depth=None, look=EdgeLook())
    assert (score > 0)[disc(80, 17)].all()
    assert not (score > 0)[~disc(80, 23)].any()
