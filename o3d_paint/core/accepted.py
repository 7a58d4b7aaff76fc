"""Predictions that somebody accepted: labels of points, each never surer than it was then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray, IndexArray, frozen

__all__ = ["Accepted", "AcceptedLabels", "percent_of"]

PercentArray = npt.NDArray[np.uint8]

_NO_LABELS = np.zeros(0, dtype=np.uint16)
_NO_PERCENTS = np.zeros(0, dtype=np.uint8)


def percent_of(confidence: FloatArray) -> PercentArray:
    """Return (K,) confidence from 0 to 1 in per cent, rounded down.

    Hundredths, because people set limits in them: what is as sure as such a limit stays so. The
    confidence that a percentage stands for is never higher than the one given.
    """
    confidence = np.asarray(confidence, dtype=np.float32)
    percent = np.rint(np.clip(confidence, 0, 1) * 100).astype(np.uint8)
    percent[_confidence_of(percent) > confidence] -= 1
    return percent


def _confidence_of(percent: PercentArray) -> FloatArray:
    return percent.astype(np.float32) / np.float32(100)


@dataclass(frozen=True, slots=True, eq=False)
class AcceptedLabels:
    """Accepted predictions at one moment.

    Attributes:
        points: (K,) positions in the cloud, ascending.
        labels: (K,) class ids, never 0.
        confidence: (K,) float32, how sure each was when it was accepted, 0 to 1.
    """

    points: IndexArray
    labels: IdArray
    confidence: FloatArray


class Accepted:
    """Accepted predictions of the N points of a cloud; memory is taken with the first one."""

    def __init__(self, num_points: int) -> None:
        """Start with none."""
        self._num_points = num_points
        self._labels, self._percents = _NO_LABELS, _NO_PERCENTS
        self._count = 0

    @classmethod
    def of(cls, labels: IdArray, percents: PercentArray) -> Accepted:
        """Take over (N,) class ids, 0 where none, and how sure they were, in per cent."""
        accepted = cls(len(labels))
        accepted._labels = np.array(labels, dtype=np.uint16)
        accepted._percents = np.where(labels > 0, percents, 0).astype(np.uint8)
        accepted._count = int(np.count_nonzero(labels))
        return accepted

    def __len__(self) -> int:
        """Return the number of points that have one."""
        return self._count

    @property
    def labels(self) -> IdArray:
        """(N,) class ids, 0 where none; a read-only view that follows changes."""
        self._make_room()
        return frozen(self._labels)

    @property
    def percents(self) -> PercentArray:
        """(N,) how sure each was, in per cent; a read-only view that follows changes."""
        self._make_room()
        return frozen(self._percents)

    def put(self, points: IndexArray, labels: IdArray, percents: PercentArray) -> None:
        """Give points, each once, other labels; 0 for none."""
        self._make_room()
        before = np.count_nonzero(self._labels[points])
        self._labels[points], self._percents[points] = labels, percents
        self._count += int(np.count_nonzero(labels)) - int(before)

    def confidence_of(self, points: IndexArray | None) -> FloatArray:
        """Return how sure some points were ((K,) positions; None for all), 0 to 1."""
        return _confidence_of(self.percents if points is None else self.percents[points])

    def copy(self) -> Accepted:
        """Return one that stays as this one is now."""
        other = Accepted(self._num_points)
        other._labels, other._percents = self._labels.copy(), self._percents.copy()
        other._count = self._count
        return other

    def snapshot(self) -> AcceptedLabels | None:
        """Return all of them as they are now; None where there is none."""
        if not self._count:
            return None
        points = np.flatnonzero(self._labels).astype(np.int32)
        return AcceptedLabels(points, self._labels[points], self.confidence_of(points))

    def _make_room(self) -> None:
        if len(self._labels) < self._num_points:
            self._labels = np.zeros(self._num_points, dtype=np.uint16)
            self._percents = np.zeros(self._num_points, dtype=np.uint8)
