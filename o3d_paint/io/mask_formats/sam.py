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

from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask
from o3d_paint.io.mask_formats.regions import image_size, segmentation_runs
from o3d_paint.io.mask_formats.runs import Runs, painted_largest_first

__all__ = ["matches", "read"]

_SCORES = {"predicted_iou", "stability_score"}


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like masks of Segment Anything."""
    records = document
    if isinstance(document, dict):
        if "image" not in document or "categories" in document:
            return False
        records = document.get("annotations")
    return isinstance(records, list) and any(
        isinstance(r, dict) and "segmentation" in r and not _SCORES.isdisjoint(r) for r in records
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
        segmentations = [r.get("segmentation") for r in records if isinstance(r, dict)]
        first = next((s for s in segmentations if isinstance(s, dict)), None)
        size = item(first, "size", list, f"the first 'segmentation' of {path}")
        if len(size) != 2:
            msg = f"size of the first mask of {path} must be [H, W], found {size[:3]}"
            raise FormatError(msg)
        shape = image_size(dict(zip("hw", size, strict=True)), f"size in {path}", ("h", "w"))
    if len(records) > MAX_CLASS_ID:
        msg = f"{path} has {len(records)} regions, at most {MAX_CLASS_ID} are possible"
        raise FormatError(msg)
    findings = Findings()
    regions = list(_regions(shape, records, str(path), findings))
    if not regions:
        msg = f"{path} has no region that can be used: {' '.join(findings.sentences())}"
        raise FormatError(msg)
    paint = partial(painted_largest_first, shape, list(enumerate(regions, start=1)))
    mask = PhotoMask(photo, paint, lambda: (r.coverage() for r in regions))
    return MaskSet("Segment Anything", (mask,), has_classes=False, findings=findings)


def _regions(
    shape: tuple[int, int], records: list[Any], path: str, findings: Findings
) -> Iterator[Runs]:
    for number, record in enumerate(records, start=1):
        where = f"segmentation of region {number} of {path}"
        try:
            segmentation = item(record, "segmentation", (list, dict), where)
            yield segmentation_runs(segmentation, shape, where)
        except FormatError as error:
            findings.leave_out("region", "that cannot be read", str(error))
