"""Raw exports of Polycam (developer mode, "Raw data"): keyframes with cameras and LiDAR depth.

Source: Polycam's page on raw data and nerfstudio's converter. Poses are ARKit's: camera to world,
y up and z backward, y of the world up.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera
from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.depth_room import require_room_for_depths
from o3d_paint.io.files import open_file
from o3d_paint.io.images import PHOTO_SUFFIXES, list_files, photo_at
from o3d_paint.io.importers.phone import (
    PhoneFrame,
    Recording,
    camera_of,
    capture_of_recording,
    confidence_at,
    depth_at,
)
from o3d_paint.io.json_file import number, read_json

__all__ = ["read", "recognizes"]

_HEAD = 4096
_LOOKED_AT = 10
_PLACES = ("keyframes", ".")
# Corrected ones go with corrected photos; those as recorded only with one another.
_SETS = (("corrected_cameras", "corrected_images"), ("cameras", "images"))


def recognizes(path: Path) -> bool:
    """Return whether a folder is such an export, or its keyframes."""
    return path.is_dir() and _keyframes(path) is not None


def _keyframes(path: Path) -> tuple[Path, str, str] | None:
    """Return the folder of keyframes, and of its cameras and photos."""
    # One that was converted in its place is read as what it is now.
    if (path / "transforms.json").is_file():
        return None
    for place in _PLACES:
        for cameras, images in _SETS:
            folder = path / place
            if not ((folder / cameras).is_dir() and (folder / images).is_dir()):
                continue
            if any(map(_has_pose, list_files(folder / cameras, (".json",))[:_LOOKED_AT])):
                return folder, cameras, images
    return None


def _has_pose(record: Path) -> bool:
    with open_file(record) as file:
        return b'"t_00"' in file.read(_HEAD)


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the export.

    Raises:
        PaintError: It is damaged, or no photo can be used.
    """
    found = _keyframes(path)
    if found is None:
        msg = f"{path} has no keyframes of Polycam: export raw data with developer mode on"
        raise FormatError(msg)
    folder, cameras, images = found
    depths = _by_stem(folder / "depth", (".png",))
    confidences = _by_stem(folder / "confidence", (".png",))
    records = _by_stem(folder / cameras, (".json",))
    require_room_for_depths(path, list(depths.values()), limit=options.memory_limit)
    frames = []
    for photo in list_files(folder / images, PHOTO_SUFFIXES):
        stem, record = photo.stem, records.get(photo.stem)
        pose = np.full((4, 4), np.nan) if record is None else _pose(record)
        frames.append(
            PhoneFrame(
                stem,
                pose,
                partial(_camera, record),
                partial(photo_at, photo),
                partial(depth_at, depths.get(stem), options),
                partial(confidence_at, confidences.get(stem)),
            )
        )
    notes = []
    if cameras == "cameras":
        notes.append("Poses are ARKit's own; Polycam's corrected ones are not there.")
    return capture_of_recording(Recording(path, "Polycam", frames, notes=notes), options)


def _by_stem(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    return {p.stem: p for p in list_files(folder, suffixes)} if folder.is_dir() else {}


def _pose(record: Path) -> FloatArray:
    """Return the (4, 4) pose; not finite where the file has none."""
    pose = np.eye(4)
    try:
        values = read_json(record)
        pose[:3] = [[number(values, f"t_{i}{j}", str(record)) for j in range(4)] for i in range(3)]
    except PaintError:
        return np.full((4, 4), np.nan)
    return pose


def _camera(record: Path | None) -> Camera:
    if record is None:
        msg = "it has no camera"
        raise FormatError(msg)
    values = read_json(record)
    fx, fy, cx, cy, w, h = (
        number(values, k, str(record)) for k in ("fx", "fy", "cx", "cy", "width", "height")
    )
    return camera_of([fx, fy, cx, cy], (int(w), int(h)), str(record))
