"""Stray Scanner: ``rgb.mp4``, ``depth``, ``confidence``, ``odometry.csv``, ``camera_matrix.csv``.

Source: the app's page on its format and its visualizer. A row of the odometry is time, number of
the frame, place and quaternion x y z w, camera to world, OpenCV axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Photo
from o3d_paint.errors import FormatError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.depth_room import require_room_for_depths
from o3d_paint.io.files import open_file, read_file
from o3d_paint.io.images import MAX_SIDE, PHOTO_SUFFIXES, list_files, photo_at
from o3d_paint.io.importers.phone import (
    PhoneFrame,
    Recording,
    camera_of,
    capture_of_recording,
    confidence_at,
    depth_at,
)
from o3d_paint.io.importers.pose_files import is_quaternion, read_intrinsics
from o3d_paint.io.xml_file import numbers_of

__all__ = ["read", "recognizes"]

_NEEDED = ("odometry.csv", "camera_matrix.csv")
_VIDEO = "rgb.mp4"
_BYTES_PER_CHARACTER = 10
_COLUMNS = 9
_MANY = 300  # photos: nobody paints more, and they take longer to fuse


@dataclass(frozen=True, slots=True)
class _VideoPhoto:
    """A frame of a video, decoded when it is asked for."""

    path: Path
    index: int
    height: int
    width: int

    def pixels(self) -> RgbArray:
        """Return the (H, W, 3) sRGB picture.

        Raises:
            FormatError: The video has no such frame.
        """
        video = _opened(self.path)
        try:
            video.set(cv2.CAP_PROP_POS_FRAMES, self.index)
            found, picture = video.read()
        finally:
            video.release()
        if not found or picture.shape[:2] != (self.height, self.width):
            msg = f"{self.path} has no frame {self.index}: copy it again"
            raise FormatError(msg)
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def recognizes(path: Path) -> bool:
    """Return whether a folder is a recording of the app."""
    return path.is_dir() and all((path / n).is_file() for n in _NEEDED)


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the recording.

    Raises:
        PaintError: It is damaged, or no photo can be used.
    """
    matrix = read_intrinsics(path / "camera_matrix.csv")
    values = [float(matrix[i, j]) for i, j in ((0, 0), (1, 1), (0, 2), (1, 2))]
    pictures = {}
    if (path / "rgb").is_dir():
        pictures = {p.stem: p for p in list_files(path / "rgb", PHOTO_SUFFIXES)}
    size, count = (0, 0), 0
    if not pictures:
        size, count = _measured(path / _VIDEO)
    rows = _rows(path / "odometry.csv")
    depths = _numbered(path / "depth", (".png", ".npy"))
    confidences = _numbered(path / "confidence", (".png",))
    chosen = [d for n, d in depths.items() if n % max(1, options.every) == 0]
    require_room_for_depths(path, chosen, limit=options.memory_limit)
    frames = []
    for number, pose in rows:
        stem = f"{number:06d}"
        photo = partial(_photo, path, pictures.get(stem), number, size, count)
        frames.append(
            PhoneFrame(
                stem,
                pose,
                partial(_camera, values, photo, str(path / "camera_matrix.csv")),
                photo,
                partial(depth_at, depths.get(number), options),
                partial(confidence_at, confidences.get(number)),
            )
        )
    notes = []
    if len(frames) > _MANY * options.every:
        notes.append(f"These are {len(frames)} frames of a video: --every 10 takes every tenth.")
    recording = Recording(path, "Stray Scanner", frames, axes="cv", notes=notes)
    return capture_of_recording(recording, options)


def _numbered(folder: Path, suffixes: tuple[str, ...]) -> dict[int, Path]:
    if not folder.is_dir():
        return {}
    return {int(p.stem): p for p in list_files(folder, suffixes) if p.stem.isdecimal()}


def _rows(path: Path) -> list[tuple[int, FloatArray]]:
    """Return the number and (4, 4) pose of each row; not finite where a row has none.

    Raises:
        FormatError: No row is one.
    """
    text = read_file(path, factor=_BYTES_PER_CHARACTER).decode("utf-8-sig", errors="replace")
    found = []
    for line in text.splitlines():
        values = numbers_of(line)
        if values is None or len(values) < _COLUMNS or not 0 <= values[1] < 1e9:
            continue
        pose: FloatArray = np.full((4, 4), np.nan)
        quaternion = np.array(values[5:9])
        if is_quaternion(quaternion):
            pose = np.eye(4)
            pose[:3, :3] = Rotation.from_quat(quaternion).as_matrix()
            pose[:3, 3] = values[2:5]
        found.append((int(values[1]), pose))
    if not found:
        msg = f"{path} must hold timestamp, frame, x, y, z, qx, qy, qz, qw a line"
        raise FormatError(msg)
    return found


def _opened(path: Path) -> cv2.VideoCapture:
    """Open a video.

    Raises:
        FormatError: It is not there, or no MP4: other kinds may name files and hosts to read.
    """
    with open_file(path) as file:
        is_mp4 = file.read(12)[4:8] == b"ftyp"
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG) if is_mp4 else None
    if video is None or not video.isOpened():
        msg = f"{path} is no MP4 that can be read: put its frames as pictures into a folder rgb"
        raise FormatError(msg)
    return video


def _measured(path: Path) -> tuple[tuple[int, int], int]:
    """Return (width, height) and how many frames a video has."""
    video = _opened(path)
    try:
        width, height, count = (
            int(np.clip(video.get(key), 0, MAX_SIDE))
            for key in (
                cv2.CAP_PROP_FRAME_WIDTH,
                cv2.CAP_PROP_FRAME_HEIGHT,
                cv2.CAP_PROP_FRAME_COUNT,
            )
        )
    finally:
        video.release()
    return (width, height), count


def _photo(
    path: Path, picture: Path | None, number: int, size: tuple[int, int], count: int
) -> Photo:
    if picture is not None:
        return photo_at(picture)
    if not number < count:
        msg = f"{path / _VIDEO} has no frame {number}"
        raise FormatError(msg)
    return _VideoPhoto(path / _VIDEO, number, size[1], size[0])


def _camera(values: list[float], photo: partial[Photo], where: str) -> Camera:
    shown = photo()
    return camera_of(values, (shown.width, shown.height), where)
