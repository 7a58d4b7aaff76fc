"""CVAT's "Segmentation mask 1.1" export: colour PNGs and a label map, zipped or unpacked.

Source: the format's page in CVAT's manual: ``labelmap.txt`` with lines
``name:r,g,b:parts:actions`` and ``SegmentationClass/NAME.png``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import PurePosixPath

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.label_map import parse_label_map
from o3d_paint.io.mask_formats.color_table import BLACK, ids_from_colors
from o3d_paint.io.mask_formats.files import MaskFiles, suffix_of
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask

__all__ = ["LABEL_MAP", "matches", "read"]

LABEL_MAP = "labelmap.txt"
_FOLDER = "SegmentationClass/"


def matches(names: Iterable[str]) -> bool:
    """Return whether the files of a folder or archive are those of this format."""
    known = set(names)
    return LABEL_MAP in known and any(n.startswith(_FOLDER) for n in known)


def read(files: MaskFiles) -> MaskSet:
    """Read an export as CVAT gives it, zipped or unpacked.

    Raises:
        FormatError: The label map is missing or malformed.
    """
    text = files.read(LABEL_MAP).read().decode("utf-8", errors="replace")
    entries = parse_label_map(text, f"{LABEL_MAP} in {files.root}")
    names = {e.number: e.name for e in entries if e.number}
    colors = {e.number: e.color for e in entries if e.number is not None and e.color}
    if colors.get(0) == BLACK:
        del colors[0]
    masks = []
    for member in files.names:
        if member.startswith(_FOLDER) and suffix_of(member) == ".png":
            photo = str(PurePosixPath(member).relative_to(_FOLDER))
            masks.append(PhotoMask(photo, partial(_decode, files, member, colors)))
    return MaskSet("CVAT segmentation mask", tuple(masks), names, colors)


def _decode(files: MaskFiles, member: str, colors: dict[int, tuple[int, int, int]]) -> IdArray:
    with open_image(files.where(member), files.read(member)) as image:
        picture = pixels_of(image, files.where(member), mode="RGB")
    return ids_from_colors(picture.astype(np.uint8), colors, f"{member!r} in {files.root}")
