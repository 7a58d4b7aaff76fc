"""The loop that finds how the surface lies in each pixel of a depth map; imported late (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.core.depth_surface import HOLE, RIM, SMOOTH, UNSURE
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["fit_planes"]

# A plane is seen no steeper than some 85 degrees: what looks steeper is a jump. In lengths of the
# plane's own vector when it is seen at right angles.
_STEEPEST = 12.0


@kernel
def _nearness(depth: Any, level: Ints, row: int, column: int, least: int) -> Any:
    """Return the inverse depth of a pixel, NaN outside, and where it is less sure than asked."""
    h, w = depth.shape
    if row < 0 or column < 0 or row >= h or column >= w or level[row, column] < least:
        return np.nan
    return 1.0 / depth[row, column]


@kernel
def _slope(w: float, before: Any, after: Any, edge: float) -> tuple[float, int]:
    """Return how inverse depth changes from pixel to pixel along a line, and what lies there.

    Args:
        w: Inverse depth of the pixel.
        before: That of the two pixels before it, the nearer one first; NaN where unknown.
        after: That of the two after it.
        edge: Largest second difference on one surface, as a share of ``w``.
    """
    left, right = w - before[0], after[0] - w
    if not np.isnan(left) and not np.isnan(right):
        if abs(right - left) <= edge * w:
            # The lesser one: noise tilts a surface less, and an edge between two leaves one.
            if left * right <= 0:
                return 0.0, SMOOTH
            return (left if abs(left) < abs(right) else right), SMOOTH
        bend_left = abs(w - 2 * before[0] + before[1])
        bend_right = abs(w - 2 * after[0] + after[1])
        on_left = bend_left <= edge * w and not bend_left > bend_right
        if on_left:
            return left, RIM
        if bend_right <= edge * w:
            return right, RIM
        return 0.0, UNSURE
    if not np.isnan(left) and abs(w - 2 * before[0] + before[1]) <= edge * w:
        return left, SMOOTH
    if not np.isnan(right) and abs(w - 2 * after[0] + after[1]) <= edge * w:
        return right, SMOOTH
    return 0.0, SMOOTH


@kernel
def fit_planes(
    depth: npt.NDArray[np.float32],
    level: Ints,
    lens: npt.NDArray[np.float64],
    edge: float,
    planes: npt.NDArray[np.float32],
    state: Ints,
) -> None:
    """Find the plane that each pixel of a depth map shows, and which lie beside a jump.

    Inverse depth is an affine function of the pixel on any plane: ``1/z = n . (x, y, 1)`` with
    ``x = (u - cx) / fx`` and ``n`` the plane's vector in camera axes (``n . X = 1``).

    Args:
        depth: (h, w).
        level: (h, w) how sure each is; 0 where it is not known. A pixel asks only those that are
            as sure as itself.
        lens: (4,) fx, fy, cx, cy.
        edge: Largest second difference of inverse depth on one surface, as a share of it.
        planes: (h, w, 4) written: inverse depth, its change by column and by row, length of ``n``.
        state: (h, w) written: `HOLE`, `UNSURE` (on no surface), `RIM` (beside a jump), `SMOOTH`.
    """
    h, w = depth.shape
    fx, fy, cx, cy = lens[0], lens[1], lens[2], lens[3]
    for i in range(h):
        for j in range(w):
            own = level[i, j]
            if own == 0:
                state[i, j] = HOLE
                continue
            near = 1.0 / depth[i, j]
            a, along_u = _slope(
                near,
                (_nearness(depth, level, i, j - 1, own), _nearness(depth, level, i, j - 2, own)),
                (_nearness(depth, level, i, j + 1, own), _nearness(depth, level, i, j + 2, own)),
                edge,
            )
            b, along_v = _slope(
                near,
                (_nearness(depth, level, i - 1, j, own), _nearness(depth, level, i - 2, j, own)),
                (_nearness(depth, level, i + 1, j, own), _nearness(depth, level, i + 2, j, own)),
                edge,
            )
            state[i, j] = min(along_u, along_v)
            nx, ny = a * fx, b * fy
            nz = near - a * (j - cx) - b * (i - cy)
            length = np.sqrt(nx * nx + ny * ny + nz * nz)
            planes[i, j, 0], planes[i, j, 1], planes[i, j, 2] = near, a, b
            planes[i, j, 3] = min(length, _STEEPEST * near)
