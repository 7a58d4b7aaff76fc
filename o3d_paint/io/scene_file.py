"""A scene as one NPZ in the layout of the published kit, so that nothing else is needed later.

Keys of the kit: ``points_3d`` (N, 3), ``colors_3d`` (N, 3) of 0 to 1, ``depth`` and ``conf``
(F, h, w), ``intrinsics`` (F, 3, 3), ``extrinsics`` (F, 3, 4) world to camera and
``processed_images`` (F, H, W, 3), here at the photos' own resolution. Beside them stand ``names``
of the photos, ``up``, labels that the cloud came with, and ``o3d_paint_scene``, which says that
directions and sizes need not be found out again.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.scene import Frame, Scene
from o3d_paint.errors import SceneError
from o3d_paint.io.images import MAX_ASPECT
from o3d_paint.io.store import replacing

__all__ = ["MARK", "write_scene"]

MARK = "o3d_paint_scene"
_VERSION = 1
Array = npt.NDArray[np.generic]
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Sizes of the stacks: (h, w) of depths and (H, W) of photos; whether photos are padded."""

    maps: tuple[int, int]
    photos: tuple[int, int]
    padded: bool


def write_scene(
    scene: Scene,
    path: Path,
    *,
    inputs: Iterable[Path] = (),
    longest_side: int | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Write a scene whole or not at all.

    Args:
        scene: What to write.
        path: The NPZ file.
        inputs: Files that are never written over.
        longest_side: Photos are made smaller where they are larger than this; None keeps them.
        progress: Told the share done and the stage.

    Returns:
        What had to be changed, one sentence each.

    Raises:
        SceneError: There are no photos.
        StorageError: The file cannot be written.
    """
    if not scene.frames:
        msg = f"{scene.name} has no photos: a scene needs one at least"
        raise SceneError(msg)
    sizes = _sizes_of(scene.frames, longest_side)
    told = progress or _silent
    with replacing(path, inputs=inputs) as file, zipfile.ZipFile(file, "w") as archive:
        for key, array in _small_arrays(scene, sizes):
            _write(archive, key, array.dtype, array.shape, rows=[array])
        if any(f.depth is not None for f in scene.frames):
            _write_maps(archive, scene.frames, sizes)
        shape = (len(scene.frames), *sizes.photos, 3)
        photos = _photos(scene.frames, sizes, told)
        _write(archive, "processed_images", np.dtype(np.uint8), shape, rows=photos)
    told(1.0, "")
    if not sizes.padded:
        return []
    h, w = sizes.photos
    return [f"Photos differ in size: each lies at the top left of {w}x{h} pixels, black beside."]


def _silent(_share: float, _stage: str) -> None:
    """Tell nobody."""


def _sizes_of(frames: tuple[Frame, ...], longest_side: int | None) -> _Sizes:
    maps = {f.depth.shape for f in frames if f.depth is not None}
    photos = {(f.photo.height, f.photo.width) for f in frames}
    if len(photos) == 1 and len(maps) <= 1:
        height, width = photos.pop()
        h, w = next(iter(maps), (height, width))
        if 1 / MAX_ASPECT < (width / height) / (w / h) < MAX_ASPECT:
            scale = 1.0 if longest_side is None else min(1.0, longest_side / max(height, width))
            size = max(1, round(height * scale)), max(1, round(width * scale))
            return _Sizes((h, w) if maps else size, size, padded=False)
    own = [_own_size(f) for f in frames]
    factor = 1
    if maps:
        factor = max(1, min(f.photo.width // s[1] for f, s in zip(frames, own, strict=True)))
    canvas = max(s[0] for s in own), max(s[1] for s in own)
    if longest_side is not None:
        factor = max(1, min(factor, longest_side // max(canvas)))
    return _Sizes(canvas, (canvas[0] * factor, canvas[1] * factor), padded=True)


def _own_size(frame: Frame) -> tuple[int, int]:
    """Return the (h, w) of a photo's depth, or of the photo where it has none."""
    if frame.depth is None:
        return frame.photo.height, frame.photo.width
    return int(frame.depth.shape[0]), int(frame.depth.shape[1])


def _small_arrays(scene: Scene, sizes: _Sizes) -> Iterator[tuple[str, Array]]:
    yield MARK, np.array(_VERSION)
    yield "points_3d", scene.cloud.xyz
    yield "colors_3d", scene.cloud.rgb / np.float32(255)
    yield "names", np.array([f.name for f in scene.frames])
    yield "up", np.asarray(scene.up, dtype=np.float64)
    yield "intrinsics", np.stack([_matrix(f, sizes) for f in scene.frames])
    yield "extrinsics", np.stack([f.cam_from_world[:3] for f in scene.frames])
    if scene.labels is not None:
        yield "labels", scene.labels
        yield "label_ids", np.array(sorted(scene.label_names), dtype=np.uint16)
        yield "label_names", np.array([scene.label_names[i] for i in sorted(scene.label_names)])


def _matrix(frame: Frame, sizes: _Sizes) -> FloatArray:
    """Return the (3, 3) intrinsics at the size of the maps; padding leaves them as they are."""
    h, w = _own_size(frame) if sizes.padded else sizes.maps
    return frame.camera.resized(w, h).matrix


def _write_maps(archive: zipfile.ZipFile, frames: tuple[Frame, ...], sizes: _Sizes) -> None:
    """Write depths, and confidence where there is any; photos without depth get zeros."""
    shape, kind = (len(frames), *sizes.maps), np.dtype(np.float32)
    _write(archive, "depth", kind, shape, rows=(_padded(f.depth, sizes.maps) for f in frames))
    maps = [f.confidence for f in frames]
    if all(m is None for m in maps):
        return
    trusted = np.float32(max(float(np.nanmax(m)) for m in maps if m is not None))
    rows = (np.full(sizes.maps, trusted) if m is None else _padded(m, sizes.maps) for m in maps)
    _write(archive, "conf", kind, shape, rows=rows)


def _photos(frames: tuple[Frame, ...], sizes: _Sizes, told: Progress) -> Iterator[RgbArray]:
    """Return the photos one at a time, in the size of their stack."""
    factor = sizes.photos[0] // sizes.maps[0]
    for i, frame in enumerate(frames):
        told(i / len(frames), f"photo {frame.name}")
        pixels = frame.photo.pixels()
        h, w = sizes.photos
        if sizes.padded:
            own = _own_size(frame)
            h, w = own[0] * factor, own[1] * factor
        if pixels.shape[:2] != (h, w):
            pixels = np.asarray(cv2.resize(pixels, (w, h), interpolation=cv2.INTER_AREA))
        whole = np.zeros((*sizes.photos, 3), dtype=np.uint8)
        whole[:h, :w] = pixels
        yield whole


def _padded(values: FloatArray | None, shape: tuple[int, int]) -> FloatArray:
    whole = np.zeros(shape, dtype=np.float32)
    if values is not None:
        whole[: values.shape[0], : values.shape[1]] = values
    return whole


def _write(
    archive: zipfile.ZipFile,
    key: str,
    dtype: np.dtype[np.generic],
    shape: tuple[int, ...],
    *,
    rows: Iterable[Array],
) -> None:
    """Write an array row by row: photos of a large scene never lie in memory together."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    member: IO[bytes]
    with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_2_0(member, header)
        for row in rows:
            member.write(np.ascontiguousarray(row, dtype=dtype).tobytes())
