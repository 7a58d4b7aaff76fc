"""Results of the Grounded SAM 2 demos: one JSON a photo with named regions.

Source: the JSON that ``grounded_sam2_local_demo.py`` and its siblings of that repository dump:
``image_path``, ``annotations`` of ``class_name`` and run-length ``segmentation``, ``img_width``,
``img_height``.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from o3d_paint.core.arrays import IdArray
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask, paint_largest_first
from o3d_paint.io.mask_formats.regions import image_size, segmentation_coverage

__all__ = ["matches", "read"]


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like a result of Grounded SAM 2."""
    return isinstance(document, dict) and {"image_path", "annotations", "img_width"} <= set(
        document
    )


def read(document: Any, path: Path) -> MaskSet:
    """Read one photo's named regions; class names get ids in alphabetical order.

    Raises:
        FormatError: A part is missing or of the wrong type.
    """
    photo = item(document, "image_path", str, str(path)).replace("\\", "/").rsplit("/", 1)[-1]
    shape = image_size(document, str(path), ("img_height", "img_width"))
    records = []
    for number, record in enumerate(item(document, "annotations", list, str(path))):
        where = f"annotations[{number}] of {path}"
        name = item(record, "class_name", str, where)
        records.append((where, name, item(record, "segmentation", (list, dict), where)))
    ids = {name: i for i, name in enumerate(sorted({name for _, name, _ in records}), start=1)}
    mask = PhotoMask(photo, partial(_paint, shape, records, ids))
    return MaskSet("Grounded SAM", (mask,), {i: name for name, i in ids.items()})


def _paint(
    shape: tuple[int, int], records: list[tuple[str, str, Any]], ids: dict[str, int]
) -> IdArray:
    regions = [
        (ids[name], segmentation_coverage(segmentation, shape, f"segmentation of {where}"))
        for where, name, segmentation in records
    ]
    return paint_largest_first(shape, regions)
