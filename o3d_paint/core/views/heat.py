"""What is settled and what is not, as colours: conflicts, confidence, coverage.

Each view sorts points into a few levels; level 0 is nothing to show. Cloud and photo colour the
same levels alike. The ramp of confidence is told apart by the colour-blind too.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, IndexArray, RgbArray

__all__ = ["HEAT_TITLES", "HeatView", "heat_colors", "heat_levels", "write_heat"]

HeatView = Literal["conflicts", "confidence", "coverage"]

HEAT_TITLES: dict[HeatView, str] = {
    "conflicts": "Conflicts: where photos disagree",
    "confidence": "Confidence: red is low, blue is high",
    "coverage": "Coverage: blue is painted, green is accepted, violet is fused, grey is missing",
}

_STEPS = 10
_RAMP = ((0.0, (203, 58, 48)), (0.5, (246, 222, 150)), (1.0, (58, 126, 201)))
_CONFLICT, _PAINTED, _FUSED = (255, 176, 32), (74, 144, 226), (170, 130, 240)
_ACCEPTED = (150, 200, 120)
_GREY, _GREY_SHADING = 0.20, 0.22
_SHADING = 0.25


def heat_levels(
    view: HeatView,
    *,
    labels: IdArray,
    sources: npt.NDArray[np.uint8],
    confidence: FloatArray | None,
    contested: BoolArray,
) -> IdArray:
    """Return the (K,) level of points.

    Args:
        view: What is asked.
        labels: (K,) class ids that show, 0 without.
        sources: (K,) as in `o3d_paint.core.label_source`.
        confidence: (K,) of the labels; None before anything was fused: paint counts as certain.
        contested: (K,) whether photos disagree.
    """
    if view == "conflicts":
        return contested.astype(np.uint16)
    if view == "coverage":
        return sources.astype(np.uint16)
    if confidence is None:
        return np.where(labels > 0, _STEPS, 0).astype(np.uint16)
    step = 1 + np.minimum(_STEPS - 1, (np.clip(confidence, 0, 1) * _STEPS).astype(np.int64))
    return np.where(labels > 0, step, 0).astype(np.uint16)


def heat_colors(view: HeatView) -> RgbArray:
    """Return the (L, 3) colours of the levels; row 0 is unused."""
    if view == "conflicts":
        return np.array([(0, 0, 0), _CONFLICT], dtype=np.uint8)
    if view == "coverage":
        return np.array([(0, 0, 0), _PAINTED, _FUSED, _ACCEPTED], dtype=np.uint8)
    at = (np.arange(_STEPS) + 0.5) / _STEPS
    knots = [share for share, _ in _RAMP]
    ramp = [np.interp(at, knots, [color[c] for _, color in _RAMP]) for c in range(3)]
    colors = np.stack(ramp, axis=1).round().astype(np.uint8)
    return np.concatenate([np.zeros((1, 3), dtype=np.uint8), colors])


def write_heat(
    buffer: npt.NDArray[np.float32],
    rgb: RgbArray,
    levels: IdArray,
    *,
    colors: RgbArray,
    points: IndexArray,
) -> None:
    """Write the colours of some points into the 3D view's buffer, in place.

    Args:
        buffer: (N, 3) float32, 0 to 1.
        rgb: (N, 3) the photos' colours, of which the brightness stays.
        levels: (K,) of the points.
        colors: (L, 3) of the levels.
        points: Which K of the N points.
    """
    light = rgb[points].astype(np.float32).mean(axis=1, keepdims=True) / 255
    lit = (colors[levels].astype(np.float32) / 255) * (1 - _SHADING + _SHADING * light)
    grey = _GREY + _GREY_SHADING * light
    buffer[points] = np.where((levels > 0)[:, None], lit, grey)
