"""Labels for every point against truth: fusion by graph beside the published method.

Synthetic scenes, a sloppy simulated painter, mean and deviation over seeds; `all` is the share of
all points labelled right (unlabelled counts as wrong), `border` that of points within 3 cm of
another class.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bench.captures import Capture, toy
from bench.nasty import SCENES
from o3d_paint.core.metrics import reliability, score
from o3d_paint.fusion.article import ArticleOptions
from o3d_paint.fusion.fuse import fuse
from o3d_paint.io.sample import SampleOptions
from o3d_paint.io.sample.painter import PainterOptions

BORDER = 0.03
FIGURES = 4
Row = tuple[str, Callable[[int], Capture], int, PainterOptions]


@lru_cache(maxsize=5)
def _plain(seed: int, **changes: object) -> Capture:
    options = SampleOptions(seed=seed, shadows=False, smooth=False, **changes)  # type: ignore[arg-type]
    return toy(f"toy {seed}", options)


def rows() -> list[Row]:
    """Returns name, scene by seed, painted photos and painter of every line of the table."""
    broad, sparse = PainterOptions(fill=0.6), PainterOptions(fill=0.25)
    wrong = PainterOptions(fill=0.6, wrong_share=0.05)
    table: list[Row] = [
        ("broad, 5 photos", _plain, 5, broad),
        ("a quarter, 5 photos", _plain, 5, sparse),
        ("broad, 3 photos", _plain, 3, broad),
        ("twice as large, a quarter", lambda s: _plain(s, size=4.0), 5, sparse),
        ("one base colour, broad", lambda s: _plain(s, mono=True), 5, broad),
        ("one base colour, a quarter", lambda s: _plain(s, mono=True), 5, sparse),
        ("5 % of strokes in a wrong class", _plain, 5, wrong),
    ]
    return table + [(name, make, 5, broad) for name, make in SCENES.items()]


def main(arguments: list[str]) -> int:
    """Prints a line for each painting."""
    parser = argparse.ArgumentParser(prog="bench.py quality", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="+", default=[""], help="lines whose name holds one")
    parser.add_argument("--skip", nargs="+", default=[], help="lines whose name holds none")
    options = parser.parse_args(arguments)
    columns = ("article", "1 cm + near", "all", "mIoU", "border", "top 90 %", "ECE")
    print(f"{'painting':<36}" + "".join(f"{c:>15}" for c in columns))
    for name, make, photos, painter in rows():
        if _is_named(name, options.only) and not _is_named(name, options.skip):
            found = [_measure(make(s), photos, painter, s) for s in range(options.seeds)]
            cells = zip(np.mean(found, axis=0), np.std(found, axis=0), strict=True)
            print(f"{name:<36}" + "".join(f"{m:>9.3f} ±{d:.3f}" for m, d in cells), flush=True)
    name = "figures unpainted"
    if _is_named(name, options.only) and not _is_named(name, options.skip):
        _unpainted(options.seeds)
    return 0


def _is_named(name: str, parts: list[str]) -> bool:
    return any(part in name for part in parts)


def _measure(capture: Capture, photos: int, painter: PainterOptions, seed: int) -> list[float]:
    masks = capture.paint(photos, replace(painter, seed=seed))
    # Cameras around a scene twice as large stand farther away than the method's 5 m.
    transferred, article = capture.article(masks, ArticleOptions(max_camera_distance=np.inf))
    fusion = fuse(capture.cloud, capture.evidence(masks))
    truth = capture.truth.astype(np.uint16)
    scores = score(fusion.labels, truth)
    near = capture.border(BORDER) & (truth > 0)
    known = truth > 0
    right = fusion.labels[known] == truth[known]
    sure = np.argsort(-fusion.confidence[known], kind="stable")[: int(0.9 * known.sum())]
    return [
        _share(article, truth, known),
        _share(capture.vote_then_nearest(transferred), truth, known),
        scores.accuracy,
        scores.mean_iou,
        _share(fusion.labels, truth, near),
        float(right[sure].mean()),
        reliability(fusion.confidence[known], right).expected_calibration_error,
    ]


def _unpainted(seeds: int) -> None:
    """Prints what becomes of a class that nobody painted, at confidence 0.7 and above."""
    swallowed, rest = [], []
    for seed in range(seeds):
        capture = _plain(seed)
        painter = PainterOptions(fill=0.6, skip=frozenset({FIGURES}), seed=seed)
        fusion = fuse(capture.cloud, capture.evidence(capture.paint(5, painter)))
        sure = np.where(fusion.confidence >= 0.7, fusion.labels, 0)
        figures = capture.truth == FIGURES
        others = ~figures & (capture.truth > 0)
        swallowed.append(float((sure[figures] > 0).mean()))
        rest.append(float((sure[others] == capture.truth[others]).mean()))
    print(
        f"figures unpainted: {np.mean(swallowed):.3f} of them labelled at confidence >= 0.7,",
        end="",
    )
    print(f" {np.mean(rest):.3f} of the rest right")


def _share(
    labels: NDArray[np.uint16], truth: NDArray[np.uint16], where: NDArray[np.bool_]
) -> float:
    return float((labels[where] == truth[where]).mean())
