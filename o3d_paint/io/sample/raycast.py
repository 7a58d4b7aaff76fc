"""First hits of many rays: each solid is tried only where its bounding box can appear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from o3d_paint.io.sample.shapes import Floats, Solid, turned

Window = tuple[slice, slice]
NOTHING = -1
"""Solid index of a ray that meets nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class PinholeRays:
    """Rays of a pinhole camera; t along them is z-depth.

    Attributes:
        cam_from_world: (4, 4).
        matrix: (3, 3) intrinsics.
        shape: (H, W).
        shift: (du, dv) added to every pixel, for samples beside pixel centres.
    """

    cam_from_world: NDArray[np.float64]
    matrix: NDArray[np.float64]
    shape: tuple[int, int]
    shift: tuple[float, float] = (0.0, 0.0)

    def directions(self) -> Floats:
        """Returns world directions, (H, W, 3), z-depth 1 in the camera."""
        height, width = self.shape
        v, u = np.mgrid[0:height, 0:width].astype(np.float64)
        x = (u + self.shift[0] - self.matrix[0, 2]) / self.matrix[0, 0]
        y = (v + self.shift[1] - self.matrix[1, 2]) / self.matrix[1, 1]
        in_camera = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], axis=-1)
        in_world = turned(in_camera, self.cam_from_world[:3, :3]).astype(np.float32)
        return np.asarray(in_world.reshape(height, width, 3))

    def origins(self) -> Floats:
        """Returns the camera centre in the world, (1, 1, 3)."""
        rotation, offset = self.cam_from_world[:3, :3], self.cam_from_world[:3, 3]
        return np.asarray((-rotation.T @ offset).astype(np.float32)[None, None])

    def windows(self, corners: Floats) -> list[Window | None]:
        """Returns the rows and columns that can show boxes with these (n, 8, 3) corners."""
        in_camera = corners @ self.cam_from_world[:3, :3].T + self.cam_from_world[:3, 3]
        depth = in_camera[..., 2:]
        pixels = (in_camera / np.maximum(depth, 1e-3) @ self.matrix.T)[..., :2]
        low, high = depth.min(axis=(1, 2)), depth.max(axis=(1, 2))
        # A box that reaches behind the camera can appear anywhere.
        pixels[low <= 1e-3, 0] = -1
        pixels[low <= 1e-3, 1:] = (self.shape[1], self.shape[0])
        found = _windows(pixels, self.shape)
        return [window if far > 0 else None for window, far in zip(found, high, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class ParallelRays:
    """Parallel rays towards a scene, as from a distant light; t is the distance along them.

    Attributes:
        axes: (3, 3) rows: right, down and forward of the image plane in the world, unit length.
        center: (3,) world point in the middle of the image.
        reach: Half the width of the image, and of the depth range, metres.
        resolution: Pixels per side.
    """

    axes: NDArray[np.float64]
    center: NDArray[np.float64]
    reach: float
    resolution: int

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the image."""
        return self.resolution, self.resolution

    def directions(self) -> Floats:
        """Returns the one world direction, (1, 1, 3)."""
        return np.asarray(self.axes[2].astype(np.float32)[None, None])

    def origins(self) -> Floats:
        """Returns the world point at which each ray starts, (H, W, 3)."""
        steps = ((np.arange(self.resolution) + 0.5) / self.resolution * 2 - 1) * self.reach
        plane = steps[None, :, None] * self.axes[0] + steps[:, None, None] * self.axes[1]
        return np.asarray((plane + self.center - self.reach * self.axes[2]).astype(np.float32))

    def locate(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """Returns column, row (pixels) and distance t (metres) of world points (n, 3)."""
        scale = self.resolution / (2 * self.reach)
        rows = self.axes * np.array([[scale], [scale], [1.0]])
        shift = np.array([scale * self.reach - 0.5] * 2 + [self.reach]) - rows @ self.center
        x, y, z = points[:, 0], points[:, 1], points[:, 2]
        column, row, distance = (
            x * a + y * b + (z * c + d)
            for (a, b, c), d in zip(rows.astype(np.float32), shift.astype(np.float32), strict=True)
        )
        return column, row, distance

    def windows(self, corners: Floats) -> list[Window | None]:
        """Returns the rows and columns that can show boxes with these (n, 8, 3) corners."""
        column, row, _ = self.locate(corners.reshape(-1, 3))
        pixels = np.stack([column, row], axis=1).reshape(-1, 8, 2)
        return _windows(pixels, self.shape)


def cast(
    solids: list[Solid], rays: PinholeRays | ParallelRays, active: NDArray[np.bool_] | None = None
) -> tuple[Floats, NDArray[np.int16]]:
    """Finds the first solid along every ray.

    Args:
        solids: What can be hit.
        rays: The rays of one image of shape (H, W).
        active: (H, W), only these rays are cast; all of them by default.

    Returns:
        (H, W) t of the first hit (inf: none) and (H, W) index of its solid (`NOTHING`: none).
    """
    distance = np.full(rays.shape, np.inf, dtype=np.float32)
    owner = np.full(rays.shape, NOTHING, dtype=np.int16)
    origins, directions = rays.origins(), rays.directions()
    windows = rays.windows(np.stack([solid.corners for solid in solids]))
    for index, (solid, window) in enumerate(zip(solids, windows, strict=True)):
        if window is None:
            continue
        chosen = None if active is None else active[window]
        if chosen is not None and not chosen.any():
            continue
        t = solid.meet(_take(origins, window, chosen), _take(directions, window, chosen))
        best, name = distance[window], owner[window]
        known = best.ravel() if chosen is None else best[chosen]
        closer = t < known
        where = closer.reshape(best.shape) if chosen is None else _scatter(chosen, closer)
        best[where] = t[closer]
        name[where] = index
    return distance, owner


def _take(field: Floats, window: Window, chosen: NDArray[np.bool_] | None) -> Floats:
    """Returns the vectors of a window as (n, 3), or the shared one as (1, 3)."""
    if field.shape[:2] == (1, 1):
        return np.asarray(field[0])
    part = field[window]
    return np.asarray(part.reshape(-1, 3) if chosen is None else part[chosen])


def _scatter(chosen: NDArray[np.bool_], flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    where = chosen.copy()
    where[chosen] = flags
    return np.asarray(where)


def _windows(pixels: NDArray[Any], shape: tuple[int, int]) -> list[Window | None]:
    """Returns the part of the image about each (n, 8, 2) set of corners, with a margin."""
    limits = (shape[1], shape[0])
    low = np.clip(np.floor(pixels.min(axis=1)) - 1, 0, limits).astype(int).tolist()
    high = np.clip(np.ceil(pixels.max(axis=1)) + 2, 0, limits).astype(int).tolist()
    return [
        (slice(top, bottom), slice(left, right)) if left < right and top < bottom else None
        for (left, top), (right, bottom) in zip(low, high, strict=True)
    ]
