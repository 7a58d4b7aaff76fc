"""COCO panoptic: a JSON file, and a PNG for each photo in a folder beside it.

Source: the data format page of the COCO data set: the id of a segment is R + 256 G + 65536 B of its
pixels, 0 is none; ``segments_info`` gives segments their category.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import VOID, MaskSet, PhotoMask
from o3d_paint.io.paths import existing

__all__ = ["matches", "read"]


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like COCO panoptic."""
    if not isinstance(document, dict) or not {"annotations", "categories"} <= set(document):
        return False
    records = document["annotations"]
    return isinstance(records, list) and any(
        isinstance(r, dict) and "segments_info" in r for r in records[:50]
    )


def read(document: Any, path: Path) -> MaskSet:
    """Read a document and its pictures.

    Raises:
        FormatError: A part is missing or of the wrong type, or nothing in it can be used.
    """
    findings = Findings()
    names = {}
    for number, record in enumerate(item(document, "categories", list, str(path))):
        where = f"categories[{number}] of {path}"
        class_id = item(record, "id", int, where)
        if 0 <= class_id < VOID - 1:
            names[class_id] = item(record, "name", str, where)
    shift = int(0 in names)
    photos = {
        _key(r, "id"): r["file_name"]
        for r in document.get("images") or []
        if isinstance(r, dict) and isinstance(r.get("file_name"), str)
    }
    masks = []
    for number, record in enumerate(item(document, "annotations", list, str(path))):
        where = f"annotations[{number}] of {path}"
        try:
            name = item(record, "file_name", str, where)
            segments = _segments(record, names, shift, where)
        except FormatError as error:
            findings.leave_out("annotation", "that cannot be read", str(error))
            continue
        picture = _picture(path, name)
        if picture is None:
            findings.leave_out("annotation", "whose picture is not there", name)
            continue
        photo = photos.get(_key(record, "image_id"), name)
        masks.append(PhotoMask(photo, partial(_read, picture, segments)))
    if not masks:
        reasons = " ".join(findings.sentences())
        msg = f"{path} has no annotation that can be used: {reasons or 'it lists none'}"
        raise FormatError(msg)
    named = {i + shift: name for i, name in names.items()}
    return MaskSet("COCO panoptic", tuple(masks), named, shift=shift, findings=findings)


def _key(record: dict[str, Any], key: str) -> int | str:
    """Return an id; the empty text where a record has none that can be one."""
    value = record.get(key)
    return value if isinstance(value, (int, str)) else ""


def _segments(record: Any, names: dict[int, str], shift: int, where: str) -> dict[int, int]:
    found = {}
    for segment in item(record, "segments_info", list, where):
        category = item(segment, "category_id", int, where)
        if category in names:
            found[int(item(segment, "id", int, where))] = category + shift
    return found


def _picture(path: Path, name: str) -> Path | None:
    """Return the picture of an annotation: beside the file, or in a folder of its name."""
    for folder in (path.parent / path.stem, path.parent, path.parent / "panoptic"):
        found = existing(folder, name, path) if folder.is_dir() else None
        if found is not None:
            return found
    for folder in sorted(p for p in path.parent.iterdir() if p.is_dir()) if path.exists() else ():
        found = existing(folder, name, path) if Path(name).suffix.lower() == ".png" else None
        if found is not None:
            return found
    return None


def _read(picture: Path, segments: dict[int, int]) -> IdArray:
    with open_image(picture) as image:
        pixels = pixels_of(image, picture, mode="RGB").astype(np.int64)
    ids = pixels[..., 0] + 256 * pixels[..., 1] + 65536 * pixels[..., 2]
    values, inverse = np.unique(ids, return_inverse=True)
    table = np.array([segments.get(int(v), 0) for v in values], dtype=np.uint16)
    mask: IdArray = table[inverse.reshape(ids.shape)]
    return mask
