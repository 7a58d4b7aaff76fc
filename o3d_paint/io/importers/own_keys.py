"""What only scenes written by this program hold, beside the arrays of the published kit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.columns import labels_from
from o3d_paint.io.images import MAX_SIDE
from o3d_paint.io.npz import NpzArchive
from o3d_paint.io.scene_file import MARK

__all__ = ["OwnKeys", "read_own_keys"]

_MAX_NAME = 1000
_KEYS = (
    "names", "up", "labels", "label_ids", "label_names", "photo_sizes", "map_sizes", "other_turns"
)  # fmt: skip
_BYTES_PER_CHARACTER = 4


@dataclass(frozen=True, slots=True, eq=False)
class OwnKeys:
    """Names of the photos, what is up, and labels that the cloud came with.

    Attributes:
        is_own: Whether this program wrote the file; nothing else is set where it did not.
        names: Of the photos, in order.
        up: (x, y, z).
        labels: (N,) class ids of the points.
        label_names: Of those ids.
        photo_sizes: (F, 2) lines and columns of the photos where they differ.
        map_sizes: (F, 2) the same of depths, 0 where a photo has none.
        other_turns: (F,) EXIF codes of masks drawn on the originals, seen the other way.
    """

    is_own: bool = False
    names: tuple[str, ...] = ()
    up: tuple[float, float, float] | None = None
    labels: IdArray | None = None
    label_names: Mapping[int, str] = field(default_factory=dict)
    photo_sizes: npt.NDArray[np.int64] | None = None
    map_sizes: npt.NDArray[np.int64] | None = None
    other_turns: npt.NDArray[np.int64] | None = None


def read_own_keys(path: Path, archive: NpzArchive) -> OwnKeys:
    """Read them.

    Raises:
        FormatError: One is malformed.
    """
    if MARK not in archive.keys:
        return OwnKeys()
    archive.require_memory(k for k in _KEYS if k in archive.keys)
    names = _texts(path, archive, "names")
    if len(set(names)) < len(names) or not all(names):
        msg = f"{path}: 'names' must name every photo differently: convert the scene again"
        raise FormatError(msg)
    up = archive.read("up") if "up" in archive.keys else None
    if up is not None and (up.shape != (3,) or up.dtype != np.float64 or not np.isfinite(up).all()):
        msg = f"{path}: 'up' must be three numbers, found shape {up.shape} of {up.dtype}"
        raise FormatError(msg)
    labels = None
    if "labels" in archive.keys:
        values = archive.read("labels")
        if values.ndim != 1 or values.dtype.kind not in "iu":
            msg = f"{path}: 'labels' has shape {values.shape} of {values.dtype}, expected (points,)"
            raise FormatError(msg)
        labels = labels_from(values, f"'labels' of {path}")
    return OwnKeys(
        True,
        names,
        None if up is None or not up.any() else (float(up[0]), float(up[1]), float(up[2])),
        labels,
        _label_names(path, archive),
        _whole(path, archive, "photo_sizes", (2,), (1, MAX_SIDE)),
        _whole(path, archive, "map_sizes", (2,), (0, MAX_SIDE)),
        _whole(path, archive, "other_turns", (), (1, 8)),
    )


def _whole(
    path: Path, archive: NpzArchive, key: str, shape: tuple[int, ...], limits: tuple[int, int]
) -> npt.NDArray[np.int64] | None:
    """Return an array of whole numbers within limits, one row a photo; None where it is not there.

    Raises:
        FormatError: It is malformed.
    """
    if key not in archive.keys:
        return None
    values = archive.read(key)
    is_sound = values.dtype.kind in "iu" and values.ndim == 1 + len(shape)
    if not is_sound or values.shape[1:] != shape or not len(values):
        msg = f"{path}: {key!r} has shape {values.shape} of {values.dtype}: convert the scene again"
        raise FormatError(msg)
    if values.min() < limits[0] or values.max() > limits[1]:
        msg = f"{path}: {key!r} must be {limits[0]} to {limits[1]}: convert the scene again"
        raise FormatError(msg)
    return values.astype(np.int64)


def _texts(path: Path, archive: NpzArchive, key: str) -> tuple[str, ...]:
    if key not in archive.keys:
        return ()
    values = archive.read(key)
    is_text = (
        values.ndim == 1 and values.dtype.kind == "U" and values.dtype.itemsize < 4 * _MAX_NAME
    )
    try:
        texts = tuple(str(v) for v in values) if is_text else ()
        "".join(texts).encode("utf-8", "surrogateescape")
    except (UnicodeError, ValueError, SystemError):
        is_text = False
    if not is_text and values.size:
        msg = f"{path}: {key!r} must be a list of names, found {values.dtype} of {values.shape}"
        raise FormatError(msg)
    return texts


def _label_names(path: Path, archive: NpzArchive) -> dict[int, str]:
    names = _texts(path, archive, "label_names")
    if not names:
        return {}
    ids = archive.read("label_ids") if "label_ids" in archive.keys else np.zeros(0)
    if ids.shape != (len(names),) or ids.dtype.kind not in "iu" or ids.max() > MAX_CLASS_ID:
        msg = f"{path}: 'label_ids' must hold an id for each of {len(names)} names"
        raise FormatError(msg)
    return {int(i): name for i, name in zip(ids, names, strict=True) if i > 0}
