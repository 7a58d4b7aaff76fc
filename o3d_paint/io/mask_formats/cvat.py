"""CVAT's "Segmentation mask 1.1" export: a ZIP of colour PNGs and a label map.

Source: the format's page in CVAT's manual: ``labelmap.txt`` with lines
``name:r,g,b:parts:actions`` and ``SegmentationClass/NAME.png``.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.mask_formats.archive import member_names, read_member
from o3d_paint.io.mask_formats.color_table import ids_from_colors
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask

__all__ = ["matches", "parse_label_map", "read"]

_LABEL_MAP = "labelmap.txt"
_FOLDER = "SegmentationClass/"


def matches(names: list[str]) -> bool:
    """Return whether the members of an archive are those of this format."""
    return _LABEL_MAP in names and any(n.startswith(_FOLDER) for n in names)


def read(path: Path) -> MaskSet:
    """Read an export.

    Raises:
        FormatError: The label map or a mask is missing or malformed.
    """
    members = member_names(path)
    text = read_member(path, _LABEL_MAP).read().decode("utf-8", errors="replace")
    names, colors = parse_label_map(text, f"{_LABEL_MAP} in {path}")
    masks = []
    for member in sorted(m for m in members if m.startswith(_FOLDER) and m.endswith(".png")):
        photo = str(PurePosixPath(member).relative_to(_FOLDER))
        masks.append(PhotoMask(photo, partial(_decode, path, member, colors)))
    return MaskSet("CVAT segmentation mask", tuple(masks), names, colors)


def parse_label_map(
    text: str, where: str
) -> tuple[dict[int, str], dict[int, tuple[int, int, int]]]:
    """Return class names and colours of a label map; "background" is unlabelled.

    Raises:
        FormatError: A line is not ``name:r,g,b:...``, or a colour is used twice.
    """
    names: dict[int, str] = {}
    colors: dict[int, tuple[int, int, int]] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        name, *rest = line.split(":")
        try:
            r, g, b = (int(v) for v in rest[0].split(","))
        except (IndexError, ValueError) as error:
            msg = f"line {number} of {where} must be name:r,g,b:parts:actions, found {line[:60]!r}"
            raise FormatError(msg) from error
        color = (r, g, b)
        if color in colors.values() or not all(0 <= v <= 255 for v in color):
            msg = f"line {number} of {where} has the colour {color}, used before or out of range"
            raise FormatError(msg)
        if name.casefold() == "background" or len(names) >= MAX_CLASS_ID:
            continue
        names[len(names) + 1] = name
        colors[len(names)] = color
    return names, colors


def _decode(path: Path, member: str, colors: dict[int, tuple[int, int, int]]) -> IdArray:
    where = Path(f"{path}:{member}")
    with open_image(where, read_member(path, member)) as image:
        picture = pixels_of(image, where, mode="RGB")
    return ids_from_colors(picture.astype(np.uint8), colors, f"{member!r} in {path}")
