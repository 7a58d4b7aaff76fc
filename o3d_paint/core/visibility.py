"""Which points each pixel of a photo shows.

A point belongs to a mask pixel when it projects there and the photo's depth map agrees that it is
the front surface: the depth is trusted, not at a depth edge, and within tolerance of the point's.
Without a depth map, a z-buffer drawn from the cloud itself decides, with holes closed.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    # Estimators and failed reconstructions write depths that no square or quotient can hold.
    with np.errstate(all="ignore"):
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
    view = _View(frame, frame.camera.resized(w, h))
    if frame.depth is not None:
        surface = trusted_depth(frame, rule)
    else:
        surface = _zbuffer(view, xyz, spacing=spacing)
    pixel, point = _on_surface(view, xyz, surface, tolerance)
    return _sorted(pixel, point, (h, w))


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
    view: _View, xyz: FloatArray, surface: FloatArray, tolerance: DepthTolerance
) -> tuple[IndexArray, IndexArray]:
    """Return pixel and position of the points on the surface that the photo shows, (V,) each."""
    from o3d_paint.core.kernels.visibility import visible_points

    (width, height), (h, w) = view.size, surface.shape
    lines = (_resized_positions(height, h), _resized_positions(width, w))
    limits = (np.float32(tolerance.absolute), np.float32(tolerance.relative))
    depth = np.ascontiguousarray(surface, dtype=np.float32)
    scratch = np.empty((2, min(_CHUNK, len(xyz))), dtype=np.int32)
    parts = [scratch[:, :0]]
    for start, piece in _pieces(xyz):
        with np.errstate(over="ignore", invalid="ignore"):
            n = visible_points(piece, *view.pose, view.size, depth, *lines, limits, *scratch)
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


def _zbuffer(view: _View, xyz: FloatArray, *, spacing: float) -> FloatArray:
    """Draw the nearest depth per pixel from the points themselves; infinite where none.

    Each point covers the pixels around it that its neighbours leave free at its distance, so that
    a near surface has no holes through which a far one shows.
    """
    width, height = view.size
    scale = min(1.0, _ZBUFFER_LONG_SIDE / max(view.size))
    h, w = max(1, round(height * scale)), max(1, round(width * scale))
    row, column, depth = _projected(view, xyz)
    row, column = _resized_positions(height, h)[row], _resized_positions(width, w)[column]
    footprint = 1.5 * spacing * abs(view.camera.fx) * (w / width) / depth
    radius = np.clip(np.ceil(footprint), 1, _MAX_SPLAT_RADIUS).astype(np.int32)
    buffer = np.full((h, w), np.inf, dtype=np.float32)
    for size in np.unique(radius):
        own = radius == size
        layer = np.full((h, w), np.inf, dtype=np.float32)
        np.minimum.at(layer, (row[own], column[own]), depth[own])
        kernel = np.ones((2 * int(size) + 1,) * 2, dtype=np.uint8)
        np.minimum(buffer, cv2.erode(layer, kernel, borderValue=float("inf")), out=buffer)
    return buffer


def _projected(
    view: _View, xyz: FloatArray
) -> tuple[IndexArray, IndexArray, npt.NDArray[np.float32]]:
    """Return line, column and z-depth of the points in the image, (M,) each."""
    from o3d_paint.core.kernels.visibility import project_points

    length = min(_CHUNK, len(xyz))
    place, depth = np.empty((3, length), dtype=np.int32), np.empty(length, dtype=np.float32)
    places, depths = [place[:, :0]], [depth[:0]]
    for _, piece in _pieces(xyz):
        with np.errstate(over="ignore", invalid="ignore"):
            n = project_points(piece, *view.pose, view.size, place, depth)
        places.append(place[:, :n].copy())
        depths.append(depth[:n].copy())
    _, row, column = np.concatenate(places, axis=1)
    return row, column, np.concatenate(depths)
