"""Outlines of regions put exactly onto the edges of photo and surface."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray

__all__ = ["EdgeLook", "outline_score"]

_COLOR_NOISE = 6.0
_DEPTH_STEP = 0.02
_STRONGEST = 4.0
_PULL = 0.25
"""What one pixel of distance from the first outline counts against the look of the pixel."""


@dataclass(frozen=True, slots=True)
class EdgeLook:
    """How far outlines may move, in pixels.

    Attributes:
        band: Pixels on both sides of the outline that are decided anew, together.
        reach: Radius of the window that says how inside and outside look.
    """

    band: float = 2.5
    reach: int = 4

    def scaled(self, factor: float) -> EdgeLook:
        """Return the look for a picture that many times as large."""
        return EdgeLook(self.band * factor, max(2, min(12, round(self.reach * factor))))


def outline_score(
    inside: BoolArray, lab: FloatArray, *, log_depth: FloatArray | None, look: EdgeLook
) -> FloatArray:
    """Decide the pixels along an outline by what they resemble, the inside or the outside.

    Means and spreads of colour (and log depth) are taken in a window on each side, a pixel away
    from the outline, so that mixed pixels do not speak.

    Args:
        inside: (h, w) the region.
        lab: (h, w, 3) float32 colours.
        log_depth: (h, w) float32, NaN where unknown; None does without.
        look: How far the outline may move.

    Returns:
        (h, w) float32 in -1..1, positive inside; it may be enlarged before its sign is taken.
    """
    region = inside.astype(np.uint8)
    within = cv2.distanceTransform(region, cv2.DIST_L2, 3)
    beyond = cv2.distanceTransform(1 - region, cv2.DIST_L2, 3)
    signed = np.where(inside, within - 0.5, 0.5 - beyond).astype(np.float32)
    near = within + beyond <= look.band
    core_in, core_out = (within > 1).astype(np.float32), (beyond > 1).astype(np.float32)
    enough = (_window_sum(core_in, look) > 2) & (_window_sum(core_out, look) > 2)
    likeness = np.zeros(inside.shape, dtype=np.float32)
    for channel in range(3):
        likeness += _likeness(
            lab[..., channel], core_in, core_out, look=look, noise=_COLOR_NOISE, most=None
        )
    if log_depth is not None:
        known = np.isfinite(log_depth)
        flat = np.where(known, log_depth, 0).astype(np.float32)
        share_in, share_out = core_in * known, core_out * known
        step = _likeness(flat, share_in, share_out, look=look, noise=_DEPTH_STEP, most=_STRONGEST)
        both = (_window_sum(share_in, look) > 2) & (_window_sum(share_out, look) > 2)
        likeness += np.where(known & both, step, 0)
    likeness = np.clip(likeness, -_STRONGEST, _STRONGEST)
    decided = cv2.GaussianBlur(likeness, (0, 0), 0.7) + _PULL * signed
    # Clipped, or a very clear pixel would push the enlarged outline into a less clear one.
    score = np.where(near & enough, decided, signed)
    return np.asarray(np.clip(score, -1, 1), dtype=np.float32)


def _likeness(
    values: FloatArray,
    core_in: FloatArray,
    core_out: FloatArray,
    *,
    look: EdgeLook,
    noise: float,
    most: float | None,
) -> FloatArray:
    """Return (h, w) how much more a value is like the inside than like the outside."""
    distances = []
    for core in (core_in, core_out):
        count = np.maximum(_window_sum(core, look), 1)
        weighted = core * values
        mean = _window_sum(weighted, look) / count
        if most is None:
            spread = np.maximum(_window_sum(weighted * values, look) / count - mean**2, 0)
            distances.append((values - mean) ** 2 / (noise**2 + spread))
        else:
            distances.append(np.minimum((values - mean) ** 2 / noise**2, most))
    return np.asarray(distances[1] - distances[0], dtype=np.float32)


def _window_sum(values: FloatArray, look: EdgeLook) -> FloatArray:
    size = (2 * look.reach + 1,) * 2
    summed = cv2.boxFilter(
        values.astype(np.float32), -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(summed)
