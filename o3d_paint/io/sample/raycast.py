"""First hits of many rays: each solid is tried only where its bounding box can appear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from o3d_paint.io.sample.shapes import Floats, Solid

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
        in_camera = np.stack([x, y, np.ones_like(x)], axis=-1)
        return (in_camera @ self.cam_from_world[:3, :3]).astype(np.float32)

    def origins(self) -> Floats:
        """Returns the camera centre in the world, (1, 1, 3)."""
        rotation, offset = self.cam_from_world[:3, :3], self.cam_from_world[:3, 3]
        return (-rotation.T @ offset).astype(np.float32)[None, None]

    def window(self, corners: Floats) -> tuple[slice, slice] | None:
        """Returns the rows and columns that can show a box with these (8, 3) corners."""
        in_camera = corners @ self.cam_from_world[:3, :3].T + self.cam_from_world[:3, 3]
        depth = in_camera[:, 2]
        if depth.max() <= 0:
            return None
        if depth.min() <= 1e-3:
            return slice(0, self.shape[0]), slice(0, self.shape[1])
        pixels = (in_camera / depth[:, None]) @ self.matrix.T
        return _window(pixels[:, :2], self.shape)


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
        return self.axes[2].astype(np.float32)[None, None]

    def origins(self) -> Floats:
        """Returns the world point at which each ray starts, (H, W, 3)."""
        steps = ((np.arange(self.resolution) + 0.5) / self.resolution * 2 - 1) * self.reach
        plane = steps[None, :, None] * self.axes[0] + steps[:, None, None] * self.axes[1]
        return (plane + self.center - self.reach * self.axes[2]).astype(np.float32)

    def locate(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """Returns column, row (pixels) and distance t (metres) of world points (n, 3)."""
        along = (points - self.center.astype(np.float32)) @ self.axes.T.astype(np.float32)
        scale = self.resolution / (2 * self.reach)
        column = (along[:, 0] + self.reach) * np.float32(scale) - np.float32(0.5)
        row = (along[:, 1] + self.reach) * np.float32(scale) - np.float32(0.5)
        return column, row, along[:, 2] + np.float32(self.reach)

    def window(self, corners: Floats) -> tuple[slice, slice] | None:
        """Returns the rows and columns that can show a box with these (8, 3) corners."""
        column, row, _ = self.locate(corners)
        return _window(np.stack([column, row], axis=1), self.shape)


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
    for index, solid in enumerate(solids):
        window = rays.window(solid.corners())
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


def _take(field: Floats, window: tuple[slice, slice], chosen: NDArray[np.bool_] | None) -> Floats:
    """Returns the vectors of a window as (n, 3), or the shared one as (1, 3)."""
    if field.shape[:2] == (1, 1):
        return field[0]
    part = field[window]
    return part.reshape(-1, 3) if chosen is None else part[chosen]


def _scatter(chosen: NDArray[np.bool_], flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    where = chosen.copy()
    where[chosen] = flags
    return where


def _window(pixels: NDArray[np.floating], shape: tuple[int, int]) -> tuple[slice, slice] | None:
    low = np.floor(pixels.min(axis=0)).astype(int) - 1
    high = np.ceil(pixels.max(axis=0)).astype(int) + 2
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    right, bottom = min(int(high[0]), shape[1]), min(int(high[1]), shape[0])
    if left >= right or top >= bottom:
        return None
    return slice(top, bottom), slice(left, right)
