"""A data set for YOLO segmentation: photos, one polygon a line, and ``data.yaml``.

Every fifth photo is for validation: ``images/val`` and ``labels/val`` beside ``images/train`` and
``labels/train``. Source: the page on segmentation data sets of the Ultralytics documentation.
Corners lie on the outer edges of the pixels, divided by the size of the photo. A network takes each
line for an object, so specks are left out: gaps between points make many of them and little area.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.selection.polygons import region_polygons
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.io.mask_exporters.source import MaskOptions, MaskSource, Written
from o3d_paint.io.store import make_folder, remove_file, write_bytes

__all__ = ["write_yolo"]


_HALVES = ("train", "val")
_EVERY = 5
_SPECK = 20_000


def write_yolo(source: MaskSource, folder: Path, options: MaskOptions) -> Written:
    """Write ``images``, ``labels`` and ``data.yaml``; photos are always written.

    A photo that an earlier export put into the other half is taken out there.
    """
    for half in _HALVES:
        make_folder(folder / "images" / half, within=folder)
        make_folder(folder / "labels" / half, within=folder)
    paths, specks = [], 0
    halves = _halves(len(source.stems))
    for frame_idx, (stem, half) in enumerate(zip(source.stems, halves, strict=True)):
        if options.progress is not None:
            options.progress(frame_idx / len(source.stems), stem)
        photo, label = folder / f"images/{half}/{stem}.jpg", folder / f"labels/{half}/{stem}.txt"
        write_bytes(photo, source.photo_jpeg(frame_idx), inputs=options.inputs)
        mask = source.mask(frame_idx)
        smallest = mask.size // _SPECK if options.min_region is None else options.min_region
        mask, dropped = _without_specks(mask, smallest)
        specks += dropped
        lines = _lines(mask, source.taxonomy)
        write_bytes(label, "".join(f"{line}\n" for line in lines).encode(), inputs=options.inputs)
        other = _HALVES[1 - _HALVES.index(half)]
        for name in (f"images/{other}/{stem}.jpg", f"labels/{other}/{stem}.txt"):
            remove_file(folder / name, inputs=options.inputs)
        paths += [photo, label]
    table = folder / "data.yaml"
    write_bytes(table, _data_yaml(source.taxonomy, halves).encode(), inputs=options.inputs)
    notes = [_note(halves)]
    if specks:
        notes.append(f"{specks:,} specks were left out (--min-region 0 keeps them).")
    return Written((*paths, table), tuple(notes))


def _halves(count: int) -> list[str]:
    """Return "train" or "val" for each photo: every fifth, of two to four the last, of one none."""
    if count < _EVERY:
        return ["train"] * (count - 1) + ["val" if count > 1 else "train"]
    return ["val" if i % _EVERY == _EVERY - 1 else "train" for i in range(count)]


def _note(halves: list[str]) -> str:
    if "val" not in halves:
        return "One photo is training and validation at once: what it scores says nothing."
    count = halves.count("val")
    verb = "photo is" if count == 1 else "photos are"
    return f"{count} of {len(halves)} {verb} for validation, in images/val and labels/val."


def _without_specks(mask: IdArray, smallest: int) -> tuple[IdArray, int]:
    """Return the mask without 8-connected regions of fewer pixels, and how many those were."""
    kept, dropped = mask.copy(), 0
    for class_id in np.unique(mask[mask > 0]).tolist() if smallest > 1 else ():
        _, regions, stats, _ = cv2.connectedComponentsWithStats(
            (mask == class_id).astype(np.uint8), connectivity=8
        )
        is_speck = stats[:, cv2.CC_STAT_AREA] < smallest
        is_speck[0] = False  # all that is of no or another class
        kept[is_speck[regions]] = 0
        dropped += int(np.count_nonzero(is_speck))
    return kept, dropped


def _lines(mask: IdArray, taxonomy: Taxonomy) -> list[str]:
    """Return ``class x1 y1 x2 y2 …`` for each connected region."""
    height, width = mask.shape
    lines = []
    for number, label_class in enumerate(taxonomy):
        for polygon in region_polygons(mask == label_class.class_id):
            scaled = polygon / (width, height)
            lines.append(f"{number} " + " ".join(f"{v:.7g}" for v in scaled.ravel()))
    return lines


def _data_yaml(taxonomy: Taxonomy, halves: list[str]) -> str:
    """Return the table of the data set; JSON strings are YAML strings."""
    names = "".join(f"  {i}: {json.dumps(c.name)}\n" for i, c in enumerate(taxonomy))
    val = "val" if "val" in halves else "train"
    return (
        f"# {_note(halves)}\n"
        "# Photos of one scene look alike: photos of another are the better validation.\n"
        f"train: images/train\nval: images/{val}\nnames:\n{names}"
    )
