"""Results of the Grounded SAM 2 demos: one JSON a photo with named regions.

Source: the JSON that ``grounded_sam2_local_demo.py`` and its siblings of that repository dump:
``image_path``, ``annotations`` of ``class_name`` and run-length ``segmentation``, ``img_width``,
``img_height``.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask
from o3d_paint.io.mask_formats.regions import image_size, painted_outlines

__all__ = ["matches", "read"]


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like a result of Grounded SAM 2."""
    return isinstance(document, dict) and {"image_path", "annotations", "img_width"} <= set(
        document
    )


def read(document: Any, path: Path) -> MaskSet:
    """Read one photo's named regions; class names get ids in alphabetical order.

    Raises:
        FormatError: A part is missing or of the wrong type, or no region can be used.
    """
    photo = item(document, "image_path", str, str(path)).replace("\\", "/").rsplit("/", 1)[-1]
    shape = image_size(document, str(path), ("img_height", "img_width"))
    findings = Findings()
    named: list[tuple[str, str, Any]] = []
    records = item(document, "annotations", list, str(path))
    for number, record in enumerate(records):
        where = f"annotations[{number}] of {path}"
        try:
            name = item(record, "class_name", str, where)
        except FormatError as error:
            findings.leave_out("annotation", "without a class", str(error))
            continue
        if record.get("segmentation"):
            named.append((where, name, record["segmentation"]))
        else:
            findings.leave_out("annotation", "without an outline", where)
    if records and not named:
        msg = f"{path} has no annotation that can be used: {' '.join(findings.sentences())}"
        raise FormatError(msg)
    ids = {name: i for i, name in enumerate(sorted({name for _, name, _ in named}), start=1)}
    outlines = [(where, ids[name], segmentation) for where, name, segmentation in named]
    paint = partial(painted_outlines, shape, outlines, findings)
    mask = PhotoMask(photo, paint, file=path.name)
    return MaskSet(
        "Grounded SAM",
        (mask,),
        {i: name for name, i in ids.items()},
        numbers_are_made_up=True,
        findings=findings,
    )
