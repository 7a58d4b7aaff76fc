"""ARKitScenes, raw: ``lowres_wide``, ``lowres_depth``, ``confidence``, ``*.pincam`` and ``.traj``.

Source: the data set's page on its data and its own tools: a line of the trajectory is a time, an
angle-axis and a translation from world to camera, OpenCV axes, z of the world up; names end with
the time.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera
from o3d_paint.errors import FormatError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.depth_room import require_room_for_depths
from o3d_paint.io.images import PHOTO_SUFFIXES, list_files, photo_at
from o3d_paint.io.importers.phone import (
    PhoneFrame,
    Recording,
    camera_of,
    capture_of_recording,
    confidence_at,
    depth_at,
)
from o3d_paint.io.importers.pose_files import read_numbers

__all__ = ["read", "recognizes"]

_PHOTOS = ("wide", "vga_wide", "lowres_wide")
_TRAJECTORY = "lowres_wide.traj"
# Seconds: photos come ten or sixty times a second, poses ten times.
_SAME_MOMENT, _NEXT_POSE = 0.02, 0.05


def recognizes(path: Path) -> bool:
    """Return whether a folder is a video of the data set."""
    needed = (path / _TRAJECTORY, path / "lowres_depth")
    return path.is_dir() and needed[0].is_file() and needed[1].is_dir() and bool(_kind(path))


def _kind(path: Path) -> str:
    """Return the photos that are there with intrinsics, the largest."""
    return next(
        (k for k in _PHOTOS if (path / k).is_dir() and (path / f"{k}_intrinsics").is_dir()), ""
    )


def read(path: Path, options: ImportOptions) -> Capture:
    """Read a video.

    Raises:
        PaintError: It is damaged, or no photo can be used.
    """
    kind = _kind(path)
    if not kind:
        msg = f"{path} has no photos with intrinsics: download lowres_wide and its intrinsics"
        raise FormatError(msg)
    rows = read_numbers(path / _TRAJECTORY)
    if not rows or any(len(row) != 7 for row in rows):
        msg = f"{path / _TRAJECTORY} must hold a time, an angle-axis and a translation a line"
        raise FormatError(msg)
    values = np.array(rows)
    photos = list_files(path / kind, PHOTO_SUFFIXES)
    intrinsics = _Timed(list_files(path / f"{kind}_intrinsics", (".pincam",)))
    depths = _Timed(list_files(path / "lowres_depth", (".png",)))
    levels = path / "confidence"
    confidences = _Timed(list_files(levels, (".png",)) if levels.is_dir() else [])
    if kind != "lowres_wide":
        # Many more photos than depths: those between have none.
        photos = [p for p in photos if depths.at(_time(p)) is not None]
    require_room_for_depths(path, depths.paths, limit=options.memory_limit)
    frames = []
    for photo in photos:
        time = _time(photo)
        frames.append(
            PhoneFrame(
                photo.stem,
                _pose(values, time),
                partial(_camera, intrinsics.at(time), photo),
                partial(photo_at, photo),
                partial(depth_at, depths.at(time), options),
                partial(confidence_at, confidences.at(time)),
            )
        )
    recording = Recording(path, "ARKitScenes", frames, "w2c", "cv", (0.0, 0.0, 1.0))
    return capture_of_recording(recording, options)


class _Timed:
    """Files whose names end with a time."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = [p for p in paths if np.isfinite(_time(p))]
        self._times = np.array([_time(p) for p in self.paths])

    def at(self, time: float) -> Path | None:
        """Return the file of a moment."""
        if not self.paths or not np.isfinite(time):
            return None
        nearest = int(np.argmin(np.abs(self._times - time)))
        return self.paths[nearest] if abs(self._times[nearest] - time) < _SAME_MOMENT else None


def _time(path: Path) -> float:
    found = re.search(r"_(\d+(?:\.\d+)?)$", path.stem)
    return float(found[1]) if found else float("nan")


def _pose(values: FloatArray, time: float) -> FloatArray:
    """Return the (4, 4) pose nearest to a moment; not finite where none is near."""
    gaps = np.abs(values[:, 0] - time)
    if not np.isfinite(time) or not gaps.min() < _NEXT_POSE:
        return np.full((4, 4), np.nan)
    row = values[int(np.argmin(gaps))]
    pose = np.eye(4)
    if not np.isfinite(row).all():
        return np.full((4, 4), np.nan)
    pose[:3, :3] = Rotation.from_rotvec(row[1:4]).as_matrix()
    pose[:3, 3] = row[4:]
    return pose


def _camera(path: Path | None, photo: Path) -> Camera:
    if path is None:
        msg = f"{photo.name} has no intrinsics of its time"
        raise FormatError(msg)
    rows = read_numbers(path)
    if len(rows) != 1 or len(rows[0]) != 6:
        msg = f"{path} must hold width, height, fx, fy, cx and cy"
        raise FormatError(msg)
    width, height, *values = rows[0]
    if not np.isfinite([width, height]).all():
        msg = f"{path} has a size that is no number"
        raise FormatError(msg)
    return camera_of(values, (int(width), int(height)), str(path))
