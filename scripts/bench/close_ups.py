"""Scenes seen from close by, where a ball holds thousands of points: time and peak memory.

Each runs in a process of its own, so that its peak is its own.
"""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from bench.captures import Capture, capture
from bench.shelf import shelf
from o3d_paint.fusion.article import ArticleOptions, article_labels
from o3d_paint.io.sample.painter import PainterOptions

_KIB_PER_MIB = 1024


@dataclass(frozen=True)
class Measured:
    """What a close-up cost.

    Attributes:
        points: Size of the cloud.
        in_ball: Labelled points within 5 cm of a point, mean over a sample.
        seconds: For the published method, kernels warm.
        peak: MiB of memory at most, program and making of the scene included.
    """

    points: int
    in_ball: float
    seconds: float
    peak: float


def dense_shelf() -> Capture:
    """Return 0.9 million points in half a metre."""
    return shelf(0, resolution=312)


def wall() -> Capture:
    """Return 3 million points of a wall 4 m by 2.5 m, from cameras 0.3 m away, two classes."""
    rng = np.random.default_rng(0)
    side, focal, photos = 240, 260.0, 52
    middle = (side - 1) / 2
    v, u = np.mgrid[0:side, 0:side]
    depth = (0.3 + rng.normal(0, 0.002, (photos, side, side))).astype(np.float32)
    centers = np.stack(
        [np.linspace(-1.9, 1.9, photos), 1.1 * np.sin(np.arange(photos)), np.zeros(photos)], axis=1
    )
    x = (u - middle) / focal * depth + centers[:, 0, None, None]
    y = (v - middle) / focal * depth + centers[:, 1, None, None]
    points = np.stack([x, y, depth], axis=-1).reshape(-1, 3).astype(np.float64)
    pose = np.repeat(np.eye(4, dtype=np.float32)[None, :3], photos, axis=0)
    pose[:, :, 3] = -centers
    truth = np.where(y > 0, 1, 2).astype(np.uint8)
    gray = np.full((photos, side, side, 3), 128, dtype=np.uint8)
    k = np.array([[focal, 0, middle], [0, focal, middle], [0, 0, 1]], dtype=np.float32)
    return capture(
        "wall", photos=gray, depth=depth, confidence=np.ones_like(depth),
        intrinsics=np.repeat(k[None], photos, axis=0), extrinsics=pose, truth_pixels=truth,
        points=points, colors=gray.reshape(-1, 3), truth_points=truth.ravel(),
    )  # fmt: skip


SCENES: dict[str, tuple[Callable[[], Capture], int]] = {
    "a shelf half a metre wide": (dense_shelf, 5),
    "cameras 0.3 m from a wall": (wall, 20),
}
"""How to make it, and how many photos to paint."""


def measure(name: str) -> Measured:
    """Return what the published method costs on a close-up, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (name,))


def _measure(name: str) -> Measured:
    make, painted = SCENES[name]
    scene = make()
    masks = scene.paint(painted, PainterOptions())
    pairs = [(scene.frames[i], mask) for i, mask in sorted(masks.items())]
    few = ArticleOptions(max_distance=1e-4)
    article_labels(scene.cloud.xyz, pairs, few)  # compiles
    start = perf_counter()
    result = article_labels(scene.cloud.xyz, pairs)
    seconds = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    labelled = scene.cloud.xyz[result.source == 1]
    some = np.random.default_rng(0).choice(len(scene.cloud), 200, replace=False)
    in_ball = [
        np.count_nonzero(np.linalg.norm(labelled - scene.cloud.xyz[i], axis=1) <= 0.05)
        for i in some
    ]
    return Measured(len(scene.cloud), float(np.mean(in_ball)), seconds, peak / _KIB_PER_MIB)
