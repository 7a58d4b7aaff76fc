"""labelme's JSON: one file a photo, with named shapes. X-AnyLabeling writes the same.

Source: ``labelme/_label_file.py`` and ``labelme/_utils/shape.py`` of labelme, and the shapes of
X-AnyLabeling's ``anylabeling/views/labeling/shape.py``. Polygons, rectangles (two corners, or all
four), turned rectangles and circles (centre and a point of the rim) are areas; points and lines are
not. Masks, which labelme's AI tools draw, are PNGs laid with their first pixel on the first corner;
the second corner is the last pixel, inclusive. Later shapes lie on top, as in labelme's own export.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.mask import Rect
from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask
from o3d_paint.io.mask_formats.regions import corners_of, image_size, polygon_runs

__all__ = ["matches", "read"]

_CIRCLE_CORNERS = 64
_OF_CORNERS = ("polygon", "rectangle", "rotation", "oriented_rectangle", "quadrilateral")
_WITHOUT_AREA = ("point", "points", "line", "linestrip")
# Corners between pixels may round apart, and older versions counted the second one exclusively.
_ROUNDING = 1.0

Draw = Callable[[npt.NDArray[np.uint16], int], None]
"""Writes an id to the pixels of a shape in an (H, W) array."""


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like labelme's."""
    return isinstance(document, dict) and {"shapes", "imageHeight", "imageWidth"} <= set(document)


def read(document: Any, path: Path) -> MaskSet:
    """Read one photo's shapes; class names get ids in alphabetical order.

    Raises:
        FormatError: A part is missing or of the wrong type, or no shape can be used.
    """
    shape = image_size(document, str(path), ("imageHeight", "imageWidth"))
    findings = Findings()
    drawn: list[tuple[str, Draw]] = []
    records = item(document, "shapes", list, str(path))
    for number, record in enumerate(records):
        where = f"shapes[{number}] of {path}"
        try:
            label = str(item(record, "label", (str, int), where))
            draw, reason = _area(record, shape, where)
        except FormatError as error:
            findings.leave_out("shape", "that cannot be read", str(error))
            continue
        if draw is None:
            findings.leave_out("shape", reason, where)
        else:
            drawn.append((label, draw))
    if records and not drawn:
        msg = f"{path} has no shape that can be used: {' '.join(findings.sentences())}"
        raise FormatError(msg)
    ids = {label: i for i, label in enumerate(sorted({label for label, _ in drawn}), start=1)}
    paint = partial(_paint, shape, [(ids[label], draw) for label, draw in drawn], findings)
    mask = PhotoMask(_photo(document, path), paint, file=path.name)
    return MaskSet(
        "labelme",
        (mask,),
        {i: label for label, i in ids.items()},
        numbers_are_made_up=True,
        findings=findings,
    )


def _photo(document: Any, path: Path) -> str:
    photo = document.get("imagePath")
    is_named = isinstance(photo, str) and photo.strip()
    return photo.replace("\\", "/").rsplit("/", 1)[-1] if is_named else path.stem


def _area(record: Any, shape: tuple[int, int], where: str) -> tuple[Draw | None, str]:
    """Return what draws a shape; else None, and why it is no area.

    Raises:
        FormatError: Its points or its picture are missing or of the wrong type.
    """
    points = corners_of(item(record, "points", list, where), f"points of {where}")
    kind = record.get("shape_type") or "polygon"
    if kind == "mask":
        return partial(_draw_mask, item(record, "mask", str, where), points, where), ""
    if kind in _WITHOUT_AREA:
        return None, "without an area: points and lines"
    outline = _outline(kind, points)
    if outline is not None:
        return partial(_draw_outline, outline, where), ""
    if kind in (*_OF_CORNERS, "circle"):
        return None, f"with too few or too many points: {kind} of {len(points)}"
    return None, f"of an unknown kind {str(kind)[:40]!r}: save it as a polygon"


def _outline(kind: str, points: FloatArray) -> FloatArray | None:
    """Return the (K, 2) corners of a shape that has an area, else None."""
    if kind == "rectangle" and len(points) == 2:
        (x0, y0), (x1, y1) = points
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    if kind == "circle" and len(points) == 2:
        angles = np.linspace(0, 2 * np.pi, _CIRCLE_CORNERS, endpoint=False)
        radius = float(np.hypot(*(points[1] - points[0])))
        rim: FloatArray = points[0] + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return rim
    is_outline = len(points) > 2 if kind == "polygon" else kind in _OF_CORNERS and len(points) == 4
    return points if is_outline else None


def _draw_outline(outline: FloatArray, where: str, canvas: IdArray, label: int) -> None:
    height, width = canvas.shape
    runs = polygon_runs([outline], (height, width), where)
    if not runs.area:
        raise FormatError(_covers_nothing(where))
    runs.paint(canvas, label)


def _covers_nothing(where: str) -> str:
    return f"{where} covers no pixel of its photo"


def _draw_mask(encoded: str, points: FloatArray, where: str, canvas: IdArray, label: int) -> None:
    """Draw a mask shape; what lies beyond the photo is cut off.

    The picture's size is held against the corners and the photo before it is decoded.

    Raises:
        FormatError: It is no picture of the size that the corners say.
    """
    shape = canvas.shape
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
    rect = Rect(x, y, x + int(size[0]), y + int(size[1])).clipped((shape[0], shape[1]))
    if rect.is_empty:
        raise FormatError(_covers_nothing(where))
    belongs = pixels[rect.y0 - y : rect.y1 - y, rect.x0 - x : rect.x1 - x] != 0
    canvas[rect.slices][belongs] = label


def _paint(shape: tuple[int, int], shapes: list[tuple[int, Draw]], findings: Findings) -> IdArray:
    labels = np.zeros(shape, dtype=np.uint16)
    for label, draw in shapes:
        try:
            draw(labels, label)
        except FormatError as error:
            findings.leave_out("shape", "that cannot be read", str(error))
    return labels
