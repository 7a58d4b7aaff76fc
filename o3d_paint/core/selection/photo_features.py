"""What the selection tools know of a photo, prepared once: its regions and how they cohere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import SuperLU, splu

from o3d_paint.core.arrays import BoolArray, FloatArray, RgbArray
from o3d_paint.core.scene import Frame
from o3d_paint.core.selection.regions import (
    WEIGHT,
    Regions,
    X,
    Y,
    build_regions,
    color_distance,
    half,
    merged,
    off_plane,
    on_surface,
)
from o3d_paint.core.selection.surface import fit_surface, resampled_depth

__all__ = ["PhotoFeatures", "prepare_features"]

WORKING_LONG_SIDE = 600
FINE_LONG_SIDE = 1600
_LIGHTNESS = 0.6
"""Lightness counts less than hue: light and shadow fall on the same thing."""
_CLUSTER_STEP, _CLUSTER_ROUNDS, _LEAST_PIECE = 5, 5, 6

_BASE_LIMIT, _BASE_FLATNESS, _FLATNESS = 0.22, 0.6, 0.8
_LIMITS = np.geomspace(0.22, 2.2, 14)

_BARRIERS = (5.0, 2.5, 1.25)
"""Each unit of cost at a border divides what passes by exp of this; three readings of a photo: the
strict one stops at every edge, the lax one keeps things of several colours and parts together."""
_LEAST_PASSING = 1e-4
_LEAK_REACH = 0.32
"""Share of the photo's long side over which what a press spreads is lost."""
_BEHIND_NOISES, _BEHIND_REACH, _BEHIND_WIDTH = 2.0, 0.1, 2.2
_BEHIND_LARGE, _BEHIND_SMALL = 475, 23


@dataclass(frozen=True, slots=True, eq=False)
class PhotoFeatures:
    """A photo cut into regions, at a working resolution.

    Attributes:
        mask_shape: (H, W) of the photo's mask.
        lab: (h, w, 3) float32 colours at the working resolution, lightness at 0.6.
        fine_lab: The same at the resolution at which outlines are refined.
        log_depth: (h, w) float32, NaN where unknown; None without depth.
        region: (h, w) int32 region of each pixel.
        regions: The regions.
        levels: (V, K) what each region belongs to when ever less alike neighbours merge.
        limits: (V,) the costs up to which they merge.
        spreads: Each solves how far a press spreads over the regions, the stricter first.
    """

    mask_shape: tuple[int, int]
    lab: FloatArray
    fine_lab: FloatArray
    log_depth: FloatArray | None
    region: npt.NDArray[np.int32]
    regions: Regions
    levels: npt.NDArray[np.int64]
    limits: FloatArray
    spreads: tuple[SuperLU, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """The (h, w) of the working resolution."""
        return int(self.lab.shape[0]), int(self.lab.shape[1])

    @property
    def mask_pixels(self) -> float:
        """Mask pixels in one working pixel."""
        h, w = self.shape
        return self.mask_shape[0] * self.mask_shape[1] / (h * w)

    def region_at(self, pixel: tuple[float, float]) -> int:
        """Return the region at a mask pixel (u, v).

        Raises:
            ValueError: The pixel lies outside the photo.
        """
        height, width = self.mask_shape
        u, v = int(np.floor(pixel[0] + 0.5)), int(np.floor(pixel[1] + 0.5))
        if not (0 <= u < width and 0 <= v < height):
            msg = f"pixel {pixel} lies outside the photo of {width}x{height}"
            raise ValueError(msg)
        h, w = self.shape
        return int(self.region[(2 * v + 1) * h // (2 * height), (2 * u + 1) * w // (2 * width)])

    def leaks(self, members: BoolArray) -> FloatArray:
        """Return (G,) the share that passes of what comes to the outline of each selection.

        Args:
            members: (G, K) bool, the regions of each selection.
        """
        cut = members[:, self.regions.first] != members[:, self.regions.second]
        length = self.regions.border[:, 0]
        passes = length * _passing(self.regions, _BARRIERS[0])
        least = _LEAST_PASSING * (1 - cut.any(axis=1))
        return np.asarray((cut @ passes) / np.maximum(cut @ length, 1e-12) + least)


def prepare_features(frame: Frame) -> PhotoFeatures:
    """Cut a photo into regions; takes about half a second, for a worker.

    Args:
        frame: The photo, with its depth where there is one.
    """
    from o3d_paint.core.kernels.photo import cluster_pixels, connected_pieces

    pixels = frame.photo.pixels()
    lab = _lab(_reduced(pixels, WORKING_LONG_SIDE))
    h, w = lab.shape[:2]
    camera = frame.camera.resized(w, h)
    measured = frame.depth is not None and bool(np.any(frame.depth > 0))
    depth = np.zeros((h, w), np.float32)
    if measured and frame.depth is not None:
        depth = resampled_depth(frame.depth, (h, w)).astype(np.float32)
    surface = fit_surface(depth, camera)
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.7)
    stacked = [smooth, surface.nearness[..., None], surface.slope, surface.normal]
    stacked.append(surface.valid[..., None])
    features = np.concatenate(stacked, axis=-1).astype(np.float32)
    owner = cluster_pixels(features, _CLUSTER_STEP, _CLUSTER_ROUNDS)
    piece, count = connected_pieces(owner, _LEAST_PIECE)
    first = build_regions(piece, count, lab=smooth, surface=surface, camera=camera)
    regions, became = merged(first, _BASE_LIMIT, flatness=_BASE_FLATNESS)
    with np.errstate(divide="ignore"):
        log_depth = np.where(surface.valid, np.log(depth), np.nan).astype(np.float32)
    return PhotoFeatures(
        mask_shape=frame.mask_shape,
        lab=lab,
        fine_lab=_lab(_reduced(pixels, FINE_LONG_SIDE)),
        log_depth=log_depth if measured else None,
        region=became[piece].astype(np.int32),
        regions=regions,
        levels=_levels(regions),
        limits=_LIMITS,
        spreads=tuple(splu(_spreading(regions, max(h, w), barrier=b)) for b in _BARRIERS),
    )


def _reduced(pixels: RgbArray, long_side: int) -> RgbArray:
    """Return a picture of at most that many pixels along its long side."""
    h, w = pixels.shape[:2]
    scale = long_side / max(h, w)
    if scale >= 1:
        return pixels
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _lab(pixels: RgbArray) -> FloatArray:
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    lab[..., 0] *= _LIGHTNESS
    return np.asarray(lab)


def _levels(regions: Regions) -> npt.NDArray[np.int64]:
    """Return (V, K) what each region belongs to at every limit."""
    lines = [np.arange(len(regions), dtype=np.int64)]
    for before, limit in pairwise(_LIMITS.tolist()):
        regions, became = merged(regions, limit, flatness=_FLATNESS, start=before)
        lines.append(became[lines[-1]])
    return np.stack(lines)


def _spreading(regions: Regions, long_side: int, *, barrier: float) -> coo_matrix:
    """Return the (K, K) system of a press that spreads over borders and leaks away everywhere.

    A random walk from the press: a wide border of like regions lets much through, a gap or a
    narrow leak hardly anything.
    """
    n = len(regions)
    passes = regions.border[:, 0] * _passing(regions, barrier)
    behind_first, behind_second, behind = _behind(regions, long_side, barrier=barrier)
    i = np.concatenate([regions.first, behind_first])
    j = np.concatenate([regions.second, behind_second])
    flow = np.concatenate([passes, behind])
    links = coo_matrix((np.tile(flow, 2), (np.r_[i, j], np.r_[j, i])), shape=(n, n))
    leak = regions.area / (_LEAK_REACH * long_side) ** 2
    total = np.asarray(links.sum(axis=1)).ravel() + leak
    return (diags(total) - links).tocsc()


def _passing(regions: Regions, barrier: float) -> FloatArray:
    """Return (E,) the share that passes of what comes to each border."""
    return np.asarray(np.exp(-barrier * regions.costs(_FLATNESS)) + _LEAST_PASSING)


def _behind(
    regions: Regions, long_side: int, *, barrier: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], FloatArray]:
    """Return links between regions that lie on one plane but are parted by what stands before it.

    Returns:
        The two regions of each link (B,), and what passes.
    """
    sums = regions.sums
    flat = np.flatnonzero((sums[:, WEIGHT] > _BEHIND_SMALL) & on_surface(sums))
    large = flat[sums[flat, WEIGHT] > _BEHIND_LARGE]
    i, j = np.repeat(large, len(flat)), np.tile(flat, len(large))
    area = regions.area
    n = len(regions)
    once = (area[i] > area[j]) | ((area[i] == area[j]) & (i < j))
    beside = np.isin(np.minimum(i, j) * n + np.maximum(i, j), regions.first * n + regions.second)
    i, j = i[once & ~beside], j[once & ~beside]
    x, y = sums[:, X] / area, sums[:, Y] / area
    apart = np.hypot(x[i] - x[j], y[i] - y[j]) - 0.5 * np.sqrt(area[i]) - 0.5 * np.sqrt(area[j])
    off = off_plane(sums, j, i) / (_BEHIND_NOISES * regions.noise)
    near = np.maximum(apart, 0) / (_BEHIND_REACH * long_side)
    together = np.exp(-(off**2) - near)
    color = half(color_distance(sums, i, j) / 14.0) * (1 - _FLATNESS * together)
    passes = (
        _BEHIND_WIDTH * np.sqrt(area[j]) * together * (np.exp(-barrier * color) + _LEAST_PASSING)
    )
    kept = passes > 1e-4
    return i[kept], j[kept], passes[kept]
