"""Clouds as NPZ: points, colours and labels under the names that estimators use."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError
from o3d_paint.io.clouds import named_arrays
from o3d_paint.io.clouds.cloud_file import CloudFile, names_from
from o3d_paint.io.clouds.columns import CONFIDENCE, confidence_from, label_column, labels_from
from o3d_paint.io.npz import NpzArchive

__all__ = ["matches", "read"]


def matches(start: bytes) -> bool:
    """Return whether a file starts like a ZIP archive, which an NPZ is."""
    return start.startswith(b"PK\x03\x04")


def read(path: Path) -> CloudFile:
    """Read an NPZ with points.

    Raises:
        FormatError: It has none, or is damaged.
        SceneError: It would not fit into memory.
    """
    with NpzArchive(path) as archive:
        key = named_arrays.find_role("points", archive.keys)
        if key is None:
            raise named_arrays.missing_role(path, "points", archive.keys)
        color_key = named_arrays.find_role("colors", archive.keys)
        label_key = label_column(list(archive.keys))
        archive.require_memory([k for k in (key, color_key, label_key) if k is not None])
        xyz = named_arrays.points_from(path, key, archive.read(key))
        rgb = None
        if color_key is not None:
            rgb = named_arrays.colors_from(path, color_key, archive.read(color_key), len(xyz))
        labels = None
        if label_key is not None:
            values = archive.read(label_key)
            if values.shape != (len(xyz),):
                msg = f"{path}: {label_key!r} has shape {values.shape}, expected ({len(xyz)},)"
                raise FormatError(msg)
            labels = labels_from(values, f"{label_key!r} of {path}")
        names = {}
        if labels is not None and "classes" in archive.keys:
            names = names_from(archive.read("classes"))
        confidence = None if labels is None else _confidence(archive, len(xyz))
    cloud = CloudFile(np.asarray(xyz, dtype=np.float64), rgb, labels, names, confidence=confidence)
    return cloud.checked(path)


def _confidence(archive: NpzArchive, count: int) -> FloatArray | None:
    """Return how sure the labels are; None where the array of that name is of something else."""
    if CONFIDENCE not in archive.keys:
        return None
    values = archive.read(CONFIDENCE)
    return confidence_from(values) if values.shape == (count,) else None
