from __future__ import annotations

import warnings

import numpy as np
import pytest

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import ConfidenceRule, absolute_rule
from o3d_paint.core.depth_states import DOUBTED, HOLE, RIM, SMOOTH, TRUSTED, UNSURE
from o3d_paint.core.depth_surface import depth_surface
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.core.visibility import DepthTolerance, build_pixel_index

ALL = ConfidenceRule(None, inclusive=True, reason="all")
CAMERA = Camera(480.0, 480.0, 319.5, 239.5, 640, 480)
SPACING = 0.01


def _frame(depth: np.ndarray | None, confidence: np.ndarray | None = None) -> Frame:
    photo = ArrayPhoto(np.zeros((1080, 1440, 3), dtype=np.uint8))
    return Frame("000", CAMERA, np.eye(4), photo, depth, confidence)


def _beside_jump(depth: np.ndarray) -> np.ndarray:
    """Where two neighbours that have depth bend too much."""
    state = depth_surface(_frame(depth), ALL).state
    return (state == RIM) | (state == UNSURE)


@pytest.mark.parametrize("slant", [0.0, 2.0, 8.0])
def test_a_slanted_plane_has_no_rim_and_a_jump_has_two(slant: float) -> None:
    plane = np.tile(1 / (0.5 + slant * 0.0005 * np.arange(128)), (96, 1)).astype(np.float32)
    surface = depth_surface(_frame(plane), ALL)
    assert (surface.state == SMOOTH).all()
    assert np.allclose(surface.planes[:, :, 1], slant * 0.0005, atol=1e-6)
    jump = plane.copy()
    jump[:, 64:] *= 1.1
    edges = depth_surface(_frame(jump), ALL).state
    assert (edges[:, 63:65] == RIM).all()
    assert (edges != SMOOTH).sum() == 2 * 96


def test_a_line_between_two_surfaces_lies_on_none() -> None:
    depth = np.full((8, 20), 2.0, dtype=np.float32)
    depth[:, 10] = 2.5
    depth[:, 11:] = 3.0
    state = depth_surface(_frame(depth), ALL).state
    assert (state[:, 10] == UNSURE).all()
    assert (state[:, [9, 11]] == RIM).all()


@pytest.mark.compiled
def test_depths_beyond_all_numbers_are_looked_at_silently() -> None:
    wild = np.full((9, 9), 1e36, dtype=np.float32)
    wild[4] = 1e-35
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _beside_jump(wild)[4].all()


def test_depth_that_is_none_is_a_hole_and_bends_nothing() -> None:
    depth = np.full((5, 6), 2.0, dtype=np.float32)
    depth[2, 3], depth[0, 0], depth[4, 4], depth[3, 1] = 0, np.inf, np.nan, -2
    state = depth_surface(_frame(depth), ALL).state
    assert np.argwhere(state == HOLE).tolist() == [[0, 0], [2, 3], [3, 1], [4, 4]]
    assert (state[state != HOLE] == SMOOTH).all()
    with pytest.raises(ValueError, match="no depth"):
        depth_surface(_frame(None), ALL)


def test_what_is_trusted_does_not_ask_what_is_not() -> None:
    depth = np.full((9, 9), 2.0, dtype=np.float32)
    confidence = np.full((9, 9), 0.9, dtype=np.float32)
    depth[4, 4], confidence[4, 4] = 1.0, 0.2
    surface = depth_surface(_frame(depth, confidence), absolute_rule(0.4))
    assert surface.level[4, 4] == DOUBTED
    assert (surface.level == TRUSTED).sum() == 80
    assert (surface.state[surface.level == TRUSTED] == SMOOTH).all()


@pytest.mark.parametrize(("bend", "is_edge"), [(0.029, False), (0.031, True), (-0.031, True)])
@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (3, 2)])
def test_a_jump_bends_inverse_depth_by_three_percent(
    bend: float, is_edge: bool, shape: tuple[int, int]
) -> None:
    axis = int(np.argmax(shape))
    nearness = np.ones(shape)
    np.moveaxis(nearness, axis, 0)[2] += bend
    expected = np.zeros(shape, dtype=bool)
    np.moveaxis(expected, axis, 0)[1] = is_edge
    assert _beside_jump((1 / nearness).astype(np.float32)).tolist() == expected.tolist()


def _seen(depth: np.ndarray, xyz: np.ndarray) -> np.ndarray:
    index = build_pixel_index(
        _frame(depth.astype(np.float32)), xyz,
        rule=ALL, tolerance=DepthTolerance(2 * SPACING, 0.003), spacing=SPACING,
    )  # fmt: skip
    seen = np.zeros(len(xyz), dtype=bool)
    seen[index.point] = True
    return seen


def _rays(count: int) -> np.ndarray:
    """Directions (count, 3) with z = 1, evenly over the picture."""
    rng = np.random.default_rng(0)
    uv = rng.random((count, 2)) * (640, 480) - 0.5
    return CAMERA.unproject(uv, np.ones(count))


@pytest.mark.parametrize("distance", [2.0, 60.0])
@pytest.mark.parametrize("incidence", [3, 45, 75, 80, 85])
def test_planes_vote_at_every_slant_and_nothing_through_them(
    distance: float, incidence: float
) -> None:
    angle = np.radians(incidence)
    normal = np.array([0, np.sin(angle), np.cos(angle)])
    v, u = np.mgrid[0:480, 0:640].reshape(2, -1).astype(float)
    every = CAMERA.unproject(np.stack([u, v], axis=1), np.ones(len(u)))
    offset = distance * np.cos(angle)
    slope = every @ normal
    depth = np.where(slope > 1e-3, offset / np.maximum(slope, 1e-3), 0).reshape(480, 640)
    rays = _rays(60_000)
    steep = (rays @ normal) / np.linalg.norm(rays, axis=1)
    rays = rays[steep > np.cos(np.radians(86))]
    front = rays * (offset / (rays @ normal))[:, None]
    thick = max(5 * SPACING, 0.012 * distance)
    behind = rays * ((offset + thick) / (rays @ normal))[:, None]
    assert len(front) > 3_000
    assert _seen(depth, front).mean() > 0.97
    assert not _seen(depth, behind).any()


def test_beside_a_rim_the_front_votes_whole_and_nothing_behind_it() -> None:
    """A square at 1 m before a wall at 1.5 m, both with points; truth by the ray to each."""
    rays = _rays(200_000)
    v, u = np.mgrid[0:480, 0:640].reshape(2, -1).astype(float)
    every = CAMERA.unproject(np.stack([u, v], axis=1), np.ones(len(u)))
    covers = (np.abs(every[:, :2]) <= 0.2).all(axis=1)
    depth = np.where(covers, 1.0, 1.5).reshape(480, 640)
    covered = (np.abs(rays[:, :2]) <= 0.2).all(axis=1)
    assert _seen(depth, rays[covered]).mean() > 0.999
    assert _seen(depth, 1.5 * rays[covered]).mean() == 0
    assert _seen(depth, 1.5 * rays[~covered]).mean() > 0.97
