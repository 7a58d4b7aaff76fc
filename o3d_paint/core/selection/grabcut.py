"""The object inside a rough outline: GrabCut on colour, held to the regions of photo and surface.

OpenCV's GrabCut (Rother 2004) knows colours alone. Geometry enters twice: regions that reach far
beyond the outline are taken for background from the start, and each region finally goes as a
whole where its pixels and its share inside the outline say, so that the cut follows gaps and
creases.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.brush import polygon
from o3d_paint.core.mask import Rect
from o3d_paint.core.selection.assist import coverage_of
from o3d_paint.core.selection.photo_features import PhotoFeatures

__all__ = ["grabcut"]

_ROUNDS = 2  # more change nothing for the better, measured with outlines around true regions
_WORK_PIXELS = 50_000
_SURROUND = 0.25
_MOSTLY_INSIDE = 0.8
_GOES_WITH = 0.5
_SURFACE_LEVEL = 5


def grabcut(features: PhotoFeatures, outline: FloatArray) -> tuple[Rect, BoolArray]:
    """Select the object inside a rough outline.

    Args:
        features: The photo.
        outline: (K, 2) corners of a closed polygon around the object in mask pixels, K >= 3; the
            four corners of a rectangle do as well. Nothing outside is selected.

    Returns:
        A rectangle inside the mask and the (h, w) coverage in it; empty where the outline holds
        nothing that differs from its surroundings.

    Raises:
        ValueError: The outline has fewer than three corners.
    """
    if outline.ndim != 2 or outline.shape[0] < 3 or outline.shape[1] != 2:
        msg = f"an outline needs three or more corners (K, 2), got {outline.shape}"
        raise ValueError(msg)
    inside = _drawn(features, outline)
    if not inside.any():
        return Rect(0, 0, 0, 0), np.zeros((0, 0), dtype=bool)
    share = _share_inside(features, inside)
    part = _surroundings(inside).slices
    hopeful = (share >= _MOSTLY_INSIDE)[features.region]
    cut = np.zeros(inside.shape, dtype=bool)
    cut[part] = _cut(features.lab[part], inside[part], hopeful[part])
    goes = _share_of_regions(features, cut, inside) + share > 2 * _GOES_WITH
    chosen = goes[features.region] & inside
    if not chosen.any():
        chosen = cut
    rect, coverage = coverage_of(features, chosen)
    return rect, coverage & _within(features.mask_shape, outline, rect)


def _drawn(features: PhotoFeatures, outline: FloatArray) -> BoolArray:
    """Return (h, w) the inside of an outline at the working resolution."""
    (h, w), (height, width) = features.shape, features.mask_shape
    scale = np.array([w / width, h / height])
    return _within((h, w), (outline + 0.5) * scale - 0.5, Rect(0, 0, w, h))


def _within(shape: tuple[int, int], outline: FloatArray, rect: Rect) -> BoolArray:
    """Return which pixels of a rectangle lie inside an outline."""
    drawn = np.zeros(shape, dtype=bool)
    found = polygon(shape, outline)
    if found is not None:
        drawn[found[0].slices] = found[1]
    return drawn[rect.slices]


def _share_of_regions(features: PhotoFeatures, chosen: BoolArray, among: BoolArray) -> FloatArray:
    """Return (K,) which share of each region's pixels among some is chosen."""
    count = len(features.regions)
    hit = np.bincount(features.region[chosen & among], minlength=count)
    return np.asarray(hit / np.maximum(np.bincount(features.region[among], minlength=count), 1))


def _share_inside(features: PhotoFeatures, inside: BoolArray) -> FloatArray:
    """Return (K,) which share of the surface that each region belongs to lies inside."""
    everywhere = np.ones(inside.shape, dtype=bool)
    share = _share_of_regions(features, inside, everywhere)
    area = features.regions.area
    whole = features.levels[_SURFACE_LEVEL]
    hit = np.bincount(whole, weights=share * area) / np.bincount(whole, weights=area)
    return np.asarray(np.minimum(share, hit[whole]))


def _surroundings(inside: BoolArray) -> Rect:
    """Return the box around an outline, wide enough to know the background."""
    lines, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    margin = 4 + round(_SURROUND * max(len(lines), len(columns)))
    return Rect(
        int(columns[0]) - margin,
        int(lines[0]) - margin,
        int(columns[-1]) + margin + 1,
        int(lines[-1]) + margin + 1,
    ).clipped((inside.shape[0], inside.shape[1]))


def _cut(lab: FloatArray, inside: BoolArray, hopeful: BoolArray) -> BoolArray:
    """Return (h, w) the foreground by colour."""
    h, w = inside.shape
    scale = min(1.0, (_WORK_PIXELS / (h * w)) ** 0.5)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    picture = np.clip(lab * [1 / 0.6 * 2.55, 1, 1] + [0, 128, 128], 0, 255).astype(np.uint8)
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    kind = np.where(hopeful, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    kind = np.where(inside, kind, cv2.GC_BGD).astype(np.uint8)
    kind = cv2.resize(kind, size, interpolation=cv2.INTER_NEAREST_EXACT)
    if not _both_sides(kind):
        kind = np.where(kind == cv2.GC_PR_BGD, cv2.GC_PR_FGD, kind).astype(np.uint8)
    if not _both_sides(kind):
        return inside
    models = np.zeros((2, 1, 65))
    # Deterministic: OpenCV seeds its clusters from this generator.
    cv2.setRNGSeed(0)
    cv2.grabCut(picture, kind, None, models[0], models[1], _ROUNDS, cv2.GC_INIT_WITH_MASK)
    front = ((kind == cv2.GC_FGD) | (kind == cv2.GC_PR_FGD)).astype(np.float32)
    return np.asarray(cv2.resize(front, (w, h), interpolation=cv2.INTER_LINEAR) > 0.5) & inside


def _both_sides(kind: npt.NDArray[np.uint8]) -> bool:
    """Return whether there are pixels of both kinds to learn from."""
    front = (kind == cv2.GC_PR_FGD) | (kind == cv2.GC_FGD)
    return bool(front.any()) and not bool(front.all())
