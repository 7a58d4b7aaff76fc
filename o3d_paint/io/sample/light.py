"""Sun, sky and shade: depth maps of the scene from many sides, looked up per point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from o3d_paint.io.sample.noise import hashed
from o3d_paint.io.sample.raycast import ParallelRays, cast
from o3d_paint.io.sample.shapes import Floats, Solid, dots

SUN = np.array([0.42, -0.55, 0.80]) / np.linalg.norm([0.42, -0.55, 0.80])
"""Direction towards the sun."""
_SUN_COLOR = np.array([1.78, 1.62, 1.36], dtype=np.float32)
_SKY_COLOR = np.array([0.70, 0.77, 0.88], dtype=np.float32)
_BOUNCE_COLOR = np.array([0.20, 0.17, 0.13], dtype=np.float32)
_SKY_SIDES = 24
_SUN_TAPS = 12


@dataclass(frozen=True, slots=True, eq=False)
class ShadeMap:
    """What a distant light sees.

    Attributes:
        rays: From the light into the scene.
        depth: (H, W) distance along them to the first solid.
        bias: Distance by which a point may lie behind that and still be lit, metres.
    """

    rays: ParallelRays
    depth: Floats
    bias: float

    def lit(self, located: tuple[Floats, Floats, Floats], du: Floats, dv: Floats) -> Floats:
        """Returns 1 where the light reaches a point, else 0, (n,).

        Args:
            located: Column, row and distance of the points as `ParallelRays.locate` has them.
            du: (n,) columns by which the look-up is moved, to soften edges.
            dv: (n,) rows by which it is moved.
        """
        column, row, distance = located
        last = np.float32(self.rays.resolution - 1)
        cell = np.clip(np.rint(row + dv), 0, last).astype(np.int32) * np.int32(last + 1)
        cell += np.clip(np.rint(column + du), 0, last).astype(np.int32)
        reached = self.depth.ravel()[cell] >= distance - np.float32(self.bias)
        return np.asarray(reached.astype(np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Lighting:
    """Light of a scene; without maps every point is lit (plain Lambert).

    Attributes:
        sun: Shade map of the sun.
        sky: Shade maps of the sky, evenly spread about the upper half.
        size: Side of a base plate, metres.
    """

    sun: ShadeMap | None
    sky: tuple[ShadeMap, ...]
    size: float

    def incoming(self, points: Floats, normals: Floats) -> Floats:
        """Returns light (n, 3) that falls on points with these outward normals."""
        facing = np.maximum(dots(normals, SUN.astype(np.float32)), 0)
        upward = 0.5 + 0.5 * normals[:, 2]
        if self.sun is None:
            sun, sky = facing, upward
        else:
            lifted = points + normals * np.float32(0.004 * self.size)
            sun = facing * self._sun_share(lifted, facing)
            sky = self._sky_share(lifted, normals)
        light = sun[:, None] * _SUN_COLOR + sky[:, None] * _SKY_COLOR
        bounce = (1.0 - 0.55 * upward) * (0.35 + 0.65 * sky)
        return np.asarray(light + bounce[:, None] * _BOUNCE_COLOR)

    def _sun_share(self, points: Floats, facing: Floats) -> Floats:
        assert self.sun is not None
        share = np.zeros(len(points), dtype=np.float32)
        chosen = np.flatnonzero(facing > 0)
        inside = points[chosen]
        radius = 0.006 * self.size * self.sun.rays.resolution / (2 * self.sun.rays.reach)
        turn = _jitter(inside, self.size, 1) * np.float32(2 * np.pi)
        total = np.zeros(len(chosen), dtype=np.float32)
        located = self.sun.rays.locate(inside)
        for tap in range(_SUN_TAPS):
            reach = np.float32(radius * np.sqrt((tap + 0.5) / _SUN_TAPS))
            angle = turn + np.float32(tap * 2.399963)
            total += self.sun.lit(located, reach * np.cos(angle), reach * np.sin(angle))
        share[chosen] = total / _SUN_TAPS
        return share

    def _sky_share(self, points: Floats, normals: Floats) -> Floats:
        total = np.zeros(len(points), dtype=np.float32)
        whole = 0.0
        points = np.asfortranarray(points)
        du, dv = (np.float32(3) * (_jitter(points, self.size, salt) - 0.5) for salt in (2, 3))
        for side in self.sky:
            toward = (-side.rays.axes[2]).astype(np.float32)
            weight = np.maximum(dots(normals, toward), 0)
            whole += float(max(toward[2], 0))
            total += weight * side.lit(side.rays.locate(points), du, dv)
        return np.asarray(total / np.float32(whole))


def build_lighting(
    solids: list[Solid],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    *,
    size: float,
    detail: float,
) -> Lighting:
    """Casts the shade maps of a scene.

    Args:
        solids: All solids.
        low: (3,) lower corner of what can be lit.
        high: (3,) upper corner.
        size: Side of a base plate, metres.
        detail: Factor on the resolution of the maps; 1 suits photos of 518 pixels.
    """
    center = (low + high) / 2
    reach = float(np.linalg.norm(high - low)) / 2
    plates = 2 * reach / size
    sun_pixels = int(min(620 * plates * detail, 4096))
    sky_pixels = int(min(150 * plates * detail, 1600))
    sun = _shade_map(solids, SUN, center, reach, sun_pixels, 0.004 * size)
    sky = tuple(
        _shade_map(solids, toward, center, reach, sky_pixels, 0.008 * size)
        for toward in _sky_directions()
    )
    return Lighting(sun, sky, size)


def _sky_directions() -> NDArray[np.float64]:
    """Returns unit vectors (24, 3) over the upper half, on a Fibonacci spiral."""
    index = np.arange(_SKY_SIDES) + 0.5
    up = 0.12 + 0.88 * (1 - index / _SKY_SIDES)
    angle = index * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(np.maximum(1 - up * up, 0))
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), up], axis=1)


def _shade_map(
    solids: list[Solid],
    toward: NDArray[np.float64],
    center: NDArray[np.float64],
    reach: float,
    resolution: int,
    bias: float,
) -> ShadeMap:
    forward = -toward / np.linalg.norm(toward)
    right = np.cross(forward, [0.0, 0.0, 1.0] if abs(forward[2]) < 0.95 else [1.0, 0.0, 0.0])
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(forward, right), forward])
    rays = ParallelRays(axes, center, reach, resolution)
    depth, _ = cast(solids, rays)
    return ShadeMap(rays, depth, bias)


def _jitter(points: Floats, size: float, salt: int) -> Floats:
    """Returns a number in 0..1 per point, fixed by its place."""
    cells = np.floor(points * np.float32(2000 / size)).astype(np.int32)
    return hashed(cells[:, 0], cells[:, 1], cells[:, 2], salt=salt)
