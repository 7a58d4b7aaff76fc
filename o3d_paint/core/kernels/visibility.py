"""The loops that find what a photo shows; imported late: loading numba takes its time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.core.depth_states import HOLE, RIM, SMOOTH, TRUSTED
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["place_of", "sort_by_pixel", "visible_points"]

Lens = npt.NDArray[np.float32]
"""(4,) fx, fy, and cx, cy plus half a pixel."""


@kernel
def _seen_at(
    xyz: npt.NDArray[np.float64],
    position: npt.NDArray[np.float64],
    rotation: npt.NDArray[np.float32],
    lens: Lens,
    size: tuple[int, int],
) -> tuple[np.float32, np.float32, np.float32]:
    """Return how far right and down, in pixels, one (3,) point is seen, and z; z 0 outside."""
    outside = (np.float32(0), np.float32(0), np.float32(0))
    dx = np.float32(xyz[0] - position[0])
    dy = np.float32(xyz[1] - position[1])
    dz = np.float32(xyz[2] - position[2])
    z = rotation[2, 0] * dx + rotation[2, 1] * dy + rotation[2, 2] * dz
    # Not "z <= 0": what is no number is not in the image either.
    if not z > 0:
        return outside
    u = lens[0] * (rotation[0, 0] * dx + rotation[0, 1] * dy + rotation[0, 2] * dz) / z + lens[2]
    if not (u >= 0 and u < size[0]):
        return outside
    v = lens[1] * (rotation[1, 0] * dx + rotation[1, 1] * dy + rotation[1, 2] * dz) / z + lens[3]
    if not (v >= 0 and v < size[1]):
        return outside
    return u, v, z


@kernel
def place_of(
    xyz: npt.NDArray[np.float64],
    position: npt.NDArray[np.float64],
    rotation: npt.NDArray[np.float32],
    lens: Lens,
    size: tuple[int, int],
) -> tuple[int, int, np.float32]:
    """Return line, column and z-depth of one (3,) point; line -1 outside the image."""
    u, v, z = _seen_at(xyz, position, rotation, lens, size)
    if z == 0:
        return -1, -1, z
    return int(v), int(u), z


@kernel
def _agrees_at_rim(
    planes: npt.NDArray[np.float32],
    state: Ints,
    level: Ints,
    place: tuple[int, int],
    x: Any,
    y: Any,
    z: Any,
    tolerance: tuple[np.float32, np.float32],
) -> bool:
    """Return whether a point lies on one of the surfaces around it, and behind none.

    What lies on no surface hides all the same: it may be thin, or fly between two.

    Args:
        planes: As `fit_planes` wrote them.
        state: The same.
        level: As `fit_planes` got it; what is less sure than the pixel at ``place`` hides nothing.
        place: Line and column of the pixel that the point falls into.
        x: Where it is seen, in pixels from the left.
        y: In pixels from above.
        z: Its depth.
        tolerance: Absolute, and relative to the depth.
    """
    h, w = state.shape
    top, left = int(np.floor(y - 0.5)), int(np.floor(x - 0.5))
    agrees = False
    for i in range(max(top, 0), min(top + 2, h)):
        for j in range(max(left, 0), min(left + 2, w)):
            if state[i, j] == HOLE or level[i, j] < level[place]:
                continue
            dx, dy = x - np.float32(j + 0.5), y - np.float32(i + 0.5)
            off = z * (planes[i, j, 0] + planes[i, j, 1] * dx + planes[i, j, 2] * dy) - 1
            limit = tolerance[0] * planes[i, j, 3] + tolerance[1]
            if off > limit:
                return False
            agrees |= off >= -limit and state[i, j] >= RIM
    return agrees


@kernel
def visible_points(
    xyz: npt.NDArray[np.float64],
    position: npt.NDArray[np.float64],
    rotation: npt.NDArray[np.float32],
    lens: Lens,
    size: tuple[int, int],
    planes: npt.NDArray[np.float32],
    state: Ints,
    level: Ints,
    tolerance: tuple[np.float32, np.float32],
    pixel: Ints,
    point: Ints,
) -> tuple[int, int]:
    """Project points, and keep those that lie on the surface which the photo's depth shows.

    Args:
        xyz: (M, 3) world coordinates; the camera's centre is taken off in float64.
        position: (3,) of the camera in the world.
        rotation: (3, 3) from world to camera axes.
        lens: Of the camera.
        size: (width, height) of the image in pixels.
        planes: (h, w, 4) as `fit_planes` wrote them.
        state: (h, w) as it wrote them.
        level: (h, w) as it got them.
        tolerance: Absolute, at right angles to the surface, and relative to the depth.
        pixel: (M,) written: row-major pixel of each point that is kept, from the end those of
            points that fall into holes.
        point: (M,) written: which point it is, ascending; from the end descending.

    Returns:
        How many are kept, and how many fall into holes.
    """
    h, w = state.shape
    sx, sy = np.float32(w / size[0]), np.float32(h / size[1])
    count, lost = 0, len(pixel)
    for k in range(len(xyz)):
        u, v, z = _seen_at(xyz[k], position, rotation, lens, size)
        if z == 0:
            continue
        x, y = u * sx, v * sy
        i, j = min(int(y), h - 1), min(int(x), w - 1)
        here = state[i, j]
        if here == HOLE:
            lost -= 1
            pixel[lost], point[lost] = int(v) * size[0] + int(u), k
            continue
        if here == SMOOTH:
            dx, dy = x - np.float32(j + 0.5), y - np.float32(i + 0.5)
            off = z * (planes[i, j, 0] + planes[i, j, 1] * dx + planes[i, j, 2] * dy) - 1
            agrees = abs(off) <= tolerance[0] * planes[i, j, 3] + tolerance[1]
        elif level[i, j] < TRUSTED:
            # Low confidence beside a jump is what flies between two surfaces.
            agrees = False
        else:
            agrees = _agrees_at_rim(planes, state, level, (i, j), x, y, z, tolerance)
        if agrees:
            pixel[count], point[count] = int(v) * size[0] + int(u), k
            count += 1
    return count, len(pixel) - lost


@kernel
def sort_by_pixel(
    pixel: Ints, point: Ints, ends: Ints, sorted_pixel: Ints, sorted_point: Ints
) -> None:
    """Sort points by their pixel; those of one pixel stay in order.

    Args:
        pixel: (V,) row-major pixels.
        point: (V,) positions in the cloud.
        ends: (pixels,) zeros, overwritten.
        sorted_pixel: (V,) written.
        sorted_point: (V,) written.
    """
    for k in range(len(pixel)):
        ends[pixel[k]] += 1
    total = 0
    for p in range(len(ends)):
        total += ends[p]
        ends[p] = total
    for k in range(len(pixel) - 1, -1, -1):
        p = pixel[k]
        ends[p] -= 1
        sorted_pixel[ends[p]] = p
        sorted_point[ends[p]] = point[k]
