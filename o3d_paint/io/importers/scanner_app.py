"""3D Scanner App's "All Data": ``frame_00000.jpg``, ``.json``, ``depth_00000.png``, ``conf_…``.

Source: exports as their users' readers take them. ``cameraPoseARFrame`` is camera to world, row by
row, ARKit's axes; ``intrinsics`` is a 3x3 matrix, row by row, at the photo's size.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Photo
from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.depth_room import require_room_for_depths
from o3d_paint.io.files import open_file
from o3d_paint.io.images import list_files, photo_at
from o3d_paint.io.importers.phone import (
    PhoneFrame,
    Recording,
    camera_of,
    capture_of_recording,
    confidence_at,
    depth_at,
)
from o3d_paint.io.json_file import item, read_json
from o3d_paint.io.paths import present

__all__ = ["read", "recognizes"]

_HEAD = 1 << 14


def recognizes(path: Path) -> bool:
    """Return whether a folder is such an export."""
    if not path.is_dir():
        return False
    first = next(iter(_records(path)), None)
    if first is None:
        return False
    with open_file(first) as file:
        return b'"cameraPoseARFrame"' in file.read(_HEAD)


def _records(path: Path) -> list[Path]:
    return [p for p in list_files(path, (".json",)) if p.stem.startswith("frame_")]


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the export.

    Raises:
        PaintError: It is damaged, or no photo can be used.
    """
    records = _records(path)
    depths = [p for r in records if (p := _beside(r, "depth_", ".png")) is not None]
    require_room_for_depths(path, depths, limit=options.memory_limit)
    frames = [
        PhoneFrame(
            record.stem,
            _pose(record),
            partial(_camera, record),
            partial(_photo, record),
            partial(depth_at, _beside(record, "depth_", ".png"), options),
            partial(confidence_at, _beside(record, "conf_", ".png")),
        )
        for record in records
    ]
    return capture_of_recording(Recording(path, "3D Scanner App", frames), options)


def _beside(record: Path, start: str, suffix: str) -> Path | None:
    return present(record.with_name(start + record.stem.removeprefix("frame_") + suffix))


def _photo(record: Path) -> Photo:
    found = next((p for s in (".jpg", ".png") if (p := _beside(record, "frame_", s))), None)
    if found is None:
        msg = f"{record.with_suffix('.jpg')} is not there: export «All Data» again"
        raise FormatError(msg)
    return photo_at(found)


def _numbers(values: Any, key: str, count: int, record: Path) -> FloatArray:
    """Return numbers of a record.

    Raises:
        FormatError: They are none, or not as many.
    """
    try:
        found = np.array(item(values, key, list, str(record)), dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        found = np.zeros(0)
    if found.shape != (count,):
        msg = f"{key!r} of {record} must be {count} numbers"
        raise FormatError(msg)
    return found


def _pose(record: Path) -> FloatArray:
    try:
        return _numbers(read_json(record), "cameraPoseARFrame", 16, record).reshape(4, 4)
    except PaintError:
        return np.full((4, 4), np.nan)


def _camera(record: Path) -> Camera:
    k = _numbers(read_json(record), "intrinsics", 9, record)
    photo = _photo(record)
    return camera_of([k[0], k[4], k[2], k[5]], (photo.width, photo.height), str(record))
