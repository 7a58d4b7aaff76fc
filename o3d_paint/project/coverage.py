"""How much is labelled, under the names that the whole program uses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.label_source import ACCEPTED

__all__ = ["CONFIDENT", "ClassCount", "Coverage", "CoverageCount", "count_coverage"]

CONFIDENT = 0.7
"""A label counts as confident from here on."""


@dataclass(frozen=True, slots=True)
class ClassCount:
    """Points of one class.

    Attributes:
        class_id: The class.
        painted: Points with evidence for it.
        shown: Points that carry it at present, painted, accepted or fused.
        accepted: Those of them for which a prediction was accepted.
    """

    class_id: int
    painted: int
    shown: int
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of points.

    Attributes:
        num_points: All points of the cloud.
        painted: Points with evidence.
        fused: Points with a label that is sure enough to show, painted, accepted or derived; as
            painted before anything was fused or accepted.
        confident: Points with a label of confidence 0.7 or more; as painted before fusion.
        classes: By class id, ascending; every class of the taxonomy and no other.
        accepted: Points that have their label because a prediction was accepted.
    """

    num_points: int
    painted: int
    fused: int
    confident: int
    classes: tuple[ClassCount, ...]
    accepted: int = 0

    def share(self, count: int) -> float:
        """Return a count as a share of all points, 0 to 1."""
        return count / max(1, self.num_points)

    @property
    def confident_share(self) -> float:
        """Share of the labelled points that is confident, 0 to 1."""
        return self.confident / max(1, self.fused)


def count_coverage(
    painted: IdArray,
    shown: IdArray,
    *,
    confidence: FloatArray | None,
    class_ids: npt.ArrayLike,
    sources: npt.NDArray[np.uint8] | None = None,
) -> Coverage:
    """Count labels.

    Args:
        painted: (N,) painted labels.
        shown: (N,) painted, accepted and fused labels together.
        confidence: (N,) of ``shown``; None before anything was fused.
        class_ids: The classes to list.
        sources: (N,) of ``shown``, as in `o3d_paint.core.label_source`; None where nothing was
            accepted.
    """
    count = CoverageCount(class_ids)
    count.add(painted, shown, confidence, sources)
    return count.result()


class CoverageCount:
    """Counts labels a part of the cloud at a time."""

    def __init__(self, class_ids: npt.ArrayLike) -> None:
        """Count nothing yet; the classes to list are given."""
        self._ids = np.sort(np.asarray(class_ids, dtype=np.int64))
        size = int(self._ids.max(initial=0)) + 1
        self._painted, self._shown, self._accepted = np.zeros((3, size), dtype=np.int64)
        self._confident = 0

    def add(
        self,
        painted: IdArray,
        shown: IdArray,
        confidence: FloatArray | None,
        sources: npt.NDArray[np.uint8] | None = None,
    ) -> None:
        """Count (M,) labels and their confidence; see `count_coverage`."""
        self._painted = _added(self._painted, painted)
        self._shown = _added(self._shown, shown)
        if sources is not None:
            self._accepted = _added(self._accepted, shown[sources == ACCEPTED])
        sure = painted > 0 if confidence is None else (confidence >= CONFIDENT) & (shown > 0)
        self._confident += int(np.count_nonzero(sure))

    @property
    def num_points(self) -> int:
        """How many points are counted."""
        return int(self._painted.sum())

    def result(self) -> Coverage:
        """Return what was counted."""
        painted, shown, accepted = self._painted, self._shown, self._accepted
        return Coverage(
            num_points=self.num_points,
            painted=self.num_points - int(painted[0]),
            fused=self.num_points - int(shown[0]),
            confident=self._confident,
            classes=tuple(
                ClassCount(int(i), int(painted[i]), int(shown[i]), int(accepted[i]))
                for i in self._ids
            ),
            accepted=int(accepted.sum()),
        )


def _added(counts: npt.NDArray[np.int64], labels: IdArray) -> npt.NDArray[np.int64]:
    """Return counts by id with those of more labels, longer where an id is higher than all."""
    more = np.bincount(labels, minlength=len(counts))
    more[: len(counts)] += counts
    return more
