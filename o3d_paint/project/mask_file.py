"""Masks and labels of points as files: indexed PNG in class colours, and compressed arrays.

Projects of formats 1 to 3 consist of them; what no longer fits a scene is kept so.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from o3d_paint.core.accepted import Accepted
from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.files import open_file
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.npz import NpzArchive
from o3d_paint.io.store import replacing, write_bytes

__all__ = ["PointLabels", "photo_of_mask", "read_layer", "read_mask", "write_layer", "write_mask"]

_PHOTO_KEY = "o3d-paint-photo"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ACCEPTED, _PERCENTS = "accepted", "accepted_percent"


@dataclass(frozen=True, slots=True, eq=False)
class PointLabels:
    """Labels that points have by themselves, not by a photo.

    Attributes:
        laid: (N,) class ids laid on points directly, 0 where none.
        accepted: Accepted predictions of these points.
    """

    laid: IdArray
    accepted: Accepted


def write_mask(path: Path, mask: IdArray, taxonomy: Taxonomy, *, photo: str) -> None:
    """Write (H, W) class ids as a PNG whose values are the ids.

    Ids up to 255 make an indexed picture in the classes' colours, larger ones 16-bit grey. The
    file says which photo it belongs to.

    Args:
        path: The file.
        mask: (H, W) class ids.
        taxonomy: Gives the colours.
        photo: Checksum of the photo.

    Raises:
        StorageError: It cannot be written.
    """
    if mask.max(initial=0) <= 255:
        picture = Image.fromarray(mask.astype(np.uint8))
        picture.putpalette(_palette(taxonomy))
    else:
        picture = Image.fromarray(mask)
    packed = io.BytesIO()
    note = PngInfo()
    note.add_text(_PHOTO_KEY, photo)
    picture.save(packed, format="PNG", pnginfo=note)
    write_bytes(path, packed.getvalue())


def read_mask(path: Path, shape: tuple[int, int] | None = None) -> tuple[IdArray, str]:
    """Read a mask of `write_mask`, or any indexed or grey PNG.

    Args:
        path: The file.
        shape: (H, W) that it must have, looked at before it is decoded; None takes any.

    Returns:
        (H, W) class ids, and the checksum of their photo, "" where the file does not say.

    Raises:
        FormatError: It is damaged, not a mask, or of another shape.
    """
    _require_sums(path)
    with open_image(path) as image:
        if shape not in (None, (image.height, image.width)):
            assert shape is not None
            size = f"{image.width}x{image.height}"
            msg = f"{path} has {size} pixels: expected {shape[1]}x{shape[0]}"
            raise FormatError(msg)
        values = pixels_of(image, path)
        photo = str(image.info.get(_PHOTO_KEY, ""))
    if values.ndim != 2 or values.dtype.kind not in "ui" or values.min() < 0:
        msg = f"{path} is a picture of {values.dtype} {values.shape}: expected (H, W) class ids"
        raise FormatError(msg)
    if values.max() > np.iinfo(np.uint16).max:
        msg = f"{path} holds the id {values.max()}: expected class ids up to 65535"
        raise FormatError(msg)
    return values.astype(np.uint16), photo


def _require_sums(path: Path) -> None:
    """Check the sums of a PNG's chunks, which Pillow does not do for pixels.

    Raises:
        FormatError: One is wrong, or the end is missing.
    """
    with open_file(path) as file:
        if file.read(8) != _SIGNATURE:
            return
        while len(head := file.read(8)) == 8:
            size = int.from_bytes(head[:4], "big")
            known = zlib.crc32(head[4:])
            while size > 0 and (part := file.read(min(size, 1 << 20))):
                known, size = zlib.crc32(part, known), size - len(part)
            if size or file.read(4) != known.to_bytes(4, "big"):
                break
            if head[4:] == b"IEND":
                return
    msg = f"{path} is damaged: a checksum in it is wrong, or its end is missing"
    raise FormatError(msg)


def photo_of_mask(path: Path) -> str:
    """Return the checksum of a mask's photo, "" where it does not say, without decoding it.

    Raises:
        FormatError: It is no picture.
    """
    with open_image(path) as image:
        return str(image.info.get(_PHOTO_KEY, ""))


def write_layer(path: Path, labels: PointLabels) -> None:
    """Write the labels of points.

    Raises:
        StorageError: It cannot be written.
    """
    arrays: dict[str, Any] = {"labels": labels.laid}
    if len(labels.accepted):
        arrays |= {_ACCEPTED: labels.accepted.labels, _PERCENTS: labels.accepted.percents}
    with replacing(path) as file:
        np.savez_compressed(file, **arrays)


def read_layer(path: Path) -> tuple[PointLabels, str]:
    """Read the labels of `write_layer`, and the fingerprint of their cloud ("" if unsaid).

    Raises:
        FormatError: It is damaged, or not a cloud layer.
    """
    try:
        with NpzArchive(path) as archive:
            archive.require_memory(archive.keys)
            cloud = str(archive.read("cloud")) if "cloud" in archive.keys else ""
            arrays = [archive.read("labels")]
            if _ACCEPTED in archive.keys:
                arrays += [archive.read(_ACCEPTED), archive.read(_PERCENTS)]
    except (KeyError, PaintError) as error:
        msg = f"{path} cannot be read ({error}): expected a cloud layer of O3D Paint"
        raise FormatError(msg) from error
    for array, kind in zip(arrays, (np.uint16, np.uint16, np.uint8), strict=False):
        if array.dtype != kind or array.ndim != 1 or array.shape != arrays[0].shape:
            msg = f"{path} holds {array.dtype} {array.shape}: expected {np.dtype(kind)} (N,)"
            raise FormatError(msg)
    laid, *said = arrays
    accepted = Accepted(len(laid))
    if said:
        percents = np.minimum(said[1], 100).astype(np.uint8)
        accepted = Accepted.of(said[0].astype(np.uint16, copy=False), percents)
    return PointLabels(laid.astype(np.uint16, copy=False), accepted), cloud


def _palette(taxonomy: Taxonomy) -> list[int]:
    """Return 256 colours; unlabelled is black, as viewers of masks expect."""
    colors = np.full((256, 3), 128, dtype=np.uint8)
    colors[0] = 0
    for label_class in taxonomy:
        if label_class.class_id < len(colors):
            colors[label_class.class_id] = label_class.color
    flat: list[int] = colors.ravel().tolist()
    return flat
