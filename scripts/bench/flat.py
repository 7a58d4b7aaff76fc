"""Flat made scenes with exact truth: what has the colour of its surroundings, or no colour at all.

A wall or a road is the plane z = 0; cameras in front of it look straight at it, and every pixel of
three photos is painted without error. Sizes of flush scenes are drawn anew for each seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from bench.captures import Capture, capture
from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.scene import Scene
from o3d_paint.io.scene import LoadOptions, load_scene

__all__ = ["FLUSH", "SMALL", "Flat", "boards", "colorless", "flush"]

SMALL = 2
"""The small class of a flush scene."""
_PHOTOS, _LINES, _COLUMNS, _FOCAL = 3, 480, 720, 420.0
_GRAIN = 4.0
Classes = Callable[[FloatArray, FloatArray], NDArray[np.uint8]]


@dataclass(frozen=True)
class Flat:
    """A flat scene that is painted.

    Attributes:
        scene: As the program reads it.
        masks: (H, W) of each photo, every pixel painted.
        truth: (N,) class of each point.
    """

    scene: Scene
    masks: dict[int, NDArray[np.uint16]]
    truth: NDArray[np.uint16]


@dataclass(frozen=True)
class Plane:
    """What stands in front of the cameras.

    Attributes:
        width: Metres along x, from 0.
        height: Metres along y, from 0.
        points: Of the cloud, evenly scattered.
        class_at: Class of each place (x, y).
        colors: (C + 1, 3) by class.
    """

    width: float
    height: float
    points: int
    class_at: Classes
    colors: FloatArray


def flush(kind: str, seed: int) -> Flat:
    """Return a scene whose small class has the colour of its surroundings.

    Args:
        kind: One of `FLUSH`.
        seed: Draws sizes and noise.
    """
    rng = np.random.default_rng([seed, 11])
    shot = _photographed(FLUSH[kind](rng.uniform(0.85, 1.15, 4)), rng)
    return Flat(shot.scene, _masks(shot), shot.truth.astype(np.uint16))


def colorless(points: int, seed: int) -> Flat:
    """Return a wall with a board of another class, as a cloud without colours beside photos.

    Args:
        points: Of the cloud.
        seed: Draws places and noise.
    """
    rng = np.random.default_rng([seed, 12])
    colors = np.array([[0, 0, 0], [205, 205, 200], [60, 95, 60]], dtype=np.float64)
    plane = Plane(4, 3, points, _rectangle(1.3, 2.7, 0.8, 2.2), colors)
    shot = _photographed(plane, rng)
    with TemporaryDirectory() as folder:
        cloud, photos = Path(folder) / "cloud.ply", Path(folder) / "scene.npz"
        o3d.t.io.write_point_cloud(str(cloud), o3d.t.geometry.PointCloud(shot.cloud.xyz))
        shot.save(photos)
        scene = load_scene(photos, LoadOptions(cloud=cloud))
    return Flat(scene, _masks(shot), shot.truth.astype(np.uint16))


def boards(seed: int) -> tuple[Flat, NDArray[np.uint16]]:
    """Return four boards of other colours, a disc on each painted in photos, and dabs on the cloud.

    Args:
        seed: Draws places and noise.

    Returns:
        The scene, and (N,) what a brush in 3D lays on the points: a right dab on each board.
    """
    rng = np.random.default_rng([seed, 13])
    colors = np.array(
        [[0, 0, 0], [180, 60, 40], [60, 60, 180], [60, 150, 60], [170, 160, 60]], dtype=np.float64
    )
    plane = Plane(12, 4, 200_000, lambda x, y: (np.clip(x // 3, 0, 3) + 1).astype(np.uint8), colors)
    shot = _photographed(plane, rng)
    x, y = _places(shot)
    masks = {}
    for i, mask in _masks(shot).items():
        inside = np.hypot(x[i] % 3 - 1.5, y[i] - 2) < 0.35
        masks[i] = np.where(inside, mask, 0).astype(np.uint16)
    at = shot.cloud.xyz
    dab = np.hypot(at[:, 0] % 3 - 0.6, at[:, 1] - 3.3) < 0.15
    truth = shot.truth.astype(np.uint16)
    return Flat(shot.scene, masks, truth), np.where(dab, truth, 0).astype(np.uint16)


def _rectangle(x0: float, x1: float, y0: float, y1: float) -> Classes:
    """Return classes with the small one inside a rectangle."""
    return lambda x, y: np.where((x > x0) & (x < x1) & (y > y0) & (y < y1), SMALL, 1).astype(
        np.uint8
    )


_PLASTER = np.array([[0, 0, 0], [200, 200, 200], [200, 200, 200]], dtype=np.float64)
_TAR = np.array([[0, 0, 0], [118, 118, 120], [132, 131, 128], [96, 120, 70]], dtype=np.float64)


def _facade(size: FloatArray) -> Plane:
    middle, width, height = 10 * size[0], 1.0 * size[2], 2.2 * size[3]
    door = _rectangle(middle - width / 2, middle + width / 2, 0, height)
    return Plane(2 * middle, 10 * size[1], 350_000, door, _PLASTER)


def _street(size: FloatArray) -> Plane:
    width, height = 70 * size[0], 34 * size[1]
    road, pavement = 5.0 * size[2], 2.5 * size[3]

    def class_at(x: FloatArray, y: FloatArray) -> NDArray[np.uint8]:
        away = np.abs(y - height / 2)
        return np.where(away < road, 1, np.where(away < road + pavement, SMALL, 3)).astype(np.uint8)

    return Plane(width, height, 500_000, class_at, _TAR)


def _panel(size: FloatArray) -> Plane:
    middle, side = 2.5 * size[0], 0.45 * size[2]
    panel = _rectangle(middle - side / 2, middle + side / 2, 1.1, 1.1 + 0.45 * size[3])
    return Plane(2 * middle, 3 * size[1], 250_000, panel, _PLASTER)


def _door(size: FloatArray) -> Plane:
    middle, width, height = 3.5 * size[0], 1.0 * size[2], 2.2 * size[3]
    door = _rectangle(middle - width / 2, middle + width / 2, 0, height)
    return Plane(2 * middle, 4 * size[1], 250_000, door, _PLASTER)


FLUSH = {
    "door in a façade of 20 m": _facade,
    "pavement beside a road": _street,
    "panel in a wall": _panel,
    "door in a wall of 7 m": _door,
}
"""Scenes with a small class in the colour of what is around it, by four factors of their sizes."""


def _photographed(plane: Plane, rng: np.random.Generator) -> Capture:
    """Return the plane as three photos and a cloud; noise grows with the distance."""
    distance = 1.15 * max(plane.height, plane.width * _LINES / _COLUMNS) * _FOCAL / _LINES
    flat = rng.random((plane.points, 2)) * (plane.width, plane.height)
    points = np.column_stack([flat, rng.normal(0, 0.0005 * distance, plane.points)])
    truth = plane.class_at(points[:, 0], points[:, 1])
    colors = _grainy(plane.colors[truth], rng)
    k = np.array([[_FOCAL, 0, (_COLUMNS - 1) / 2], [0, _FOCAL, (_LINES - 1) / 2], [0, 0, 1]])
    v, u = np.mgrid[0:_LINES, 0:_COLUMNS]
    photos, depths, pixels, poses = [], [], [], []
    # Cameras look along -z: x stays, y and z turn around.
    turn = np.diag([1.0, -1.0, -1.0])
    for step in np.linspace(-0.12, 0.12, _PHOTOS):
        place = np.array([(0.5 + step) * plane.width, plane.height / 2, distance])
        x, y = _seen(u, v, k, place)
        inside = (x >= 0) & (x <= plane.width) & (y >= 0) & (y <= plane.height)
        seen = np.where(inside, plane.class_at(x, y), 0).astype(np.uint8)
        photos.append(_grainy(plane.colors[seen], rng))
        depths.append(np.where(inside, distance, 0).astype(np.float32))
        pixels.append(seen)
        poses.append(np.column_stack([turn, -turn @ place]))
    depth = np.stack(depths)
    return capture(
        "flat",
        photos=np.stack(photos),
        depth=depth,
        confidence=np.ones_like(depth),
        intrinsics=np.repeat(k[None], _PHOTOS, axis=0).astype(np.float32),
        extrinsics=np.stack(poses).astype(np.float32),
        truth_pixels=np.stack(pixels),
        points=points,
        colors=colors,
        truth_points=truth,
    )


def _seen(
    u: NDArray[np.int64], v: NDArray[np.int64], k: FloatArray, place: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return x and y on the plane of pixels of a camera at a place."""
    x = place[0] + (u - k[0, 2]) / k[0, 0] * place[2]
    y = place[1] - (v - k[1, 2]) / k[1, 1] * place[2]
    return x, y


def _places(shot: Capture) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return x and y on the plane of the pixels of each photo."""
    v, u = np.mgrid[0:_LINES, 0:_COLUMNS]
    seen = [_seen(u, v, frame.camera.matrix, frame.position) for frame in shot.frames]
    return [x for x, _ in seen], [y for _, y in seen]


def _grainy(colors: FloatArray, rng: np.random.Generator) -> NDArray[np.uint8]:
    return np.clip(colors + rng.normal(0, _GRAIN, colors.shape), 0, 255).astype(np.uint8)


def _masks(shot: Capture) -> dict[int, NDArray[np.uint16]]:
    return {i: seen.astype(np.uint16) for i, seen in enumerate(shot.truth_pixels)}
