"""Which depth pixels are trusted.

Estimators write confidence on different scales: Depth-Anything-3 writes ``exp(x) + 1``, which is
above 1 and unbounded, others 0 to 1, depth cameras none. One rule per scene decides, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray

__all__ = ["ConfidenceRule", "absolute_rule", "cloud_rule", "default_rule", "percentile_rule"]

_UNIT_THRESHOLD = 0.4
_DA3_FLOOR = 1.05
_DA3_PERCENTILE = 40.0
_DA3_CEILING_PERCENTILE = 90.0
_SAMPLE_SIZE = 2_000_000
# Of the pixels that a cloud's points come from: those below are as likely a point that another
# pixel made. On a rendered room whose cloud holds every pixel .997 of the points can be painted by
# it, against .60 by the exporter's own rule.
_CLOUD_PERCENTILE = 1.0


@dataclass(frozen=True, slots=True)
class ConfidenceRule:
    """A threshold on confidence, with the sentence that explains it.

    Attributes:
        threshold: Smallest trusted value in the file's own units; None trusts every pixel.
        inclusive: Whether a value equal to the threshold is trusted.
        reason: Where the threshold comes from, for people.
    """

    threshold: float | None
    inclusive: bool
    reason: str

    def keep(self, confidence: FloatArray) -> BoolArray:
        """Return which values are trusted, in the shape of ``confidence``; NaN never is."""
        if self.threshold is None:
            return np.ones(confidence.shape, dtype=bool)
        limit = np.asarray(self.threshold, dtype=confidence.dtype)
        kept: BoolArray = confidence >= limit if self.inclusive else confidence > limit
        return kept


def absolute_rule(threshold: float) -> ConfidenceRule:
    """Trust confidence strictly above a number, as the published method does."""
    return ConfidenceRule(threshold, inclusive=False, reason=f"confidence > {threshold:g}")


def percentile_rule(confidences: Iterable[FloatArray], percentile: float) -> ConfidenceRule:
    """Trust all but the least confident ``percentile`` per cent of the valid pixels.

    All of them where no pixel is valid.
    """
    values = _sample(confidences)
    if not len(values):
        return ConfidenceRule(None, inclusive=True, reason="no confidence in the file: all kept")
    threshold = float(np.percentile(values, percentile))
    reason = f"the most confident {100 - percentile:g} % of pixels (confidence >= {threshold:.4g})"
    return ConfidenceRule(threshold, inclusive=True, reason=reason)


def default_rule(
    confidences: Iterable[FloatArray], *, unit_threshold: float = _UNIT_THRESHOLD
) -> ConfidenceRule:
    """Choose the rule that fits the scale of the confidences.

    Values within 0..1 use the published method's threshold. Larger ones use the rule of
    Depth-Anything-3's own exporter: ``min(max(1.05, P40), P90)``, inclusive.

    Args:
        confidences: The confidence maps of all photos; empty where the scene has none.
        unit_threshold: For values within 0..1; the published method's 0.4 if not given.
    """
    values = _sample(confidences)
    if not len(values):
        return ConfidenceRule(None, inclusive=True, reason="no confidence in the file: all kept")
    if values.max() <= 1.0:
        return absolute_rule(unit_threshold)
    low, high = np.percentile(values, [_DA3_PERCENTILE, _DA3_CEILING_PERCENTILE])
    threshold = float(min(max(_DA3_FLOOR, low), high))
    reason = f"confidence >= {threshold:.4g} (values exceed 1: Depth-Anything-3's own rule)"
    return ConfidenceRule(threshold, inclusive=True, reason=reason)


def cloud_rule(usual: ConfidenceRule, of_points: FloatArray) -> ConfidenceRule:
    """Return the rule for a file that brings its own cloud: what made a point may also vote on it.

    Args:
        usual: The rule that the scale of the confidences suggests; never made stricter.
        of_points: Confidence of the pixels that the cloud's points come from; may be empty.
    """
    if usual.threshold is None or not len(of_points):
        return usual
    threshold = float(np.percentile(of_points, _CLOUD_PERCENTILE))
    if threshold >= usual.threshold:
        return usual
    reason = f"confidence >= {threshold:.4g}: the cloud's own points come from such pixels"
    return ConfidenceRule(threshold, inclusive=True, reason=reason)


def _sample(confidences: Iterable[FloatArray]) -> FloatArray:
    """Return finite values of all maps, every k-th where there are very many."""
    maps = [np.asarray(c).ravel() for c in confidences]
    step = max(1, sum(len(m) for m in maps) // _SAMPLE_SIZE)
    values = np.concatenate([m[::step] for m in maps]) if maps else np.zeros(0)
    finite: FloatArray = values[np.isfinite(values)]
    return finite
