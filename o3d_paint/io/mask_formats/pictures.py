"""A folder of mask pictures, one a photo, whose values or colours are classes.

Grey and 16-bit pictures hold class ids. Indexed pictures hold class ids too (their palette is only
for looking at). Colour pictures need the classes' colours: ``classes.json``, CVAT's
``labelmap.txt``, or Pascal VOC's palette where every colour is from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.files import read_file
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.json_file import item, read_json
from o3d_paint.io.mask_formats.color_table import ids_from_colors, voc_color
from o3d_paint.io.mask_formats.cvat import parse_label_map
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask

__all__ = ["class_table", "read"]

_COLOR_MODES = ("RGB", "RGBA")
_VOC_VOID = 255
"""Pascal VOC's borders between things, which are of no class."""
_VOC_COLORS = {i: voc_color(i) for i in range(1, _VOC_VOID)} | {0: voc_color(_VOC_VOID)}


def read(folder: Path, paths: list[Path]) -> MaskSet:
    """Read a folder's pictures; names without ending are those of the photos.

    Raises:
        FormatError: The class table beside them is malformed.
    """
    names, colors = class_table(folder)
    masks = tuple(PhotoMask(p.stem, partial(_decode, p, colors)) for p in paths)
    return MaskSet("pictures", masks, names, colors)


def class_table(folder: Path) -> tuple[dict[int, str], dict[int, tuple[int, int, int]]]:
    """Return names and colours from a table in the folder; empty where there is none."""
    label_map = folder / "labelmap.txt"
    if label_map.is_file():
        text = read_file(label_map, factor=4).decode("utf-8", errors="replace")
        return parse_label_map(text, str(label_map))
    table = folder / "classes.json"
    if not table.is_file():
        return {}, {}
    names: dict[int, str] = {}
    colors: dict[int, tuple[int, int, int]] = {}
    for number, record in enumerate(item(read_json(table), "classes", list, str(table))):
        where = f"classes[{number}] of {table}"
        class_id = item(record, "id", int, where)
        if not 0 <= class_id <= MAX_CLASS_ID:
            msg = f"id of {where} is {class_id}: class ids go from 0 to {MAX_CLASS_ID}"
            raise FormatError(msg)
        names[class_id] = item(record, "name", str, where)
        color = item(record, "color", list, where) if "color" in record else None
        if color is not None:
            if len(color) != 3 or not all(isinstance(v, int) and 0 <= v <= 255 for v in color):
                msg = f"color of {where} must be three values of 0 to 255, found {color}"
                raise FormatError(msg)
            colors[class_id] = (color[0], color[1], color[2])
    return names, colors


def _decode(path: Path, colors: Mapping[int, tuple[int, int, int]]) -> IdArray:
    with open_image(path) as image:
        if image.mode in _COLOR_MODES:
            picture = pixels_of(image, path, mode="RGB").astype(np.uint8)
            return ids_from_colors(picture, colors or _VOC_COLORS, str(path))
        values = pixels_of(image, path)
        if image.mode == "P" and _has_voc_void(image):
            values = np.where(values == _VOC_VOID, 0, values)
    if values.ndim != 2 or values.min() < 0 or values.max() > np.iinfo(np.uint16).max:
        msg = f"{path} is a picture of mode {image.mode}: save class ids as 8 or 16 bit grey PNG"
        raise FormatError(msg)
    return values.astype(np.uint16)


def _has_voc_void(image: Image.Image) -> bool:
    """Return whether a picture's palette is Pascal VOC's up to the colour of its borders."""
    palette = image.getpalette() or []
    return tuple(palette[3 * _VOC_VOID :][:3]) == voc_color(_VOC_VOID)
