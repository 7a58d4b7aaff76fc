"""Which photo to paint next: the one that sees most points that are not settled yet.

What each photo sees is found once, on a sample of the cloud that is large enough for shares of a
thousandth.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray, IndexArray, frozen
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.scene import Frame
from o3d_paint.core.visibility import DepthTolerance, build_pixel_index

__all__ = ["CONFIDENT", "Sightings", "Suggestion", "build_sightings", "suggest", "unsettled"]

CONFIDENT = 0.7
"""Confidence from which a label counts as settled."""
SAMPLE_POINTS = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Which points of a sample of the cloud each photo shows.

    Attributes:
        num_points: N of the whole cloud.
        sample: (S,) positions in the cloud, ascending.
        seen: (F, S) bool.
    """

    num_points: int
    sample: IndexArray
    seen: BoolArray

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        object.__setattr__(self, "sample", frozen(self.sample))
        object.__setattr__(self, "seen", frozen(self.seen))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A photo worth painting.

    Attributes:
        frame_idx: The photo.
        gain: Share of the whole cloud (0..1) that it sees and that is not settled yet: by so
            much confident coverage grows when it is painted.
        points: The same as a number of points, extrapolated from the sample.
    """

    frame_idx: int
    gain: float
    points: int


def build_sightings(
    frames: Sequence[Frame],
    xyz: FloatArray,
    *,
    rule: ConfidenceRule,
    tolerance: DepthTolerance,
    spacing: float,
    progress: Callable[[float, str], None] | None = None,
) -> Sightings:
    """Find what every photo shows of a sample of the cloud.

    Args:
        frames: All photos of the scene.
        xyz: (N, 3) world points of the cloud.
        rule: Which depth pixels are trusted.
        tolerance: How far depth and point may differ.
        spacing: Point spacing of the whole cloud in scene units.
        progress: Told the share done and the photo at work.
    """
    count = min(len(xyz), SAMPLE_POINTS)
    chosen = np.random.default_rng(0).choice(len(xyz), count, replace=False, shuffle=False)
    sample = np.sort(chosen).astype(np.int32)
    points = np.ascontiguousarray(xyz[sample])
    # A thinner cloud needs wider splats to hide what lies behind it.
    thinned = spacing * np.sqrt(len(xyz) / max(count, 1))
    seen = np.zeros((len(frames), count), dtype=bool)
    for idx, frame in enumerate(frames):
        if progress is not None:
            progress(idx / len(frames), f"what {frame.name} shows")
        index = build_pixel_index(
            frame, points, rule=rule, tolerance=tolerance, spacing=float(thinned)
        )
        seen[idx, index.point] = True
    return Sightings(len(xyz), sample, seen)


def unsettled(confidence: FloatArray, conflicts: BoolArray | None = None) -> BoolArray:
    """Return (N,) which points still need paint: of low confidence, or in conflict.

    Args:
        confidence: (N,) in 0..1, 0 where unlabelled.
        conflicts: (N,) whether photos disagree; None where nobody does.
    """
    low: BoolArray = confidence < CONFIDENT
    return low if conflicts is None else low | conflicts


def suggest(
    sightings: Sightings,
    needed: BoolArray,
    *,
    exclude: Collection[int] = (),
    count: int = 1,
) -> tuple[Suggestion, ...]:
    """Choose photos greedily by how many unsettled points they see.

    Args:
        sightings: What the photos show.
        needed: (S,) which points of ``sightings.sample`` are unsettled; see `unsettled`.
        exclude: Photos not to suggest, usually those painted already.
        count: How many to suggest; each counts what those before it leave.

    Returns:
        At most ``count`` photos, best first; none that sees nothing needed.

    Raises:
        ValueError: ``needed`` does not fit the sample.
    """
    if needed.shape != sightings.sample.shape:
        msg = f"needed must be {sightings.sample.shape}, got {needed.shape}"
        raise ValueError(msg)
    left = needed
    allowed = np.ones(len(sightings.seen), dtype=bool)
    allowed[list(exclude)] = False
    chosen: list[Suggestion] = []
    while len(chosen) < count and allowed.any():
        numbers = np.where(allowed, np.count_nonzero(sightings.seen & left, axis=1), -1)
        best = int(numbers.argmax())
        if numbers[best] <= 0:
            break
        gain = float(numbers[best] / len(sightings.sample))
        chosen.append(Suggestion(best, gain, round(gain * sightings.num_points)))
        left = left & ~sightings.seen[best]
        allowed[best] = False
    return tuple(chosen)
