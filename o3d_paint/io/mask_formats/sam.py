"""Automatic masks of Segment Anything: regions without classes.

The list that its generator returns, saved as JSON, and the files of the SA-1B data set
(``{"image": {...}, "annotations": [...]}``); masks as COCO run lengths of either form.
Source: the automatic mask generator and the data set section of the segment-anything repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import (
    Coverage,
    MaskSet,
    PhotoMask,
    paint_largest_first,
)
from o3d_paint.io.mask_formats.regions import image_size, segmentation_coverage

__all__ = ["matches", "read"]


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like masks of Segment Anything."""
    records = document
    if isinstance(document, dict):
        if "image" not in document or "categories" in document:
            return False
        records = document.get("annotations")
    return (
        isinstance(records, list)
        and bool(records)
        and all(isinstance(r, dict) and "segmentation" in r for r in records)
        and any("predicted_iou" in r or "stability_score" in r for r in records)
    )


def read(document: Any, path: Path) -> MaskSet:
    """Read one photo's regions; they are numbered from 1 in the order of the file.

    Raises:
        FormatError: A part is missing or of the wrong type, or there are more than 65,535 regions.
    """
    if isinstance(document, dict):
        image = item(document, "image", dict, str(path))
        photo = item(image, "file_name", str, f"image of {path}")
        shape = image_size(image, f"image of {path}", ("height", "width"))
        records = item(document, "annotations", list, str(path))
    else:
        records, photo = document, path.stem
        size = item(
            item(records[0], "segmentation", dict, f"[0] of {path}"), "size", list, f"{path}"
        )
        if len(size) != 2:
            msg = f"size of the first mask of {path} must be [H, W], found {size[:3]}"
            raise FormatError(msg)
        shape = image_size(dict(zip("hw", size, strict=True)), f"size in {path}", ("h", "w"))
    if len(records) > MAX_CLASS_ID:
        msg = f"{path} has {len(records)} regions, at most {MAX_CLASS_ID} are possible"
        raise FormatError(msg)
    coverages = partial(_coverages, shape, records, str(path))
    mask = PhotoMask(photo, lambda: _painted(shape, coverages()), coverages)
    return MaskSet("Segment Anything", (mask,), has_classes=False)


def _painted(shape: tuple[int, int], coverages: Iterator[Coverage]) -> IdArray:
    return paint_largest_first(shape, list(enumerate(coverages, start=1)))


def _coverages(shape: tuple[int, int], records: list[Any], path: str) -> Iterator[Coverage]:
    for number, record in enumerate(records, start=1):
        where = f"segmentation of region {number} of {path}"
        segmentation = item(record, "segmentation", (list, dict), where)
        yield segmentation_coverage(segmentation, shape, where)
