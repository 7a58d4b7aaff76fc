"""Selection from photo and geometry together: fill, press and drag, and a rough outline.

All three choose among the regions of `photo_features`; then the outline is put onto the edges of
the photo. Results are a rectangle and a coverage at mask resolution, like those of the brush.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import SuperLU

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray
from o3d_paint.core.mask import Rect
from o3d_paint.core.selection.outline import EdgeLook, outline_score
from o3d_paint.core.selection.photo_features import PhotoFeatures

__all__ = ["Growth", "assist", "coverage_of", "fill", "start_growth"]

DEFAULT_TOLERANCE = 0.5
_SNAP_FROM, _SNAP_TO = 0.9, 1.03
"""A drag may stop at a region whose radius is this share of the drag's length."""
_LEAST_STEP = 1e-3
_OUTLINE_WEIGHT = 0.3
"""What the outline of a candidate counts beside what sets it off from the next candidate."""
_FINE_FROM = 1.25
_MARGIN = 6


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """What a press can grow to, from the region under the pointer to the whole photo.

    Attributes:
        features: The photo.
        seed: (u, v) of the press in mask pixels.
        radius: (G,) ascending; radius of the disc as large as each candidate, in mask pixels.
        firmness: (G,) how clearly each candidate is set off: from what would join it next, and
            by an outline over which little passes.
        members: (G, K) bool, the regions of each candidate.
    """

    features: PhotoFeatures
    seed: tuple[float, float]
    radius: FloatArray
    firmness: FloatArray
    members: BoolArray

    def regions_within(self, extent_px: float) -> BoolArray:
        """Return (K,) the regions selected by a drag of that length in mask pixels.

        Among candidates about as large as a disc with the drag as its radius, the one most
        clearly set off wins, so that a drag snaps to objects. Longer drags never select less.
        """
        fits = (self.radius >= _SNAP_FROM * extent_px) & (self.radius <= _SNAP_TO * extent_px)
        candidates = np.flatnonzero(fits)
        if len(candidates):
            chosen = candidates[self.firmness[candidates].argmax()]
        else:
            chosen = max(0, int(np.searchsorted(self.radius, extent_px * _SNAP_TO)) - 1)
        return np.asarray(self.members[chosen])

    def select(self, extent_px: float) -> tuple[Rect, BoolArray]:
        """Return the rectangle and the (h, w) coverage that a drag of that length selects."""
        return coverage_of(self.features, self.regions_within(extent_px)[self.features.region])


def start_growth(features: PhotoFeatures, seed_px: tuple[float, float]) -> Growth:
    """Rank all that a press can mean.

    Families of candidates: the ever larger regions that hold the press when alike neighbours
    merge, and the regions in the order in which random walks from the press reach them.

    Args:
        features: The photo.
        seed_px: (u, v) of the press in mask pixels.

    Raises:
        ValueError: The press lies outside the photo.
    """
    seed = features.region_at(seed_px)
    families = [_nested(features, seed)]
    families += [_walk(spread, seed) for spread in features.spreads]
    members = np.concatenate([candidates for candidates, _ in families])
    firmness = np.concatenate([clear for _, clear in families])
    firmness = firmness - _OUTLINE_WEIGHT * np.log(features.leaks(members))
    area = members @ features.regions.area * features.mask_pixels
    order = np.lexsort((-firmness, area))
    radius = np.sqrt(area / np.pi)
    return Growth(features, seed_px, radius[order], firmness[order], members[order])


def assist(
    features: PhotoFeatures, seed_px: tuple[float, float], *, extent_px: float
) -> tuple[Rect, BoolArray]:
    """Select the object under a press, as large as a drag says.

    During a drag keep the `Growth` of the press and ask it again: that takes a few milliseconds.

    Args:
        features: The photo.
        seed_px: (u, v) of the press in mask pixels.
        extent_px: Length of the drag in mask pixels.

    Returns:
        A rectangle inside the mask and the (h, w) coverage in it.

    Raises:
        ValueError: The press lies outside the photo.
    """
    return start_growth(features, seed_px).select(extent_px)


def fill(
    features: PhotoFeatures,
    mask: IdArray,
    seed_px: tuple[float, float],
    *,
    tolerance: float = DEFAULT_TOLERANCE,
) -> tuple[Rect, BoolArray]:
    """Select the connected region of like colour and surface, within what has one label now.

    Args:
        features: The photo.
        mask: (H, W) ids; only pixels with the seed's present label, connected to it, are filled.
        seed_px: (u, v) of the click in mask pixels.
        tolerance: 0..1; how unlike neighbouring regions may be and still be filled together.

    Returns:
        A rectangle inside the mask and the (h, w) coverage in it; the seed is always covered.

    Raises:
        ValueError: The click lies outside the photo, the mask does not fit it, or the tolerance
            is not in 0..1.
    """
    if mask.shape != features.mask_shape:
        msg = f"mask of shape {mask.shape} does not fit a photo of {features.mask_shape}"
        raise ValueError(msg)
    if not 0 <= tolerance <= 1:
        msg = f"tolerance must lie in 0..1, got {tolerance}"
        raise ValueError(msg)
    seed = features.region_at(seed_px)
    level = features.levels[round(tolerance * (len(features.levels) - 1))]
    rect, coverage = coverage_of(features, (level == level[seed])[features.region])
    u, v = int(np.floor(seed_px[0] + 0.5)), int(np.floor(seed_px[1] + 0.5))
    rect, coverage = _with_pixel(rect, coverage, u, v=v)
    present = mask[rect.slices]
    same = coverage & (present == mask[v, u])
    _, pieces = cv2.connectedComponents(same.astype(np.uint8), connectivity=4)
    return rect, np.asarray(pieces == pieces[v - rect.y0, u - rect.x0])


def coverage_of(features: PhotoFeatures, inside: BoolArray) -> tuple[Rect, BoolArray]:
    """Bring a selection at the working resolution to the mask, its outline onto the edges.

    Args:
        features: The photo.
        inside: (h, w) bool at the working resolution.

    Returns:
        A rectangle inside the mask, around the selection, and the (H', W') coverage in it.
    """
    box = _box(inside)
    if box is None:
        return Rect(0, 0, 0, 0), np.zeros((0, 0), dtype=bool)
    part = box.slices
    depth = None if features.log_depth is None else features.log_depth[part]
    score = outline_score(inside[part], features.lab[part], log_depth=depth, look=EdgeLook())
    if features.fine_lab.shape[0] <= _FINE_FROM * features.shape[0]:
        return _enlarged(score, box, features.shape, shape=features.mask_shape)
    fine_shape = (int(features.fine_lab.shape[0]), int(features.fine_lab.shape[1]))
    fine_box, fine_inside = _enlarged(score, box, features.shape, shape=fine_shape)
    look = EdgeLook().scaled(fine_shape[0] / features.shape[0])
    fine_lab = features.fine_lab[fine_box.slices]
    score = outline_score(fine_inside, fine_lab, log_depth=None, look=look)
    return _enlarged(score, fine_box, fine_shape, shape=features.mask_shape)


def _walk(spread: SuperLU, seed: int) -> tuple[BoolArray, FloatArray]:
    """Return (G, K) candidates by a random walk from a region, and the drop after each."""
    count = spread.shape[0]
    press = np.zeros(count)
    press[seed] = 1
    reached = np.log(np.maximum(spread.solve(press), 1e-300))
    order = np.argsort(-reached, kind="stable")
    rank = np.zeros(count, dtype=np.int64)
    rank[order] = np.arange(count)
    drop = np.append(-np.diff(reached[order]), _LEAST_STEP)
    return rank[None, :] <= np.arange(count)[:, None], drop


def _nested(features: PhotoFeatures, seed: int) -> tuple[BoolArray, FloatArray]:
    """Return (G, K) what holds a region at each level, and how long each lasts."""
    same = features.levels == features.levels[:, [seed]]
    changes = np.append(True, (same[1:] != same[:-1]).any(axis=1))
    starts = np.flatnonzero(changes)
    limits = np.log(np.append(features.limits, features.limits[-1] ** 2 / features.limits[-2]))
    lasts = limits[np.append(starts[1:], len(same))] - limits[starts]
    return same[starts], np.asarray(lasts)


def _box(inside: BoolArray) -> Rect | None:
    """Return the box around a selection with a margin, or None where it is empty."""
    lines, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(lines):
        return None
    return Rect(
        int(columns[0]) - _MARGIN,
        int(lines[0]) - _MARGIN,
        int(columns[-1]) + _MARGIN + 1,
        int(lines[-1]) + _MARGIN + 1,
    ).clipped((inside.shape[0], inside.shape[1]))


def _enlarged(
    score: FloatArray, box: Rect, whole: tuple[int, int], *, shape: tuple[int, int]
) -> tuple[Rect, BoolArray]:
    """Bring a score in a box of a picture to another resolution of it.

    Args:
        score: (h, w) of the box.
        box: Where it lies in the picture.
        whole: (H, W) of the picture.
        shape: (H, W) wanted.

    Returns:
        The rectangle there and where the score is positive.
    """
    scale_y, scale_x = shape[0] / whole[0], shape[1] / whole[1]
    rect = Rect(
        round(box.x0 * scale_x),
        round(box.y0 * scale_y),
        round(box.x1 * scale_x),
        round(box.y1 * scale_y),
    ).clipped(shape)
    x = (np.arange(rect.x0, rect.x1, dtype=np.float32) + 0.5) / scale_x - 0.5 - box.x0
    y = (np.arange(rect.y0, rect.y1, dtype=np.float32) + 0.5) / scale_y - 0.5 - box.y0
    map_x, map_y = (np.ascontiguousarray(a, dtype=np.float32) for a in np.meshgrid(x, y))
    enlarged = cv2.remap(score, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return rect, np.asarray(enlarged > 0)


def _with_pixel(
    rect: Rect, coverage: BoolArray, u: int, *, v: int
) -> tuple[Rect, npt.NDArray[np.bool_]]:
    """Return the selection enlarged, where needed, so that it covers one pixel."""
    around = rect.union(Rect(u, v, u + 1, v + 1))
    wider = np.zeros(around.shape, dtype=bool)
    top, left = rect.y0 - around.y0, rect.x0 - around.x0
    wider[top : top + coverage.shape[0], left : left + coverage.shape[1]] = coverage
    wider[v - around.y0, u - around.x0] = True
    return around, wider
