"""Regions of a photo that are alike in colour and lie on one surface, and how they border.

A photo starts as some ten thousand compact clusters of pixels. Neighbours merge, the most alike
first, as long as a limit allows: what separates them is the colour of the whole regions (textures
average out), a gap in depth along their border, and a crease, counted fully where it is concave
(things stand on things) and hardly where it is convex (a thing turns its other side). Regions on
one common plane may differ more in colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.selection.surface import Surface

__all__ = [
    "LAB",
    "WEIGHT",
    "Regions",
    "X",
    "Y",
    "build_regions",
    "color_distance",
    "half",
    "merged",
    "off_plane",
    "on_surface",
]

Ids = npt.NDArray[np.int64]

AREA, LAB, MEASURED, WEIGHT = 0, slice(1, 4), 4, 5
_WX, _WY, _WXX, _WXY, _WYY, _WZ, _WZX, _WZY, _WZZ = range(6, 15)
X, Y = 15, 16
_SUMS = 17

_COLOR_STEP = 14.0
"""Difference in Lab, lightness at 0.6, that counts half."""
_GAP_NOISES, _GAP_STEP = 0.6, 0.0155
"""Share of the depth that counts half, beyond this many times the noise."""
_CREASE_FREE, _CREASE_STEP, _CONVEX = 0.1, 0.78, 0.1
"""Angles in radians, and what a convex crease counts of a concave one."""
_COLOR, _GAP, _CREASE, _UNMEASURED = 1.0, 2.0, 1.0, 3.0
_PLANE_NOISES = 4.7
_PLANE_PIXELS = 60
_SMALL_AREA, _SMALL_POWER = 45.0, 1.5
"""Regions much smaller than this area merge at any price."""
_LEVELS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Regions and the borders between them.

    Attributes:
        sums: (K, 17) sums over each region's pixels: number, Lab, number with depth; sum of
            weights, and weighted x, y, xx, xy, yy, z, zx, zy, zz with z the inverse depth and
            x, y from the middle of the photo; x and y of all pixels.
        first: (E,) one region of each border.
        second: (E,) the other.
        border: (E, 4) length in pixels; sums along it of gap, crease, and of pixels where only
            one side has depth.
        noise: As of `Surface`.
    """

    sums: FloatArray
    first: Ids
    second: Ids
    border: FloatArray
    noise: float

    def __len__(self) -> int:
        """Return the number of regions."""
        return len(self.sums)

    @property
    def area(self) -> FloatArray:
        """(K,) pixels of each region."""
        return np.asarray(self.sums[:, AREA])

    def costs(self, flatness: float) -> FloatArray:
        """Return (E,) how unlike the two regions of each border are, 0 to about 4.

        Args:
            flatness: 0..1, how far a common plane makes up for different colours.
        """
        length = np.maximum(self.border[:, 0], 1e-12)
        gap, crease, one_sided = (self.border[:, k] / length for k in (1, 2, 3))
        plane = self._common_plane()
        color = half(color_distance(self.sums, self.first, self.second) / _COLOR_STEP)
        return np.asarray(
            _COLOR * color * (1 - flatness * plane)
            + _GAP * gap
            + _CREASE * crease * (1 - 0.5 * plane)
            + _UNMEASURED * one_sided
        )

    def _common_plane(self) -> FloatArray:
        """Return (E,) 0..1 whether the smaller region lies on the plane of the larger."""
        weight = self.sums[:, WEIGHT]
        swap = weight[self.first] < weight[self.second]
        large = np.where(swap, self.second, self.first)
        small = np.where(swap, self.first, self.second)
        flat = (weight[large] > _PLANE_PIXELS) & on_surface(self.sums)[small]
        off = off_plane(self.sums, small, large)
        return np.where(flat, np.exp(-((off / (_PLANE_NOISES * self.noise)) ** 2)), 0)


def build_regions(
    piece: npt.NDArray[np.int32], count: int, *, lab: FloatArray, surface: Surface, camera: Camera
) -> Regions:
    """Describe the first, small regions of a photo.

    Args:
        piece: (h, w) region of each pixel, 0 to ``count - 1``.
        count: Number of regions.
        lab: (h, w, 3) colours.
        surface: What the depth shows.
        camera: Intrinsics at that resolution.
    """
    from o3d_paint.core.kernels.photo import neighbor_pairs

    keys, length = np.unique(neighbor_pairs(piece, count), return_counts=True)
    first, second = keys // count, keys % count
    owner = piece.ravel()

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(owner, weights=values.ravel(), minlength=count), float)

    h, w = piece.shape
    y, x = np.mgrid[0:h, 0:w] - np.array([h / 2, w / 2])[:, None, None]
    # Flying pixels and creases hardly count; a region of them alone still has a surface.
    weight = surface.valid / (1 + (surface.residual / (3 * surface.noise)) ** 4)
    weight = weight + 1e-6 * surface.valid
    z = surface.nearness.astype(np.float64)
    wx, wy, wz = weight * x, weight * y, weight * z
    columns = [np.ones((h, w)), lab[..., 0], lab[..., 1], lab[..., 2], surface.valid, weight]
    columns += [wx, wy, wx * x, wx * y, wy * y, wz, wz * x, wz * y, wz * z, x, y]
    sums = np.stack([total(np.asarray(c, dtype=np.float64)) for c in columns], axis=1)
    shape = [total(weight * surface.normal[..., c]) for c in range(3)]
    shape += [total(weight * surface.slope[..., c]) for c in range(2)]
    middle = Camera(
        camera.fx, camera.fy, camera.cx - w / 2, camera.cy - h / 2, camera.width, camera.height
    )
    terms = _border_terms(
        sums, np.stack(shape, axis=1), (first, second), camera=middle, noise=surface.noise
    )
    return Regions(sums, first, second, np.column_stack([length, terms * length[:, None]]),
                   surface.noise)  # fmt: skip


def merged(
    regions: Regions, limit: float, *, flatness: float, start: float | None = None
) -> tuple[Regions, Ids]:
    """Merge neighbours, the most alike first, until none costs less than a limit.

    Args:
        regions: Where to begin.
        limit: Highest cost of a merger.
        flatness: As for `Regions.costs`.
        start: Cost of the first round of mergers; a twentieth of the limit by default.

    Returns:
        The merged regions, and (K,) which of them each region became.
    """
    became: Ids = np.arange(len(regions))
    levels = np.geomspace(limit / 20 if start is None else min(start, limit), limit, _LEVELS)
    level = 0
    while level < _LEVELS and len(regions.first):
        chosen = _mergers(regions, regions.costs(flatness), levels[level])
        if chosen.sum() < max(2, 0.002 * len(regions)):
            level += 1
        if chosen.any():
            regions, step = _join(regions, chosen)
            became = step[became]
    return regions, became


def on_surface(sums: FloatArray) -> BoolArray:
    """Return (K,) whether most of a region has depth."""
    return np.asarray(sums[:, MEASURED] > 0.5 * sums[:, AREA])


def color_distance(sums: FloatArray, first: Ids, second: Ids) -> FloatArray:
    """Return (E,) the distance of the mean colours of pairs of regions."""
    mean = sums[:, LAB] / sums[:, AREA, None]
    return np.asarray(np.linalg.norm(mean[first] - mean[second], axis=1))


def off_plane(sums: FloatArray, regions: Ids, planes: Ids) -> FloatArray:
    """Return (E,) how far regions lie off the planes of others: rms share of the depth."""
    at = sums[planes] / np.maximum(sums[planes, WEIGHT, None], 1e-12)
    x, y, z = at[:, _WX], at[:, _WY], at[:, _WZ]
    var_x, var_y = at[:, _WXX] - x * x + 0.5, at[:, _WYY] - y * y + 0.5
    cov_xy, cov_xz, cov_yz = at[:, _WXY] - x * y, at[:, _WZX] - x * z, at[:, _WZY] - y * z
    determinant = var_x * var_y - cov_xy**2
    a = (var_y * cov_xz - cov_xy * cov_yz) / determinant
    b = (var_x * cov_yz - cov_xy * cov_xz) / determinant
    c = z - a * x - b * y
    of = sums[regions] / np.maximum(sums[regions, WEIGHT, None], 1e-12)
    square = of[:, _WZZ] + c * c + a * a * of[:, _WXX] + b * b * of[:, _WYY]
    square += 2 * (a * b * of[:, _WXY] + c * a * of[:, _WX] + c * b * of[:, _WY])
    square -= 2 * (c * of[:, _WZ] + a * of[:, _WZX] + b * of[:, _WZY])
    return np.asarray(np.sqrt(np.maximum(square, 0)) / np.maximum(of[:, _WZ], 1e-12))


def half(ratio: FloatArray) -> FloatArray:
    """Map 0..inf to 0..1 with one half at 1."""
    return np.asarray(ratio**2 / (1 + ratio**2))


def _border_terms(
    sums: FloatArray, shape: FloatArray, pair: tuple[Ids, Ids], *, camera: Camera, noise: float
) -> FloatArray:
    """Return (E, 3) gap, crease and half-measured of the borders of small regions.

    Args:
        sums: As of `Regions`.
        shape: (K, 5) weighted sums of normals and slopes.
        pair: The two regions of each border.
        camera: Intrinsics about the middle of the photo.
        noise: As of `Surface`.
    """
    i, j = pair
    weight = np.maximum(sums[:, WEIGHT], 1e-12)
    x, y, z = (sums[:, k] / weight for k in (_WX, _WY, _WZ))
    slope = shape[:, 3:] / weight[:, None]
    normal = shape[:, :3] / np.maximum(np.linalg.norm(shape[:, :3], axis=1, keepdims=True), 1e-12)
    # Both surfaces continued to the middle between the regions.
    step = np.stack([x[j] - x[i], y[j] - y[i]], axis=1) / 2
    continued = z[i] + (slope[i] * step).sum(axis=1) - z[j] + (slope[j] * step).sum(axis=1)
    nearer = np.maximum(np.minimum(z[i], z[j]), 1e-12)
    gap = np.minimum(np.abs(continued), np.abs(z[i] - z[j])) / nearer
    gap = half(np.maximum(gap - _GAP_NOISES * noise, 0) / _GAP_STEP)
    points = camera.unproject(np.stack([x, y], axis=1), 1 / np.maximum(z, 1e-12))
    angle = np.arccos(np.clip((normal[i] * normal[j]).sum(axis=1), -1, 1))
    concave = ((normal[j] - normal[i]) * (points[j] - points[i])).sum(axis=1) > 0
    crease = half(np.maximum(angle - _CREASE_FREE, 0) / _CREASE_STEP)
    crease *= np.where(concave, 1, _CONVEX)
    known = on_surface(sums)
    both, one = known[i] & known[j], known[i] != known[j]
    return np.stack([np.where(both, gap, 0), np.where(both, crease, 0), one], axis=1)


def _mergers(regions: Regions, costs: FloatArray, limit: float) -> BoolArray:
    """Return (E,) the borders to give up: each smaller region joins its most alike neighbour."""
    i, j, area = regions.first, regions.second, regions.area
    least = np.minimum(area[i], area[j])
    price = costs * (least / (least + _SMALL_AREA)) ** _SMALL_POWER
    best = np.full(len(regions), np.inf)
    np.minimum.at(best, i, price)
    np.minimum.at(best, j, price)
    smaller = np.where(area[i] <= area[j], i, j)
    return np.asarray((price <= best[smaller]) & (price < limit))


def _join(regions: Regions, chosen: BoolArray) -> tuple[Regions, Ids]:
    """Make one region of all that the chosen borders connect."""
    i, j, n = regions.first, regions.second, len(regions)
    ones = np.ones(int(chosen.sum()), dtype=np.int8)
    graph = coo_matrix((ones, (i[chosen], j[chosen])), shape=(n, n))
    count, became = connected_components(graph, directed=False)
    became = became.astype(np.int64)
    columns = [
        np.bincount(became, weights=regions.sums[:, c], minlength=count) for c in range(_SUMS)
    ]
    sums = np.stack(columns, axis=1).astype(np.float64)
    a, b = became[i], became[j]
    apart = a != b
    keys, place = np.unique(
        np.minimum(a, b)[apart] * count + np.maximum(a, b)[apart], return_inverse=True
    )
    sides = [
        np.bincount(place.ravel(), weights=regions.border[apart, c], minlength=len(keys))
        for c in range(4)
    ]
    border = np.stack(sides, axis=1).astype(np.float64)
    return Regions(sums, keys // count, keys % count, border, regions.noise), became
