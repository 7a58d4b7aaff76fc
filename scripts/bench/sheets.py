"""Scenes made of flat sheets, of which a ray caster knows exactly what each camera sees.

Every sheet is scanned whole, as a cloud of many photos is: what one camera cannot see is there
nevertheless, behind walls and on the far side of things.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.kernels.jit import kernel
from o3d_paint.core.scene import ArrayPhoto, Frame

__all__ = ["Scanned", "Sheets", "looking", "scanned", "with_depth"]

_TOUCHING = 1e-9  # share of a ray's length by which a sheet must lie before a point to hide it


@kernel
def _first_hits(
    eye: FloatArray,
    toward: FloatArray,
    own: NDArray[np.int32],
    corner: FloatArray,
    sides: FloatArray,
) -> tuple[FloatArray, NDArray[np.int32]]:
    """Return (M,) where rays meet their first sheet but their own, in their lengths, and which."""
    nearest = np.full(len(toward), np.inf)
    hit = np.full(len(toward), -1, dtype=np.int32)
    for q in range(len(corner)):
        a, b = sides[q, 0], sides[q, 1]
        nx, ny, nz = (
            a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0],
        )  # fmt: skip
        ox, oy, oz = corner[q, 0] - eye[0], corner[q, 1] - eye[1], corner[q, 2] - eye[2]
        height = nx * ox + ny * oy + nz * oz
        aa, bb = (a * a).sum(), (b * b).sum()
        for k in range(len(toward)):
            dx, dy, dz = toward[k]
            slope = nx * dx + ny * dy + nz * dz
            if own[k] == q or slope == 0.0:
                continue
            t = height / slope
            if not 0.0 < t < nearest[k]:
                continue
            px, py, pz = dx * t - ox, dy * t - oy, dz * t - oz
            u = (px * a[0] + py * a[1] + pz * a[2]) / aa
            v = (px * b[0] + py * b[1] + pz * b[2]) / bb
            if 0.0 <= u <= 1.0 and 0.0 <= v <= 1.0:
                nearest[k], hit[k] = t, q
    return nearest, hit


@dataclass
class Sheets:
    """Rectangles in space, each with the spacing of its points."""

    corner: list[FloatArray] = field(default_factory=list)
    sides: list[FloatArray] = field(default_factory=list)
    spacing: list[float] = field(default_factory=list)

    def sheet(self, corner: ArrayLike, a: ArrayLike, b: ArrayLike, spacing: float) -> None:
        """Add a rectangle by a corner and its two sides, at right angles."""
        self.corner.append(np.asarray(corner, dtype=float))
        self.sides.append(np.array([a, b], dtype=float))
        self.spacing.append(spacing)

    def box(self, low: ArrayLike, size: ArrayLike, spacing: float, turn: float = 0.0) -> None:
        """Add the six sides of a box, turned about its upright (z) middle by degrees."""
        start, extent = np.asarray(low, dtype=float), np.asarray(size, dtype=float)
        c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        x, y, z = (np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) * extent).T
        first = start + extent / 2 - (x + y + z) / 2
        for off, a, b in ((z, x, y), (y, x, z), (x, y, z)):
            self.sheet(first, a, b, spacing)
            self.sheet(first + off, a, b, spacing)

    def first_hits(
        self, eye: FloatArray, toward: FloatArray, own: NDArray[np.int32] | None = None
    ) -> tuple[FloatArray, NDArray[np.int32]]:
        """Return where rays (M, 3) from a place meet a sheet first, in their lengths, and which.

        Args:
            eye: (3,) where all begin.
            toward: (M, 3) their directions.
            own: (M,) a sheet for each ray that it passes through.
        """
        skipped = np.full(len(toward), -1, dtype=np.int32) if own is None else own
        rays = np.ascontiguousarray(toward)
        return _first_hits(eye, rays, skipped, np.array(self.corner), np.array(self.sides))


@dataclass(frozen=True)
class Scanned:
    """A cloud of sheets.

    Attributes:
        sheets: What was scanned.
        xyz: (N, 3) points, noise included.
        foot: (N, 3) where they are without noise.
        sheet: (N,) the sheet of each.
    """

    sheets: Sheets
    xyz: FloatArray
    foot: FloatArray
    sheet: NDArray[np.int32]


def scanned(sheets: Sheets, noise: float = 0.0, seed: int = 0) -> Scanned:
    """Strew points over every sheet, and off it by a standard deviation of ``noise``."""
    rng = np.random.default_rng(seed)
    feet, off, ids = [], [], []
    for q, (corner, (a, b)) in enumerate(zip(sheets.corner, sheets.sides, strict=True)):
        along, across = np.linalg.norm(a), np.linalg.norm(b)
        count = max(1, round(along / sheets.spacing[q])) * max(1, round(across / sheets.spacing[q]))
        feet.append(corner + rng.random((count, 2)) @ np.stack([a, b]))
        off.append(rng.normal(0, noise, (count, 1)) * np.cross(a, b) / (along * across))
        ids.append(np.full(count, q, dtype=np.int32))
    foot = np.concatenate(feet)
    xyz = foot + np.concatenate(off)
    xyz.flags.writeable = False
    return Scanned(sheets, xyz, foot, np.concatenate(ids))


def looking(
    eye: ArrayLike, target: ArrayLike, size: tuple[int, int] = (1440, 1080), fov: float = 65.0
) -> Frame:
    """Return a photo of (width, height) without depth, from a place toward another, z up."""
    width, height = size
    place, goal = np.asarray(eye, dtype=float), np.asarray(target, dtype=float)
    forward = (goal - place) / np.linalg.norm(goal - place)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward])
    pose[:3, 3] = -pose[:3, :3] @ place
    focal = width / 2 / np.tan(np.radians(fov) / 2)
    camera = Camera(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)
    return Frame("photo", camera, pose, ArrayPhoto(np.zeros((height, width, 3), np.uint8)))


def with_depth(
    frame: Frame,
    sheets: Sheets,
    *,
    size: tuple[int, int] = (640, 480),
    noise: float = 0.0,
    glass: tuple[int, ...] = (),
) -> Frame:
    """Return the photo with a depth map of (width, height), 0 where nothing is.

    Args:
        frame: The photo.
        sheets: What it sees.
        size: Of the map.
        noise: Standard deviation relative to the depth.
        glass: Sheets that give no depth, nor does what lies behind them.
    """
    width, height = size
    camera = frame.camera.resized(width, height)
    v, u = np.mgrid[0:height, 0:width].reshape(2, -1).astype(float)
    rays = camera.unproject(np.stack([u, v], axis=1), np.ones(len(u)))
    z, hit = sheets.first_hits(frame.position, rays @ frame.cam_from_world[:3, :3])
    z *= 1 + np.random.default_rng(1).normal(0, noise, len(z))
    depth = np.where((hit >= 0) & ~np.isin(hit, glass), z, 0).reshape(height, width)
    return Frame(frame.name, camera, frame.cam_from_world, frame.photo, depth.astype(np.float32))
