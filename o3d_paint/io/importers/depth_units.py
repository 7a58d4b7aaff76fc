"""Whether depths have the unit of the poses, as far as photos that overlap can tell.

Where cameras move, the depths of two photos agree at one scale only. How much they disagree there
depends on the sensor (0.1 to 2.5 % in the median of eight real sets); that they disagree more at
every other scale does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar

from o3d_paint.core.consistency import agreement_between, disagreement, pairs_alike
from o3d_paint.core.scene import Frame

__all__ = [
    "RECORDERS",
    "WORST_FIT",
    "BestScale",
    "best_scale",
    "clearly_less",
    "doubts_about_unit",
    "unit_name",
]

WORST_FIT = 0.03
"""Median disagreement of two photos' depths above which no unit is taken for the right one."""

RECORDERS = {
    "0.001": 1e-3,
    "1/5000": 1 / 5000,
    "1/4000": 1 / 4000,
    "1/6553.5": 1 / 6553.5,
    "1/10000": 1e-4,
    "1/256": 1 / 256,
    "0.01": 1e-2,
    "1": 1.0,
}
"""Units of depth that recorders use, as users type them."""
# Ratios of units that recorders use (metres, 1/1000, 1/4000, 1/5000, 1/6553.5, 1/10000), and steps
# between them, so that a unit that nobody lists shows too.
_FACTORS = (
    0.001, 0.01, 0.1, 0.1526, 0.2, 0.25, 0.35, 0.5, 0.65, 0.763, 0.8, 0.9, 1.1, 1.25, 1.31, 1.53,
    2.0, 2.9, 4.0, 5.0, 6.5535, 10.0, 100.0, 1000.0,
)  # fmt: skip
_STEP = 1.5
# Scales this close are one: real sets are least within 2 % of the right one, and no two units that
# recorders use are closer than a fifth.
_SAME_SCALE = 1.07
# By how much costs must differ to be told apart: a tenth, and what chance makes of the smallest.
_RELATIVE_MARGIN, _MARGIN = 0.1, 0.05


@dataclass(frozen=True, slots=True)
class BestScale:
    """How photos agree as depths are read, and at the scale where they agree best.

    Attributes:
        error: Median disagreement as depths are read; NaN where photos share nothing.
        factor: How many times as large depths had to be.
        best: Median disagreement then.
        is_clear: Whether that is another scale and fits clearly better.
    """

    error: float
    factor: float
    best: float
    is_clear: bool


def clearly_less(cost: float, other: float) -> bool:
    """Return whether one disagreement is less than another by more than chance makes."""
    return bool(cost + _MARGIN + _RELATIVE_MARGIN * cost < other)


def best_scale(frames: Sequence[Frame]) -> BestScale:
    """Look for the scale of depths at which photos agree best.

    Args:
        frames: Posed photos, some with depth.
    """
    with np.errstate(all="ignore"):
        pairs = pairs_alike(frames)

    def cost_at(factor: float) -> float:
        # Poses beyond all numbers agree about nothing, whatever arithmetic has to say of them.
        with np.errstate(all="ignore"):
            return disagreement(_scaled(frames, factor), pairs)

    error = agreement_between(frames).error
    costs = {1.0: cost_at(1.0)} | {f: cost_at(f) for f in _FACTORS}
    if not all(np.isfinite(c) for c in costs.values()):
        return BestScale(error, 1.0, error, is_clear=False)
    start = min(costs, key=lambda f: (costs[f], abs(np.log(f))))
    if start == 1.0:
        return BestScale(error, 1.0, error, is_clear=False)
    low = max((f for f in costs if f < start), default=start / _STEP)
    high = min((f for f in costs if f > start), default=start * _STEP)
    found = minimize_scalar(
        lambda x: cost_at(float(np.exp(x))),
        bounds=(np.log(max(low, start / _STEP)), np.log(min(high, start * _STEP))),
        method="bounded",
        options={"xatol": 2e-3, "maxiter": 16},
    )
    factor = float(np.exp(found.x)) if found.fun < costs[start] else start
    cost = min(float(found.fun), costs[start])
    best = agreement_between(_scaled(frames, factor)).error
    is_other = abs(np.log(factor)) > np.log(_SAME_SCALE)
    is_clear = is_other and best < WORST_FIT and clearly_less(cost, costs[1.0])
    return BestScale(error, factor, best, is_clear=is_clear)


def unit_name(unit: float) -> str:
    """Return a unit as users type it: that of a recorder where it is close to one."""
    for name, value in RECORDERS.items():
        if abs(np.log(unit / value)) < np.log(_SAME_SCALE) / 2:
            return name
    return f"1/{1 / unit:.0f}" if unit < 0.1 else f"{unit:.3g}"


def doubts_about_unit(frames: Sequence[Frame], unit: float, whose: str) -> list[str]:
    """Return a sentence where photos agree clearly better at another scale of depths.

    Args:
        frames: Posed photos, some with depth.
        unit: What a step of their depth values was taken for.
        whose: Says that in words.
    """
    found = best_scale(frames)
    if not found.is_clear:
        return []
    agreed = (
        "photos share nothing"
        if np.isnan(found.error)
        else f"depths of two photos differ by {found.error:.1%}"
    )
    name = unit_name(unit * found.factor)
    return [
        f"Depths are read {whose}, and {agreed}; in steps of {name} they would differ by"
        f" {found.best:.1%} in the median: try --depth-unit {name}."
    ]


def _scaled(frames: Sequence[Frame], factor: float) -> list[Frame]:
    """Return photos as with depths some times as large."""
    # Shorter ways between cameras are the same as larger depths, and take no memory.
    scaled = []
    for frame in frames:
        pose = frame.cam_from_world.copy()
        pose[:3, 3] /= factor
        scaled.append(replace(frame, cam_from_world=pose))
    return scaled
