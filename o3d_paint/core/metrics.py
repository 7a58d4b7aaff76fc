"""How good labels are: against truth, and against the photos that were left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, IndexArray
from o3d_paint.core.evidence import Evidence

__all__ = [
    "MISSED",
    "RIGHT",
    "WRONG",
    "LeftOut",
    "Reliability",
    "Scores",
    "combined",
    "error_mask",
    "labels_of_nearest",
    "leave_one_out",
    "reliability",
    "same_points",
    "score",
]

RIGHT, WRONG, MISSED = 1, 2, 3
"""Values of an error mask; 0 is where nothing was painted."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What a comparison of labels found.

    Attributes:
        class_ids: (C,) classes that occur in truth or prediction, ascending, without 0.
        confusion: (C, C + 1) int64 counts: line = true class, column 0 = left unlabelled, column
            ``1 + j`` = predicted as ``class_ids[j]``.
    """

    class_ids: IdArray
    confusion: npt.NDArray[np.int64]

    @property
    def total(self) -> int:
        """Points with a true class."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of all points labelled right; unlabelled counts as wrong. NaN without truth."""
        return _ratio(int(self._hits.sum()), self.total)

    @property
    def accuracy_of_labelled(self) -> float:
        """Share of the labelled points that are right. NaN without labels."""
        return _ratio(int(self._hits.sum()), int(self.confusion[:, 1:].sum()))

    @property
    def coverage(self) -> float:
        """Share of the points that have any label. NaN without truth."""
        return _ratio(int(self.confusion[:, 1:].sum()), self.total)

    @property
    def iou(self) -> FloatArray:
        """(C,) intersection over union of each class; 0 for one that the truth does not hold."""
        union = self.confusion.sum(axis=1) + self.confusion[:, 1:].sum(axis=0) - self._hits
        return np.asarray(self._hits / np.maximum(union, 1), dtype=np.float64)

    @property
    def mean_iou(self) -> float:
        """Mean of ``iou`` over the classes that the truth holds. NaN without truth."""
        held = self.confusion.sum(axis=1) > 0
        return float(self.iou[held].mean()) if held.any() else float("nan")

    @property
    def _hits(self) -> npt.NDArray[np.int64]:
        return np.diagonal(self.confusion[:, 1:])


def score(predicted: IdArray, truth: IdArray) -> Scores:
    """Compare labels with the truth, element by element.

    Args:
        predicted: Class ids, 0 unlabelled; of any shape, a cloud's or a mask's.
        truth: The same shape; where it is 0 the truth is unknown and nothing is counted.

    Raises:
        ValueError: The shapes differ.
    """
    if predicted.shape != truth.shape:
        msg = f"labels of shape {predicted.shape} cannot be compared with {truth.shape}"
        raise ValueError(msg)
    known = truth > 0
    found, wanted = predicted[known], truth[known]
    occurring = np.flatnonzero(_occurs(found) | _occurs(wanted))
    class_ids = occurring[occurring > 0].astype(np.uint16)
    column_of = np.zeros(1 << 16, dtype=np.int64)
    column_of[class_ids] = np.arange(1, len(class_ids) + 1)
    width = len(class_ids) + 1
    pairs = (column_of[wanted] - 1) * width + column_of[found]
    counts = np.bincount(pairs, minlength=len(class_ids) * width)
    confusion = counts.reshape(len(class_ids), width).astype(np.int64)
    return Scores(class_ids, confusion)


def combined(parts: Iterable[Scores]) -> Scores:
    """Add up the counts of several comparisons."""
    listed = list(parts)
    ids = [s.class_ids for s in listed]
    class_ids = np.unique(np.concatenate(ids)) if ids else np.zeros(0, dtype=np.uint16)
    confusion = np.zeros((len(class_ids), len(class_ids) + 1), dtype=np.int64)
    for scores in listed:
        lines = np.searchsorted(class_ids, scores.class_ids)
        columns = np.concatenate([[0], lines + 1])
        confusion[np.ix_(lines, columns)] += scores.confusion
    return Scores(class_ids.astype(np.uint16), confusion)


def same_points(xyz: FloatArray, other_xyz: FloatArray, *, tolerance: float) -> bool:
    """Return whether two clouds (N, 3) hold the same points in the same order."""
    if xyz.shape != other_xyz.shape:
        return False
    return bool((np.abs(xyz - other_xyz) <= tolerance).all())


def labels_of_nearest(
    xyz: FloatArray, labels: IdArray, *, at: FloatArray, reach: float = np.inf
) -> IdArray:
    """Return (M,) the label of the nearest point of a cloud; 0 where none is within reach.

    Args:
        xyz: (N, 3) points.
        labels: (N,) their class ids.
        at: (M, 3) where labels are asked for.
        reach: Largest distance, in scene units.
    """
    if not len(xyz):
        return np.zeros(len(at), dtype=np.uint16)
    tree = cKDTree(xyz, balanced_tree=False, compact_nodes=False)
    _, nearest = tree.query(at, distance_upper_bound=reach, workers=-1)
    return np.asarray(np.append(labels, 0)[nearest], dtype=np.uint16)


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Whether confidence means what it says: labels in bins of equal width of confidence.

    Attributes:
        count: (B,) labels in each bin.
        confidence: (B,) their mean confidence, 0 in empty bins.
        accuracy: (B,) share of them that is right, 0 in empty bins.
    """

    count: npt.NDArray[np.int64]
    confidence: FloatArray
    accuracy: FloatArray

    @property
    def expected_calibration_error(self) -> float:
        """Mean gap between confidence and accuracy, by label (Naeini 2015). NaN without labels."""
        if not self.count.sum():
            return float("nan")
        return float(np.average(np.abs(self.confidence - self.accuracy), weights=self.count))


def reliability(confidence: FloatArray, right: BoolArray, *, bins: int = 15) -> Reliability:
    """Group labels by confidence.

    Args:
        confidence: (K,) in 0..1, of the labelled points only.
        right: (K,) whether each label is right.
        bins: Number of bins of equal width.

    Raises:
        ValueError: A confidence lies outside 0..1.
    """
    if len(confidence) and not (confidence.min() >= 0 and confidence.max() <= 1):
        msg = f"confidence must lie in 0..1, got {confidence.min()} to {confidence.max()}"
        raise ValueError(msg)
    which = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    count = np.bincount(which, minlength=bins)
    divisor = np.maximum(count, 1)
    return Reliability(
        count,
        np.bincount(which, weights=confidence, minlength=bins) / divisor,
        np.bincount(which, weights=right.astype(np.float64), minlength=bins) / divisor,
    )


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """How well the other photos predict one.

    Attributes:
        frame_idx: The photo that was left out.
        points: (K,) the points that it labels.
        painted: (K,) what it says.
        predicted: (K,) what the others make of them, 0 where nothing.
    """

    frame_idx: int
    points: IndexArray
    painted: IdArray
    predicted: IdArray

    @property
    def scores(self) -> Scores:
        """The prediction against the paint."""
        return score(self.predicted, self.painted)

    @property
    def wrong_points(self) -> IndexArray:
        """Points on which the others say another class, or nothing."""
        wrong: IndexArray = self.points[self.predicted != self.painted]
        return wrong


def leave_one_out(
    evidence: Evidence,
    predict: Callable[[Evidence], IdArray],
    *,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[LeftOut, ...]:
    """Predict each painted photo from the others.

    The cloud layer is nobody's photo: it stays in, but its points are not scored, since the layer
    would be asked about itself.

    Args:
        evidence: All votes.
        predict: Gives (N,) labels from evidence; deterministic.
        progress: Told the share done and which photo is at work.
    """
    results = []
    for done, votes in enumerate(evidence.frames):
        if progress is not None:
            progress(done / len(evidence.frames), f"without photo {votes.frame_idx}")
        predicted = predict(evidence.without(votes.frame_idx))
        points, painted = votes.points, votes.labels
        if evidence.layer is not None:
            free = evidence.layer[points] == 0
            points, painted = points[free], painted[free]
        results.append(LeftOut(votes.frame_idx, points, painted, predicted[points]))
    return tuple(results)


def error_mask(predicted: IdArray, painted: IdArray) -> npt.NDArray[np.uint8]:
    """Return (H, W) `RIGHT`, `WRONG` or `MISSED` where a photo is painted, 0 elsewhere.

    Args:
        predicted: (H, W) what the other photos say; `reproject_labels` gives it.
        painted: (H, W) the photo's mask.
    """
    verdict = np.where(predicted == painted, RIGHT, np.where(predicted > 0, WRONG, MISSED))
    return np.where(painted > 0, verdict, 0).astype(np.uint8)


def _occurs(labels: IdArray) -> BoolArray:
    """Return (65536,) whether each id occurs."""
    seen = np.zeros(1 << 16, dtype=bool)
    seen[labels] = True
    return seen


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
