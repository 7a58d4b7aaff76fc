"""The loops that find what a photo shows; imported late: loading numba takes its time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["place_of", "sort_by_pixel", "visible_points"]

Lens = npt.NDArray[np.float32]
"""(4,) fx, fy, and cx, cy plus half a pixel."""


@kernel
def place_of(
    xyz: npt.NDArray[np.float64],
    position: npt.NDArray[np.float64],
    rotation: npt.NDArray[np.float32],
    lens: Lens,
    size: tuple[int, int],
) -> tuple[int, int, np.float32]:
    """Return line, column and z-depth of one (3,) point; line -1 outside the image."""
    outside = (-1, -1, np.float32(0))
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
    return int(v), int(u), z


@kernel
def visible_points(
    xyz: npt.NDArray[np.float64],
    position: npt.NDArray[np.float64],
    rotation: npt.NDArray[np.float32],
    lens: Lens,
    size: tuple[int, int],
    surface: npt.NDArray[np.float32],
    row_of: Ints,
    column_of: Ints,
    tolerance: tuple[np.float32, np.float32],
    pixel: Ints,
    point: Ints,
) -> int:
    """Project points, and keep those that lie on the surface which the photo's depth shows.

    Args:
        xyz: (M, 3) world coordinates; the camera's centre is taken off in float64.
        position: (3,) of the camera in the world.
        rotation: (3, 3) from world to camera axes.
        lens: Of the camera.
        size: (width, height) of the image in pixels.
        surface: (h, w) depth of the front surface; NaN where it is not known.
        row_of: (height,) line of the surface for each line of the image.
        column_of: (width,) column of the surface for each column of the image.
        tolerance: Absolute, and relative to the depth.
        pixel: (M,) written: row-major pixel of each point that is kept.
        point: (M,) written: which point it is, ascending.

    Returns:
        How many are kept.
    """
    count = 0
    for k in range(len(xyz)):
        row, column, z = place_of(xyz[k], position, rotation, lens, size)
        if row < 0:
            continue
        front = surface[row_of[row], column_of[column]]
        if abs(z - front) <= tolerance[0] + tolerance[1] * front:
            pixel[count] = row * size[0] + column
            point[count] = k
            count += 1
    return count


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
