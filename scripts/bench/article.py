"""The published method: our kernels against the naive loop, with labels compared.

Naive is one KD-tree, a query per painted photo, ball lists in batches of 100,000, and a Python loop
with ``bincount``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

from bench.captures import toy
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
    options = parser.parse_args(arguments)
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
    differ = int(np.count_nonzero(naive != ours.labels))
    print(
        f"{len(capture.cloud):,} points, base plate of {options.size:g} m, 5 of 15 photos painted"
    )
    print(
        f"ours, cold {seconds[0]:.2f} s, warm {min(seconds[1:]):.2f} s; naive {slow:.1f} s:", end=""
    )
    print(f" {slow / min(seconds[1:]):.0f}x, indexes included; {differ} labels differ")
    return int(differ > 0)
