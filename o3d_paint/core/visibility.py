"""Which points each pixel of a photo shows.

A point belongs to a mask pixel when it projects there and the photo's depth map agrees that it is
the front surface: within tolerance of the plane that the depth shows there, and at a jump of the
depth behind none of the surfaces around (`depth_surface`). Where the depth is not trusted it counts
less.
Without a depth map the surface of the cloud itself decides: small flat pieces of it (`surfels`) are
drawn into the photo, and a point counts unless it lies behind one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IndexArray, PixelArray, frozen
from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.depth_states import TRUSTED
from o3d_paint.core.depth_surface import DepthSurface, depth_surface
from o3d_paint.core.mask import Rect
from o3d_paint.core.scene import Frame
from o3d_paint.core.surfels import Surfels, surfels_of

__all__ = ["DepthTolerance", "PixelIndex", "build_pixel_index"]

_CHUNK = 1 << 18
# Larger photos are drawn with so many columns: the rim of a surfel is known to half a pixel.
_SURFEL_LONG_SIDE = 1440
# Of a vote on a point that agrees with depth below the scene's confidence threshold, 255 for 1. On
# the made scene of the quality bench, a quarter painted, larger weights label worse (seed 0: .05
# gives .9705 right, .25 .9694); without such votes it is .9796 over four seeds, with them .9789.
# They are there for points that nothing else reaches.
_DOUBTED_TRUST = 13
# One visible point in several thousand lies farther behind the plane of its own surface, were its
# spread known; that of a dozen points is known to a fifth.
_DEVIATIONS = 4.5


@dataclass(frozen=True, slots=True)
class DepthTolerance:
    """How far a point may lie behind or before the surface that the depth map shows.

    Attributes:
        absolute: In scene units, at right angles to the surface; two point spacings by default.
        relative: Share of the depth; covers the disagreement between photos.
    """

    absolute: float
    relative: float = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class PixelIndex:
    """The visible points of one photo, sorted by mask pixel.

    Each line of a rectangle is one contiguous run of the arrays, so that a brush movement finds
    its points with two binary searches a line.

    Attributes:
        shape: (H, W) of the mask.
        pixel: (V,) row-major mask pixels, ascending.
        point: (V,) positions in the cloud; each point occurs once.
        trust: (V,) uint8 how far the photo is believed to show each, 255 for 1; None where all are.
    """

    shape: tuple[int, int]
    pixel: PixelArray
    point: IndexArray
    trust: npt.NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        object.__setattr__(self, "pixel", frozen(self.pixel))
        object.__setattr__(self, "point", frozen(self.point))
        if self.trust is not None:
            object.__setattr__(self, "trust", frozen(self.trust))

    def __len__(self) -> int:
        """Return the number of visible points."""
        return len(self.point)

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        doubts = 0 if self.trust is None else self.trust.nbytes
        return int(self.pixel.nbytes + self.point.nbytes + doubts)

    def entries_in(self, rect: Rect) -> npt.NDArray[np.int64]:
        """Return the positions in ``pixel`` and ``point`` that lie in a rectangle, ascending."""
        inside = rect.clipped(self.shape)
        if inside.is_empty:
            return np.zeros(0, dtype=np.int64)
        # Of the type of the pixels: another would have the whole index converted at each call.
        lines = np.arange(inside.y0, inside.y1, dtype=self.pixel.dtype) * self.shape[1]
        first = np.searchsorted(self.pixel, lines + inside.x0)
        counts = np.searchsorted(self.pixel, lines + inside.x1) - first
        ends = np.cumsum(counts)
        return np.repeat(first - (ends - counts), counts) + np.arange(ends[-1])


def build_pixel_index(
    frame: Frame,
    xyz: FloatArray,
    *,
    rule: ConfidenceRule,
    tolerance: DepthTolerance,
    spacing: float,
) -> PixelIndex:
    """Find the points that a photo shows.

    Args:
        frame: The photo with its camera and, where there is one, its depth.
        xyz: (N, 3) world coordinates of the whole cloud.
        rule: Which depth pixels are trusted.
        tolerance: How far depth and point may differ; nothing where there is no depth: the cloud
            itself says how far its points spread.
        spacing: Point spacing in scene units; where there is no depth, the scale on which the
            cloud's surface is found.
    """
    h, w = frame.mask_shape
    view = _View(frame, frame.camera.resized(w, h))
    if frame.depth is None:
        return _sorted(*_not_hidden(view, xyz, surfels_of(xyz, spacing)), (h, w))
    surface = depth_surface(frame, rule)
    index = _sorted(*_on_surface(view, xyz, surface, tolerance), (h, w))
    return replace(index, trust=_trust(index, surface.level))


def _trust(index: PixelIndex, level: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8] | None:
    """Return (V,) how far each visible point is believed; None where all depth is trusted."""
    if (level == TRUSTED).all():
        return None
    h, w = level.shape
    line, column = np.divmod(index.pixel, index.shape[1])
    rows, columns = _resized_positions(index.shape[0], h), _resized_positions(index.shape[1], w)
    is_doubted = level[rows[line], columns[column]] != TRUSTED
    if not is_doubted.any():
        return None
    return np.where(is_doubted, np.uint8(_DOUBTED_TRUST), np.uint8(255))


class _View:
    """A photo as the loops want it: where its camera stands, how it looks, its lens."""

    def __init__(self, frame: Frame, camera: Camera) -> None:
        self.camera = camera
        self.size = (camera.width, camera.height)
        self.pose = (
            np.asarray(frame.position, dtype=np.float64),
            np.ascontiguousarray(frame.cam_from_world[:3, :3], dtype=np.float32),
            np.array([camera.fx, camera.fy, camera.cx + 0.5, camera.cy + 0.5], dtype=np.float32),
        )


def _pieces(xyz: FloatArray) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
    """Cut a cloud, so that memory follows what a photo shows."""
    for start in range(0, len(xyz), _CHUNK):
        yield start, np.asarray(xyz[start : start + _CHUNK], dtype=np.float64)


def _on_surface(
    view: _View, xyz: FloatArray, surface: DepthSurface, tolerance: DepthTolerance
) -> tuple[IndexArray, IndexArray]:
    """Return pixel and position of the points on the surface that the photo shows, (V,) each."""
    from o3d_paint.core.kernels.visibility import visible_points

    limits = (np.float32(tolerance.absolute), np.float32(tolerance.relative))
    known = surface.planes, surface.state, surface.level
    scratch = np.empty((2, min(_CHUNK, len(xyz))), dtype=np.int32)
    parts = [scratch[:, :0]]
    for start, piece in _pieces(xyz):
        with np.errstate(over="ignore", invalid="ignore"):
            n, _ = visible_points(piece, *view.pose, view.size, *known, limits, *scratch)
        part = scratch[:, :n].copy()
        part[1] += start
        parts.append(part)
    pixel, point = np.concatenate(parts, axis=1)
    return pixel, point


def _not_hidden(view: _View, xyz: FloatArray, surfels: Surfels) -> tuple[IndexArray, IndexArray]:
    """Return pixel and position of the points before which no surface of the cloud lies."""
    from o3d_paint.core.kernels.surfel_view import draw_surfels, free_points

    width, height = view.size
    scale = min(1.0, _SURFEL_LONG_SIDE / max(view.size))
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    camera = view.camera.resized(w, h)
    position, rotation, lens = view.pose
    turn = rotation.astype(np.float64)
    center = (surfels.center - position) @ turn.T
    axes = np.ascontiguousarray(surfels.axes.astype(np.float64) @ turn.T)
    drawn = np.array([camera.fx, camera.fy, camera.cx, camera.cy])
    front, shown = np.full((h, w), np.inf, np.float32), np.full((h, w), -1, np.int32)
    draw_surfels(center, axes, surfels.bounds, drawn, front, shown)
    scratch = np.empty((2, min(_CHUNK, len(xyz))), dtype=np.int32)
    parts = [scratch[:, :0]]
    for start, piece in _pieces(xyz):
        with np.errstate(over="ignore", invalid="ignore"):
            n = free_points(
                piece, position, rotation, lens, view.size, center, axes, surfels.bounds,
                surfels.middle, surfels.variance, shown, _DEVIATIONS, *scratch,
            )  # fmt: skip
        part = scratch[:, :n].copy()
        part[1] += start
        parts.append(part)
    pixel, point = np.concatenate(parts, axis=1)
    return pixel, point


def _sorted(pixel: IndexArray, point: IndexArray, shape: tuple[int, int]) -> PixelIndex:
    from o3d_paint.core.kernels.visibility import sort_by_pixel

    by_pixel, points = np.empty_like(pixel), np.empty_like(point)
    sort_by_pixel(pixel, point, np.zeros(shape[0] * shape[1], dtype=np.int32), by_pixel, points)
    return PixelIndex(shape, by_pixel, points)


def _resized_positions(size: int, other: int) -> IndexArray:
    """Return for each pixel of a line of ``size`` the nearest pixel of a line of ``other``."""
    positions = np.floor((np.arange(size) + 0.5) * (other / size))
    nearest: IndexArray = np.minimum(positions, other - 1).astype(np.int32)
    return nearest
