"""Points that a step has changed, gathered from its edits."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from o3d_paint.core.arrays import BoolArray, IndexArray

__all__ = ["positions", "union"]

_STRETCH = 1 << 20
_NO_POINTS: IndexArray = np.zeros(0, dtype=np.int32)


def union(parts: Sequence[IndexArray]) -> IndexArray:
    """Return the points of a few parts, each once, ascending."""
    if len(parts) == 1:
        return parts[0]
    return np.unique(np.concatenate([_NO_POINTS, *parts])).astype(np.int32)


def positions(is_set: BoolArray) -> Generator[float, None, IndexArray]:
    """Return where (N,) marks are set, looking at a stretch at a time."""
    found = [_NO_POINTS]
    for start in range(0, len(is_set), _STRETCH):
        found.append((np.flatnonzero(is_set[start : start + _STRETCH]) + start).astype(np.int32))
        yield 1.0
    return np.concatenate(found)
