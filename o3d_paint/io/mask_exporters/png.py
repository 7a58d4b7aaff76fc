"""One indexed PNG a photo, and the classes as ``classes.json``: what every other tool can read."""

from __future__ import annotations

from pathlib import Path

from o3d_paint.io.class_list import class_list
from o3d_paint.io.mask_exporters.source import MaskOptions, MaskSource, Written
from o3d_paint.io.masks import mask_png
from o3d_paint.io.store import make_folder, write_bytes, write_json

__all__ = ["write_png"]


def write_png(source: MaskSource, folder: Path, options: MaskOptions) -> Written:
    """Write ``NAME.png`` for every photo; 16-bit grey where ids exceed 255."""
    make_folder(folder)
    paths = []
    for frame_idx, stem in enumerate(source.stems):
        if options.progress is not None:
            options.progress(frame_idx / len(source.stems), stem)
        path = folder / f"{stem}.png"
        data = mask_png(source.mask(frame_idx), source.taxonomy)
        write_bytes(path, data, inputs=options.inputs)
        paths.append(path)
        if options.photos:
            photo = make_folder(folder / "photos", within=folder) / f"{stem}.jpg"
            write_bytes(photo, source.photo_jpeg(frame_idx), inputs=options.inputs)
            paths.append(photo)
    classes = folder / "classes.json"
    write_json(classes, class_list(source.taxonomy), inputs=options.inputs)
    return Written((*paths, classes))
