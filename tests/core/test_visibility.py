from __future__ import annotations

import warnings

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


def test_depths_beyond_all_numbers_are_looked_at_silently() -> None:
    wild = np.full((9, 9), 1e36, dtype=np.float32)
    wild[4] = 1e-35
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert depth_edges(wild)[4].all()


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


def test_an_index_is_read_only_and_knows_its_memory() -> None:
    index = PixelIndex((1, 3), np.arange(3, dtype=np.int32), np.arange(3, dtype=np.int32))
    assert index.nbytes == 3 * 4 + 3 * 4
    assert not index.pixel.flags.writeable
    assert not index.point.flags.writeable
    assert len(index) == 3
    assert DepthTolerance(0.1).relative == 0.01


@pytest.mark.parametrize(("bend", "is_edge"), [(0.029, False), (0.031, True), (-0.031, True)])
@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (3, 2)])
def test_an_edge_bends_inverse_depth_by_three_percent(
    bend: float, is_edge: bool, shape: tuple[int, int]
) -> None:
    axis = int(np.argmax(shape))
    nearness = np.ones(shape)
    np.moveaxis(nearness, axis, 0)[2] += bend
    expected = np.zeros(shape, dtype=bool)
    np.moveaxis(expected, axis, 0)[1] = is_edge
    assert depth_edges((1 / nearness).astype(np.float32)).tolist() == expected.tolist()
    # Where a neighbour has no depth nothing can be said.
    np.moveaxis(nearness, axis, 0)[0] = np.inf
    assert not depth_edges(1 / nearness).any()


def test_the_steepest_plane_has_no_edge() -> None:
    plane = 1 / np.add.outer(1.0 + 2 * np.arange(4), np.arange(5))
    assert not depth_edges(plane.astype(np.float32)).any()


def test_depth_behind_the_camera_or_of_no_frame_is_not_trusted() -> None:
    depth = np.full((4, 4), 2.0, dtype=np.float32)
    depth[1, 2], depth[2, 1], depth[3, 3] = -2, np.nan, np.inf
    trusted = trusted_depth(_frame(depth), ALL)
    assert trusted.dtype == np.float32
    assert np.argwhere(np.isnan(trusted)).tolist() == [[1, 2], [2, 1], [3, 3]]
    with pytest.raises(ValueError, match="no depth"):
        trusted_depth(_frame(None), ALL)


def _at(row: np.ndarray, column: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Points that project into the middles of mask pixels."""
    camera = CAMERA.resized(1440, 1080)
    return camera.unproject(np.stack([column, row], axis=1).astype(np.float64), z)


def test_every_mask_pixel_asks_the_depth_pixel_that_covers_it() -> None:
    v, u = np.mgrid[0:6, 0:8]
    # Affine in inverse depth, so that nothing is an edge though every pixel differs.
    depth = (1 / (0.4 + 0.05 * u + 0.03 * v)).astype(np.float32)
    rows = np.array([0, 1, 179, 180, 359, 360, 719, 720, 899, 900, 1078, 1079])
    columns = np.array([0, 1, 179, 180, 540, 719, 720, 1259, 1260, 1438, 1439])
    row, column = (a.ravel() for a in np.meshgrid(rows, columns, indexing="ij"))
    z = depth[row * 6 // 1080, column * 8 // 1440].astype(np.float64)
    xyz = _at(row, column, z)
    strict = DepthTolerance(1e-4, 0.0)
    index = build_pixel_index(_frame(depth), xyz, rule=ALL, tolerance=strict, spacing=SPACING)
    assert index.pixel.tolist() == (row * 1440 + column).tolist()
    assert index.point.tolist() == list(range(len(xyz)))
    off = _at(row, column, z + 3e-4)
    assert not len(build_pixel_index(_frame(depth), off, rule=ALL, tolerance=strict, spacing=1))
    near = DepthTolerance(0.0, 4e-4 / z.min())
    assert len(build_pixel_index(_frame(depth), off, rule=ALL, tolerance=near, spacing=1)) == len(z)


def _seen_without_depth(
    row: np.ndarray, column: np.ndarray, z: np.ndarray, *, spacing: float, limit: float
) -> list[int]:
    """Points before which no other one lies whose splat, on a grid of 640, covers their place."""
    i = np.floor((row + 0.5) * (480 / 1080))
    j = np.floor((column + 0.5) * (640 / 1440))
    focal = 120 * 640 / 128
    radius = np.clip(np.ceil(1.5 * spacing * focal / z), 1, 16)
    covers = np.maximum(abs(i[:, None] - i), abs(j[:, None] - j)) <= radius
    front = np.where(covers, z, np.inf).min(axis=1)
    return np.flatnonzero(z - front <= limit).tolist()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("spacing", [0.0005, 0.01, 0.05])
def test_without_depth_splats_decide_as_if_each_point_asked_all_others(
    seed: int, spacing: float
) -> None:
    rng = np.random.default_rng(seed)
    count = 400
    row = rng.integers(400, 480, count)
    column = rng.integers(700, 800, count)
    z = rng.choice([0.8, 1.0, 1.3, 2.0, 3.1], count)
    # Every point at the middle of its own pixel, and no two in one, so that none is a tie.
    _, once = np.unique(row * 1440 + column, return_index=True)
    row, column, z = row[once], column[once], z[once]
    index = build_pixel_index(
        _frame(None),
        _at(row, column, z),
        rule=ALL,
        tolerance=DepthTolerance(0.05, 0.0),
        spacing=spacing,
    )
    expected = _seen_without_depth(row, column, z, spacing=spacing, limit=0.05)
    assert 0 < len(expected) < len(z)
    assert sorted(index.point.tolist()) == expected


@pytest.mark.parametrize(("spacing", "reach"), [(0.0001, 1), (0.005, 5), (0.01, 9), (1.0, 16)])
def test_a_splat_reaches_one_and_a_half_spacings_and_no_farther(spacing: float, reach: int) -> None:
    # One point close by; two behind, beside it by its reach in the z-buffer, and by one more.
    beside = np.floor((np.arange(1440) + 0.5) * (640 / 1440))
    column = np.array([np.flatnonzero(beside == 320 + by)[0] for by in (0, reach, reach + 1)])
    xyz = _at(np.full(3, 540), column, np.array([1.0, 2.0, 2.0]))
    index = build_pixel_index(
        _frame(None), xyz, rule=ALL, tolerance=DepthTolerance(0.05, 0.0), spacing=spacing
    )
    assert index.point.tolist() == [0, 2]


@pytest.mark.parametrize("has_depth", [True, False])
def test_a_cloud_of_many_pieces_keeps_its_positions(has_depth: bool) -> None:
    count = (1 << 18) + 1000
    rng = np.random.default_rng(0)
    xyz = np.full((count, 3), 1.5)
    xyz[:, :2] = rng.uniform(-0.3, 0.3, (count, 2))
    xyz[1 << 17] = xyz[-1] = (0, 0, -1)
    depth = np.full((96, 128), 1.5, dtype=np.float32) if has_depth else None
    index = _index(_frame(depth), xyz)
    hidden = {1 << 17, count - 1}
    assert sorted(index.point.tolist()) == [i for i in range(count) if i not in hidden]
    camera = CAMERA.resized(1440, 1080)
    u, v = np.floor(camera.project(xyz[index.point]) + 0.5).astype(int).T
    # In single precision a point on the border of a pixel may fall to its neighbour.
    assert (index.pixel == v * 1440 + u).mean() > 0.999


def test_a_photo_of_one_column_shows_what_is_before_it() -> None:
    photo = ArrayPhoto(np.zeros((5000, 1, 3), dtype=np.uint8))
    frame = Frame("000", Camera(100.0, 100.0, 0.0, 2499.5, 1, 5000), np.eye(4), photo)
    xyz = np.array([[0.0, 0, 1], [0.0, 0, 2], [0.0, 3, 2], [1.0, 0, 1]])
    assert sorted(_index(frame, xyz).point.tolist()) == [0, 2]
