"""labelme's JSON: one file a photo, with named shapes.

Source: ``labelme/_label_file.py`` and ``labelme/_utils/shape.py`` of labelme. Polygons, rectangles
(two corners) and circles (centre and a point of the rim) are areas; points and lines are not and
are left out. Masks, which labelme's AI tools draw, are PNGs laid with their first pixel on the
first corner; the second corner is the last pixel, inclusive. Later shapes lie on top, as in
labelme's own export.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.mask import Rect
from o3d_paint.errors import FormatError
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.json_file import item, read_json
from o3d_paint.io.mask_formats.mask_set import Coverage, MaskSet, PhotoMask
from o3d_paint.io.mask_formats.regions import image_size, polygon_coverage

__all__ = ["is_of_one_of", "matches", "read"]

_CIRCLE_CORNERS = 64
_FARTHEST = 1e12
_WITHOUT_AREA = ("point", "points", "line", "linestrip")
# Corners between pixels may round apart, and older versions counted the second one exclusively.
_ROUNDING = 1.0


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
        area = _area(record, shape, where)
        if area is not None:
            records.append((item(record, "label", str, where), area))
    ids = {label: i for i, label in enumerate(sorted({label for label, _ in records}), start=1)}
    mask = PhotoMask(name, partial(_paint, shape, records, ids))
    return MaskSet("labelme", (mask,), {i: label for label, i in ids.items()})


def _photo(document: Any, path: Path) -> str:
    photo = document.get("imagePath")
    return photo.replace("\\", "/").rsplit("/", 1)[-1] if isinstance(photo, str) else path.stem


def _area(record: Any, shape: tuple[int, int], where: str) -> Callable[[], Coverage] | None:
    """Return what draws the (H, W) coverage of a shape that has an area, else None."""
    points = _points(record, where)
    kind = item(record, "shape_type", str, where) if "shape_type" in record else "polygon"
    if kind == "mask":
        return partial(_placed, item(record, "mask", str, where), points, shape, where)
    outline = _outline(kind, points, where)
    return None if outline is None else partial(polygon_coverage, outline, shape, where)


def _points(record: Any, where: str) -> FloatArray:
    """Return the (K, 2) points of a shape."""
    corners = item(record, "points", list, where)
    try:
        points = np.asarray(corners, dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"points of {where} must be a list of x, y pairs"
        raise FormatError(msg) from error
    if not (np.abs(points) < _FARTHEST).all():
        msg = f"points of {where} must be finite numbers of pixels"
        raise FormatError(msg)
    return points


def _outline(kind: str, points: FloatArray, where: str) -> FloatArray | None:
    """Return the corners of a shape that has an area, else None."""
    if kind == "polygon" or (kind == "oriented_rectangle" and len(points) == 4):
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


def _placed(encoded: str, points: FloatArray, shape: tuple[int, int], where: str) -> Coverage:
    """Return the (H, W) coverage of a mask shape; what lies beyond the photo is cut off.

    The picture's size is held against the corners and the photo before it is decoded.

    Raises:
        FormatError: It is no picture of the size that the corners say.
    """
    if len(points) != 2:
        msg = f"{where}: a mask has two corners, found {len(points)}: draw it again in labelme"
        raise FormatError(msg)
    try:
        data = base64.b64decode(encoded)
    except ValueError as error:
        msg = f"'mask' of {where} is not base64: save the file in labelme again"
        raise FormatError(msg) from error
    name = Path(f"'mask' of {where}")
    with open_image(name, io.BytesIO(data)) as image:
        size = np.array([image.width, image.height])
        extent = points[1] - points[0] + 1
        if (np.abs(extent - size) > _ROUNDING).any() or (size > shape[::-1]).any():
            msg = (
                f"{where} has a mask of {size[0]}x{size[1]} pixels, its corners say"
                f" {extent[0]:g}x{extent[1]:g} and its photo has {shape[1]}x{shape[0]}:"
                " draw it again in labelme"
            )
            raise FormatError(msg)
        pixels = pixels_of(image, name)
    if pixels.ndim != 2:
        msg = f"{name} must be a grey picture, found {pixels.shape[2]} channels: save it in labelme"
        raise FormatError(msg)
    x, y = (int(v) for v in points[0].round())
    rect = Rect(x, y, x + int(size[0]), y + int(size[1])).clipped(shape)
    canvas = np.zeros(shape, dtype=np.uint8)
    if not rect.is_empty:
        canvas[rect.slices] = pixels[rect.y0 - y : rect.y1 - y, rect.x0 - x : rect.x1 - x] != 0
    return canvas


def _paint(
    shape: tuple[int, int], records: list[tuple[str, Callable[[], Coverage]]], ids: dict[str, int]
) -> IdArray:
    labels = np.zeros(shape, dtype=np.uint16)
    for label, area in records:
        labels[area().astype(bool)] = ids[label]
    return labels
