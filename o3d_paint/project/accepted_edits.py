"""Edits of accepted predictions: taking them, dropping them, giving them to other classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from o3d_paint.core.accepted import Accepted, percent_of
from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, IndexArray
from o3d_paint.core.mask import Rect
from o3d_paint.core.visibility import PixelIndex
from o3d_paint.project.steps import AcceptEdit

__all__ = ["acceptance", "given_away", "joined", "points_under", "withdrawal"]


def acceptance(
    accepted: Accepted, points: IndexArray, labels: IdArray, *, confidence: FloatArray
) -> AcceptEdit:
    """Return the edit that accepts labels of points.

    Args:
        accepted: As it is now.
        points: (K,) positions in the cloud, each once.
        labels: (K,) class ids.
        confidence: (K,) how sure they are, 0 to 1.
    """
    return AcceptEdit(
        points,
        accepted.labels[points],
        labels,
        accepted.percents[points],
        percent_of(confidence),
    )


def withdrawal(
    accepted: Accepted, points: IndexArray, class_id: int | None = None
) -> tuple[AcceptEdit, ...]:
    """Return the edit that takes what is accepted off points; none where nothing is.

    Args:
        accepted: As it is now.
        points: (K,) positions in the cloud, each once.
        class_id: The only class to take off; None for all.
    """
    if not len(accepted) or not len(points):
        return ()
    labels = accepted.labels[points]
    found = points[labels > 0 if class_id is None else labels == class_id]
    if not len(found):
        return ()
    return (_changed(accepted, found, np.zeros(len(found), dtype=np.uint16)),)


def given_away(accepted: Accepted, heirs: IdArray) -> tuple[AcceptEdit, ...]:
    """Return the edit that gives what is accepted to other classes; none where nothing changes.

    Args:
        accepted: As it is now.
        heirs: (65536,) by class id the class that gets its labels; 0 drops them.
    """
    if not len(accepted):
        return ()
    labels = accepted.labels
    points = np.flatnonzero(heirs[labels] != labels).astype(np.int32)
    if not len(points):
        return ()
    return (_changed(accepted, points, heirs[labels[points]]),)


def joined(edits: Sequence[AcceptEdit]) -> tuple[AcceptEdit, ...]:
    """Return one edit for several of other points each; none for none."""
    if not edits:
        return ()
    return (
        AcceptEdit(
            np.concatenate([e.points for e in edits]),
            np.concatenate([e.before for e in edits]),
            np.concatenate([e.after for e in edits]),
            np.concatenate([e.percents_before for e in edits]),
            np.concatenate([e.percents_after for e in edits]),
        ),
    )


def points_under(index: PixelIndex | None, rect: Rect, covered: BoolArray) -> IndexArray:
    """Return the points that some pixels of a photo show.

    Args:
        index: The photo's visible points; None where they are not known yet: no points then.
        rect: Inside the mask.
        covered: (h, w) bool of ``rect``: which pixels.
    """
    if index is None:
        return np.zeros(0, dtype=np.int32)
    entries = index.entries_in(rect)
    line, column = np.divmod(index.pixel[entries], index.shape[1])
    found: IndexArray = index.point[entries[covered[line - rect.y0, column - rect.x0]]]
    return found


def _changed(accepted: Accepted, points: IndexArray, labels: IdArray) -> AcceptEdit:
    """Return the edit that gives accepted labels of points another class, or none."""
    percents = accepted.percents[points]
    kept = np.where(labels > 0, percents, 0).astype(np.uint8)
    return AcceptEdit(points, accepted.labels[points], labels, percents, kept)
