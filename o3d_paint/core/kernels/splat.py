"""The loop that draws points as discs; imported late, since loading numba takes its time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from o3d_paint.core.kernels.jit import Ints, kernel

__all__ = ["draw_discs"]


@kernel
def draw_discs(
    row: Ints,
    column: Ints,
    depth_of_point: npt.NDArray[np.float32],
    radius: Ints,
    reach: Ints,
    point: Ints,
    depth: npt.NDArray[np.float32],
) -> None:
    """Draw discs into a z-buffer; of equally near ones the first stays.

    Args:
        row: (K,) line of each middle; may lie outside.
        column: (K,) column of each middle.
        depth_of_point: (K,) positive depths.
        radius: (K,) of each disc in pixels.
        reach: (2 * m + 1, 2 * m + 1) radius from which on a disc covers each offset.
        point: (H, W) positions of points, written.
        depth: (H, W) written; infinite where nothing was drawn.
    """
    height, width = depth.shape
    middle = reach.shape[0] // 2
    for k in range(len(row)):
        r, z = radius[k], depth_of_point[k]
        for y in range(max(0, row[k] - r), min(height, row[k] + r + 1)):
            for x in range(max(0, column[k] - r), min(width, column[k] + r + 1)):
                covered = reach[y - row[k] + middle, x - column[k] + middle] <= r
                if covered and z < depth[y, x]:
                    depth[y, x] = z
                    point[y, x] = k
