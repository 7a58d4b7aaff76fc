"""The loop that finds how the surface lies in each pixel of a depth map; imported late (numba)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.core.depth_states import HOLE, RIM, SMOOTH, UNSURE
from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["fit_planes"]

# A plane is seen no steeper than some 85 degrees: what looks steeper is a jump. In lengths of the
# plane's own vector when it is seen at right angles.
_STEEPEST = np.float32(12.0)


@kernel
def _nearness(nearness: Any, level: Ints, row: int, column: int, least: int) -> Any:
    """Return the inverse depth of a pixel, NaN outside, and where it is less sure than asked."""
    h, w = nearness.shape
    if row < 0 or column < 0 or row >= h or column >= w or level[row, column] < least:
        return np.float32(np.nan)
    return nearness[row, column]


@kernel
def _slope(w: Any, before: Any, after: Any, edge: Any) -> tuple[Any, int]:
    """Return what `_slope_at` does beside a jump, a hole or the border of the picture.

    Args:
        w: Inverse depth of the pixel.
        before: That of the two pixels before it, the nearer one first; NaN where unknown.
        after: That of the two after it.
        edge: Largest second difference on one surface, as a share of ``w``.
    """
    left, right = w - before[0], after[0] - w
    if not np.isnan(left) and not np.isnan(right):
        bend_left = abs(w - 2 * before[0] + before[1])
        bend_right = abs(w - 2 * after[0] + after[1])
        on_left = bend_left <= edge * w and not bend_left > bend_right
        if on_left:
            return left, RIM
        if bend_right <= edge * w:
            return right, RIM
        return np.float32(0), UNSURE
    if not np.isnan(left) and abs(w - 2 * before[0] + before[1]) <= edge * w:
        return left, SMOOTH
    if not np.isnan(right) and abs(w - 2 * after[0] + after[1]) <= edge * w:
        return right, SMOOTH
    return np.float32(0), SMOOTH


@kernel
def _slope_at(
    nearness: Any, level: Ints, place: tuple[int, int], step: tuple[int, int], edge: Any
) -> tuple[Any, int]:
    """Return how inverse depth changes at a pixel by steps along a line, and what lies there."""
    i, j = place
    di, dj = step
    own, w = level[i, j], nearness[i, j]
    before = _nearness(nearness, level, i - di, j - dj, own)
    after = _nearness(nearness, level, i + di, j + dj, own)
    return _slope(
        w,
        (before, _nearness(nearness, level, i - 2 * di, j - 2 * dj, own)),
        (after, _nearness(nearness, level, i + 2 * di, j + 2 * dj, own)),
        edge,
    )


@kernel
def fit_planes(
    nearness: npt.NDArray[np.float32],
    level: Ints,
    lens: npt.NDArray[np.float32],
    edge: Any,
    planes: npt.NDArray[np.float32],
    state: Ints,
) -> None:
    """Find the plane that each pixel of a depth map shows, and which lie beside a jump.

    Inverse depth is an affine function of the pixel on any plane: ``1/z = n . (x, y, 1)`` with
    ``x = (u - cx) / fx`` and ``n`` the plane's vector in camera axes (``n . X = 1``).

    Args:
        nearness: (h, w) inverse depth.
        level: (h, w) how sure each is; 0 where it is not known. A pixel asks only those that are
            as sure as itself.
        lens: (4,) fx, fy, cx, cy.
        edge: Largest second difference of inverse depth on one surface, as a share of it.
        planes: (h, w, 4) written: inverse depth, its change by column and by row, length of ``n``.
        state: (h, w) written: `HOLE`, `UNSURE` (on no surface), `RIM` (beside a jump), `SMOOTH`.
    """
    h, w = nearness.shape
    fx, fy, cx, cy = lens[0], lens[1], lens[2], lens[3]
    for i in range(h):
        for j in range(w):
            if level[i, j] == 0:
                state[i, j] = HOLE
                continue
            near = nearness[i, j]
            own, a, b = level[i, j], np.float32(0), np.float32(0)
            along_u, along_v = UNSURE, UNSURE
            # Calls with arrays cost more than the sums: only what is special goes through them.
            if 0 < j < w - 1 and level[i, j - 1] >= own and level[i, j + 1] >= own:
                left, right = near - nearness[i, j - 1], nearness[i, j + 1] - near
                if abs(right - left) <= edge * near:
                    along_u, a = SMOOTH, max(min(left, right), min(max(left, right), a))
            if along_u != SMOOTH:
                a, along_u = _slope_at(nearness, level, (i, j), (0, 1), edge)
            if 0 < i < h - 1 and level[i - 1, j] >= own and level[i + 1, j] >= own:
                left, right = near - nearness[i - 1, j], nearness[i + 1, j] - near
                if abs(right - left) <= edge * near:
                    along_v, b = SMOOTH, max(min(left, right), min(max(left, right), b))
            if along_v != SMOOTH:
                b, along_v = _slope_at(nearness, level, (i, j), (1, 0), edge)
            state[i, j] = min(along_u, along_v)
            nx, ny = a * fx, b * fy
            nz = near - a * (np.float32(j) - cx) - b * (np.float32(i) - cy)
            length = np.sqrt(nx * nx + ny * ny + nz * nz)
            planes[i, j, 0], planes[i, j, 1], planes[i, j, 2] = near, a, b
            planes[i, j, 3] = min(length, _STEEPEST * near)
