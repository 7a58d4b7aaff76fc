"""Supervisely's annotations: ``ann/PHOTO.jpg.json`` with bitmaps and polygons.

Source: the pages "Supervisely format" and "Bitmap" of its documentation: a bitmap is base64 of zlib
of a PNG, laid with its first pixel on ``origin``.
"""

from __future__ import annotations

import base64
import io
import zlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import MaskSet
from o3d_paint.io.mask_formats.named_shapes import AnnotatedPhoto, NamedShape, masks_of_shapes
from o3d_paint.io.mask_formats.regions import corners_of, image_size, polygon_runs
from o3d_paint.io.mask_formats.runs import Runs

__all__ = ["matches", "read"]

_LARGEST = 1 << 26  # bytes of a bitmap's PNG


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like an annotation of Supervisely."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("size"), dict)
        and isinstance(document.get("objects"), list)
    )


def read(document: Any, path: Path) -> MaskSet:
    """Read one photo's objects.

    Raises:
        FormatError: Nothing in it can be used.
    """
    size = image_size(document["size"], f"size of {path}", ("height", "width"))
    findings = Findings()
    shapes = []
    for number, record in enumerate(document["objects"]):
        where = f"objects[{number}] of {path}"
        try:
            label = item(record, "classTitle", str, where)
            kind = item(record, "geometryType", str, where)
        except FormatError as error:
            findings.leave_out("object", "without class or geometry", str(error))
            continue
        draw = {"bitmap": _bitmap, "polygon": _polygon}.get(kind)
        if draw is None:
            findings.leave_out("object", f"of the kind {kind[:30]}, which is no outline", where)
            continue
        shapes.append(NamedShape(where, label, partial(draw, record, where)))
    photo = AnnotatedPhoto(
        path.name.rpartition("/")[2].removesuffix(".json"), size, shapes, path.name
    )
    return masks_of_shapes("Supervisely", [photo], findings, str(path))


def _polygon(record: Any, where: str, size: tuple[int, int]) -> Runs:
    points = item(record, "points", dict, where)
    outer = polygon_runs([corners_of(item(points, "exterior", list, where), where)], size, where)
    holes = points.get("interior")
    if not isinstance(holes, list) or not holes:
        return outer
    whole = outer.coverage()
    for hole in holes:
        whole[polygon_runs([corners_of(hole, where)], size, where).coverage() > 0] = 0
    return Runs.of_coverage(whole)


def _bitmap(record: Any, where: str, size: tuple[int, int]) -> Runs:
    bitmap = item(record, "bitmap", dict, where)
    origin = corners_of([item(bitmap, "origin", list, where)], where)[0]
    try:
        packed = base64.b64decode(item(bitmap, "data", str, where))
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(packed, _LARGEST)
    except (ValueError, zlib.error) as error:
        msg = f"'data' of {where} is not a packed PNG: export it again"
        raise FormatError(msg) from error
    name = Path(f"'data' of {where}")
    with open_image(name, io.BytesIO(data)) as image:
        x, y = (int(v) for v in origin.round())
        if x < 0 or y < 0 or x + image.width > size[1] or y + image.height > size[0]:
            msg = f"{where} has a bitmap that does not lie in its photo"
            raise FormatError(msg)
        has_alpha = "A" in image.getbands() or "transparency" in image.info
        pixels = pixels_of(image, name, mode="RGBA" if has_alpha else "L")
    values = pixels[..., -1] if has_alpha else pixels
    belongs = values.astype(np.uint8) > 0
    whole = np.zeros(size, dtype=np.uint8)
    whole[y : y + belongs.shape[0], x : x + belongs.shape[1]] = belongs
    return Runs.of_coverage(whole)
