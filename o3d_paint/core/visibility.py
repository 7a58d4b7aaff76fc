"""Which points each pixel of a photo shows.

A point belongs to a mask pixel when it projects there and the photo's depth map agrees that it is
the front surface: the depth is trusted, not at a depth edge, and within tolerance of the point's.
Without a depth map, a z-buffer drawn from the cloud itself decides, with holes closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IndexArray, PixelArray, frozen
from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.mask import Rect
from o3d_paint.core.scene import Frame

__all__ = ["DepthTolerance", "PixelIndex", "build_pixel_index", "depth_edges", "trusted_depth"]

_CHUNK = 1 << 18
_EDGE_CURVATURE = 0.03
_ZBUFFER_LONG_SIDE = 640
_MAX_SPLAT_RADIUS = 16


@dataclass(frozen=True, slots=True)
class DepthTolerance:
    """How far a point may lie behind or before the depth map: ``absolute + relative * depth``.

    Attributes:
        absolute: In scene units; two point spacings by default.
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
    """

    shape: tuple[int, int]
    pixel: PixelArray
    point: IndexArray

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        object.__setattr__(self, "pixel", frozen(self.pixel))
        object.__setattr__(self, "point", frozen(self.point))

    def __len__(self) -> int:
        """Return the number of visible points."""
        return len(self.point)

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return int(self.pixel.nbytes + self.point.nbytes)

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


def depth_edges(depth: FloatArray) -> BoolArray:
    """Return (h, w) whether a pixel lies beside a jump of the depth map.

    Inverse depth is an affine function of the pixel on any plane, whatever its slant, so its
    second difference measures jumps and nothing else. Neighbours without depth do not count.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        nearness = np.where(depth > 0, 1.0 / depth, np.nan).astype(np.float32)
        edges = np.zeros(depth.shape, dtype=bool)
        for axis in (0, 1):
            if depth.shape[axis] < 3:
                continue
            lines = np.moveaxis(nearness, axis, 0)
            bend = np.abs(lines[2:] - 2 * lines[1:-1] + lines[:-2]) / lines[1:-1]
            np.moveaxis(edges, axis, 0)[1:-1] |= bend > _EDGE_CURVATURE
    return edges


def trusted_depth(frame: Frame, rule: ConfidenceRule) -> FloatArray:
    """Return the (h, w) float32 depth with NaN where it is unknown, not trusted or at an edge.

    Raises:
        ValueError: The frame has no depth.
    """
    if frame.depth is None:
        msg = f"frame {frame.name!r} has no depth"
        raise ValueError(msg)
    trusted = np.isfinite(frame.depth) & (frame.depth > 0)
    if frame.confidence is not None:
        trusted &= rule.keep(frame.confidence)
    trusted &= ~depth_edges(np.where(trusted, frame.depth, 0))
    return np.where(trusted, frame.depth, np.nan).astype(np.float32)


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
        tolerance: How far depth and point may differ.
        spacing: Point spacing in scene units; sizes the splats where there is no depth.
    """
    h, w = frame.mask_shape
    projected = _project(frame, xyz, frame.camera.resized(w, h))
    if frame.depth is not None:
        reference = trusted_depth(frame, rule)
    else:
        reference = _zbuffer(projected, (h, w), frame.camera.resized(w, h), spacing=spacing)
    visible = _agrees(projected, reference, (h, w), tolerance=tolerance)
    pixel = projected.row[visible] * w + projected.column[visible]
    order = np.argsort(pixel, kind="stable")
    return PixelIndex((h, w), pixel[order], projected.point[visible][order])


@dataclass(frozen=True, slots=True, eq=False)
class _Projected:
    """Points that fall into the image: (M,) position, line, column and z-depth."""

    point: IndexArray
    row: IndexArray
    column: IndexArray
    depth: npt.NDArray[np.float32]


def _project(frame: Frame, xyz: FloatArray, camera: Camera) -> _Projected:
    """Project the cloud in pieces that stay in the cache; the centre is taken off in float64."""
    rotation = frame.cam_from_world[:3, :3].T.astype(np.float32)
    position = frame.position
    parts: list[tuple[IndexArray, IndexArray, IndexArray, npt.NDArray[np.float32]]] = []
    for start in range(0, len(xyz), _CHUNK):
        points_cam = (xyz[start : start + _CHUNK] - position).astype(np.float32) @ rotation
        z = points_cam[:, 2]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            u = camera.fx * points_cam[:, 0] / z + (camera.cx + 0.5)
            v = camera.fy * points_cam[:, 1] / z + (camera.cy + 0.5)
            inside = (z > 0) & (u >= 0) & (v >= 0) & (u < camera.width) & (v < camera.height)
        kept = np.flatnonzero(inside)
        parts.append(
            (
                (kept + start).astype(np.int32),
                v[kept].astype(np.int32),
                u[kept].astype(np.int32),
                z[kept].astype(np.float32),
            )
        )
    if not parts:
        empty = np.zeros(0, dtype=np.int32)
        return _Projected(empty, empty, empty, np.zeros(0, dtype=np.float32))
    point, row, column, depth = (np.concatenate(p) for p in zip(*parts, strict=True))
    return _Projected(point, row, column, depth)


def _agrees(
    projected: _Projected,
    reference: FloatArray,
    shape: tuple[int, int],
    *,
    tolerance: DepthTolerance,
) -> BoolArray:
    """Return (M,) whether each projected point lies on the surface that the reference shows."""
    h, w = reference.shape
    row = _resized_positions(shape[0], h)[projected.row]
    column = _resized_positions(shape[1], w)[projected.column]
    surface = reference[row, column]
    limit = np.float32(tolerance.absolute) + np.float32(tolerance.relative) * surface
    with np.errstate(invalid="ignore"):
        agrees: BoolArray = np.abs(projected.depth - surface) <= limit
    return agrees


def _resized_positions(size: int, other: int) -> IndexArray:
    """Return for each pixel of a line of ``size`` the nearest pixel of a line of ``other``."""
    positions = np.floor((np.arange(size) + 0.5) * (other / size))
    nearest: IndexArray = np.minimum(positions, other - 1).astype(np.int32)
    return nearest


def _zbuffer(
    projected: _Projected, shape: tuple[int, int], camera: Camera, *, spacing: float
) -> FloatArray:
    """Draw the nearest depth per pixel from the points themselves; infinite where none.

    Each point covers the pixels around it that its neighbours leave free at its distance, so that
    a near surface has no holes through which a far one shows.
    """
    scale = min(1.0, _ZBUFFER_LONG_SIDE / max(shape))
    h, w = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
    row = _resized_positions(shape[0], h)[projected.row]
    column = _resized_positions(shape[1], w)[projected.column]
    footprint = 1.5 * spacing * abs(camera.fx) * (w / shape[1]) / projected.depth
    radius = np.clip(np.ceil(footprint), 1, _MAX_SPLAT_RADIUS).astype(np.int32)
    buffer = np.full((h, w), np.inf, dtype=np.float32)
    for size in np.unique(radius):
        own = radius == size
        layer = np.full((h, w), np.inf, dtype=np.float32)
        np.minimum.at(layer, (row[own], column[own]), projected.depth[own])
        kernel = np.ones((2 * int(size) + 1,) * 2, dtype=np.uint8)
        np.minimum(buffer, cv2.erode(layer, kernel, borderValue=float("inf")), out=buffer)
    return buffer
