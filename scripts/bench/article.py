"""The published method: our kernels against the naive loop, with labels compared.

Naive is one KD-tree, a query per painted photo, ball lists in batches of 100,000, and a Python loop
with ``bincount``. The better naive one counts instead of listing: a tree per class, return_length,
on all cores. Close-ups, where lists need more than 20 GB, are run by our kernels alone.
"""

from __future__ import annotations

import argparse
import resource
import sys
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from bench.captures import toy
from bench.close_ups import SCENES, measure
from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.scene import Frame
from o3d_paint.fusion.article import article_labels
from o3d_paint.io.masks import load_masks
from o3d_paint.io.sample import SampleOptions
from o3d_paint.io.sample.painter import PainterOptions
from o3d_paint.io.scene import load_scene

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.core.naive import naive_article  # noqa: E402


def main(arguments: list[str]) -> int:
    """Runs both on one scene; returns 1 where a label differs."""
    parser = argparse.ArgumentParser(prog="bench.py article", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=float, default=2.0, help="side of the base plate in metres")
    parser.add_argument("--close-ups", action="store_true", help="only the close-ups, in turn")
    parser.add_argument("--scene", type=Path, help="a scene of bench.py make-scene instead")
    parser.add_argument("--masks", type=Path, help="its painted photos")
    options = parser.parse_args(arguments)
    if (options.scene is None) != (options.masks is None):
        parser.error("--scene and --masks go together")
    if options.close_ups:
        return _close_ups()
    case = _toy(options.seed, options.size) if options.scene is None else _read(options)
    return _compare(case)


class _Case(NamedTuple):
    """What is labelled.

    Attributes:
        title: What to call it.
        xyz: (N, 3) points.
        pairs: Painted frames with their masks.
        positions: (F, 3) centres of all cameras.
    """

    title: str
    xyz: FloatArray
    pairs: list[tuple[Frame, NDArray[np.uint16]]]
    positions: NDArray[np.float64]


def _toy(seed: int, size: float) -> _Case:
    sample = SampleOptions(seed=seed, size=size, shadows=False, smooth=False)
    capture = toy("toy", sample)
    masks = capture.paint(5, PainterOptions(seed=seed))
    return _Case(
        f"base plate of {size:g} m, 5 of 15 photos painted",
        capture.cloud.xyz,
        [(capture.frames[i], mask) for i, mask in sorted(masks.items())],
        np.array([f.position for f in capture.frames]),
    )


def _read(options: argparse.Namespace) -> _Case:
    scene = load_scene(options.scene)
    masks = load_masks(options.masks, scene).masks
    return _Case(
        f"{len(masks)} of {len(scene.frames)} photos painted",
        scene.cloud.xyz,
        [(scene.frames[i], mask) for i, mask in sorted(masks.items())],
        np.array([f.position for f in scene.frames]),
    )


def _compare(case: _Case) -> int:
    """Labels by ours and the naive ways; prints times and returns 1 where a label differs."""
    title, xyz, pairs, positions = case
    print(f"{len(xyz):,} points, {title}", flush=True)
    seconds = []
    for _ in range(3):
        start = perf_counter()
        ours = article_labels(xyz, pairs, camera_positions=positions)
        seconds.append(perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    warm = min(seconds[1:])
    print(
        f"ours, cold {seconds[0]:.2f} s, warm {warm:.2f} s, {peak:.1f} GB at the peak", flush=True
    )
    painted = [
        (f.camera.matrix, f.cam_from_world, f.depth, f.confidence, _at_depth(mask, f))
        for f, mask in pairs
    ]
    start = perf_counter()
    _, naive = naive_article(xyz, painted, positions)
    slow = perf_counter() - start
    differ = int(np.count_nonzero(naive != ours.labels))
    print(f"naive {slow:.1f} s: {slow / warm:.0f}x, indexes included", flush=True)
    transferred = np.where(ours.source == 1, ours.labels, 0).astype(np.uint16)
    start = perf_counter()
    counted = counted_vote(np.asarray(xyz, dtype=np.float64), transferred)
    counting = perf_counter() - start + warm - ours.seconds["vote"]
    differ += int(np.count_nonzero(counted != ours.labels))
    print(
        f"a tree per class with return_length, all cores {counting:.1f} s: {counting / warm:.1f}x"
    )
    print(f"{differ} labels differ")
    return int(differ > 0)


def _at_depth(mask: NDArray[np.uint16], frame: Frame) -> NDArray[np.uint16]:
    """Return the mask's value at the middle of each pixel of the depth map."""
    assert frame.depth is not None
    (h, w), (height, width) = frame.depth.shape, mask.shape
    rows = (2 * np.arange(h) + 1) * height // (2 * h)
    columns = (2 * np.arange(w) + 1) * width // (2 * w)
    return mask[rows[:, None], columns]


def counted_vote(xyz: NDArray[np.float64], labels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return the published vote, by counts of each class instead of lists of neighbours."""
    out = labels.copy()
    unknown = np.flatnonzero(labels == 0)
    class_ids = np.unique(labels[labels > 0])
    counts = np.zeros((len(unknown), len(class_ids)), dtype=np.int64)
    for column, class_id in enumerate(class_ids):
        tree = cKDTree(xyz[labels == class_id])
        counts[:, column] = tree.query_ball_point(
            xyz[unknown], 0.05, return_length=True, workers=-1
        )
    enough = counts.sum(axis=1) >= 3
    out[unknown[enough]] = class_ids[counts[enough].argmax(axis=1)]
    return out


def _close_ups() -> int:
    for name in SCENES:
        found = measure(name)
        print(
            f"{name}: {found.points:,} points, {found.in_ball:,.0f} labelled ones in a ball,"
            f" {found.seconds:.1f} s, {found.peak:,.0f} MiB at the peak, all included",
            flush=True,
        )
    return 0
