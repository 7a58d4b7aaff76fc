"""COLMAP's cameras, images and points, text or binary, read without pycolmap.

Source: the output format page of COLMAP's documentation and its camera model table. Rigs and
frames, which newer versions write beside them, repeat what images hold and are not needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.errors import FormatError
from o3d_paint.io.files import open_text, read_file
from o3d_paint.io.importers.colmap_model import Image, Intrinsics, Model, assembled, suffix_of
from o3d_paint.io.memory import require_memory

__all__ = ["read_images", "read_model"]

_MODELS = {
    0: ("SIMPLE_PINHOLE", 3),
    1: ("PINHOLE", 4),
    2: ("SIMPLE_RADIAL", 4),
    3: ("RADIAL", 5),
    4: ("OPENCV", 8),
    5: ("OPENCV_FISHEYE", 8),
    6: ("FULL_OPENCV", 12),
    7: ("FOV", 5),
    8: ("SIMPLE_RADIAL_FISHEYE", 4),
    9: ("RADIAL_FISHEYE", 5),
    10: ("THIN_PRISM_FISHEYE", 12),
    11: ("RAD_TAN_THIN_PRISM_FISHEYE", 16),
    12: ("SIMPLE_DIVISION", 4),
    13: ("DIVISION", 5),
    14: ("SIMPLE_FISHEYE", 3),
    15: ("FISHEYE", 4),
    16: ("EUCM", 6),
    17: ("EQUIRECTANGULAR", 2),
}
_PARAMETERS = dict(_MODELS.values())
_MAX_NAME = 4096


def read_model(folder: Path) -> Model:
    """Read the model in a folder, binary where both kinds are there.

    Raises:
        FormatError: A file is missing, cut off or malformed.
        SceneError: It would not fit into memory.
    """
    suffix = suffix_of(folder)
    path = folder / f"points3D{suffix}"
    try:
        if suffix == ".bin":
            cameras = _cameras_binary(_Bytes(folder / "cameras.bin"))
            points = _points_binary(_Bytes(path)) if path.is_file() else _no_points()
        else:
            cameras = _cameras_text(folder / "cameras.txt")
            points = _points_text(path) if path.is_file() else _no_points()
    except OSError as error:
        raise _unreadable(folder, error) from error
    return assembled(folder, cameras, read_images(folder), points)


def read_images(folder: Path) -> list[Image]:
    """Read the images of a folder alone, in the order of their file.

    Raises:
        FormatError: The file is missing, cut off or malformed.
        SceneError: It would not fit into memory.
    """
    suffix = suffix_of(folder)
    path = folder / f"images{suffix}"
    try:
        return _images_binary(_Bytes(path)) if suffix == ".bin" else _images_text(path)
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(folder: Path, error: OSError) -> FormatError:
    return FormatError(f"{folder} cannot be read ({error.strerror}): check its permissions")


class _Bytes:
    """A little-endian binary file, read front to back with its end in mind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data = read_file(path, factor=2)
        self._at = 0

    def take(self, layout: str) -> tuple[int | float, ...]:
        """Return the next values of a `struct` layout."""
        try:
            values = struct.unpack_from("<" + layout, self._data, self._at)
        except struct.error as error:
            raise self.damaged() from error
        self._at += struct.calcsize("<" + layout)
        return values

    def skip(self, count: int) -> None:
        """Pass over bytes."""
        if count < 0 or self._at + count > len(self._data):
            raise self.damaged()
        self._at += count

    def text(self) -> str:
        """Return a name that ends with a zero byte."""
        end = self._data.find(b"\0", self._at, self._at + _MAX_NAME)
        if end < 0:
            raise self.damaged()
        name = self._data[self._at : end].decode("utf-8", errors="replace")
        self._at = end + 1
        return name

    def records(self, smallest: int) -> range:
        """Return a range over the count that comes next; each record has ``smallest`` bytes."""
        count = int(self.take("Q")[0])
        if count * smallest > len(self._data):
            raise self.damaged()
        return range(count)

    def damaged(self) -> FormatError:
        """Return the error of a file that ends too early."""
        return FormatError(f"{self.path} is cut off or damaged at byte {self._at}: copy it again")


def _cameras_binary(data: _Bytes) -> dict[int, Intrinsics]:
    cameras = {}
    for _ in data.records(24):
        camera_id, model_id, width, height = (int(v) for v in data.take("iiQQ"))
        if model_id not in _MODELS:
            msg = f"{data.path}: camera {camera_id} has model {model_id}, which is not known"
            raise FormatError(msg)
        name, count = _MODELS[model_id]
        parameters = tuple(float(v) for v in data.take(f"{count}d"))
        cameras[camera_id] = Intrinsics(name, width, height, parameters)
    return cameras


def _images_binary(data: _Bytes) -> list[Image]:
    images = []
    for _ in data.records(73):
        _, *pose, camera_id = data.take("i7di")
        name = data.text()
        data.skip(24 * int(data.take("Q")[0]))
        w, x, y, z, tx, ty, tz = (float(v) for v in pose)
        images.append(Image(name, int(camera_id), (w, x, y, z), (tx, ty, tz)))
    return images


def _points_binary(data: _Bytes) -> tuple[FloatArray, RgbArray]:
    ids, xyz, rgb = [], [], []
    for _ in data.records(51):
        point_id, x, y, z, r, g, b, _, track = data.take("Q3d3BdQ")
        data.skip(8 * int(track))
        ids.append(int(point_id))
        xyz.append((x, y, z))
        rgb.append((r, g, b))
    return _points(ids, xyz, rgb)


def _points(
    ids: Sequence[int], xyz: Sequence[tuple[float, ...]], rgb: Sequence[tuple[float, ...]]
) -> tuple[FloatArray, RgbArray]:
    """Return points in the order of their ids, whatever the file's: labels go by the order."""
    order = sorted(range(len(ids)), key=ids.__getitem__)
    points = np.array(xyz, dtype=np.float64).reshape(-1, 3)[order]
    colors = np.nan_to_num(np.array(rgb, dtype=np.float64).reshape(-1, 3))[order]
    return points, np.clip(colors, 0, 255).astype(np.uint8)


def _no_points() -> tuple[FloatArray, RgbArray]:
    return _points([], [], [])


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file without comments and their numbers; empty lines are kept."""
    require_memory(str(path), path.stat().st_size * 8)
    with open_text(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.startswith("#"):
                yield number, line


def _malformed(path: Path, number: int, expected: str) -> FormatError:
    return FormatError(f"line {number} of {path} must be {expected}: export the model again")


def _cameras_text(path: Path) -> dict[int, Intrinsics]:
    cameras = {}
    for number, line in _lines(path):
        words = line.split()
        if not words:
            continue
        try:
            model, parameters = words[1], tuple(float(w) for w in words[4:])
            if len(parameters) != _PARAMETERS[model]:
                raise ValueError(model)
            cameras[int(words[0])] = Intrinsics(model, int(words[2]), int(words[3]), parameters)
        except (IndexError, KeyError, ValueError) as error:
            raise _malformed(path, number, "CAMERA_ID MODEL WIDTH HEIGHT PARAMS") from error
    return cameras


def _images_text(path: Path) -> list[Image]:
    """Read pose lines; each is followed by a line of image points, which may be empty."""
    images = []
    is_pose = True
    for number, line in _lines(path):
        if is_pose and not line.strip():
            continue
        if is_pose:
            try:
                words = line.split()
                w, x, y, z, tx, ty, tz = (float(v) for v in words[1:8])
                name = " ".join(words[9:])
                if not name:
                    raise ValueError(name)
                images.append(Image(name, int(words[8]), (w, x, y, z), (tx, ty, tz)))
            except (IndexError, ValueError) as error:
                expected = "IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME"
                raise _malformed(path, number, expected) from error
        is_pose = not is_pose
    return images


def _points_text(path: Path) -> tuple[FloatArray, RgbArray]:
    ids, xyz, rgb = [], [], []
    for number, line in _lines(path):
        words = line.split()
        if not words:
            continue
        try:
            ids.append(int(words[0]))
            x, y, z, r, g, b = (float(v) for v in words[1:7])
        except ValueError as error:
            raise _malformed(path, number, "POINT3D_ID X Y Z R G B ERROR TRACK") from error
        xyz.append((x, y, z))
        rgb.append((r, g, b))
    return _points(ids, xyz, rgb)
