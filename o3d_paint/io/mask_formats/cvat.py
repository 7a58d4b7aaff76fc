"""CVAT's "Segmentation mask 1.1" export: colour PNGs and a label map, zipped or unpacked.

Source: the format's page in CVAT's manual: ``labelmap.txt`` with lines
``name:r,g,b:parts:actions`` and ``SegmentationClass/NAME.png``. Datumaro leaves all colours out
where they are those of Pascal VOC's palette, in the order of the lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.files import read_file
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.mask_formats.archive import member_names, read_member
from o3d_paint.io.mask_formats.color_table import ids_from_colors, voc_color
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask

__all__ = ["folder_of", "matches", "parse_label_map", "read", "read_folder"]

_LABEL_MAP = "labelmap.txt"
_FOLDER = "SegmentationClass/"


def matches(names: list[str]) -> bool:
    """Return whether the members of an archive are those of this format."""
    return _LABEL_MAP in names and any(n.startswith(_FOLDER) for n in names)


def folder_of(folder: Path) -> Path | None:
    """Return where an unpacked export lies: the folder itself, or the one of its masks."""
    parent = folder.parent
    if folder.name == PurePosixPath(_FOLDER).name and (parent / _LABEL_MAP).is_file():
        return parent
    is_export = (folder / _LABEL_MAP).is_file() and (folder / _FOLDER).is_dir()
    return folder if is_export else None


def read(path: Path) -> MaskSet:
    """Read an export as CVAT gives it.

    Raises:
        FormatError: The label map or a mask is missing or malformed.
    """
    return _read(path, member_names(path), archive=path)


def read_folder(folder: Path) -> MaskSet:
    """Read an unpacked export.

    Raises:
        FormatError: The label map or a mask is missing or malformed.
    """
    found = (folder / _FOLDER).rglob("*.png")
    return _read(folder, (p.relative_to(folder).as_posix() for p in found), archive=None)


def _read(source: Path, members: Iterable[str], *, archive: Path | None) -> MaskSet:
    text = _bytes(source, _LABEL_MAP, archive=archive).read().decode("utf-8", errors="replace")
    names, colors = parse_label_map(text, f"{_LABEL_MAP} in {source}")
    masks = []
    for member in sorted(m for m in members if m.startswith(_FOLDER) and m.endswith(".png")):
        photo = str(PurePosixPath(member).relative_to(_FOLDER))
        masks.append(PhotoMask(photo, partial(_decode, source, member, colors, archive=archive)))
    return MaskSet("CVAT segmentation mask", tuple(masks), names, colors)


def _bytes(source: Path, member: str, *, archive: Path | None) -> BytesIO:
    if archive is not None:
        return read_member(archive, member)
    return BytesIO(read_file(source / member))


def parse_label_map(
    text: str, where: str
) -> tuple[dict[int, str], dict[int, tuple[int, int, int]]]:
    """Return class names and colours of a label map; "background" is unlabelled.

    Raises:
        FormatError: A line is not ``name:r,g,b:...`` though others are, or a colour is used twice.
    """
    lines = [
        (number, line.strip().split(":"))
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.strip().startswith("#")
    ]
    has_colors = any(len(fields) < 2 or fields[1] for _, fields in lines)
    names: dict[int, str] = {}
    colors: dict[int, tuple[int, int, int]] = {}
    for position, (number, fields) in enumerate(lines):
        color = _color(fields, f"line {number} of {where}") if has_colors else voc_color(position)
        if color in colors.values() or not all(0 <= v <= 255 for v in color):
            msg = f"line {number} of {where} has the colour {color}, used before or out of range"
            raise FormatError(msg)
        if fields[0].casefold() == "background" or len(names) >= MAX_CLASS_ID:
            continue
        names[len(names) + 1] = fields[0]
        colors[len(names)] = color
    return names, colors


def _color(fields: list[str], where: str) -> tuple[int, int, int]:
    try:
        r, g, b = (int(v) for v in fields[1].split(","))
    except (IndexError, ValueError) as error:
        found = ":".join(fields)[:60]
        msg = f"{where} must be name:r,g,b:parts:actions, found {found!r}"
        raise FormatError(msg) from error
    return r, g, b


def _decode(
    source: Path, member: str, colors: dict[int, tuple[int, int, int]], *, archive: Path | None
) -> IdArray:
    where = Path(f"{source}:{member}") if archive is not None else source / member
    with open_image(where, _bytes(source, member, archive=archive)) as image:
        picture = pixels_of(image, where, mode="RGB")
    return ids_from_colors(picture.astype(np.uint8), colors, f"{member!r} in {source}")
