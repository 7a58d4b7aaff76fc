"""How much is labelled, under the names that the whole program uses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray

__all__ = ["CONFIDENT", "ClassCount", "Coverage", "count_coverage"]

CONFIDENT = 0.7
"""A label counts as confident from here on."""


@dataclass(frozen=True, slots=True)
class ClassCount:
    """Points of one class.

    Attributes:
        class_id: The class.
        painted: Points with evidence for it.
        shown: Points that carry it at present, painted or fused.
    """

    class_id: int
    painted: int
    shown: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of points.

    Attributes:
        num_points: All points of the cloud.
        painted: Points with evidence.
        fused: Points with any label, painted or derived; as painted before anything was fused.
        confident: Points with a label of confidence 0.7 or more; as painted before fusion.
        classes: By class id, ascending; every class of the taxonomy and no other.
    """

    num_points: int
    painted: int
    fused: int
    confident: int
    classes: tuple[ClassCount, ...]

    def share(self, count: int) -> float:
        """Return a count as a share of all points, 0 to 1."""
        return count / max(1, self.num_points)


def count_coverage(
    painted: IdArray,
    shown: IdArray,
    *,
    confidence: FloatArray | None,
    class_ids: npt.ArrayLike,
) -> Coverage:
    """Count labels.

    Args:
        painted: (N,) painted labels.
        shown: (N,) painted and fused labels together.
        confidence: (N,) of ``shown``; None before anything was fused.
        class_ids: The classes to list.
    """
    ids = np.sort(np.asarray(class_ids, dtype=np.int64))
    size = int(ids.max(initial=0)) + 1
    by_painted = np.bincount(painted, minlength=size)
    by_shown = np.bincount(shown, minlength=size)
    num_painted = len(painted) - int(by_painted[0])
    num_shown = len(shown) - int(by_shown[0])
    confident = num_painted
    if confidence is not None:
        confident = int(np.count_nonzero((confidence >= CONFIDENT) & (shown > 0)))
    return Coverage(
        num_points=len(painted),
        painted=num_painted,
        fused=num_shown,
        confident=confident,
        classes=tuple(ClassCount(int(i), int(by_painted[i]), int(by_shown[i])) for i in ids),
    )
