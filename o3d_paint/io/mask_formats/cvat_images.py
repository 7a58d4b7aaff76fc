"""CVAT's "CVAT for images 1.1": ``annotations.xml`` with polygons and masks.

Source: the format's page in CVAT's manual. Run lengths of a mask go along the rows of its box and
begin with zeros. Boxes are left out: what a detector finds is seldom the whole box.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.mask_formats.files import MaskFiles, suffix_of
from o3d_paint.io.mask_formats.mask_set import MaskSet
from o3d_paint.io.mask_formats.named_shapes import AnnotatedPhoto, NamedShape, masks_of_shapes
from o3d_paint.io.mask_formats.regions import image_size, polygon_runs
from o3d_paint.io.mask_formats.runs import Runs
from o3d_paint.io.xml_file import numbers_of, parse_xml

__all__ = ["document_of", "matches", "read", "read_document"]

_HEAD = 4096
_RIM = 64  # corners of an ellipse


def document_of(files: MaskFiles) -> str | None:
    """Return the name of the XML file of annotations among files; None where there is none."""
    for name in files.names:
        if suffix_of(name) == ".xml" and matches(files.read(name).read(_HEAD)):
            return name
        if suffix_of(name) == ".xml" and name.count("/") > 0:
            # Pascal VOC has an XML file of boxes for each photo, thousands of them.
            return None
    return None


def matches(start: bytes) -> bool:
    """Return whether a file begins as such a document does."""
    return b"<annotations" in start


def read(files: MaskFiles) -> MaskSet:
    """Read an export, zipped or unpacked.

    Raises:
        FormatError: It is malformed, or nothing in it can be used.
    """
    name = document_of(files)
    if name is None:
        msg = f"{files.root} has no annotations.xml of CVAT"
        raise FormatError(msg)
    return read_document(files.read(name).read(), files.where(name))


def read_document(data: bytes, path: Path) -> MaskSet:
    """Read the document; see `read`."""
    findings = Findings()
    photos = []
    for image in parse_xml(data, str(path)).findall("image"):
        name = image.get("name")
        where = f"image {name!r} of {path}"
        stated = numbers_of(f"{image.get('height')} {image.get('width')}", 2)
        if name is None or stated is None:
            findings.leave_out("image", "without name or size", where)
            continue
        record = {"h": stated[0], "w": stated[1]}
        try:
            size = image_size(record, where, ("h", "w"))
        except FormatError as error:
            findings.leave_out("image", "without name or size", str(error))
            continue
        photos.append(AnnotatedPhoto(name, size, _shapes(image, where, findings)))
    return masks_of_shapes("CVAT for images", photos, findings, str(path))


def _shapes(image: Element, where: str, findings: Findings) -> list[NamedShape]:
    found: list[tuple[float, NamedShape]] = []
    for number, element in enumerate(image):
        at = f"{element.tag} {number} of {where}"
        label = element.get("label")
        draw = {"polygon": _polygon, "mask": _mask, "ellipse": _ellipse}.get(element.tag)
        if label is None:
            continue
        if draw is None:
            findings.leave_out(element.tag, "which is no outline: draw polygons or masks", at)
            continue
        order = numbers_of(element.get("z_order", "0"), 1) or [0.0]
        found.append((order[0], NamedShape(at, label, partial(draw, element, at))))
    return [shape for _, shape in sorted(found, key=lambda entry: entry[0])]


def _polygon(element: Element, where: str, size: tuple[int, int]) -> Runs:
    numbers = numbers_of((element.get("points") or "").replace(";", " "))
    if numbers is None or len(numbers) % 2:
        msg = f"{where} must have points x,y;x,y"
        raise FormatError(msg)
    return polygon_runs([numbers], size, where)


def _ellipse(element: Element, where: str, size: tuple[int, int]) -> Runs:
    values = [numbers_of(element.get(k, "0"), 1) for k in ("cx", "cy", "rx", "ry", "rotation")]
    numbers = [v[0] for v in values if v]
    if len(numbers) < len(values):
        msg = f"{where} must have cx, cy, rx and ry"
        raise FormatError(msg)
    cx, cy, rx, ry, degrees = numbers
    angles = np.linspace(0, 2 * np.pi, _RIM, endpoint=False)
    x, y, turn = rx * np.cos(angles), ry * np.sin(angles), np.radians(degrees)
    rim = [cx + x * np.cos(turn) - y * np.sin(turn), cy + x * np.sin(turn) + y * np.cos(turn)]
    return polygon_runs([np.stack(rim, axis=1)], size, where)


def _mask(element: Element, where: str, size: tuple[int, int]) -> Runs:
    counts = numbers_of(element.get("rle"))
    box = numbers_of(" ".join(element.get(k, "x") for k in ("left", "top", "width", "height")), 4)
    if counts is None or box is None:
        msg = f"{where} must have rle, left, top, width and height"
        raise FormatError(msg)
    left, top, width, height = (int(v) for v in box)
    h, w = size
    if not (left >= 0 and top >= 0 and 0 < width <= w - left and 0 < height <= h - top):
        msg = f"{where} has a box that does not lie in its photo"
        raise FormatError(msg)
    lengths = np.array(counts)
    if (lengths < 0).any() or lengths.sum() != width * height:
        msg = f"{where} has run lengths that do not fill its box"
        raise FormatError(msg)
    flat = np.repeat(np.arange(len(lengths)) % 2, lengths.astype(np.int64)).astype(np.uint8)
    whole = np.zeros(size, dtype=np.uint8)
    whole[top : top + height, left : left + width] = flat.reshape(height, width)
    return Runs.of_coverage(whole)
