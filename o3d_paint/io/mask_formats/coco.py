"""COCO instance or stuff annotations (``images``, ``annotations``, ``categories``).

Source: the data format page of the COCO data set; run lengths as in `rle`. Detectors write
annotations without an outline beside others; what cannot be used is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from o3d_paint.errors import FormatError
from o3d_paint.io.class_entry import is_empty_name
from o3d_paint.io.findings import Findings
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import VOID, MaskSet, PhotoMask
from o3d_paint.io.mask_formats.regions import Outline, image_size, painted_outlines

__all__ = ["matches", "read"]


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like COCO."""
    return isinstance(document, dict) and {"images", "annotations", "categories"} <= set(document)


def read(document: Any, path: Path) -> MaskSet:
    """Read a COCO document.

    Raises:
        FormatError: A part is missing or of the wrong type, or nothing in it can be used.
    """
    findings = Findings()
    categories, names, are_made_up = _categories(document, path, findings)
    records = item(document, "annotations", list, str(path))
    if is_empty_name(names.get(0, ""), 0) or _is_group(document["categories"], records):
        # What it outlines is unlabelled.
        names.pop(0, None)
    # 0 means unlabelled in a mask, so a file that counts its categories from 0 is shifted by one.
    shift = 0 if are_made_up or 0 not in names else 1
    images = _images(document, path, findings)
    outlines: dict[Any, list[Outline]] = defaultdict(list)
    for number, record in enumerate(records):
        where = f"annotations[{number}] of {path}"
        reason = _reason_to_leave_out(record, images, categories)
        if reason:
            findings.leave_out("annotation", reason, where)
            continue
        label = categories[record["category_id"]] + shift
        outlines[record["image_id"]].append((where, label, record["segmentation"]))
    if (records and not outlines) or not images:
        reasons = " ".join(findings.sentences())
        msg = f"{path} has no annotation that can be used: {reasons or 'it lists no images'}"
        raise FormatError(msg)
    masks = tuple(
        PhotoMask(name, partial(painted_outlines, shape, outlines.get(key, []), findings))
        for key, (name, shape) in images.items()
    )
    named = {i + shift: name for i, name in names.items()}
    return MaskSet(
        "COCO",
        masks,
        named,
        shift=shift,
        numbers_are_made_up=are_made_up,
        findings=findings,
    )


def _categories(
    document: Any, path: Path, findings: Findings
) -> tuple[dict[Any, int], dict[int, str], bool]:
    """Return each category's number by its id, names by number, and whether numbers are made up.

    They are where ids are no numbers that a class can have.
    """
    found: dict[Any, str] = {}
    for number, record in enumerate(item(document, "categories", list, str(path))):
        where = f"categories[{number}] of {path}"
        try:
            key, name = _id(record, where), item(record, "name", str, where)
        except FormatError as error:
            findings.leave_out("category", "without id or name", str(error))
            continue
        if key in found:
            findings.leave_out("category", "whose id another one has", where)
        else:
            found[key] = name
    if all(isinstance(key, int) and 0 <= key < VOID - 1 for key in found):
        return {key: key for key in found}, {int(key): name for key, name in found.items()}, False
    ordered = {name: i for i, name in enumerate(sorted(set(found.values())), start=1)}
    names = {i: name for name, i in ordered.items()}
    return {key: ordered[name] for key, name in found.items()}, names, True


def _is_group(categories: list[Any], records: list[Any]) -> bool:
    """Return whether category 0 is Roboflow's for the group that all classes are of."""
    of_0 = [c for c in categories if isinstance(c, dict) and c.get("id") == 0]
    is_used = any(isinstance(r, dict) and r.get("category_id") == 0 for r in records)
    return bool(of_0) and of_0[0].get("supercategory") == "none" and not is_used


def _images(
    document: Any, path: Path, findings: Findings
) -> dict[Any, tuple[str, tuple[int, int]]]:
    """Return name and (H, W) of each image by its id."""
    images: dict[Any, tuple[str, tuple[int, int]]] = {}
    for number, record in enumerate(item(document, "images", list, str(path))):
        where = f"images[{number}] of {path}"
        try:
            shape = image_size(record, where, ("height", "width"))
            key, name = _id(record, where), item(record, "file_name", str, where)
        except FormatError as error:
            findings.leave_out("image", "without id, name or size", str(error))
            continue
        if key in images:
            findings.leave_out("image", "whose id another one has", where)
        else:
            images[key] = name, shape
    return images


def _id(record: Any, where: str) -> int | str:
    """Return an id; tables that were joined write whole numbers as 1.0."""
    value = item(record, "id", (int, float, str), where)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _reason_to_leave_out(
    record: Any, images: Mapping[Any, Any], categories: Mapping[Any, Any]
) -> str:
    """Return why an annotation cannot be used; empty where it may."""
    if not isinstance(record, dict):
        return "that is no object"
    for key, known, what in (
        ("image_id", images, "an image"),
        ("category_id", categories, "a category"),
    ):
        value = record.get(key)
        if not isinstance(value, (int, float, str)) or value not in known:
            return f"of {what} that is not listed ({key})"
    return "" if record.get("segmentation") else "without an outline"
