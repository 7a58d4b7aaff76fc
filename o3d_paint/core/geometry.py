"""What a scene's geometry says about itself: spacing, bounds, units, and which way is up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from o3d_paint.core.arrays import BoolArray, FloatArray
from o3d_paint.core.cells import may_be_near

__all__ = [
    "MainPart",
    "estimate_spacing",
    "estimate_up",
    "main_part",
    "plausibly_metric",
    "robust_bounds",
    "robust_diagonal",
]

_WHOLE_TREE = 300_000
_POINTS_PER_BALL, _SIZING = 30, 100_000
_MIXING = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
_QUERIES = 3_000
_PLANE_SAMPLE = 20_000
_PLANE_NEIGHBORS = 12
_CONE_COS = np.cos(np.radians(25))
_MIN_SUPPORT = 0.1
_BOUNDS_SAMPLE = 500_000
_FEWEST = 100
# More than from an object on a turntable to the walls of its room.
_FAR = 50.0
_METRIC_DIAGONAL = (0.3, 300.0)
_METRIC_SPACING = (0.0002, 0.05)


def robust_bounds(xyz: FloatArray, percentile: float = 1.0) -> tuple[FloatArray, FloatArray]:
    """Return the (3,) low and high corners of a cloud without its stray points.

    Args:
        xyz: (N, 3) coordinates, N >= 1.
        percentile: Share in per cent left out at either end of each axis.
    """
    sample = xyz[:: max(1, len(xyz) // _BOUNDS_SAMPLE)]
    sample = sample[main_part(sample).holds(sample)]
    low, high = np.percentile(sample, [percentile, 100 - percentile], axis=0)
    return low, high


@dataclass(frozen=True, slots=True, eq=False)
class MainPart:
    """The ball that a scene lies in, without what stands far apart from it.

    Attributes:
        center: (3,) its middle.
        radius: Infinite where nothing stands apart.
    """

    center: FloatArray
    radius: float

    @property
    def is_all(self) -> bool:
        """Whether nothing stands apart."""
        return self.radius == np.inf

    def holds(self, xyz: FloatArray) -> BoolArray:
        """Return (N,) which points lie within."""
        if self.is_all:
            return np.ones(len(xyz), dtype=bool)
        inside: BoolArray = np.linalg.norm(xyz - self.center, axis=1) <= self.radius
        return inside


def main_part(xyz: FloatArray) -> MainPart:
    """Return where the scene itself lies, should some of its points stand far apart.

    A photo at the origin of a scene in map coordinates, or with depths in millimetres among others
    in metres, makes points thousands of kilometres off; they would be all that counts wherever a
    size is measured. What stands apart is a hundredth of the points or more, beyond a gap in which
    nothing lies from some distance to `_FAR` times of it; what surrounds a scene thinly does not.

    Args:
        xyz: (N, 3) coordinates; all others are finite as well.
    """
    if len(xyz) < _FEWEST:
        return MainPart(np.zeros(3), np.inf)
    sample = xyz[:: max(1, len(xyz) // _BOUNDS_SAMPLE)]
    center = np.median(sample, axis=0)
    distance = np.linalg.norm(sample - center, axis=1)
    reach = np.quantile(distance, np.linspace(0.5, 0.99, 50), method="lower")
    apart = (reach[:-1] > 0) & (reach[1:] > _FAR * reach[:-1])
    if not apart.any():
        return MainPart(center, np.inf)
    return MainPart(center, float(reach[np.argmax(apart)]) * _FAR**0.5)


def robust_diagonal(xyz: FloatArray) -> float:
    """Return the diagonal of the bounds without stray points, in scene units."""
    low, high = robust_bounds(xyz)
    return float(np.linalg.norm(high - low))


def estimate_spacing(xyz: FloatArray) -> float:
    """Return the median distance of a point to its nearest neighbour, in scene units.

    Points on top of each other do not count. Of large clouds the surroundings of some points are
    looked at, chosen by where they lie, so that the order of the points does not matter. Always
    positive.

    Args:
        xyz: (N, 3) coordinates, N >= 1.
    """
    part = main_part(xyz)
    if not part.is_all:
        xyz = xyz[part.holds(xyz)]
    local, queries = _surroundings(xyz)
    fallback = max(robust_diagonal(xyz) * 1e-3, 1e-9)
    if len(local) < 2:
        return fallback
    tree = cKDTree(local, balanced_tree=False, compact_nodes=False)
    distances = tree.query(queries, k=min(8, len(local)))[0]
    apart = np.where(distances > 0, distances, np.inf).min(axis=1)
    apart = apart[np.isfinite(apart)]
    return float(np.median(apart)) if len(apart) else fallback


def plausibly_metric(diagonal: float, spacing: float) -> bool:
    """Return whether one unit may be a metre: a table to a street, points 0.2 mm to 5 cm apart."""
    fits_size = _METRIC_DIAGONAL[0] <= diagonal <= _METRIC_DIAGONAL[1]
    return bool(fits_size and _METRIC_SPACING[0] <= spacing <= _METRIC_SPACING[1])


def estimate_up(xyz: FloatArray, cams_from_world: Sequence[FloatArray]) -> FloatArray:
    """Return the (3,) unit vector that points up, from how photos are held and what is level.

    People hold cameras level: image lines run across, so up is at right angles to every camera's
    x axis, on the side of the images' upper edges. Where a large plane of the cloud (floor,
    table) is within 25 degrees of that, its normal is up.

    Args:
        xyz: (N, 3) coordinates.
        cams_from_world: (4, 4) poses, OpenCV axes; may be empty.
    """
    held = _up_of_cameras(cams_from_world)
    normals, weights = _normals(xyz)
    if not len(normals):
        return held
    up = held
    for _ in range(8):
        along = normals @ up
        near = np.abs(along) > _CONE_COS
        if weights[near].sum() < _MIN_SUPPORT * len(normals):
            return held
        # Steep weights make the mean settle on the largest plane and not between two.
        pull = weights[near] * np.abs(along[near]) ** 60
        mean = ((pull * np.sign(along[near]))[:, None] * normals[near]).sum(axis=0)
        up = mean / np.linalg.norm(mean)
    return up if float(up @ held) > _CONE_COS else held


def _up_of_cameras(cams_from_world: Sequence[FloatArray]) -> FloatArray:
    """Return the up direction that fits how the photos were held; +z without any."""
    if not len(cams_from_world):
        return np.array([0.0, 0.0, 1.0])
    rotations = np.stack([m[:3, :3] for m in cams_from_world]).astype(np.float64)
    across, upward, backward = rotations[:, 0], -rotations[:, 1], -rotations[:, 2]
    guess = upward.mean(axis=0)
    if np.linalg.norm(guess) < 0.2:
        # Photos taken straight down from all sides cancel out; then up is against the view.
        guess = backward.mean(axis=0)
    if np.linalg.norm(guess) < 1e-6:
        return np.array([0.0, 0.0, 1.0])
    spread = across.T @ across / len(across) + 0.1 * np.eye(3)
    up = np.linalg.solve(spread, guess / np.linalg.norm(guess))
    unit: FloatArray = up / np.linalg.norm(up)
    return unit


def _normals(xyz: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (M, 3) unit normals of a sample, sign arbitrary, and (M,) how flat it is there."""
    if len(xyz) < 4 * _PLANE_NEIGHBORS:
        return np.zeros((0, 3)), np.zeros(0)
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(xyz), min(_PLANE_SAMPLE, len(xyz)), replace=False)
    points = xyz[chosen] - xyz[chosen].mean(axis=0)
    neighbors = cKDTree(points).query(points, k=_PLANE_NEIGHBORS)[1]
    local = points[neighbors]
    local = local - local.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(np.einsum("nki,nkj->nij", local, local))
    flatness = 1 - 3 * values[:, 0] / np.maximum(values.sum(axis=1), 1e-30)
    # A line has no normal: the middle value must stand out from the smallest one.
    broad = values[:, 1] > 4 * values[:, 0]
    return vectors[:, :, 0], np.where(broad, np.clip(flatness, 0, 1), 0)


def _surroundings(xyz: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return points (K, 3), and some (Q, 3) whose nearest neighbours are among them.

    Those around single points, and not those in parts of a grid: a grid would cut a flat cloud into
    slices of its noise. All points of small clouds.
    """
    mixed = _mixed(xyz)
    chosen = np.arange(len(xyz))
    if len(xyz) > _WHOLE_TREE:
        chosen = np.argpartition(mixed, _SIZING)[:_SIZING]
    chosen = chosen[np.argsort(mixed[chosen], kind="stable")]
    queries = xyz[chosen[:_QUERIES]]
    if len(xyz) <= _WHOLE_TREE:
        return xyz, queries
    some = xyz[np.sort(chosen[:_SIZING])]
    # Of the sample each ball holds so many points. Where the cloud is thinner than usual the
    # nearest may lie outside, but then it lies beyond the median, too.
    wanted = max(2, round(_POINTS_PER_BALL * len(some) / len(xyz)))
    reach = float(np.median(cKDTree(some).query(queries, k=wanted + 1)[0][:, -1]))
    if not reach > 0:
        return some, queries
    return xyz[may_be_near(xyz, queries, reach)], queries


def _mixed(xyz: FloatArray) -> npt.NDArray[np.uint64]:
    """Return (N,) numbers without pattern, made of coordinates (N, 3)."""
    bits = np.ascontiguousarray(xyz, dtype=np.float64).view(np.uint64)
    mixed = bits[:, 0] * _MIXING[0]
    mixed += bits[:, 1] * _MIXING[1]
    mixed += bits[:, 2] * _MIXING[2]
    mixed ^= mixed >> np.uint64(29)
    mixed *= _MIXING[0]
    shuffled: npt.NDArray[np.uint64] = mixed >> np.uint64(32)
    return shuffled
