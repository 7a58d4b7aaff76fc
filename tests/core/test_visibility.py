from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import ConfidenceRule, absolute_rule
from o3d_paint.core.geometry import estimate_spacing
from o3d_paint.core.mask import Rect
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.core.visibility import (
    DepthTolerance,
    PixelIndex,
    build_pixel_index,
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


def test_depth_below_the_threshold_shows_points_with_less_trust() -> None:
    xyz = _wall(1.5, 0.3)
    confidence = np.full((96, 128), 0.9, dtype=np.float32)
    confidence[:, :64] = 0.4
    frame = _frame(np.full((96, 128), 1.5, dtype=np.float32), confidence)
    index = _index(frame, xyz, absolute_rule(0.4))
    is_doubted = index.pixel % 1440 < 720
    assert index.trust is not None
    assert is_doubted.sum() > 100
    assert (~is_doubted).sum() > 100
    assert (index.trust[~is_doubted] == 255).all()
    assert len(np.unique(index.trust[is_doubted])) == 1
    assert 0 < index.trust[is_doubted][0] < 128
    assert _index(frame, xyz).trust is None
    off = xyz + np.array([0, 0, 0.1])
    assert not len(_index(frame, off, absolute_rule(0.4)))
    # Nothing beside it is trusted: the threshold is not set aside.
    assert not len(_index(frame, xyz, absolute_rule(0.95)))


def test_a_point_off_the_surface_is_not_shown() -> None:
    frame = _frame(np.full((96, 128), 1.5, dtype=np.float32))
    limit = TOLERANCE.absolute + TOLERANCE.relative * 1.5
    xyz = np.array(
        [[0, 0, 1.5 + limit * 0.99], [0, 0, 1.5 + limit * 1.01], [0, 0, 1.0], [0, 0, -1.5]]
    )
    assert _index(frame, xyz).point.tolist() == [0]


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
    z = 1 / (0.4 + 0.05 * ((column + 0.5) / 180 - 0.5) + 0.03 * ((row + 0.5) / 180 - 0.5))
    xyz = _at(row, column, z)
    strict = DepthTolerance(1e-4, 0.0)
    index = build_pixel_index(_frame(depth), xyz, rule=ALL, tolerance=strict, spacing=SPACING)
    assert index.pixel.tolist() == (row * 1440 + column).tolist()
    assert index.point.tolist() == list(range(len(xyz)))
    off = _at(row, column, z + 3e-4)
    assert not len(build_pixel_index(_frame(depth), off, rule=ALL, tolerance=strict, spacing=1))
    near = DepthTolerance(0.0, 4e-4 / z.min())
    assert len(build_pixel_index(_frame(depth), off, rule=ALL, tolerance=near, spacing=1)) == len(z)


def _large_frame(down: float = 0.0) -> Frame:
    """A camera of 1620 by 1080 pixels that looks along +z, tilted down (+y) by degrees."""
    c, s = np.cos(np.radians(down)), np.sin(np.radians(down))
    pose = np.eye(4)
    pose[:3, :3] = [[1, 0, 0], [0, c, -s], [0, s, c]]
    photo = ArrayPhoto(np.zeros((1080, 1620, 3), np.uint8))
    return Frame("0", Camera(1200, 1200, 809.5, 539.5, 1620, 1080), pose, photo)


def _in_picture(frame: Frame, xyz: np.ndarray) -> np.ndarray:
    uv = frame.camera.project(xyz @ frame.cam_from_world[:3, :3].T)
    with np.errstate(invalid="ignore"):
        return ((uv >= 0) & (uv < (1619, 1079))).all(axis=1)


def _votes(frame: Frame, xyz: np.ndarray) -> np.ndarray:
    spacing = estimate_spacing(xyz)
    tolerance = DepthTolerance(2 * spacing)
    index = build_pixel_index(frame, xyz, rule=ALL, tolerance=tolerance, spacing=spacing)
    seen = np.zeros(len(xyz), bool)
    seen[index.point] = True
    return seen


@pytest.mark.parametrize("down", [0.0, 15.0])
@pytest.mark.parametrize("noise", [0.0, 0.004])
def test_without_depth_a_floor_votes_at_every_distance(down: float, noise: float) -> None:
    rng = np.random.default_rng(0)
    xyz = rng.random((300_000, 3)) * (8, 0, 60) + (-4, 1.6, 1)
    xyz[:, 1] += rng.normal(0, noise, len(xyz))
    frame = _large_frame(down)
    seen, inside = _votes(frame, xyz), _in_picture(frame, xyz)
    for near, far in ((3, 5), (5, 10), (10, 20), (20, 40), (40, 60)):
        there = inside & (xyz[:, 2] >= near) & (xyz[:, 2] < far)
        assert there.sum() > 1000
        assert seen[there].mean() > 0.97


@pytest.mark.parametrize("distance", [2.0, 60.0])
@pytest.mark.parametrize("incidence", [3, 45, 75, 85])
def test_without_depth_a_plane_votes_at_every_slant(distance: float, incidence: float) -> None:
    rng = np.random.default_rng(1)
    a, b = (rng.random((2, 40_000)) - 0.5) * distance * 0.7
    turn = np.radians(incidence)
    xyz = np.stack([a, b * np.cos(turn), distance + b * np.sin(turn)], axis=1)
    xyz += rng.normal(0, distance / 3000, xyz.shape)
    assert _votes(_large_frame(), xyz)[_in_picture(_large_frame(), xyz)].mean() > 0.97


def _wall_with_room(step: float, regular: bool) -> tuple[np.ndarray, np.ndarray]:
    """A dense table, a wall of wide-spaced points, a room behind; and the part of each point."""
    rng = np.random.default_rng(2)
    table = rng.random((60_000, 3)) * (1.6, 0.8, 0) + (-0.8, 0.25, 1.2)

    def sheet(z: float, half: float, gap: float) -> np.ndarray:
        n = int(2 * half / gap)
        if regular:
            x, y = np.meshgrid(np.arange(n), np.arange(n))
            flat = np.stack([x.ravel(), y.ravel()], axis=1) * gap - half
        else:
            flat = rng.random((n * n, 2)) * 2 * half - half
        return np.column_stack([flat, np.full(len(flat), z)])

    parts = [table, sheet(10, 6, step), sheet(10.4, 8, step / 2), sheet(14, 8, step)]
    xyz = np.concatenate(parts)
    xyz[:, 2] += rng.normal(0, 0.002, len(xyz))
    return xyz, np.repeat(np.arange(4), [len(p) for p in parts])


@pytest.mark.parametrize("regular", [True, False])
@pytest.mark.parametrize("step", [0.05, 0.1])
def test_without_depth_nothing_votes_through_a_sparse_wall(step: float, regular: bool) -> None:
    xyz, part = _wall_with_room(step, regular)
    frame = _large_frame()
    seen, inside = _votes(frame, xyz), _in_picture(frame, xyz)
    on_wall = xyz[:, :2] / xyz[:, 2:] * 10
    before_table = (np.abs(on_wall[:, 0]) < 7) & (on_wall[:, 1] > 1.9)
    covered = (np.abs(on_wall) < 6 - 3 * step).all(axis=1)
    hidden = inside & (part > 1) & covered
    assert hidden.sum() > 5000
    # Points strewn at random leave holes as wide as four spacings: not one in a thousand votes.
    assert seen[hidden].mean() <= (0 if regular else 1e-3)
    assert not seen[hidden & (part == 3)].any()
    assert seen[inside & (part == 1) & ~before_table].mean() > 0.97
    assert seen[inside & (part == 0)].mean() > 0.97


def test_without_depth_the_order_of_points_decides_nothing() -> None:
    xyz, _ = _wall_with_room(0.1, False)
    order = np.random.default_rng(3).permutation(len(xyz))
    seen, shuffled = _votes(_large_frame(), xyz), _votes(_large_frame(), xyz[order])
    assert (seen[order] != shuffled).mean() < 1e-3


def test_points_that_are_no_surface_hide_nothing() -> None:
    rng = np.random.default_rng(4)
    stray = rng.random((200, 3)) * (4, 3, 4) + (-2, -1.5, 2)
    wall = np.concatenate([rng.random((90_000, 2)) * (8, 6) - (4, 3), np.full((90_000, 1), 8)], 1)
    xyz = np.concatenate([stray, wall])
    assert _votes(_large_frame(), xyz)[_in_picture(_large_frame(), xyz)].mean() > 0.97


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
    # Lone points are no surface, so they hide nothing.
    assert sorted(_index(frame, xyz).point.tolist()) == [0, 1, 2]
