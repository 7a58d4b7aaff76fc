"""Record3D's ``.r3d``, an archive, or its folder: ``metadata``, ``rgbd/N.jpg``, ``rgbd/N.depth``.

Source: Record3D's page on its format. ``K`` is a 3x3 matrix column by column at the photo's size;
a pose is a quaternion x y z w and a place, camera to world, ARKit's axes. Depth is float32 metres
and confidence uint8 0, 1, 2, both compressed by LZFSE.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Photo
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.depth_pictures import DepthMeaning
from o3d_paint.io.extras import require
from o3d_paint.io.files import open_file, read_file
from o3d_paint.io.images import MAX_SIDE, open_image, photo_at, pixels_of
from o3d_paint.io.importers.phone import (
    PhoneFrame,
    Recording,
    camera_of,
    capture_of_recording,
    levels_to_unit,
)
from o3d_paint.io.importers.pose_files import is_quaternion
from o3d_paint.io.json_file import item, number, parse_json
from o3d_paint.io.memory import require_memory
from o3d_paint.io.paths import present

__all__ = ["read", "recognizes"]

_LARGEST = 100_000_000  # bytes of one entry: a photo of a phone has some millions
_SLACK = 4096  # bytes by which packing may make noise larger


@dataclass(frozen=True, slots=True)
class _Files:
    """The entries of a recording, zipped or unpacked."""

    path: Path

    @property
    def is_archive(self) -> bool:
        return self.path.is_file()

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with open_file(self.path) as file, zipfile.ZipFile(file) as archive:
                yield archive
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            msg = f"{self.path} is damaged ({error}): copy it again"
            raise FormatError(msg) from error

    def names(self) -> set[str]:
        """Return the names of all entries."""
        if self.is_archive:
            with self._opened() as archive:
                return set(archive.namelist())
        inner = (self.path / "rgbd").iterdir() if (self.path / "rgbd").is_dir() else ()
        found = {f"rgbd/{p.name}" for p in inner}
        return found | ({"metadata"} if present(self.path / "metadata") else set())

    def read(self, name: str) -> bytes:
        """Return an entry.

        Raises:
            FormatError: It is not there, damaged, or absurdly large.
        """
        if not self.is_archive:
            return read_file(self.path / name)
        with self._opened() as archive:
            try:
                entry = archive.getinfo(name)
            except KeyError as error:
                msg = f"{self.path} has no {name}: export it again"
                raise FormatError(msg) from error
            if entry.file_size > _LARGEST:
                msg = f"{name} of {self.path} declares {entry.file_size:,} bytes: it is not opened"
                raise FormatError(msg)
            return archive.read(name)


@dataclass(frozen=True, slots=True)
class _ArchivePhoto:
    """A photo within the archive, decoded when it is asked for."""

    files: _Files
    name: str
    height: int
    width: int

    def pixels(self) -> RgbArray:
        """Return the (H, W, 3) sRGB picture."""
        where = self.files.path / self.name
        file: BinaryIO = io.BytesIO(self.files.read(self.name))
        with open_image(where, file) as image:
            return np.asarray(pixels_of(image, where, mode="RGB"), dtype=np.uint8)


def recognizes(path: Path) -> bool:
    """Return whether a file or folder is a recording."""
    if path.is_dir():
        return (path / "metadata").is_file() and (path / "rgbd").is_dir()
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    try:
        names = _Files(path).names()
    except FormatError:
        return False
    return "metadata" in names and any(n.startswith("rgbd/") for n in names)


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the recording.

    Raises:
        MissingExtraError: It has depth, and pyliblzfse is not installed.
        PaintError: It is damaged, or no photo can be used.
    """
    files = _Files(path)
    where = f"the metadata of {path}"
    metadata = parse_json(files.read("metadata"), where)
    poses = item(metadata, "poses", list, where)
    size = tuple(int(np.clip(number(metadata, k, where), 0, MAX_SIDE + 1)) for k in ("w", "h"))
    small = tuple(int(number(metadata, k, where)) if k in metadata else 0 for k in ("dw", "dh"))
    names = files.names()
    unpack: Any = None
    if min(small) > 0 and any(n.endswith(".depth") for n in names):
        unpack = require("liblzfse", extra="lzfse", purpose="depth of Record3D").decompress
        what = f"{path}: depth of {len(poses)} photos of {small[0]}x{small[1]} pixels"
        count = -(-len(poses) // max(1, options.every))
        require_memory(what, count * small[0] * small[1] * 8, limit=options.memory_limit)
    frames = []
    for i, values in enumerate(poses):
        photo = next(
            (n for e in ("jpg", "png") if (n := f"rgbd/{i}.{e}") in names), f"rgbd/{i}.jpg"
        )
        depth = partial(_depth, files, i, small, unpack, names, options)
        frames.append(
            PhoneFrame(
                str(i),
                _pose(values),
                partial(_camera, metadata, i, (size[0], size[1]), where),
                partial(_photo, files, photo),
                depth,
                partial(_confidence, files, i, small, unpack, names),
            )
        )
    if not frames:
        msg = f"{path} has no poses: record it again"
        raise SceneError(msg)
    return capture_of_recording(Recording(path, "Record3D", frames), options)


def _photo(files: _Files, name: str) -> Photo:
    where = files.path / name
    if not files.is_archive:
        return photo_at(where)
    with open_image(where, io.BytesIO(files.read(name))) as image:
        return _ArchivePhoto(files, name, image.height, image.width)


def _pose(values: Any) -> FloatArray:
    """Return the (4, 4) pose; not finite where the numbers are none."""
    lost: FloatArray = np.full((4, 4), np.nan)
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return lost
    if numbers.shape != (7,) or not np.isfinite(numbers).all() or not is_quaternion(numbers[:4]):
        return lost
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_quat(numbers[:4]).as_matrix()
    pose[:3, 3] = numbers[4:]
    return pose


def _camera(metadata: Any, i: int, size: tuple[int, int], where: str) -> Camera:
    """Return the photo's own camera where focus moved, else that of all."""
    own = metadata.get("perFrameIntrinsicCoeffs")
    given = own[i] if isinstance(own, list) and i < len(own) else None
    k = item(metadata, "K", list, where) if given is None else given
    try:
        values = np.array(k, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.zeros(0)
    if values.shape == (9,):
        values = values[[0, 4, 6, 7]]
    if values.shape != (4,):
        msg = f"{where} has no intrinsics of photo {i}: record it again"
        raise FormatError(msg)
    return camera_of(values.tolist(), size, f"photo {i} of {where}")


def _depth(
    files: _Files,
    i: int,
    size: tuple[int, ...],
    unpack: Any,
    names: set[str],
    options: ImportOptions,
) -> FloatArray | None:
    """Return the depth of a photo in scene units."""
    name = f"rgbd/{i}.depth"
    if unpack is None or name not in names:
        return None
    values = _unpacked(files, name, size, unpack, np.dtype("<f4")).astype(np.float32)
    unit = 1.0 if options.depth_unit is None else options.depth_unit
    return DepthMeaning(float_unit=unit).depth_of(values)


def _confidence(
    files: _Files, i: int, size: tuple[int, ...], unpack: Any, names: set[str]
) -> FloatArray | None:
    name = f"rgbd/{i}.conf"
    if unpack is None or name not in names:
        return None
    return levels_to_unit(_unpacked(files, name, size, unpack, np.dtype("u1")))


def _unpacked(
    files: _Files, name: str, size: tuple[int, ...], unpack: Any, dtype: np.dtype[Any]
) -> npt.NDArray[Any]:
    """Return the (h, w) values of an entry.

    Raises:
        FormatError: It is damaged, or of another size than the metadata say.
    """
    width, height = size
    expected = width * height * dtype.itemsize
    packed = files.read(name)
    if len(packed) > expected + _SLACK:
        msg = f"{name} of {files.path} is larger than {width}x{height} values: export it again"
        raise FormatError(msg)
    try:
        data = unpack(packed)
    except Exception as error:
        # The library raises its own kind, which is not importable everywhere.
        msg = f"{name} of {files.path} is damaged: export it again"
        raise FormatError(msg) from error
    if len(data) != expected:
        msg = f"{name} of {files.path} is not of {width}x{height} values: export it again"
        raise FormatError(msg)
    return np.frombuffer(data, dtype=dtype).reshape(height, width)
