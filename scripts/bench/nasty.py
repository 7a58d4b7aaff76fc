"""Captures made worse in the ways in which real ones are worse than rendered ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.captures import Capture, of_sample
from bench.shelf import shelf
from o3d_paint.io.sample import Sample, SampleOptions, generate_sample

_CLOUD_CONFIDENCE = 0.5
Mask = NDArray[np.bool_]


def rebuilt(sample: Sample, depth: NDArray[np.float32], keep: Mask) -> Sample:
    """Return a sample with other depth (F, H, W) and only the pixels kept."""
    confidence = np.where(keep, sample.confidence, 0).astype(np.float32)
    depth = np.where(keep, depth, 0).astype(np.float32)
    frames, rows, columns = np.nonzero(confidence > _CLOUD_CONFIDENCE)
    k, pose = sample.intrinsics.astype(np.float64), sample.extrinsics.astype(np.float64)
    z = depth[frames, rows, columns].astype(np.float64)
    x = (columns - k[frames, 0, 2]) / k[frames, 0, 0] * z
    y = (rows - k[frames, 1, 2]) / k[frames, 1, 1] * z
    shifted = np.stack([x, y, z], axis=1) - pose[frames, :, 3]
    return replace(
        sample,
        depth=depth,
        confidence=confidence,
        points=np.einsum("nij,ni->nj", pose[frames, :, :3], shifted),
        colors=sample.photos[frames, rows, columns],
        truth_points=sample.truth_pixels[frames, rows, columns],
        pixel_of_point=np.ravel_multi_index((frames, rows, columns), depth.shape),
    )


def without_grid(sample: Sample, rng: np.random.Generator) -> Sample:
    """Drop lines of depth in a grid, and round holes: a sensor's and a matcher's gaps."""
    _, h, w = sample.depth.shape
    rows, columns = np.arange(h) % 24 < 5, np.arange(w) % 31 < 5
    keep = np.repeat((~rows[:, None] & ~columns[None, :])[None], len(sample.depth), axis=0)
    for view in keep:
        canvas = view.astype(np.uint8)
        for _ in range(25):
            center = (int(rng.integers(w)), int(rng.integers(h)))
            cv2.circle(canvas, center, int(rng.integers(5, 28)), 0, -1)
        view[:] = canvas > 0
    return rebuilt(sample, sample.depth, keep)


def in_fragments(sample: Sample, rng: np.random.Generator) -> Sample:
    """Cut the world along planes, so that nothing larger than a hand hangs together."""
    size = float(np.ptp(np.percentile(sample.points, [2, 98], axis=0), axis=0).max())
    normals = rng.normal(size=(7, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    along = sample.points @ normals.T / (size / 9) + rng.random(7)
    gone = ((along % 1.0) < 0.16).any(axis=1)
    keep = np.ones(sample.depth.shape, dtype=bool)
    keep.ravel()[sample.pixel_of_point[gone]] = False
    return rebuilt(sample, sample.depth, keep)


def misplaced(sample: Sample, rng: np.random.Generator) -> Sample:
    """Scale the depth of each photo and turn its camera a little: surfaces come several times."""
    scale = 1 + rng.normal(0, 0.006, (len(sample.depth), 1, 1))
    pose = sample.extrinsics.copy()
    for view in pose:
        turn, _ = cv2.Rodrigues(rng.normal(0, 0.003, 3))
        view[:] = turn.astype(np.float32) @ view
    moved = replace(sample, extrinsics=pose)
    return rebuilt(moved, (sample.depth * scale).astype(np.float32), sample.depth > 0)


def grainy(sample: Sample, rng: np.random.Generator) -> Sample:
    """Print strong patches of a few colours all over every surface, borders or not."""
    palette = np.array(
        [[210, 40, 40], [240, 210, 60], [40, 70, 170], [235, 235, 225], [30, 30, 30]]
    )
    cell = np.floor(sample.points / (0.03 * 2)).astype(np.int64)
    mixed = cell @ np.array([73856093, 19349663, 83492791])
    noise = (mixed * 2246822519 >> 9) & 0xFFFF
    photos = sample.photos.copy()
    flat = photos.reshape(-1, 3)
    printed = noise % 3 < 2
    pixel = sample.pixel_of_point[printed]
    shade = flat[pixel].mean(axis=1, keepdims=True) / 150
    flat[pixel] = np.clip(palette[noise[printed] % 5] * shade, 0, 255).astype(np.uint8)
    return replace(sample, photos=photos, colors=flat[sample.pixel_of_point])


def one_color(sample: Sample, rng: np.random.Generator) -> Sample:
    """Paint two classes that touch, walls and base plate, in one colour each time."""
    photos = sample.photos.astype(np.float64)
    for pair in ((1, 2), (3, 5)):
        alike = np.isin(sample.truth_pixels, pair)
        gray = photos[alike].mean(axis=1, keepdims=True) / 140
        photos[alike] = gray * np.array([150, 130, 100]) + rng.normal(0, 3, (alike.sum(), 1))
    colored = np.clip(photos, 0, 255).astype(np.uint8)
    flat = colored.reshape(-1, 3)
    return replace(sample, photos=colored, colors=flat[sample.pixel_of_point])


def _toy(change: Callable[[Sample, np.random.Generator], Sample], name: str, seed: int) -> Capture:
    sample = generate_sample(SampleOptions(seed=seed))
    return of_sample(f"{name} {seed}", change(sample, np.random.default_rng([seed, 5])))


SCENES: dict[str, Callable[[int], Capture]] = {
    "shelf, print on everything": lambda seed: shelf(seed),
    "shelf, twice the noise": lambda seed: shelf(seed, noise=2.0, plain_boards=False),
    "toy, print on everything": lambda seed: _toy(grainy, "print", seed),
    "toy, one colour for two classes": lambda seed: _toy(one_color, "alike", seed),
    "toy, grids and holes": lambda seed: _toy(without_grid, "holes", seed),
    "toy, in fragments": lambda seed: _toy(in_fragments, "fragments", seed),
    "toy, photos misplaced": lambda seed: _toy(misplaced, "misplaced", seed),
}
"""What is nasty, and how to make it; shelves hold thin parts."""
