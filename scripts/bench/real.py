"""Labels for every point of real captures whose classes somebody has annotated.

A capture is a folder with ``scene.npz``, which holds beside the scene ``gt_labels`` (the class of
each pixel) and ``gt_point_labels`` (that of each point), 0 where unknown. What is unknown is
neither painted nor counted. A sloppy simulated painter paints masks at the size of the photos;
everything is labelled, however unsure. Mean and deviation over seeds of the painter.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.labelling import Figures, figures_of, labelled
from o3d_paint.core.scene import Scene
from o3d_paint.fusion.settings import METHODS, Method
from o3d_paint.io.sample.painter import PainterOptions, paint_photos, spread_photos
from o3d_paint.io.scene import load_scene

TRUTH = ("gt_labels", "gt_point_labels")


class Labelled(NamedTuple):
    """A capture with truth.

    Attributes:
        scene: As the program reads it.
        pixels: (F, H, W) class of each pixel.
        points: (N,) class of each point.
    """

    scene: Scene
    pixels: NDArray[np.uint8]
    points: NDArray[np.uint16]


def main(arguments: list[str]) -> int:
    """Prints a line for each capture, painting and number of photos."""
    parser = argparse.ArgumentParser(prog="bench.py real", description=__doc__)
    parser.add_argument("--captures", type=Path, help="folder of the captures' folders")
    parser.add_argument("--only", nargs="+", default=[""], help="captures whose name holds one")
    parser.add_argument("--fills", type=float, nargs="+", default=[0.6, 0.25])
    parser.add_argument("--photos", type=int, nargs="+", default=[5, 1, 2, 3])
    parser.add_argument("--seeds", type=int, default=5)
    measured = [m for m in METHODS if m != "article"]
    parser.add_argument("--method", choices=measured, default="graph")
    options = parser.parse_args(arguments)
    folder = options.captures or _usual_folder()
    found = sorted(path.parent for path in folder.glob("*/scene.npz") if _has_truth(path))
    if not found:
        print(f"no labelled captures in {folder}: give --captures or set O3D_PAINT_CAPTURES")
        return 0
    heads = "".join(f"{name.replace('_', ' '):>18}" for name in Figures._fields)
    print(f"{'capture':<16}{'painted':>8}{'photos':>7}{heads}")
    for place in found:
        if any(part in place.name for part in options.only):
            _table(place, options.fills, options.photos, options.seeds, options.method)
    return 0


def read(folder: Path) -> Labelled:
    """Read a capture without its truth, as the program does, and the truth."""
    with np.load(folder / "scene.npz") as arrays, TemporaryDirectory() as bare:
        path = Path(bare) / "scene.npz"
        np.savez(path, **{key: arrays[key] for key in arrays if not key.startswith("gt_")})
        pixels, points = (arrays[key] for key in TRUTH)
        return Labelled(load_scene(path), pixels.astype(np.uint8), points.astype(np.uint16))


def measure(
    capture: Labelled, fill: float, photos: int, seed: int, method: Method = "graph"
) -> Figures:
    """Paint so many photos of a capture, label it and hold the labels against the truth."""
    chosen = spread_photos(len(capture.pixels), photos)
    painted = paint_photos(capture.pixels, chosen, PainterOptions(fill=fill, seed=seed))
    masks = {i: photo.mask for i, photo in painted.items()}
    return figures_of(labelled(capture.scene, masks, method=method), capture.points)


def _usual_folder() -> Path:
    here = Path(__file__).resolve().parents[2]
    return Path(os.environ.get("O3D_PAINT_CAPTURES") or here.parent / "shared/data") / "labelled"


def _has_truth(path: Path) -> bool:
    with np.load(path) as arrays:
        return all(key in arrays for key in TRUTH)


def _table(place: Path, fills: list[float], counts: list[int], seeds: int, method: Method) -> None:
    capture = read(place)
    for count in counts:
        for fill in fills:
            found = [measure(capture, fill, count, seed, method) for seed in range(seeds)]
            cells = zip(np.mean(found, axis=0), np.std(found, axis=0), strict=True)
            figures = "".join(f"{m:>12.4f} ±{d:.3f}" for m, d in cells)
            print(f"{place.name:<16}{fill:>8}{count:>7}{figures}", flush=True)


__all__ = ["Labelled", "main", "measure", "read"]
