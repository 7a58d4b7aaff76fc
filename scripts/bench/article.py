"""The published method: our kernels against the naive loop, with labels compared.

Naive is one KD-tree, a query per painted photo, ball lists in batches of 100,000, and a Python loop
with ``bincount``. The better naive one counts instead of listing: a tree per class, return_length,
on all cores. Close-ups, where lists need more than 20 GB, are run by our kernels alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from bench.captures import toy
from bench.close_ups import SCENES, measure
from o3d_paint.core.article import article_labels
from o3d_paint.io.sample import SampleOptions
from o3d_paint.io.sample.painter import PainterOptions

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.core.naive import naive_article  # noqa: E402


def main(arguments: list[str]) -> int:
    """Runs both on one scene; returns 1 where a label differs."""
    parser = argparse.ArgumentParser(prog="bench.py article", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=float, default=2.0, help="side of the base plate in metres")
    parser.add_argument("--close-ups", action="store_true", help="only the close-ups, in turn")
    options = parser.parse_args(arguments)
    if options.close_ups:
        return _close_ups()
    sample = SampleOptions(seed=options.seed, size=options.size, shadows=False, smooth=False)
    capture = toy("toy", sample)
    masks = capture.paint(5, PainterOptions(seed=options.seed))
    pairs = [(capture.frames[i], mask) for i, mask in sorted(masks.items())]
    positions = np.array([f.position for f in capture.frames])
    seconds = []
    for _ in range(3):
        start = perf_counter()
        ours = article_labels(capture.cloud.xyz, pairs, camera_positions=positions)
        seconds.append(perf_counter() - start)
    painted = [
        (f.camera.matrix, f.cam_from_world, f.depth, f.confidence, mask) for f, mask in pairs
    ]
    start = perf_counter()
    _, naive = naive_article(capture.cloud.xyz, painted, positions)
    slow = perf_counter() - start
    transferred = np.where(ours.source == 1, ours.labels, 0).astype(np.uint16)
    start = perf_counter()
    counted = counted_vote(capture.cloud.xyz.astype(np.float64), transferred)
    counting = perf_counter() - start + min(seconds[1:]) - ours.seconds["vote"]
    differ = int(np.count_nonzero(counted != ours.labels))
    differ += int(np.count_nonzero(naive != ours.labels))
    print(
        f"{len(capture.cloud):,} points, base plate of {options.size:g} m, 5 of 15 photos painted"
    )
    print(
        f"ours, cold {seconds[0]:.2f} s, warm {min(seconds[1:]):.2f} s; naive {slow:.1f} s:", end=""
    )
    print(f" {slow / min(seconds[1:]):.0f}x, indexes included; {differ} labels differ")
    print(
        f"a tree per class with return_length, all cores {counting:.1f} s:"
        f" {counting / min(seconds[1:]):.1f}x"
    )
    return int(differ > 0)


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
