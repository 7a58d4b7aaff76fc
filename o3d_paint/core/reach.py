"""How much of what is painted on a photo reaches points of the cloud.

Depth that is missing, not trusted or contradicted lets paint fall through: the window shows nothing
there and no vote is cast. A painted pixel reaches a point when one that the photo shows lies within
what a point covers at the density of the visible ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.visibility import PixelIndex

__all__ = ["MOST_UNREACHED", "Reach", "reach_of_photo", "reach_sentences"]

MOST_UNREACHED = 0.1
"""Share of the paint of a class on a photo that may reach no point without being told."""

# Cells of the grid on which reach is measured: with four visible points each on average an empty
# one is a gap and no accident (1 in 50), a neighbour's points count too.
_POINTS_PER_CELL = 4
_LEAST_SIDE, _MOST_SIDE = 24, 256
_MOST_SENTENCES = 5


@dataclass(frozen=True, slots=True)
class Reach:
    """What became of one class's paint on one photo.

    Attributes:
        frame_idx: The photo.
        class_id: The class.
        painted: Share of the photo that is painted in it.
        reached: Share of that which reaches points.
    """

    frame_idx: int
    class_id: int
    painted: float
    reached: float


def reach_of_photo(frame_idx: int, mask: IdArray, index: PixelIndex) -> tuple[Reach, ...]:
    """Return for each class on a photo how much of its paint reaches points.

    Args:
        frame_idx: The photo.
        mask: (H, W) ids of ``index.shape``.
        index: The points that the photo shows.
    """
    height, width = mask.shape
    side = float(np.sqrt(len(index) / _POINTS_PER_CELL))
    scale = min(1.0, float(np.clip(side, _LEAST_SIDE, _MOST_SIDE)) / float(np.sqrt(height * width)))
    h, w = max(1, round(height * scale)), max(1, round(width * scale))
    rows = ((2 * np.arange(h) + 1) * height) // (2 * h)
    columns = ((2 * np.arange(w) + 1) * width) // (2 * w)
    small = mask[rows[:, None], columns]
    hit = np.zeros((h, w), dtype=np.uint8)
    line, column = np.divmod(index.pixel, width)
    hit[line.astype(np.int64) * h // height, column.astype(np.int64) * w // width] = 1
    near = cv2.dilate(hit, np.ones((3, 3), dtype=np.uint8)) > 0
    painted = np.bincount(small.ravel())
    reached = np.bincount(small[near], minlength=len(painted))
    return tuple(
        Reach(frame_idx, int(i), float(painted[i] / small.size), float(reached[i] / painted[i]))
        for i in np.flatnonzero(painted)
        if i > 0
    )


def reach_sentences(
    reach: Sequence[Reach], photo_names: Sequence[str], name_of: Callable[[int], str]
) -> list[str]:
    """Return a sentence for each class on a photo of which too much reaches no point.

    Args:
        reach: Of all photos.
        photo_names: Of all photos of the scene.
        name_of: Tells the name of a class.
    """
    lost = [r for r in reach if r.reached < 1 - MOST_UNREACHED]
    lost.sort(key=lambda r: -(1 - r.reached) * r.painted)
    said = [
        f"Photo {photo_names[r.frame_idx]}: {1 - r.reached:.0%} of what is painted as"
        f" {name_of(r.class_id)} reaches no point; depth is missing or not trusted there."
        for r in lost[:_MOST_SENTENCES]
    ]
    if len(lost) > len(said):
        said.append(f"The same holds for {len(lost) - len(said)} more classes on photos.")
    return said
