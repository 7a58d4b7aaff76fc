"""How regions border and merge, on surfaces whose creases are known."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.camera import Camera
from o3d_paint.core.selection.photo_features import prepare_features
from o3d_paint.core.selection.regions import build_regions, merged
from o3d_paint.core.selection.surface import fit_surface
from tests.core.photo_scenes import SIZE, box_depth, frame_of, plain

CAMERA = Camera(90.0, 90.0, 39.5, 29.5, 80, 60)


def two_halves(depth: np.ndarray, colors: tuple[float, float] = (50, 50)):
    """A picture of two halves as two regions."""
    piece = np.zeros((60, 80), np.int32)
    piece[:, 40:] = 1
    lab = np.zeros((60, 80, 3), np.float32)
    lab[..., 0] = np.where(piece == 0, *colors)
    return build_regions(piece, 2, lab=lab, surface=fit_surface(depth, CAMERA), camera=CAMERA)


def fold(slope: float) -> np.ndarray:
    """Two planes that meet in the middle column; a positive slope makes the edge convex."""
    u = np.abs(np.arange(80) - 39.5) / 90
    return np.tile((2 / (1 - slope * u)).astype(np.float32), (60, 1))


def cost_of(regions) -> float:
    (cost,) = regions.costs(0.8)
    return float(cost)


def test_one_surface_of_one_colour_costs_nothing() -> None:
    regions = two_halves(fold(0.0))
    assert cost_of(regions) < 0.01
    assert regions.border[0, 0] == 60
    assert regions.area.tolist() == [2400, 2400]


def test_a_concave_crease_parts_and_a_convex_one_hardly() -> None:
    convex, concave = cost_of(two_halves(fold(0.9))), cost_of(two_halves(fold(-0.9)))
    assert concave > 0.5
    assert convex < 0.2 * concave


def test_a_jump_in_depth_parts_more_than_anything() -> None:
    depth = np.full((60, 80), 2.0, np.float32)
    depth[:, 40:] = 2.3
    assert cost_of(two_halves(depth)) > 1.5


def test_a_common_plane_makes_up_for_colour() -> None:
    colors = (30.0, 60.0)
    depth = np.zeros((60, 80), np.float32)
    assert cost_of(two_halves(fold(0.0), colors)) < 0.4 * cost_of(two_halves(depth, colors))


def test_a_measured_region_is_not_the_unmeasured_one_beside_it() -> None:
    depth = np.full((60, 80), 2.0, np.float32)
    depth[:, 40:] = 0
    assert cost_of(two_halves(depth)) > 2.5


def test_merging_keeps_every_sum() -> None:
    rng = np.random.default_rng(0)
    piece = (np.arange(60)[:, None] // 10 * 8 + np.arange(80)[None, :] // 10).astype(np.int32)
    lab = rng.uniform(0, 60, (60, 80, 3)).astype(np.float32)
    surface = fit_surface(fold(-0.5), CAMERA)
    regions = build_regions(piece, 48, lab=lab, surface=surface, camera=CAMERA)
    grown, became = merged(regions, 0.4, flatness=0.8)
    assert 1 <= len(grown) < 48
    assert np.bincount(became, weights=regions.area).tolist() == grown.area.tolist()
    assert grown.sums.sum(axis=0) == pytest.approx(regions.sums.sum(axis=0))
    left, right = (set(became[piece[:, side].ravel()]) for side in (np.s_[:40], np.s_[40:]))
    assert not left & right  # nothing merges across the crease


def test_levels_are_nested_and_regions_cover_the_photo() -> None:
    truth = np.zeros((SIZE, SIZE), bool)
    truth[40:90, 30:120] = True
    features = prepare_features(frame_of(plain(truth, noise=20), box_depth()))
    assert set(np.unique(features.region)) == set(range(len(features.regions)))
    for finer, coarser in zip(features.levels[:-1], features.levels[1:], strict=True):
        pairs = {(int(a), int(b)) for a, b in zip(finer, coarser, strict=True)}
        assert len(pairs) == len({a for a, _ in pairs})
