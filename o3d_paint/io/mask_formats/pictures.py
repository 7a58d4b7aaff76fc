"""Mask pictures, one a photo, whose values or colours are classes.

Grey and 16-bit pictures hold class ids. Indexed pictures hold class ids too (their palette is only
for looking at). Colour pictures need the classes' colours from a list beside them, or are of Pascal
VOC's palette, or hold the same grey value in all channels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.mask_formats.class_table import ClassTable, class_table
from o3d_paint.io.mask_formats.color_table import ids_from_colors
from o3d_paint.io.mask_formats.files import MaskFiles, parent_of, suffix_of
from o3d_paint.io.mask_formats.mask_set import VOID, MaskSet, PhotoMask
from o3d_paint.io.mask_formats.soft_borders import check_values
from o3d_paint.io.voc_palette import voc_color

__all__ = ["masks_among", "read"]

_COLOR_MODES = ("RGB", "RGBA")
_VOC_VOID = 255
"""Pascal VOC's borders between things, which are of no class."""
_VOC_COLORS = {i: voc_color(i) for i in range(1, _VOC_VOID)} | {VOID: voc_color(_VOC_VOID)}
_COMPRESSED = ("JPEG", "MPO")
_LOSSY = (".jpg", ".jpeg")
_OF_A_PHOTO = re.compile(r"(.+?)(?:\.(?:jpe?g|png|tiff?))?[ ._-]masks?", re.IGNORECASE)
# Cityscapes writes several pictures a photo; the first of these that is there holds the classes.
_VARIANTS = ("_labelids", "_labeltrainids", "_instanceids", "_instancetrainids", "_color")


def read(files: MaskFiles, names: Sequence[str]) -> MaskSet:
    """Read pictures of one folder; names without ending are those of the photos.

    Args:
        files: The folder or archive.
        names: The pictures in it.

    Raises:
        FormatError: The class list beside them is malformed.
    """
    table = class_table(files, parent_of(names[0]))
    findings = Findings()
    masks = tuple(
        PhotoMask(
            n[: -len(suffix_of(n))],
            partial(_decode, files, n, table, findings),
            file=n.rpartition("/")[2],
        )
        for n in names
    )
    return MaskSet(
        "pictures", masks, table.names, table.colors, shift=table.shift, findings=findings
    )


def masks_among(names: Iterable[str], findings: Findings) -> list[str]:
    """Return which pictures are masks, where photos or other drawings of them lie beside.

    Args:
        names: Pictures of one folder.
        findings: Gets the others.
    """
    stems = {n: n[: -len(suffix_of(n))] for n in names}
    known = set(stems.values())
    marked = [_OF_A_PHOTO.fullmatch(stem) for stem in known]
    photos = {m[1] for m in marked if m is not None} & known
    exact = {stem for n, stem in stems.items() if suffix_of(n) not in _LOSSY}
    others = {stem.casefold() for stem in known}
    kept = []
    for name, stem in stems.items():
        base, variant = _variant(stem)
        better = _VARIANTS[: _VARIANTS.index(variant)] if variant else ()
        if stem in photos or (suffix_of(name) in _LOSSY and stem in exact):
            findings.leave_out("picture", "beside a mask of its name: a photo", name)
        elif any(base.casefold() + v in others for v in better):
            findings.leave_out("picture", "of masks that are there with class ids too", name)
        else:
            kept.append(name)
    return kept


def _variant(stem: str) -> tuple[str, str]:
    """Return a name without Cityscapes's word for what it shows, and that word."""
    for variant in _VARIANTS:
        if stem.casefold().endswith(variant):
            return stem[: -len(variant)], variant
    return stem, ""


def _decode(files: MaskFiles, name: str, table: ClassTable, findings: Findings) -> IdArray:
    path = files.where(name)
    with open_image(path, files.read(name)) as image:
        if image.mode in _COLOR_MODES:
            ids = _of_colors(image, path, table)
            if ids is not None:
                return _noted(ids, findings)
            values = pixels_of(image, path, mode="RGB")[..., 0]
        else:
            values = pixels_of(image, path)
        if image.mode == "LA":
            values = values[..., 0]
        is_indexed, mode = image.mode == "P", image.mode
        is_compressed = image.format in _COMPRESSED
        has_void = is_indexed and _has_voc_void(image)
    ids = _ids(values, path, mode)
    if has_void:
        ids = _noted(np.where(ids == _VOC_VOID, np.uint16(VOID), ids), findings)
    elif not is_indexed:
        check_values(ids, str(path), is_compressed=is_compressed)
    if table.shift:
        ids = np.where(ids == VOID, ids, ids + np.uint16(table.shift))
    return ids


def _of_colors(image: Image.Image, path: Path, table: ClassTable) -> IdArray | None:
    """Return ids by colour; None where the picture is grey and its values are ids themselves."""
    pixels = pixels_of(image, path).astype(np.uint8)
    picture = pixels[..., :3]
    if image.mode == "RGBA":
        # What is transparent was not drawn, whatever colour is stored there.
        picture = np.where(pixels[..., 3:] > 0, picture, np.uint8(0))
    try:
        return ids_from_colors(picture, table.colors or _VOC_COLORS, str(path))
    except FormatError:
        is_grey = (picture == picture[..., :1]).all()
        if is_grey and not table.colors:
            return None
        raise


def _ids(values: npt.NDArray[np.generic], path: Path, mode: str) -> IdArray:
    """Return the values of a picture as ids.

    Raises:
        FormatError: They are no ids.
    """
    numbers = values.astype(np.uint8) if values.dtype == bool else values
    is_whole = numbers.ndim == 2 and (numbers.dtype.kind in "iu" or not (numbers % 1).any())
    if not is_whole or numbers.min(initial=0) < 0 or numbers.max(initial=0) > MAX_CLASS_ID:
        msg = f"{path} is a picture of mode {mode}: save class ids as 8 or 16 bit grey PNG"
        raise FormatError(msg)
    return numbers.astype(np.uint16)


def _noted(ids: IdArray, findings: Findings) -> IdArray:
    """Note the borders of Pascal VOC where there are some."""
    if (ids == VOID).any():
        findings.call_void("255 of Pascal VOC's palette")
    return ids


def _has_voc_void(image: Image.Image) -> bool:
    """Return whether a picture's palette is Pascal VOC's up to the colour of its borders."""
    palette = image.getpalette() or []
    return tuple(palette[3 * _VOC_VOID :][:3]) == voc_color(_VOC_VOID)
