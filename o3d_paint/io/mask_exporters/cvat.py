"""CVAT's "Segmentation mask 1.1": a ZIP of colour PNGs and a label map, ready for its import.

Source: the format's page in CVAT's manual: ``labelmap.txt``, the names of the photos in
``ImageSets/Segmentation/default.txt``, ``SegmentationClass/NAME.png``,
``SegmentationObject/NAME.png`` and, with photos, ``JPEGImages/NAME.jpg``.
Colours mean the classes there, so that each has one of its own and black is nobody's.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from o3d_paint.core.arrays import IdArray, RgbArray
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, next_color
from o3d_paint.io.mask_exporters.source import MaskOptions, MaskSource, Written
from o3d_paint.io.store import replacing

__all__ = ["write_cvat"]

_BLACK = (0, 0, 0)
_DATE = (1980, 1, 1, 0, 0, 0)  # the same bytes from the same labels


def write_cvat(source: MaskSource, path: Path, options: MaskOptions) -> Written:
    """Write the archive; regions of one class in one photo are one object."""
    taxonomy, notes = _distinct(source.taxonomy)
    colors = np.zeros((max((c.class_id for c in taxonomy), default=0) + 1, 3), dtype=np.uint8)
    for label_class in taxonomy:
        colors[label_class.class_id] = label_class.color
    with replacing(path, inputs=options.inputs) as file, zipfile.ZipFile(file, "w") as archive:
        _add(archive, "labelmap.txt", _label_map(taxonomy).encode())
        stems = _listable(source.stems, notes)
        listed = "".join(f"{stem}\n" for stem in stems)
        _add(archive, "ImageSets/Segmentation/default.txt", listed.encode())
        for frame_idx, stem in enumerate(stems):
            if options.progress is not None:
                options.progress(frame_idx / len(stems), stem)
            mask = source.mask(frame_idx)
            _add(archive, f"SegmentationClass/{stem}.png", _png(colors[mask]))
            _add(archive, f"SegmentationObject/{stem}.png", _png(_objects(mask)))
            if options.photos:
                _add(archive, f"JPEGImages/{stem}.jpg", source.photo_jpeg(frame_idx))
    return Written((path,), tuple(notes))


def _distinct(taxonomy: Taxonomy) -> tuple[Taxonomy, list[str]]:
    """Return the classes with names and colours that the format can tell apart."""
    used: set[tuple[int, int, int]] = {_BLACK}
    names: set[str] = {"background"}
    classes, notes = [], []
    for c in taxonomy:
        name = re.sub(r"[:\r\n]+", "_", c.name).strip()
        name = f"_{name}" if name.startswith("#") else name
        while name.casefold() in names:
            name += "_"
        names.add(name.casefold())
        color = c.color
        if color in used:
            color = next_color([*used, *(other.color for other in taxonomy)])
        used.add(color)
        if (name, color) != (c.name, c.color):
            notes.append(f"Class {c.name!r} is written as {name!r} in the colour {color}.")
        classes.append(LabelClass(c.class_id, name, color))
    return Taxonomy(tuple(classes)), notes


def _listable(stems: Sequence[str], notes: list[str]) -> list[str]:
    """Return names of photos of which none looks like a remark in the list of photos."""
    taken = {stem.casefold() for stem in stems}
    listable = []
    for stem in stems:
        name = stem
        while name.startswith("#") or (name != stem and name.casefold() in taken):
            name = f"_{name}"
        if name != stem:
            taken.add(name.casefold())
            notes.append(f"Photo {stem!r} is written as {name!r}: rename it so in CVAT as well.")
        listable.append(name)
    return listable


def _label_map(taxonomy: Taxonomy) -> str:
    lines = ["# label:color_rgb:parts:actions", "background:0,0,0::"]
    lines += [f"{c.name}:{c.color[0]},{c.color[1]},{c.color[2]}::" for c in taxonomy]
    return "\n".join(lines) + "\n"


def _objects(mask: IdArray) -> RgbArray:
    """Return (H, W, 3): the classes that occur, numbered from 1, in the VOC data set's colours."""
    present = np.flatnonzero(np.bincount(mask.ravel()))
    number = np.zeros(int(mask.max(initial=0)) + 1, dtype=np.int64)
    found = present[present > 0]
    number[found] = np.arange(1, len(found) + 1)
    colors: RgbArray = _voc_color(number)[mask]
    return colors


def _voc_color(number: npt.NDArray[np.int64]) -> RgbArray:
    """Return (K, 3) colours of numbers: bits dealt to the channels in turn, high bits first.

    Source: the VOC development kit's ``VOClabelcolormap``.
    """
    colors = np.zeros((len(number), 3), dtype=np.int64)
    for place in range(8):
        for channel in range(3):
            bit = number >> (3 * place + channel) & 1
            colors[:, channel] |= bit << (7 - place)
    return colors.astype(np.uint8)


def _png(pixels: RgbArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    packed = zipfile.ZIP_DEFLATED if name.endswith(".txt") else zipfile.ZIP_STORED
    archive.writestr(entry, data, compress_type=packed)
