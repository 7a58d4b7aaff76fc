"""One photo of the assembly: exact depth, classes, incidence, and a picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from o3d_paint.io.sample.light import Lighting
from o3d_paint.io.sample.materials import shade_albedo
from o3d_paint.io.sample.noise import value_noise
from o3d_paint.io.sample.raycast import NOTHING, PinholeRays, cast
from o3d_paint.io.sample.shapes import Floats, Solid, dots, turned

_SUBSAMPLES = ((-0.36, -0.12), (0.28, -0.26), (0.08, 0.36))
"""Where edges are sampled beside the pixel's centre."""
_FLOOR = -0.72
"""Height of the floor that the table stands on, in sizes; it has no depth."""


@dataclass(frozen=True, slots=True, eq=False)
class Render:
    """A photo without a sensor's faults.

    Attributes:
        color: (H, W, 3) float32, linear RGB.
        depth: (H, W) float32, z-depth in metres, inf where there is only background.
        solid: (H, W) int16, index of the solid, `NOTHING` for background.
        cosine: (H, W) float32, cosine of the angle of incidence, 0 for background.
    """

    color: Floats
    depth: Floats
    solid: NDArray[np.int16]
    cosine: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Studio:
    """All that stays the same between photos.

    Attributes:
        solids: What the photos show.
        lighting: How it is lit.
        size: Side of a base plate, metres.
        fade: Share 0..1 by which base colours move towards one colour.
        middle: (3,) centre of the scene, metres.
    """

    solids: list[Solid]
    lighting: Lighting
    size: float
    fade: float
    middle: Floats

    def render(
        self,
        cam_from_world: NDArray[np.float64],
        matrix: NDArray[np.float64],
        resolution: int,
        *,
        smooth: bool,
    ) -> Render:
        """Renders one photo; ``smooth`` samples edges four times."""
        shape = (resolution, resolution)
        rays = PinholeRays(cam_from_world, matrix, shape)
        depth, solid = cast(self.solids, rays)
        color, cosine = self._color(rays, depth, solid, np.ones(shape, dtype=bool))
        if smooth:
            rough = _rough(color, solid)
            total = np.minimum(color[rough], 1.2)
            for shift in _SUBSAMPLES:
                moved = PinholeRays(cam_from_world, matrix, shape, shift)
                beside = cast(self.solids, moved, rough)
                total += np.minimum(self._color(moved, *beside, rough)[0][rough], 1.2)
            color[rough] = total / (1 + len(_SUBSAMPLES))
        return Render(color, depth, solid, cosine)

    def _color(
        self,
        rays: PinholeRays,
        depth: Floats,
        solid: NDArray[np.int16],
        active: NDArray[np.bool_],
    ) -> tuple[Floats, Floats]:
        """Returns linear colour (H, W, 3) and cosine of incidence (H, W) of active pixels."""
        color = np.zeros((*depth.shape, 3), dtype=np.float32)
        cosine = np.zeros(depth.shape, dtype=np.float32)
        directions, origin = rays.directions(), rays.origins()[0]
        empty = active & (solid == NOTHING)
        color[empty] = self._background(origin, directions[empty])
        pixels = np.flatnonzero(active & (solid != NOTHING))
        owners = solid.ravel()[pixels]
        order = np.argsort(owners, kind="stable")
        pixels, owners = pixels[order], owners[order]
        toward = directions.reshape(-1, 3)[pixels]
        points = origin + toward * depth.ravel()[pixels, None]
        albedo, normals = self._surfaces(owners, points)
        light = self.lighting.incoming(points, normals)
        color.reshape(-1, 3)[pixels] = albedo * light
        lengths = np.sqrt(dots(toward, toward))
        cosine.ravel()[pixels] = np.abs(dots(toward, normals)) / lengths
        return color, cosine

    def _surfaces(self, owners: NDArray[np.int16], points: Floats) -> tuple[Floats, Floats]:
        """Returns albedo and world normals (n, 3) of points sorted by solid."""
        albedo, normals = np.zeros_like(points), np.zeros_like(points)
        names, starts = np.unique(owners, return_index=True)
        ends = np.append(starts[1:], len(owners))
        for name, start, end in zip(names, starts, ends, strict=True):
            solid = self.solids[name]
            local = solid.to_local(points[start:end])
            facing = solid.normals(local)
            albedo[start:end] = shade_albedo(solid, local, facing, self.size, self.fade)
            normals[start:end] = turned(facing, solid.rotation.T)
        return albedo, normals

    def _background(self, origin: Floats, directions: Floats) -> Floats:
        """Returns a quiet room (n, 3): a floor with a soft shadow below the table, pale walls."""
        level = np.float32(_FLOOR * self.size)
        down = np.minimum(directions[:, 2], -1e-3)
        place = (origin + directions * ((level - origin[0, 2]) / down)[:, None]) / self.size
        offset = place - self.middle / self.size
        radius = np.hypot(offset[:, 0], offset[:, 1])
        board = np.floor(place[:, 1] / 0.3)
        tone = 0.96 + 0.08 * value_noise(board, place[:, 0] * 0.7 + board * 0.37, salt=40)
        seam = np.abs(place[:, 1] / 0.3 % 1 - 0.5) > 0.485
        floor = np.array([0.50, 0.455, 0.42], dtype=np.float32) * tone[:, None]
        floor *= np.where(seam, 0.93, 1.0)[:, None].astype(np.float32)
        floor *= (1 - 0.55 * np.exp(-((radius / 1.0) ** 4)))[:, None].astype(np.float32)
        wall = np.array([0.72, 0.74, 0.76], dtype=np.float32)
        haze = np.where(directions[:, 2] < -1e-3, np.clip((radius - 1.4) / 3.2, 0, 1), 1)
        return floor + (wall - floor) * haze[:, None].astype(np.float32)


def _rough(color: Floats, solid: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Returns (H, W) pixels whose neighbourhood changes solid or brightness."""
    kernel = np.ones((3, 3), dtype=np.uint8)
    shown = solid.astype(np.int16)
    outline = cv2.dilate(shown, kernel) != cv2.erode(shown, kernel)
    tone = np.sqrt(np.clip(color.mean(axis=2), 0, 1))
    contrast = cv2.dilate(tone, kernel) - cv2.erode(tone, kernel)
    return np.asarray(outline | (contrast > 0.15))
