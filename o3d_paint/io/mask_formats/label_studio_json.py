"""Label Studio's JSON export: polygons in per cent, and brush labels in its own run lengths.

Source: Label Studio's pages on the export and the image tags; ``brush.decode_rle`` of its converter
for the run lengths, which are packed bits of an RGBA picture whose alpha is the mask.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.images import PHOTO_SUFFIXES
from o3d_paint.io.json_file import item
from o3d_paint.io.mask_formats.mask_set import MaskSet
from o3d_paint.io.mask_formats.named_shapes import AnnotatedPhoto, NamedShape, masks_of_shapes
from o3d_paint.io.mask_formats.regions import corners_of, image_size, polygon_runs
from o3d_paint.io.mask_formats.runs import Runs

__all__ = ["matches", "read"]

_CHANNELS = 4
_RIM = 64
# The server puts eight digits before the name of what is uploaded.
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
_LABELS = ("polygonlabels", "brushlabels", "ellipselabels", "labels")


def matches(document: Any) -> bool:
    """Return whether a JSON document looks like a full export of Label Studio."""
    return isinstance(document, list) and any(
        isinstance(t, dict) and "data" in t and ("annotations" in t or "completions" in t)
        for t in document
    )


def read(document: Any, path: Path) -> MaskSet:
    """Read the tasks; of several annotations of one, the first that was not cancelled.

    Raises:
        FormatError: Nothing in it can be used.
    """
    findings = Findings()
    photos = []
    for number, task in enumerate(document):
        where = f"task {number} of {path}"
        try:
            photo = _photo(item(task, "data", dict, where), where)
            results = _results(task, where)
        except FormatError as error:
            findings.leave_out("task", "without photo or annotation", str(error))
            continue
        size, shapes = _shapes(results, where, findings)
        if size is not None:
            photos.append(AnnotatedPhoto(photo, size, shapes))
    return masks_of_shapes("Label Studio", photos, findings, str(path))


def _photo(data: dict[str, Any], where: str) -> str:
    """Return the name of a task's photo.

    Raises:
        FormatError: There is none.
    """
    texts = [v for v in (data.get("image"), *data.values()) if isinstance(v, str)]
    for text in texts:
        name = unquote(text.split("?d=")[-1].split("?")[0]).replace("\\", "/").rsplit("/", 1)[-1]
        if name.lower().endswith(PHOTO_SUFFIXES):
            return _UPLOADED.sub("", name)
    msg = f"{where} names no photo"
    raise FormatError(msg)


def _results(task: Any, where: str) -> list[Any]:
    key = "annotations" if "annotations" in task else "completions"
    for annotation in item(task, key, list, where):
        if isinstance(annotation, dict) and not annotation.get("was_cancelled"):
            return list(item(annotation, "result", list, where))
    msg = f"{where} has no annotation"
    raise FormatError(msg)


def _shapes(
    results: list[Any], where: str, findings: Findings
) -> tuple[tuple[int, int] | None, list[NamedShape]]:
    size, shapes = None, []
    for number, result in enumerate(results):
        at = f"result {number} of {where}"
        try:
            value = item(result, "value", dict, at)
            own = image_size(result, at, ("original_height", "original_width"))
        except FormatError as error:
            findings.leave_out("result", "without value or size", str(error))
            continue
        labels: list[Any] = next((value[k] for k in _LABELS if isinstance(value.get(k), list)), [])
        draw = _drawn(value)
        if draw is None or not labels:
            kind = str(result.get("type"))[:30]
            findings.leave_out(
                "result", f"of the kind {kind}, which is no outline with a label", at
            )
            continue
        size = size or own
        shapes.append(NamedShape(at, str(labels[0]), partial(draw, value, own, at)))
    return size, shapes


def _drawn(value: dict[str, Any]) -> Any:
    if value.get("format") == "rle":
        return _brush
    if "points" in value:
        return _polygon
    return _ellipse if "radiusX" in value else None


def _polygon(
    value: dict[str, Any], own: tuple[int, int], where: str, size: tuple[int, int]
) -> Runs:
    corners = corners_of(value["points"], where) / 100 * (size[1], size[0])
    return polygon_runs([corners], size, where)


def _ellipse(
    value: dict[str, Any], own: tuple[int, int], where: str, size: tuple[int, int]
) -> Runs:
    keys = ("x", "y", "radiusX", "radiusY")
    x, y, rx, ry = (float(item(value, k, (int, float), where)) for k in keys)
    turn = np.radians(float(value.get("rotation") or 0))
    angles = np.linspace(0, 2 * np.pi, _RIM, endpoint=False)
    dx = rx / 100 * size[1] * np.cos(angles)
    dy = ry / 100 * size[0] * np.sin(angles)
    u = x / 100 * size[1] + dx * np.cos(turn) - dy * np.sin(turn)
    v = y / 100 * size[0] + dx * np.sin(turn) + dy * np.cos(turn)
    return polygon_runs([np.stack([u, v], axis=1)], size, where)


def _brush(value: dict[str, Any], own: tuple[int, int], where: str, size: tuple[int, int]) -> Runs:
    try:
        packed = np.array(item(value, "rle", list, where))
    except ValueError:
        packed = np.zeros(0)
    is_bytes = packed.ndim == 1 and packed.dtype.kind in "iu" and len(packed)
    if not is_bytes or packed.min() < 0 or packed.max() > 255:
        msg = f"'rle' of {where} must be bytes"
        raise FormatError(msg)
    height, width = own
    picture = _unpacked(packed.astype(np.uint8), height * width * _CHANNELS, where)
    alpha = picture.reshape(height, width, _CHANNELS)[..., -1]
    if own != size:
        msg = f"{where} is of {width}x{height} pixels, others of its task are not"
        raise FormatError(msg)
    return Runs.of_coverage((alpha > 0).astype(np.uint8))


class _Bits:
    """Numbers of some bits each, out of bytes."""

    def __init__(self, data: npt.NDArray[np.uint8]) -> None:
        self._data = data.tobytes()
        self._at = 0

    def take(self, count: int) -> int:
        """Return the next number.

        Raises:
            ValueError: The bytes end before.
        """
        end = self._at + count
        if end > 8 * len(self._data):
            msg = "the run lengths are cut off"
            raise ValueError(msg)
        first, last = self._at // 8, -(-end // 8)
        value = int.from_bytes(self._data[first:last], "big") >> (8 * last - end)
        self._at = end
        return value & ((1 << count) - 1)


def _unpacked(data: npt.NDArray[np.uint8], expected: int, where: str) -> npt.NDArray[np.uint8]:
    """Return the values that packed bits hold.

    A head has how many values there are, their width in bits, and four widths of lengths. Then each
    run begins with whether one value is repeated, and which width its length has.

    Raises:
        FormatError: They are cut off, or not as many as the photo has.
    """
    bits = _Bits(data)
    try:
        count, width = bits.take(32), bits.take(5) + 1
        lengths = [bits.take(4) + 1 for _ in range(4)]
        if count != expected:
            msg = f"they hold {count} values, the photo {expected}"
            raise ValueError(msg)
        values = np.zeros(count, dtype=np.uint8)
        at = 0
        while at < count:
            is_repeated = bits.take(1)
            end = min(at + 1 + bits.take(lengths[bits.take(2)]), count)
            if is_repeated:
                values[at:end] = bits.take(width) & 0xFF
            else:
                for i in range(at, end):
                    values[i] = bits.take(width) & 0xFF
            at = end
    except ValueError as error:
        msg = f"'rle' of {where}: {error}"
        raise FormatError(msg) from error
    return values
