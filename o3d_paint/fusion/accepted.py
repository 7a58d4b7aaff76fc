"""Accepted predictions laid over a fusion: they label points, and make nothing surer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from o3d_paint.core.accepted import AcceptedLabels
from o3d_paint.core.arrays import BoolArray
from o3d_paint.core.label_source import ACCEPTED
from o3d_paint.fusion.result import Fusion

__all__ = ["with_accepted"]


def with_accepted(
    fusion: Fusion,
    accepted: AcceptedLabels | None,
    is_painted: BoolArray,
    min_confidence: float,
) -> Fusion:
    """Return a fusion in which unpainted points have the labels that were accepted for them.

    Such a label is as sure as when it was accepted; or as the fusion is of it now, where that is
    less, but still enough to show.

    Args:
        fusion: What the paint alone gives. The article's stays as it is: it knows photos only.
        accepted: The predictions; None without any.
        is_painted: (N,) which points have paint: it outranks what was accepted.
        min_confidence: From which confidence on the fusion's own labels show, 0 to 1.
    """
    if accepted is None or not fusion.is_measured:
        return fusion
    counts = ~is_painted[accepted.points]
    points, said = accepted.points[counts], accepted.labels[counts]
    kept = accepted.confidence[counts]
    if not len(points):
        return fusion
    labels, confidence, source = (
        fusion.labels.copy(),
        fusion.confidence.copy(),
        fusion.source.copy(),
    )
    agrees = (labels[points] == said) & fusion.is_sure(min_confidence, points)
    confidence[points] = np.where(agrees, np.minimum(confidence[points], kept), kept)
    labels[points], source[points] = said, ACCEPTED
    return replace(fusion, labels=labels, confidence=confidence, source=source)
