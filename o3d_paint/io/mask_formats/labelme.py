"""labelme's JSON: one file a photo, with named shapes.

Source: ``labelme/_label_file.py`` and ``labelme/utils/shape.py`` of labelme. Polygons, rectangles
(two corners) and circles (centre and a point of the rim) are areas; points and lines are not and
are left out. Later shapes lie on top, as in labelme's own export.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.errors import FormatError
from o3d_paint.io.json_file import item, read_json
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask
from o3d_paint.io.mask_formats.regions import image_size, polygon_coverage

__all__ = ["is_of_one_of", "matches", "read"]

_CIRCLE_CORNERS = 64
_FARTHEST = 1e12
_WITHOUT_AREA = ("point", "points", "line", "linestrip")


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like labelme's."""
    return isinstance(document, dict) and {"shapes", "imageHeight", "imageWidth"} <= set(document)


def is_of_one_of(path: Path, pictures: list[Path]) -> bool:
    """Return whether a file is labelme's, of a photo beside it, where labelme itself saves it.

    Raises:
        FormatError: The file is no JSON.
    """
    document = read_json(path)
    return matches(document) and _photo(document, path) in {p.name for p in pictures}


def read(document: Any, path: Path) -> MaskSet:
    """Read one photo's shapes; class names get ids in alphabetical order.

    Raises:
        FormatError: A part is missing or of the wrong type.
    """
    shape = image_size(document, str(path), ("imageHeight", "imageWidth"))
    name = _photo(document, path)
    records = []
    for number, record in enumerate(item(document, "shapes", list, str(path))):
        where = f"shapes[{number}] of {path}"
        outline = _outline(record, where)
        if outline is not None:
            records.append((where, item(record, "label", str, where), outline))
    ids = {label: i for i, label in enumerate(sorted({r[1] for r in records}), start=1)}
    mask = PhotoMask(name, partial(_paint, shape, records, ids))
    return MaskSet("labelme", (mask,), {i: label for label, i in ids.items()})


def _photo(document: Any, path: Path) -> str:
    photo = document.get("imagePath")
    return photo.replace("\\", "/").rsplit("/", 1)[-1] if isinstance(photo, str) else path.stem


def _outline(record: Any, where: str) -> FloatArray | None:
    """Return the corners of a shape that has an area, else None."""
    corners = item(record, "points", list, where)
    kind = item(record, "shape_type", str, where) if "shape_type" in record else "polygon"
    try:
        points = np.asarray(corners, dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"points of {where} must be a list of x, y pairs"
        raise FormatError(msg) from error
    if not (np.abs(points) < _FARTHEST).all():
        msg = f"points of {where} must be finite numbers of pixels"
        raise FormatError(msg)
    if kind == "polygon":
        return points
    if kind == "rectangle" and len(points) == 2:
        (x0, y0), (x1, y1) = points
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    if kind == "circle" and len(points) == 2:
        angles = np.linspace(0, 2 * np.pi, _CIRCLE_CORNERS, endpoint=False)
        radius = float(np.hypot(*(points[1] - points[0])))
        rim: FloatArray = points[0] + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return rim
    if kind in _WITHOUT_AREA:
        return None
    msg = f"{where} is a {kind!r} with {len(points)} points: save it as a polygon in labelme"
    raise FormatError(msg)


def _paint(
    shape: tuple[int, int], records: list[tuple[str, str, FloatArray]], ids: dict[str, int]
) -> IdArray:
    labels = np.zeros(shape, dtype=np.uint16)
    for where, label, outline in records:
        labels[polygon_coverage(outline, shape, where).astype(bool)] = ids[label]
    return labels
