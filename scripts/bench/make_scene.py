"""Writes a large synthetic scene with truth, and masks of painted photos as COCO.

``python scripts/bench.py make-scene --points 12e6 --photos 200 -o big/``
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import perf_counter

import numpy as np

from o3d_paint.io.mask_formats.rle import counts_from_mask, text_from_counts
from o3d_paint.io.sample import CLASS_NAMES, Sample, SampleOptions, generate_sample, write_sample
from o3d_paint.io.sample.painter import PainterOptions, paint_photos, spread_photos

POINTS_PER_PHOTO = 58_000
PHOTOS_PER_HOUSE = 13


def main(arguments: list[str]) -> int:
    """Generates, paints and writes."""
    parser = argparse.ArgumentParser(prog="bench.py make-scene", description=__doc__)
    parser.add_argument("--points", type=float, default=12e6)
    parser.add_argument("--photos", type=int, help="as many as the points need if not given")
    parser.add_argument("--painted", type=int, nargs="+", default=[], help="5 70 200, say")
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    start = perf_counter()
    photos = options.photos or max(5, round(options.points / POINTS_PER_PHOTO))
    sample = large_sample(options.points, photos)
    options.out.mkdir(parents=True, exist_ok=True)
    write_sample(sample, options.out)
    print(f"{len(sample.points):,} points of {photos} photos in {perf_counter() - start:.0f} s")
    for count in options.painted:
        path = options.out / f"masks_{count}.json"
        path.write_text(json.dumps(coco_of(sample, count)), encoding="utf-8")
        print(f"{count} painted photos: {path}")
    return 0


def large_sample(points: float, photos: int) -> Sample:
    """Returns a scene of about so many points: as many houses as the photos can go around."""
    resolution = max(64, round(518 * (points / photos / POINTS_PER_PHOTO) ** 0.5))
    houses = max(1, round(photos / PHOTOS_PER_HOUSE))
    options = SampleOptions(
        photos=photos, houses=houses, resolution=resolution, shadows=False, smooth=False
    )
    return generate_sample(options)


def coco_of(sample: Sample, count: int) -> dict[str, object]:
    """Returns a sloppy painting of photos spread over the scene, as a COCO document."""
    total = len(sample.photos)
    chosen = range(total) if count >= total else spread_photos(total, count)
    painted = paint_photos(sample.truth_pixels, chosen, PainterOptions(fill=0.6))
    height, width = sample.truth_pixels.shape[1:]
    images, annotations = [], []
    for idx, photo in painted.items():
        images.append({"id": idx, "file_name": f"{idx:03d}.png", "height": height, "width": width})
        for class_id in np.unique(photo.mask[photo.mask > 0]).tolist():
            counts = text_from_counts(counts_from_mask(photo.mask == class_id))
            segmentation = {"size": [height, width], "counts": counts}
            annotations.append(
                {"image_id": idx, "category_id": class_id, "segmentation": segmentation}
            )
    categories = [{"id": i, "name": name} for i, name in CLASS_NAMES.items()]
    return {"images": images, "annotations": annotations, "categories": categories}
