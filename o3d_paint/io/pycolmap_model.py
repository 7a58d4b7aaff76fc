"""COLMAP's sparse models as pycolmap reads them, in a process that may be lost.

pycolmap takes counts as files have them, reads on behind the end of a file, and may crash; so
counts are looked at before, memory and processor time are limited meanwhile, and what was read is
measured against the files after. Imports little: each model starts a Python of its own.
Source: COLMAP's ``reconstruction_io_binary.cc`` and ``reconstruction_io_text.cc``, 4.1 and later.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError
from o3d_paint.io.extras import require
from o3d_paint.io.files import open_file
from o3d_paint.io.memory import require_memory

__all__ = ["PARTS", "arrays_of", "read_limited"]

Arrays = dict[str, npt.NDArray[np.generic]]

_OLDEST = (4, 1)
# The fewest bytes of a camera, image, point, rig and frame.
_RECORDS = {"cameras": 24, "images": 73, "points3D": 51, "rigs": 8, "frames": 68}
PARTS: tuple[str, ...] = tuple(_RECORDS)
"""Files of a model that are read, as far as they are there."""
# Of memory for one of a file: a point has 51 there, and objects of Python on the way.
_BYTES_PER_BYTE = {"points3D": 16}
_BYTES_PER_OTHER_BYTE = 4
_BYTES_OF_LIBRARIES = 512 << 20
_SECONDS = 5
_BYTES_PER_SECOND = 2e6


def read_limited(suffix: str, folder: Path) -> Arrays:
    """Read a model as `arrays_of` does and bind this process to what sound files of its size take.

    Raises:
        MissingExtraError: pycolmap is not installed.
        FormatError: It is too old, a file is cut off or contradicts itself.
        SceneError: It would not fit into memory.
    """
    require("pycolmap", extra="colmap", purpose="reading COLMAP's models")
    _limit(_sizes(folder, suffix))
    return arrays_of(suffix, folder)


def arrays_of(suffix: str, folder: Path) -> Arrays:
    """Read cameras, images and points3D of a folder, and rigs and frames if they are there.

    Args:
        suffix: ".bin" or ".txt".
        folder: With the files.

    Returns:
        ``camera_ids`` (C,), ``camera_models`` (C,) text, ``camera_sizes`` (C, 2) width and height,
        ``camera_parameters`` all in a row and ``camera_counts`` (C,) how many of each;
        ``image_names`` (F,) text, ``image_cameras`` (F,), ``image_poses`` (F, 7) quaternion
        (w, x, y, z) and translation, world to camera; ``xyz`` (N, 3) and ``rgb`` (N, 3) of the
        points by ascending id; ``version`` of pycolmap, text. Texts are UTF-8, each ends with 0.

    Raises:
        As `read_limited`.
    """
    sizes = _sizes(folder, suffix)
    require_memory(str(folder), _memory_of(sizes))
    if suffix == ".bin":
        _require_room(sizes, folder)
    pycolmap = require("pycolmap", extra="colmap", purpose="reading COLMAP's models")
    _require_version(pycolmap.__version__)
    model = pycolmap.Reconstruction()
    (model.read_binary if suffix == ".bin" else model.read_text)(str(folder))
    images = [model.images[i] for i in sorted(model.images)]
    points = [model.points3D[i] for i in sorted(model.points3D)]
    if suffix == ".bin":
        _require_whole(model, sizes, folder)
    return {
        "version": _texts([pycolmap.__version__]),
        **_of_cameras([model.cameras[i] for i in sorted(model.cameras)]),
        **_of_images(images),
        "xyz": np.array([p.xyz for p in points], dtype=np.float64).reshape(-1, 3),
        "rgb": np.array([p.color for p in points], dtype=np.uint8).reshape(-1, 3),
    }


def _sizes(folder: Path, suffix: str) -> dict[str, int]:
    """Return the bytes of the files that are there."""
    files = {name: folder / f"{name}{suffix}" for name in _RECORDS}
    return {name: path.stat().st_size for name, path in files.items() if path.is_file()}


def _of_cameras(cameras: Sequence[Any]) -> Arrays:
    parameters = [np.asarray(c.params, dtype=np.float64) for c in cameras]
    return {
        "camera_ids": np.array([c.camera_id for c in cameras], dtype=np.int64),
        "camera_models": _texts(c.model_name for c in cameras),
        "camera_sizes": np.array([(c.width, c.height) for c in cameras], np.uint64).reshape(-1, 2),
        "camera_parameters": np.concatenate([*parameters, np.zeros(0)]),
        "camera_counts": np.array([len(p) for p in parameters], dtype=np.int64),
    }


def _of_images(images: Sequence[Any]) -> Arrays:
    poses = np.zeros((len(images), 7))
    for row, image in zip(poses, images, strict=True):
        pose = image.cam_from_world()
        row[:4] = np.roll(pose.rotation.quat, 1)
        row[4:] = pose.translation
    return {
        "image_names": _texts(i.name for i in images),
        "image_cameras": np.array([i.camera_id for i in images], dtype=np.int64),
        "image_poses": poses,
    }


def _texts(texts: Iterable[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("".join(f"{text}\0" for text in texts).encode(), dtype=np.uint8)


def _require_room(sizes: dict[str, int], folder: Path) -> None:
    """Refuse files that are too short for as many records as they say to have."""
    for name, size in sizes.items():
        path = folder / f"{name}.bin"
        with open_file(path) as file:
            count = int.from_bytes(file.read(8), "little")
        if 8 + count * _RECORDS[name] > size:
            msg = f"{path} says that it holds {count} {name}, for which it is too short"
            raise FormatError(msg)


def _require_whole(model: Any, sizes: dict[str, int], folder: Path) -> None:
    """Refuse files that are shorter than what was read: behind the end comes whatever comes."""
    images, points = model.images.values(), model.points3D.values()
    read = {
        "cameras": sum(24 + 8 * len(c.params) for c in model.cameras.values()),
        "images": sum(73 + len(i.name.encode()) + 24 * i.num_points2D() for i in images),
        "points3D": sum(51 + 8 * p.track.length() for p in points),
        "rigs": sum(_size_of_rig(rig) for rig in model.rigs.values()),
        "frames": sum(68 + 16 * len(f.data_ids) for f in model.frames.values()),
    }
    for name, size in sizes.items():
        missing = 8 + read[name] - size
        if missing > 0:
            path = folder / f"{name}.bin"
            raise FormatError(f"{path} is cut off: {missing} B of its {name} are missing")


def _size_of_rig(rig: Any) -> int:
    others = rig.non_ref_sensors.values()
    size = 16 if rig.num_sensors() else 8
    return size + sum(9 if pose is None else 65 for pose in others)


def _require_version(version: str) -> None:
    numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:2])
    if numbers < _OLDEST:
        msg = f"pycolmap {version} is too old: pip install 'o3d-paint[colmap]' brings a newer one"
        raise FormatError(msg)


def _memory_of(sizes: dict[str, int]) -> int:
    return sum(s * _BYTES_PER_BYTE.get(n, _BYTES_PER_OTHER_BYTE) for n, s in sizes.items())


def _limit(sizes: dict[str, int]) -> None:
    """Let this process take only as much as sound files of so many bytes need."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        # Not every system has limits; then the parent's patience is the only one.
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        memory = pages * resource.getpagesize() + _BYTES_OF_LIBRARIES + _memory_of(sizes)
        seconds = int(time.process_time() + _SECONDS + sum(sizes.values()) / _BYTES_PER_SECOND)
        for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
            hard = resource.getrlimit(kind)[1]
            limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (limit, hard))
