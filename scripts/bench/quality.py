"""Labels for every point of made scenes against truth, beside the published method.

Synthetic scenes, a sloppy simulated painter, the default `fuse` with everything labelled; mean and
deviation over seeds. *article* is the published method, *border* the share right of points within
3 cm of another class. Below them flat scenes that are painted without error: the small class has
the colour of its surroundings, the cloud has no colours, or a brush in 3D adds a right dab.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from bench.captures import Capture, toy
from bench.flat import FLUSH, SMALL, Flat, boards, colorless, flush
from bench.labelling import Figures, figures_of, labelled
from bench.nasty import SCENES
from o3d_paint.core.metrics import reliability
from o3d_paint.fusion.article import ArticleOptions
from o3d_paint.fusion.settings import METHODS, Method
from o3d_paint.io.sample import SampleOptions
from o3d_paint.io.sample.painter import PainterOptions

FIGURES = 4
CLOUDS = (5_000, 21_000, 1_400_000)
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
        ("5 % of strokes in a wrong class", _plain, 5, wrong),
    ]
    for name, painter in (("broad", broad), ("a quarter", sparse)):
        table += [(f"{name}, {count} photo{'s'[:count - 1]}", _plain, count, painter)
                  for count in (1, 2, 3)]  # fmt: skip
    table += [
        ("one base colour, broad", lambda s: _plain(s, mono=True), 5, broad),
        ("one base colour, a quarter", lambda s: _plain(s, mono=True), 5, sparse),
        ("twice as large, a quarter", lambda s: _plain(s, size=4.0), 5, sparse),
    ]
    return table + [(name, make, 5, broad) for name, make in SCENES.items()]


def main(arguments: list[str]) -> int:
    """Prints a line for each painting."""
    parser = argparse.ArgumentParser(prog="bench.py quality", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="+", default=[""], help="lines whose name holds one")
    parser.add_argument("--skip", nargs="+", default=[], help="lines whose name holds none")
    measured = [m for m in METHODS if m != "article"]
    parser.add_argument("--method", choices=measured, default="graph")
    options = parser.parse_args(arguments)

    def is_wanted(name: str) -> bool:
        named = any(part in name for part in options.only)
        return named and not any(part in name for part in options.skip)

    painted = [row for row in rows() if is_wanted(row[0])]
    if painted:
        _head("painting", "article", *Figures._fields, "border")
    for name, make, photos, painter in painted:
        _line(name, [_measure(make(seed), photos, replace(painter, seed=seed), options.method)
                     for seed in range(options.seeds)])  # fmt: skip
    if is_wanted("figures unpainted"):
        _unpainted(options.seeds, options.method)
    _flat_scenes(is_wanted, options.seeds, options.method)
    return 0


def _head(title: str, *columns: str) -> None:
    print(f"{title:<36}" + "".join(f"{c.replace('_', ' '):>18}" for c in columns))


def _line(name: str, found: list[list[float]]) -> None:
    cells = zip(np.mean(found, axis=0), np.std(found, axis=0), strict=True)
    print(f"{name:<36}" + "".join(f"{m:>12.4f} ±{d:.3f}" for m, d in cells), flush=True)


def _measure(capture: Capture, photos: int, painter: PainterOptions, method: Method) -> list[float]:
    masks = capture.paint(photos, painter)
    # Cameras around a scene twice as large stand farther away than the method's 5 m.
    article = capture.article(masks, ArticleOptions(max_camera_distance=np.inf))
    result = labelled(capture.scene, masks, method=method)
    truth = capture.truth.astype(np.uint16)
    near = capture.border & (truth > 0)
    return [
        _share(article, truth, truth > 0),
        *figures_of(result, truth),
        _share(result.labelled.labels, truth, near),
    ]


def _unpainted(seeds: int, method: Method) -> None:
    """Prints what becomes of a class that nobody painted, at confidence 0.7 and above."""
    found = []
    for seed in range(seeds):
        capture = _plain(seed)
        painter = PainterOptions(fill=0.6, skip=frozenset({FIGURES}), seed=seed)
        result = labelled(capture.scene, capture.paint(5, painter), method=method)
        confidence = result.labelled.confidence
        assert confidence is not None
        sure = np.where(confidence >= 0.7, result.labelled.labels, 0)
        figures = capture.truth == FIGURES
        others = ~figures & (capture.truth > 0)
        found.append([(sure[figures] > 0).mean(), (sure == capture.truth)[others].mean()])
    _head("at confidence 0.7 and above", "of it labelled", "others right")
    _line("figures unpainted", found)


def _flat_scenes(is_wanted: Callable[[str], bool], seeds: int, method: Method) -> None:
    """Prints lines of flat scenes: what is kept of the small class and of all others."""
    flat: list[tuple[str, Callable[[int], Flat]]] = [(kind, partial(flush, kind)) for kind in FLUSH]
    flat += [(f"without colours, {count:,} points", partial(colorless, count)) for count in CLOUDS]
    wanted = [row for row in flat if is_wanted(row[0])]
    if wanted:
        _head("flat scene", "small class right", "others right", "all right", "ece")
    for name, make in wanted:
        _line(name, [_kept(make(seed), method) for seed in range(seeds)])
    name = "four boards"
    if is_wanted(name):
        _head("boards painted in photos", "right", "with a 3D dab")
        _line(name, [_dabbed(seed, method) for seed in range(seeds)])


def _kept(flat: Flat, method: Method) -> list[float]:
    result = labelled(flat.scene, flat.masks, method=method)
    right = result.labelled.labels == flat.truth
    small = flat.truth == SMALL
    assert result.labelled.confidence is not None
    calibration = reliability(result.labelled.confidence, right)
    shares = [right[small].mean(), right[~small].mean(), right.mean()]
    return [*shares, calibration.expected_calibration_error]


def _dabbed(seed: int, method: Method) -> list[float]:
    flat, dabs = boards(seed)
    results = [labelled(flat.scene, flat.masks, method=method, layer=dab) for dab in (None, dabs)]
    return [float((result.labelled.labels == flat.truth).mean()) for result in results]


def _share(
    labels: NDArray[np.uint16], truth: NDArray[np.uint16], where: NDArray[np.bool_]
) -> float:
    return float((labels[where] == truth[where]).mean())
