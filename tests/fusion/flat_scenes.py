"""Flat made scenes of which every pixel of every photo can be painted exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud, Scene
from o3d_paint.project.project import Project

Truth = Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.uint16]]
"""The class of places on the plane, from x and y in metres."""


@dataclass(frozen=True)
class FlatScene:
    """A plane seen from in front, and what is true of it.

    Attributes:
        scene: The plane z = 0, cameras at z = distance.
        truth: (N,) classes of the points.
        masks: By photo, every pixel painted as it truly is.
    """

    scene: Scene
    truth: npt.NDArray[np.uint16]
    masks: tuple[npt.NDArray[np.uint16], ...]

    def fused(self, masks: Sequence[npt.NDArray[np.uint16]] | None = None) -> Project:
        """Return a project with these masks, the true ones where none are given, fused."""
        most = max(int(mask.max()) for mask in self.masks)
        names = [f"class {i}" for i in range(1, 1 + most)]
        project = Project(self.scene, classes=names)
        for frame_idx, mask in enumerate(self.masks if masks is None else masks):
            project.set_mask(frame_idx, mask)
        project.fuse()
        return project

    def kept(self, labels: npt.NDArray[np.uint16]) -> dict[int, float]:
        """Return the share of the points of each class that have it."""
        return {int(i): float((labels[self.truth == i] == i).mean()) for i in np.unique(self.truth)}


def flat_scene(
    truth_at: Truth,
    colors: Sequence[Sequence[float]],
    *,
    width: float = 8.0,
    height: float = 5.0,
    points: int = 120_000,
    photos: int = 3,
    shape: tuple[int, int] = (480, 720),
    grain: float = 4.0,
    depth: bool = True,
    seed: int = 5,
) -> FlatScene:
    """Make a plane of some classes.

    Args:
        truth_at: Class by place, from 1 on.
        colors: Colour of each class, from class 1 on, 0..255.
        width: Metres.
        height: Metres.
        points: How many.
        photos: How many, side by side.
        shape: (H, W) of the photos.
        grain: Deviation of the colours, of points and pixels.
        depth: Whether photos have depth.
        seed: Of all that is random.
    """
    rng = np.random.default_rng(seed)
    palette = np.array([[0, 0, 0], *colors], dtype=np.float64)
    x, y = rng.random(points) * width, rng.random(points) * height
    truth = truth_at(x, y)
    xyz = np.column_stack([x, y, rng.normal(0, 0.001, points)])
    rgb = np.clip(palette[truth] + rng.normal(0, grain, (points, 3)), 0, 255).astype(np.uint8)
    h, w = shape
    focal = 0.58 * w
    distance = max(width * 0.7 / w, height / h) * focal
    camera = Camera(focal, focal, (w - 1) / 2, (h - 1) / 2, w, h)
    frames, masks = [], []
    u, v = np.meshgrid(np.arange(w), np.arange(h))
    for i, middle in enumerate(np.linspace(0.3 * width, 0.7 * width, photos)):
        pose = np.eye(4)
        pose[:3, :3] = np.diag([1.0, -1.0, -1.0])
        pose[:3, 3] = -pose[:3, :3] @ [middle, height / 2, distance]
        px = middle + (u - camera.cx) / focal * distance
        py = height / 2 - (v - camera.cy) / focal * distance
        inside = (px >= 0) & (px <= width) & (py >= 0) & (py <= height)
        mask = np.where(inside, truth_at(px, py), 0).astype(np.uint16)
        pixels = np.clip(palette[mask] + rng.normal(0, grain, (h, w, 3)), 0, 255).astype(np.uint8)
        measured = np.where(inside, distance, 0).astype(np.float32) if depth else None
        frames.append(Frame(f"{i:03d}", camera, pose, ArrayPhoto(pixels), measured))
        masks.append(mask)
    scene = Scene(
        "flat",
        PointCloud(xyz, rgb),
        tuple(frames),
        ConfidenceRule(None, inclusive=True, reason="all"),
        float(0.5 * np.sqrt(width * height / points)),
        np.array([0.0, 1.0, 0.0]),
        metric=True,
    )
    return FlatScene(scene, truth, tuple(masks))


def rectangle(middle: tuple[float, float], width: float, height: float) -> Truth:
    """Return a plane of class 1 with a rectangle of class 2."""

    def truth_at(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.uint16]:
        inside = (abs(x - middle[0]) < width / 2) & (abs(y - middle[1]) < height / 2)
        return np.where(inside, 2, 1).astype(np.uint16)

    return truth_at


def disc(middle: tuple[float, float], radius: float) -> Truth:
    """Return a plane of class 1 with a disc of class 2."""

    def truth_at(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.uint16]:
        return np.where(np.hypot(x - middle[0], y - middle[1]) < radius, 2, 1).astype(np.uint16)

    return truth_at
