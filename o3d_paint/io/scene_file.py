"""A scene as one NPZ in the layout of the published kit, so that nothing else is needed later.

Keys of the kit: ``points_3d`` (N, 3), ``colors_3d`` (N, 3) of 0 to 1, ``depth`` and ``conf``
(F, h, w), ``intrinsics`` (F, 3, 3), ``extrinsics`` (F, 3, 4) world to camera and
``processed_images`` (F, H, W, 3), here at the photos' own resolution. Beside them stand ``names``
of the photos, ``up``, labels that the cloud came with, and ``o3d_paint_scene``, which says that
directions and sizes need not be found out again. Where photos or depths differ in size, each lies
at the top left of its stack, and ``photo_sizes`` and ``map_sizes`` (F, 2) say its lines and columns
(0 where there is no depth). ``other_turns`` (F,) are EXIF codes that lay masks drawn on the upright
originals onto the photos.
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
from o3d_paint.io.orientation import AS_IT_LIES, other_turn
from o3d_paint.io.project_folders import refuse_inside_project
from o3d_paint.io.store import replacing

__all__ = ["MARK", "write_scene"]

MARK = "o3d_paint_scene"
_VERSION = 1
Array = npt.NDArray[np.generic]
Progress = Callable[[float, str], None]


_Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Sizes of the stacks, and what each photo takes of them, lines and columns.

    Attributes:
        maps: Of the stack of depths.
        photos: Of the stack of photos.
        own_maps: (0, 0) where a photo has no depth; empty where all fill their stack.
        own_photos: The same of photos.
    """

    maps: _Size
    photos: _Size
    own_maps: tuple[_Size, ...] = ()
    own_photos: tuple[_Size, ...] = ()

    def of_camera(self, position: int) -> _Size:
        """Return the size at which the intrinsics of a photo stand."""
        if not self.own_photos:
            return self.maps
        return (
            self.own_maps[position] if any(self.own_maps[position]) else (self.own_photos[position])
        )

    def of_photo(self, position: int) -> _Size:
        """Return the size of a photo in its stack."""
        return self.own_photos[position] if self.own_photos else self.photos


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
        inputs: Files that are never written over; those of the scene never are.
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
    refuse_inside_project(path)
    with (
        replacing(path, inputs=(*inputs, *scene.sources)) as file,
        zipfile.ZipFile(file, "w") as archive,
    ):
        for key, array in _small_arrays(scene, sizes):
            _write(archive, key, array.dtype, array.shape, rows=[array])
        if any(f.depth is not None for f in scene.frames):
            _write_maps(archive, scene.frames, sizes)
        shape = (len(scene.frames), *sizes.photos, 3)
        photos = _photos(scene.frames, sizes, told)
        _write(archive, "processed_images", np.dtype(np.uint8), shape, rows=photos)
    told(1.0, "")
    if not sizes.own_photos:
        return []
    h, w = sizes.photos
    return [
        f"Photos differ in size: each lies at the top left of {w}x{h} pixels, black beside, and"
        " this program reads it at its own size."
    ]


def _silent(_share: float, _stage: str) -> None:
    """Tell nobody."""


def _sizes_of(frames: tuple[Frame, ...], longest_side: int | None) -> _Sizes:
    photos = [_scaled((f.photo.height, f.photo.width), longest_side) for f in frames]
    maps = [(0, 0) if f.depth is None else (len(f.depth), len(f.depth[0])) for f in frames]
    known = {m for m in maps if any(m)}
    if len(set(photos)) == 1 and len(known) <= 1:
        height, width = photos[0]
        h, w = next(iter(known), photos[0])
        if 1 / MAX_ASPECT < (width / height) / (w / h) < MAX_ASPECT:
            return _Sizes((h, w), (height, width))
    canvas = max(h for h, _ in photos), max(w for _, w in photos)
    stack = max((h for h, _ in known), default=1), max((w for _, w in known), default=1)
    return _Sizes(stack, canvas, tuple(maps), tuple(photos))


def _scaled(size: _Size, longest_side: int | None) -> _Size:
    """Return the size of a photo that is no larger than asked for."""
    scale = 1.0 if longest_side is None else min(1.0, longest_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _small_arrays(scene: Scene, sizes: _Sizes) -> Iterator[tuple[str, Array]]:
    yield MARK, np.array(_VERSION)
    cloud, labels = scene.cloud, scene.labels
    xyz, rgb = cloud.xyz, cloud.rgb
    if scene.rows is not None:
        xyz, rgb = scene.rows.spread(xyz, np.nan), scene.rows.spread(rgb, 0)
        labels = None if labels is None else scene.rows.spread(labels, 0)
    yield "points_3d", xyz
    yield "colors_3d", rgb / np.float32(255)
    yield "names", np.array([f.name for f in scene.frames])
    yield "up", np.asarray(scene.up, dtype=np.float64)
    matrices = []
    for i, frame in enumerate(scene.frames):
        h, w = sizes.of_camera(i)
        matrices.append(frame.camera.resized(w, h).matrix)
    yield "intrinsics", np.stack(matrices)
    yield "extrinsics", np.stack([f.cam_from_world[:3] for f in scene.frames])
    if sizes.own_photos:
        yield "photo_sizes", np.array(sizes.own_photos, dtype=np.int32)
        yield "map_sizes", np.array(sizes.own_maps, dtype=np.int32)
    turns = np.array([other_turn(f.photo) for f in scene.frames], dtype=np.uint8)
    if (turns != AS_IT_LIES).any():
        yield "other_turns", turns
    if labels is not None:
        yield "labels", labels
        yield "label_ids", np.array(sorted(scene.label_names), dtype=np.uint16)
        yield "label_names", np.array([scene.label_names[i] for i in sorted(scene.label_names)])


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
    for i, frame in enumerate(frames):
        told(i / len(frames), f"photo {frame.name}")
        pixels = frame.photo.pixels()
        h, w = sizes.of_photo(i)
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
