"""COCO annotations: one compressed run-length region for each class and photo.

Source: the data format page of the COCO data set. A region that was never told into objects is one
annotation with ``iscrowd`` 0, as COCO's own "stuff" labels have it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint import __version__
from o3d_paint.core.arrays import BoolArray, IdArray
from o3d_paint.io.mask_exporters.source import MaskOptions, MaskSource, Written
from o3d_paint.io.mask_formats.rle import counts_from_mask, text_from_counts
from o3d_paint.io.store import make_folder, write_bytes

__all__ = ["write_coco"]


def write_coco(source: MaskSource, path: Path, options: MaskOptions) -> Written:
    """Write one JSON file; with photos, those go into ``images`` beside it."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    paths = []
    for frame_idx, stem in enumerate(source.stems):
        if options.progress is not None:
            options.progress(frame_idx / len(source.stems), stem)
        height, width = source.size(frame_idx)
        name = f"images/{stem}.jpg" if options.photos else source.photo_name(frame_idx)
        images.append({"id": frame_idx + 1, "file_name": name, "height": height, "width": width})
        for record in _regions(source.mask(frame_idx)):
            annotations.append({"id": len(annotations) + 1, "image_id": frame_idx + 1, **record})
        if options.photos:
            photo = make_folder(path.parent / "images", within=path.parent) / f"{stem}.jpg"
            write_bytes(photo, source.photo_jpeg(frame_idx), inputs=options.inputs)
            paths.append(photo)
    document = {
        "info": {"description": source.labelled.scene.name, "version": f"O3D Paint {__version__}"},
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": [
            {"id": c.class_id, "name": c.name, "supercategory": "", "color": list(c.color)}
            for c in source.taxonomy
        ],
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    write_bytes(path, text.encode("utf-8", "backslashreplace"), inputs=options.inputs)
    return Written((*paths, path))


def _regions(mask: IdArray) -> list[dict[str, Any]]:
    """Return what COCO says of each class of a mask."""
    regions = []
    for class_id in np.flatnonzero(np.bincount(mask.ravel())):
        if class_id == 0:
            continue
        coverage = mask == class_id
        regions.append(
            {
                "category_id": int(class_id),
                "segmentation": {
                    "size": list(mask.shape),
                    "counts": text_from_counts(counts_from_mask(coverage)),
                },
                "area": int(np.count_nonzero(coverage)),
                "bbox": _box(coverage),
                "iscrowd": 0,
            }
        )
    return regions


def _box(coverage: BoolArray) -> list[int]:
    """Return x, y, width and height of what is covered."""
    rows = np.flatnonzero(coverage.any(axis=1))
    columns = np.flatnonzero(coverage.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    return [x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y]
