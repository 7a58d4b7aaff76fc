"""COCO instance or stuff annotations (``images``, ``annotations``, ``categories``).

Source: the data format page of the COCO data set; run lengths as in `rle`.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask, paint_largest_first
from o3d_paint.io.mask_formats.regions import image_size, segmentation_coverage

__all__ = ["matches", "read"]


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like COCO."""
    return isinstance(document, dict) and {"images", "annotations", "categories"} <= set(document)


def read(document: Any, path: Path) -> MaskSet:
    """Read a COCO document.

    Raises:
        FormatError: A part is missing, of the wrong type, or refers to what is not there.
    """
    names = _category_names(document, path)
    # 0 means unlabelled in a mask, so a file that counts its categories from 0 is shifted by one.
    shift = 1 if 0 in names else 0
    annotations: dict[Any, list[Any]] = defaultdict(list)
    for number, record in enumerate(item(document, "annotations", list, str(path))):
        where = f"annotations[{number}] of {path}"
        category = item(record, "category_id", int, where)
        if category not in names:
            msg = f"{where} has category_id {category}, which no category has"
            raise FormatError(msg)
        annotations[item(record, "image_id", (int, str), where)].append((where, record))
    masks = []
    for number, image in enumerate(item(document, "images", list, str(path))):
        where = f"images[{number}] of {path}"
        shape = image_size(image, where, ("height", "width"))
        own = annotations.pop(item(image, "id", (int, str), where), [])
        name = item(image, "file_name", str, where)
        masks.append(PhotoMask(name, partial(_paint, shape, own, shift=shift)))
    if annotations:
        msg = f"{path} has annotations for image id {next(iter(annotations))!r}, which no image has"
        raise FormatError(msg)
    return MaskSet("COCO", tuple(masks), {i + shift: name for i, name in names.items()})


def _category_names(document: Any, path: Path) -> dict[int, str]:
    names: dict[int, str] = {}
    for number, record in enumerate(item(document, "categories", list, str(path))):
        where = f"categories[{number}] of {path}"
        category = item(record, "id", int, where)
        if not 0 <= category < MAX_CLASS_ID or category in names:
            msg = f"{where} has id {category}: ids must be unique and from 0 to {MAX_CLASS_ID - 1}"
            raise FormatError(msg)
        names[category] = item(record, "name", str, where)
    return names


def _paint(shape: tuple[int, int], annotations: list[tuple[str, Any]], *, shift: int) -> IdArray:
    regions = []
    for where, record in annotations:
        segmentation = item(record, "segmentation", (list, dict), where)
        coverage = segmentation_coverage(segmentation, shape, f"segmentation of {where}")
        regions.append((item(record, "category_id", int, where) + shift, coverage))
    return paint_largest_first(shape, regions)
