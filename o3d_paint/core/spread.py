"""Photos spread over a scene: which one stands farthest from those that are painted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from o3d_paint.core.arrays import FloatArray

__all__ = ["farthest_frame"]


def farthest_frame(positions: Sequence[FloatArray], painted: Collection[int]) -> int | None:
    """Return the unpainted camera farthest from all painted ones; the first one at the start.

    Args:
        positions: (3,) camera centres.
        painted: Positions in the list of cameras whose photos are painted.

    Returns:
        A position in the list, the lowest of equals; None when every photo is painted.
    """
    left = [i for i in range(len(positions)) if i not in painted]
    if not left:
        return None
    if not painted:
        return left[0]
    centers = np.asarray(positions, dtype=np.float64)
    known = centers[sorted(painted)]
    gaps = np.linalg.norm(centers[left][:, None] - known[None], axis=2).min(axis=1)
    return left[int(np.argmax(gaps))]
