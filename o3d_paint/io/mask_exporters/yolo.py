"""A data set for YOLO segmentation: photos, one polygon a line, and ``data.yaml``.

Source: the page on segmentation data sets of the Ultralytics documentation. Corners lie on the
outer edges of the pixels, divided by the size of the photo.
"""

from __future__ import annotations

import json
from pathlib import Path

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.selection.polygons import region_polygons
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.io.mask_exporters.source import MaskOptions, MaskSource, Written
from o3d_paint.io.store import make_folder, write_bytes

__all__ = ["write_yolo"]


def write_yolo(source: MaskSource, folder: Path, options: MaskOptions) -> Written:
    """Write ``images/train``, ``labels/train`` and ``data.yaml``; photos are always written."""
    images = make_folder(folder / "images" / "train")
    labels = make_folder(folder / "labels" / "train")
    paths = []
    for frame_idx, stem in enumerate(source.stems):
        if options.progress is not None:
            options.progress(frame_idx / len(source.stems), stem)
        photo, label = images / f"{stem}.jpg", labels / f"{stem}.txt"
        write_bytes(photo, source.photo_jpeg(frame_idx), inputs=options.inputs)
        lines = _lines(source.mask(frame_idx), source.taxonomy)
        write_bytes(label, "".join(f"{line}\n" for line in lines).encode(), inputs=options.inputs)
        paths += [photo, label]
    table = folder / "data.yaml"
    write_bytes(table, _data_yaml(source.taxonomy).encode(), inputs=options.inputs)
    return Written((*paths, table))


def _lines(mask: IdArray, taxonomy: Taxonomy) -> list[str]:
    """Return ``class x1 y1 x2 y2 …`` for each connected region."""
    height, width = mask.shape
    lines = []
    for number, label_class in enumerate(taxonomy):
        for polygon in region_polygons(mask == label_class.class_id):
            scaled = polygon / (width, height)
            lines.append(f"{number} " + " ".join(f"{v:.7g}" for v in scaled.ravel()))
    return lines


def _data_yaml(taxonomy: Taxonomy) -> str:
    """Return the table of the data set; JSON strings are YAML strings."""
    names = "".join(f"  {i}: {json.dumps(c.name)}\n" for i, c in enumerate(taxonomy))
    return (
        "# Set some photos aside for validation, better those of another scene.\n"
        f"train: images/train\nval: images/train\nnames:\n{names}"
    )
