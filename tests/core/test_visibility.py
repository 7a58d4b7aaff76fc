from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import ConfidenceRule, absolute_rule
from o3d_paint.core.mask import Rect
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.core.visibility import (
    DepthTolerance,
    PixelIndex,
    build_pixel_index,
    depth_edges,
    trusted_depth,
)

ALL = ConfidenceRule(None, inclusive=True, reason="all")
CAMERA = Camera(120.0, 120.0, 63.5, 47.5, 128, 96)
SPACING = 0.01
TOLERANCE = DepthTolerance(2 * SPACING, 0.01)


def _wall(z: float, half: float, *, spacing: float = SPACING) -> np.ndarray:
    steps = np.arange(-half, half + spacing / 2, spacing)
    x, y = np.meshgrid(steps, steps)
    return np.stack([x.ravel(), y.ravel(), np.full(x.size, z)], axis=1)


def _frame(depth: np.ndarray | None, confidence: np.ndarray | None = None) -> Frame:
    photo = ArrayPhoto(np.zeros((96, 128, 3), dtype=np.uint8))
    return Frame("000", CAMERA, np.eye(4), photo, depth, confidence)


def _index(frame: Frame, xyz: np.ndarray, rule: ConfidenceRule = ALL) -> PixelIndex:
    return build_pixel_index(frame, xyz, rule=rule, tolerance=TOLERANCE, spacing=SPACING)


def _two_walls() -> tuple[np.ndarray, int]:
    """A small wall at 1 m before a large one at 1.5 m; returns points and count of the small."""
    near, far = _wall(1.0, 0.25), _wall(1.5, 0.55)
    return np.concatenate([near, far]), len(near)


def _depth_of_two_walls() -> np.ndarray:
    v, u = np.mgrid[0:96, 0:128]
    near = (np.abs(u - CAMERA.cx) <= 0.25 * CAMERA.fx) & (np.abs(v - CAMERA.cy) <= 0.25 * CAMERA.fy)
    return np.where(near, 1.0, 1.5).astype(np.float32)


@pytest.mark.parametrize("has_depth", [True, False])
def test_nothing_behind_the_front_wall_is_ever_visible(has_depth: bool) -> None:
    xyz, near = _two_walls()
    index = _index(_frame(_depth_of_two_walls() if has_depth else None), xyz)
    on_photo = np.abs(xyz[near:, :2] / xyz[near:, 2:] * 120).max(axis=1) < 25
    hidden = near + np.flatnonzero(on_photo)
    assert len(hidden) > 500
    assert not np.isin(index.point, hidden).any()
    assert np.isin(np.arange(near), index.point).mean() > 0.8


@pytest.mark.parametrize("has_depth", [True, False])
def test_what_stands_free_is_visible(has_depth: bool) -> None:
    xyz, near = _two_walls()
    index = _index(_frame(_depth_of_two_walls() if has_depth else None), xyz)
    u, v = (xyz[:, :2] / xyz[:, 2:] * 120).T
    free = (np.arange(len(xyz)) >= near) & ((np.abs(u) > 35) | (np.abs(v) > 35))
    free &= (np.abs(u) < 60) & (np.abs(v) < 45)
    assert free.sum() > 1000
    assert np.isin(np.flatnonzero(free), index.point).mean() > 0.99


def test_without_depth_a_sparse_front_wall_still_hides_what_is_behind() -> None:
    near, far = _wall(0.5, 0.2, spacing=0.02), _wall(2.0, 0.5, spacing=0.02)
    index = build_pixel_index(
        _frame(None),
        np.concatenate([near, far]),
        rule=ALL,
        tolerance=DepthTolerance(0.04, 0.01),
        spacing=0.02,
    )
    assert set(index.point.tolist()) <= set(range(len(near)))
    assert len(index) > 0.9 * len(near)


def test_points_lie_in_the_pixel_that_they_project_to() -> None:
    xyz = _wall(1.5, 0.3) + np.array([0.00031, 0.00017, 0.0])
    index = _index(_frame(np.full((96, 128), 1.5, dtype=np.float32)), xyz)
    height, width = index.shape
    assert (height, width) == (1080, 1440)
    camera = CAMERA.resized(width, height)
    u, v = np.floor(camera.project(xyz[index.point]) + 0.5).astype(int).T
    assert (index.pixel == v * width + u).all()
    assert (np.diff(index.pixel) >= 0).all()
    assert len(np.unique(index.point)) == len(index.point) == len(xyz)


def test_untrusted_depth_shows_nothing() -> None:
    xyz = _wall(1.5, 0.3)
    confidence = np.full((96, 128), 0.9, dtype=np.float32)
    confidence[:, :64] = 0.4
    frame = _frame(np.full((96, 128), 1.5, dtype=np.float32), confidence)
    index = _index(frame, xyz, absolute_rule(0.4))
    assert (index.pixel % 1440 >= 720).all()
    assert len(index) > 100


def test_a_point_off_the_surface_is_not_shown() -> None:
    frame = _frame(np.full((96, 128), 1.5, dtype=np.float32))
    limit = TOLERANCE.absolute + TOLERANCE.relative * 1.5
    xyz = np.array(
        [[0, 0, 1.5 + limit * 0.99], [0, 0, 1.5 + limit * 1.01], [0, 0, 1.0], [0, 0, -1.5]]
    )
    assert _index(frame, xyz).point.tolist() == [0]


@pytest.mark.parametrize("slant", [0.0, 2.0, 8.0])
def test_a_slanted_plane_has_no_edges_and_a_jump_has(slant: float) -> None:
    u = np.arange(128)
    plane = np.tile(1 / (0.5 + slant * 0.0005 * u), (96, 1)).astype(np.float32)
    assert not depth_edges(plane).any()
    jump = plane.copy()
    jump[:, 64:] *= 1.1
    edges = depth_edges(jump)
    assert edges[:, 63:65].all()
    assert edges.sum() == 2 * 96


def test_unknown_depth_is_no_edge_and_never_trusted() -> None:
    depth = np.full((5, 6), 2.0, dtype=np.float32)
    depth[2, 3] = 0
    depth[0, 0] = np.inf
    trusted = trusted_depth(_frame(depth), ALL)
    assert np.isnan(trusted[2, 3])
    assert np.isnan(trusted[0, 0])
    assert np.isfinite(trusted).sum() == 28


@given(
    x0=st.integers(-5, 25),
    y0=st.integers(-5, 25),
    width=st.integers(0, 30),
    height=st.integers(0, 30),
)
def test_entries_of_a_rectangle_are_those_that_lie_in_it(
    x0: int, y0: int, width: int, height: int
) -> None:
    pixel = np.sort(np.random.default_rng(0).integers(0, 20 * 20, 300))
    index = PixelIndex((20, 20), pixel, np.arange(300, dtype=np.int32))
    rect = Rect(x0, y0, x0 + width, y0 + height)
    v, u = np.divmod(pixel, 20)
    inside = (u >= x0) & (u < x0 + width) & (v >= y0) & (v < y0 + height)
    assert index.entries_in(rect).tolist() == np.flatnonzero(inside).tolist()


def test_an_empty_cloud_has_an_empty_index() -> None:
    index = _index(_frame(np.ones((96, 128), dtype=np.float32)), np.zeros((0, 3)))
    assert len(index) == 0
    assert len(index.entries_in(Rect.whole(index.shape))) == 0
