"""Solids of the toy assembly and where rays meet them.

A ray is ``origin + t * direction`` with directions of any length. All arrays are float32:
at a few metres that is a thousandth of the depth noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Kind = Literal["box", "ball", "cone", "gable"]
_TINY = np.float32(1e-9)
_FAR = np.float32(np.inf)


def turned(vectors: NDArray[Any], matrix: NDArray[Any]) -> NDArray[Any]:
    """Returns ``vectors @ matrix`` for (n, 3) and (3, 3), in the vectors' precision.

    Spelled out: a matrix product this narrow is no faster in BLAS, whose threads wait for each
    other on a busy machine.
    """
    x, y, z = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    matrix = matrix.astype(vectors.dtype)
    result = np.zeros_like(vectors)
    for column in range(3):
        result[:, column] = x * matrix[0, column] + y * matrix[1, column] + z * matrix[2, column]
    return result


def dots(first: Floats, second: Floats) -> Floats:
    """Returns the scalar products (n,) of vectors (n, 3) with vectors (n, 3) or one (3,)."""
    if second.ndim == 1:
        second = second[None]
    total = first[:, 0] * second[:, 0]
    for axis in (1, 2):
        total = total + first[:, axis] * second[:, axis]
    return np.asarray(total)


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """One convex primitive.

    Attributes:
        kind: ``box`` (half sizes), ``ball`` (radii), ``cone`` (radius below, radius above, half
            height along z) or ``gable`` (half length x, half width y at z = 0, height z).
        size: (3,) as the kind reads it, metres.
        rotation: (3, 3) world from local.
        center: (3,) local origin in the world.
        class_id: Truth class.
        material: Name in `materials.MATERIALS`.
        tint: (3,) linear base colour.
        anchor: (3,) local origin in texture space, so that neighbours share one pattern.
        corners: (8, 3) corners of the bounding box in the world.
    """

    kind: Kind
    size: Floats
    rotation: Floats
    center: Floats
    class_id: int
    material: str
    tint: Floats
    anchor: Floats
    corners: Floats

    def meet(self, origin: Floats, direction: Floats) -> Floats:
        """Returns the first t > 0 at which each ray enters, inf where it does not.

        Args:
            origin: (n, 3) or (1, 3), world.
            direction: (n, 3) or (1, 3), world.
        """
        local_origin = turned(origin - self.center, self.rotation)
        local_direction = turned(direction, self.rotation)
        return _MEET[self.kind](self.size, local_origin, local_direction)

    def to_local(self, points: Floats) -> Floats:
        """Returns world points (n, 3) in the local frame."""
        return turned(points - self.center, self.rotation)

    def normals(self, local: Floats) -> Floats:
        """Returns outward unit normals (n, 3), local, at local surface points (n, 3)."""
        return _NORMALS[self.kind](self.size, local)


def box_corners(kind: Kind, size: NDArray[Any]) -> NDArray[np.float64]:
    """Returns the corners (8, 3) of a solid's bounding box in its own frame."""
    a, b, c = (float(value) for value in size)
    wide = max(a, b)
    low, high = {
        "box": ((-a, -b, -c), (a, b, c)),
        "ball": ((-a, -b, -c), (a, b, c)),
        "cone": ((-wide, -wide, -c), (wide, wide, c)),
        "gable": ((-a, -b, 0.0), (a, b, c)),
    }[kind]
    pick = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    return np.where(pick == 0, np.array(low), np.array(high))


def _meet_box(size: Floats, origin: Floats, direction: Floats) -> Floats:
    near = far = None
    for axis in range(3):
        step = direction[:, axis]
        inverse = 1 / np.where(np.abs(step) < _TINY, _TINY, step)
        first = (-size[axis] - origin[:, axis]) * inverse
        second = (size[axis] - origin[:, axis]) * inverse
        low, high = np.minimum(first, second), np.maximum(first, second)
        near = low if near is None else np.maximum(near, low)
        far = high if far is None else np.minimum(far, high)
    assert near is not None
    assert far is not None
    return np.asarray(np.where((near <= far) & (near > 0), near, _FAR))


def _meet_ball(size: Floats, origin: Floats, direction: Floats) -> Floats:
    origin, direction = origin / size, direction / size
    a = dots(direction, direction)
    b = dots(direction, origin) if len(origin) == 1 else dots(origin, direction)
    c = dots(origin, origin) - 1
    root = b * b - a * c
    t = (-b - np.sqrt(np.maximum(root, 0))) / a
    return np.where((root >= 0) & (t > 0), t, _FAR)


def _meet_cone(size: Floats, origin: Floats, direction: Floats) -> Floats:
    below, above, half = size
    mean, slope = (below + above) / 2, (above - below) / (2 * half)
    ox, oy, oz = origin.T
    dx, dy, dz = direction.T
    radius = mean + slope * oz
    a = dx * dx + dy * dy - slope * slope * dz * dz
    a = np.where(np.abs(a) < _TINY, _TINY, a)
    b = ox * dx + oy * dy - slope * radius * dz
    root = b * b - a * (ox * ox + oy * oy - radius * radius)
    spread = np.sqrt(np.maximum(root, 0))
    best = None
    for sign in (-1, 1):
        t = (-b + sign * spread) / a
        z = oz + t * dz
        good = (root >= 0) & (t > 0) & (np.abs(z) <= half) & (mean + slope * z >= 0)
        hit = np.where(good, t, _FAR)
        best = hit if best is None else np.minimum(best, hit)
    assert best is not None
    step = np.where(np.abs(dz) < _TINY, _TINY, dz)
    for level, limit in ((-half, below), (half, above)):
        t = (level - oz) / step
        x, y = ox + t * dx, oy + t * dy
        good = (t > 0) & (x * x + y * y <= limit * limit)
        best = np.minimum(best, np.where(good, t, _FAR))
    return np.asarray(best)


def _gable_planes(size: Floats) -> tuple[Floats, Floats]:
    """Returns outward normals (5, 3) and offsets (5,) of the prism's faces."""
    length, width, height = (float(value) for value in size)
    side = np.hypot(width, height)
    normals = [[1, 0, 0], [-1, 0, 0], [0, 0, -1]]
    normals += [[0, height / side, width / side], [0, -height / side, width / side]]
    offsets = [length, length, 0, width * height / side, width * height / side]
    return np.array(normals, dtype=np.float32), np.array(offsets, dtype=np.float32)


def _meet_gable(size: Floats, origin: Floats, direction: Floats) -> Floats:
    count = max(len(origin), len(direction))
    near = np.zeros(count, dtype=np.float32)
    far = np.full(count, _FAR)
    for normal, offset in zip(*_gable_planes(size), strict=True):
        speed = dots(direction, normal)
        gap = offset - dots(origin, normal)
        t = gap / np.where(np.abs(speed) < _TINY, _TINY, speed)
        near = np.where(speed < 0, np.maximum(near, t), near)
        far = np.where(speed > 0, np.minimum(far, t), far)
        far = np.where((speed == 0) & (gap < 0), -_FAR, far)
    return np.asarray(np.where((near <= far) & (near > 0), near, _FAR))


def _normals_box(size: Floats, local: Floats) -> Floats:
    face = np.argmax(np.abs(local) / size, axis=1)
    rows = np.arange(len(local))
    normals = np.zeros_like(local)
    normals[rows, face] = np.sign(local[rows, face])
    return normals


def _normals_ball(size: Floats, local: Floats) -> Floats:
    return _unit(local / (size * size))


def _normals_cone(size: Floats, local: Floats) -> Floats:
    below, above, half = size
    slope = (above - below) / (2 * half)
    radius = np.hypot(local[:, 0], local[:, 1])
    side = np.abs(radius - ((below + above) / 2 + slope * local[:, 2]))
    outward = np.stack([local[:, 0], local[:, 1], -slope * radius], axis=1)
    on_cap = np.abs(np.abs(local[:, 2]) - half) < side
    cap = np.zeros_like(local)
    cap[:, 2] = np.sign(local[:, 2])
    return np.where(on_cap[:, None], cap, _unit(outward))


def _normals_gable(size: Floats, local: Floats) -> Floats:
    normals, offsets = _gable_planes(size)
    behind = np.stack([dots(local, normal) for normal in normals], axis=1) - offsets
    return np.asarray(normals[np.argmax(behind, axis=1)])


def _unit(vectors: Floats) -> Floats:
    lengths = np.sqrt(dots(vectors, vectors))
    return np.asarray(vectors / np.maximum(lengths, _TINY)[:, None])


_MEET = {"box": _meet_box, "ball": _meet_ball, "cone": _meet_cone, "gable": _meet_gable}
_NORMALS = {
    "box": _normals_box,
    "ball": _normals_ball,
    "cone": _normals_cone,
    "gable": _normals_gable,
}
