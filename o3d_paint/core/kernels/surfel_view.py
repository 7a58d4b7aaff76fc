"""The loops that draw surfels and ask which points they hide; imported late (numba)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.kernels.jit import Ints, kernel
from o3d_paint.core.kernels.visibility import place_of

__all__ = ["draw_surfels", "free_points"]

# A surfel that the camera sees this close to it, in its own size, is cut there.
NEAR = 1e-3


@kernel
def draw_surfels(
    center: FloatArray,
    axes: FloatArray,
    bounds: FloatArray,
    lens: FloatArray,
    front: FloatArray,
    shown: Ints,
) -> None:
    """Draw each surfel where the ray through a pixel's centre meets it; the nearest stays.

    One that lies between all centres is drawn into the pixel of its middle.

    Args:
        center: (S, 3) in camera coordinates.
        axes: (S, 3, 3) normal, u and v in camera coordinates.
        bounds: (S, 4, 2) along u, v, u + v and u - v.
        lens: (4,) fx, fy, cx, cy.
        front: (h, w) infinite, written: the nearest depth.
        shown: (h, w) -1, written: which surfel that is; ``-2 - s`` where only its middle is drawn.
    """
    h, w = front.shape
    fx, fy, cx, cy = lens[0], lens[1], lens[2], lens[3]
    for s in range(len(center)):
        n, u, v, c, b = axes[s, 0], axes[s, 1], axes[s, 2], center[s], bounds[s]
        offset = n[0] * c[0] + n[1] * c[1] + n[2] * c[2]
        near = NEAR * (b[0, 1] - b[0, 0] + b[1, 1] - b[1, 0])
        left, right, top, bottom = np.inf, -np.inf, np.inf, -np.inf
        x0, y0, z0 = 0.0, 0.0, 0.0
        for k in range(5):
            p = b[0, 1] if k % 4 in (1, 2) else b[0, 0]
            q = b[1, 1] if k % 4 >= 2 else b[1, 0]
            x = c[0] + u[0] * p + v[0] * q
            y = c[1] + u[1] * p + v[1] * q
            z = c[2] + u[2] * p + v[2] * q
            if k > 0 and (z > near) != (z0 > near):
                t = (near - z0) / (z - z0)
                column = fx * (x0 + t * (x - x0)) / near + cx
                row = fy * (y0 + t * (y - y0)) / near + cy
                left, right = min(left, column), max(right, column)
                top, bottom = min(top, row), max(bottom, row)
            if z > near:
                column, row = fx * x / z + cx, fy * y / z + cy
                left, right = min(left, column), max(right, column)
                top, bottom = min(top, row), max(bottom, row)
            x0, y0, z0 = x, y, z
        if not (right >= -0.5 and bottom >= -0.5 and left <= w - 0.5 and top <= h - 0.5):
            continue
        is_drawn = False
        for i in range(int(np.ceil(max(top, 0.0))), int(np.floor(min(bottom, h - 1.0))) + 1):
            ry = (i - cy) / fy
            for j in range(int(np.ceil(max(left, 0.0))), int(np.floor(min(right, w - 1.0))) + 1):
                rx = (j - cx) / fx
                slope = n[0] * rx + n[1] * ry + n[2]
                if slope * offset <= 0:
                    continue
                z = offset / slope
                if _holds(b, u, v, rx * z - c[0], ry * z - c[1], z - c[2]):
                    is_drawn = True
                    if z < front[i, j]:
                        front[i, j], shown[i, j] = z, s
        if not is_drawn and c[2] > 0:
            column, row = (
                np.floor(fx * c[0] / c[2] + cx + 0.5),
                np.floor(fy * c[1] / c[2] + cy + 0.5),
            )
            if 0 <= column < w and 0 <= row < h and c[2] < front[int(row), int(column)]:
                front[int(row), int(column)], shown[int(row), int(column)] = c[2], -2 - s


@kernel
def _holds(b: FloatArray, u: FloatArray, v: FloatArray, x: float, y: float, z: float) -> bool:
    """Return whether a place of a plane, from the surfel's centre, lies within its bounds."""
    p, q = u[0] * x + u[1] * y + u[2] * z, v[0] * x + v[1] * y + v[2] * z
    inside: bool = (
        b[0, 0] <= p <= b[0, 1]
        and b[1, 0] <= q <= b[1, 1]
        and b[2, 0] <= p + q <= b[2, 1]
        and b[3, 0] <= p - q <= b[3, 1]
    )
    return inside


@kernel
def free_points(
    xyz: npt.NDArray[np.float64],
    position: npt.NDArray[np.float64],
    rotation: npt.NDArray[np.float32],
    lens: npt.NDArray[np.float32],
    size: tuple[int, int],
    center: FloatArray,
    axes: FloatArray,
    bounds: FloatArray,
    middle: FloatArray,
    variance: FloatArray,
    shown: Ints,
    deviations: float,
    pixel: Ints,
    point: Ints,
) -> int:
    """Project points, and keep those that no surfel drawn around their place hides.

    Args:
        xyz: (M, 3) world coordinates.
        position: (3,) of the camera in the world.
        rotation: (3, 3) from world to camera axes.
        lens: Of the camera at the size of the image: fx, fy, and cx, cy plus half a pixel.
        size: (width, height) of the image in pixels.
        center: (S, 3) surfels in camera coordinates, as for `draw_surfels`.
        axes: (S, 3, 3).
        bounds: (S, 4, 2).
        middle: (S, 2) u and v of the middle of the points that gave the plane.
        variance: (S, 2) of their distance off it: constant, and by square of the distance.
        shown: (h, w) as `draw_surfels` wrote it.
        deviations: By how many of its deviations a point lies behind a surfel that hides it.
        pixel: (M,) written: row-major pixel of each point that is kept.
        point: (M,) written: which point it is, ascending.

    Returns:
        How many are kept.
    """
    h, w = shown.shape
    sx, sy = w / size[0], h / size[1]
    fx, fy = lens[0] * sx, lens[1] * sy
    cx, cy = lens[2] * sx - 0.5, lens[3] * sy - 0.5
    count = 0
    for k in range(len(xyz)):
        row, column, _ = place_of(xyz[k], position, rotation, lens, size)
        if row < 0:
            continue
        a, b, c = xyz[k, 0] - position[0], xyz[k, 1] - position[1], xyz[k, 2] - position[2]
        x = rotation[0, 0] * a + rotation[0, 1] * b + rotation[0, 2] * c
        y = rotation[1, 0] * a + rotation[1, 1] * b + rotation[1, 2] * c
        z = rotation[2, 0] * a + rotation[2, 1] * b + rotation[2, 2] * c
        rx, ry = x / z, y / z
        u, v = fx * rx + cx, fy * ry + cy
        is_hidden, last = False, -1
        for corner in range(4):
            i = min(max(int(np.floor(v)) + (corner >> 1), 0), h - 1)
            j = min(max(int(np.floor(u)) + (corner & 1), 0), w - 1)
            s = shown[i, j]
            is_middle = s < -1
            if is_middle:
                s = -2 - s
            if s < 0 or s == last:
                continue
            last = s
            m, squares = center[s], deviations * deviations * variance[s]
            if not _lies_behind(axes[s], m, middle[s], squares, x, y, z):
                continue
            # The rim of what is drawn is known to half a pixel: the ray is moved by as much.
            mx = rx + min(max(j - u, -0.5), 0.5) / fx
            my = ry + min(max(i - v, -0.5), 0.5) / fy
            n = axes[s, 0]
            slope = n[0] * mx + n[1] * my + n[2]
            t = (n[0] * m[0] + n[1] * m[1] + n[2] * m[2]) / slope if slope != 0 else -1.0
            rim = (mx * t - m[0], my * t - m[1], t - m[2])
            if not is_middle and (t <= 0 or not _holds(bounds[s], axes[s, 1], axes[s, 2], *rim)):
                continue
            is_hidden = True
            break
        if not is_hidden:
            pixel[count], point[count] = row * size[0] + column, k
            count += 1
    return count


@kernel
def _lies_behind(
    axes: FloatArray,
    center: FloatArray,
    middle: FloatArray,
    squares: FloatArray,
    x: float,
    y: float,
    z: float,
) -> bool:
    """Return whether a place lies behind a plane by more than its points spread there."""
    n = axes[0]
    offset = n[0] * center[0] + n[1] * center[1] + n[2] * center[2]
    along = n[0] * x + n[1] * y + n[2] * z
    behind = along - offset if offset > 0 else offset - along
    if behind <= 0 or behind * behind <= squares[0]:
        return False
    # Far from the points that gave the plane its slant counts: where the ray to the place meets it.
    t = offset / along
    a, b, c = x * t - center[0], y * t - center[1], z * t - center[2]
    p = axes[1, 0] * a + axes[1, 1] * b + axes[1, 2] * c - middle[0]
    q = axes[2, 0] * a + axes[2, 1] * b + axes[2, 2] * c - middle[1]
    is_behind: bool = behind * behind > squares[0] + squares[1] * (p * p + q * q)
    return is_behind
