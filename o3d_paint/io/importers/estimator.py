"""NPZ files of depth estimators: the published kit and Depth-Anything-3.

Layouts after their writers: `reconstruction_data.npz` of F. Poux' kit (points_3d, colors_3d,
depth, conf, intrinsics, extrinsics, processed_images) and the `npz` and `mini_npz` exports of
Depth-Anything-3 (depth, conf, extrinsics, intrinsics, image). Extrinsics are world to camera with
OpenCV axes; depth is along the optical axis; pixels are back-projected at integer positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.scene import ArrayPhoto, Frame, Photo
from o3d_paint.errors import SceneError
from o3d_paint.io.capture import Capture, Convention, ImportOptions
from o3d_paint.io.images import MAX_ASPECT, open_photos
from o3d_paint.io.importers import roles
from o3d_paint.io.npz import NpzArchive

_RESCALED = 1.2
_SAME_FACTOR = 0.1


def recognizes(path: Path) -> bool:
    """Return whether a file is a zip archive; which arrays it holds is said by `read`."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def read(path: Path, options: ImportOptions) -> Capture:
    """Read an estimator's NPZ.

    Raises:
        FormatError: It is damaged, or an array is missing or has the wrong shape or type.
        SceneError: Its arrays do not fit together, or would not fit into memory.
    """
    with NpzArchive(path) as archive:
        found = {r: k for r in roles.ALIASES if (k := roles.find_role(r, archive.keys))}
        if options.images is not None:
            found.pop("images", None)
        found = _useful(path, found, archive)
        archive.require_memory(found.values(), limit=options.memory_limit)
        return _Reader(path, archive, found, options).capture()


def _useful(path: Path, found: dict[str, str], archive: NpzArchive) -> dict[str, str]:
    """Return the roles to read; refuses a file that lacks one without which nothing works."""
    for role in ("depth", "intrinsics"):
        if role not in found and not (role == "depth" and "points" in found):
            raise roles.missing_role(path, role, archive.keys)
    if "cam_from_world" in found:
        found.pop("world_from_cam", None)
    elif "world_from_cam" not in found:
        raise roles.missing_role(path, "cam_from_world", archive.keys)
    points = found.get("points")
    if points is not None and "depth" in found and len(archive.headers[points].shape) == 4:
        # One point per pixel is what the depths say already, before any threshold.
        found.pop("points")
    if "points" not in found:
        found.pop("colors", None)
    return found


class _Reader:
    """The arrays of one file, read and checked in turn."""

    def __init__(
        self, path: Path, archive: NpzArchive, keys: Mapping[str, str], options: ImportOptions
    ) -> None:
        self._path = path
        self._archive = archive
        self._keys = keys
        self._options = options
        self._notes: list[str] = []

    def capture(self) -> Capture:
        """Return everything that the file holds."""
        depth = self._maps("depth")
        photos = self._photos(None if depth is None else depth.shape)
        sizes = [p.shape for p in depth] if depth is not None else _sizes(photos)
        confidence = self._maps("confidence") if depth is not None else None
        self._same_shape(confidence, depth)
        matrices = self._intrinsics(sizes)
        poses = self._poses(len(photos))
        xyz, rgb = self._points()
        if depth is not None:
            depth = self._known_depth(depth)
        frames = tuple(
            Frame(
                name=photo_name(photo, i),
                camera=Camera.from_matrix(matrices[i], sizes[i][1], sizes[i][0]),
                cam_from_world=poses[i],
                photo=photo,
                depth=None if depth is None else depth[i],
                confidence=None if confidence is None else confidence[i],
            )
            for i, photo in enumerate(photos)
        )
        convention: Convention = "w2c" if "cam_from_world" in self._keys else "c2w"
        return Capture(self._path.stem, frames, convention, xyz, rgb, tuple(self._notes))

    def _maps(self, role: str) -> FloatArray | None:
        key = self._keys.get(role)
        if key is None:
            return None
        return roles.maps_from(self._path, key, self._archive.read(key))

    def _photos(self, depth_shape: tuple[int, ...] | None) -> list[Photo]:
        folder = self._options.images
        if folder is not None:
            if depth_shape is None:
                msg = f"{self._path} has no depth, so its photos cannot come from a folder"
                raise SceneError(msg)
            sizes = [(depth_shape[1], depth_shape[2])] * depth_shape[0]
            return list(open_photos(folder, sizes, source=self._path))
        key = self._keys.get("images")
        if key is None:
            msg = (
                f"{self._path} holds no photos (no 'processed_images' or 'image'): give the folder"
                " with the photos it was made from with --images DIR"
            )
            raise SceneError(msg)
        images = roles.images_from(self._path, key, self._archive.read(key))
        if depth_shape is not None:
            self._same_count(key, len(images), depth_shape[0])
            self._same_view(key, images.shape, depth_shape)
        if not len(images):
            msg = f"{self._path}: {key!r} holds no photos: estimate the scene from one at least"
            raise SceneError(msg)
        return [ArrayPhoto(image) for image in images]

    def _same_view(self, key: str, shape: tuple[int, ...], depth_shape: tuple[int, ...]) -> None:
        aspect = (shape[2] / shape[1]) / (depth_shape[2] / depth_shape[1])
        if not 1 / MAX_ASPECT < aspect < MAX_ASPECT:
            msg = (
                f"{self._path}: the photos in {key!r} have {shape[2]}x{shape[1]} pixels but the"
                f" depth maps {depth_shape[2]}x{depth_shape[1]}, expected the same field of view:"
                " write the photos as they were handed to the estimator"
            )
            raise SceneError(msg)

    def _intrinsics(self, sizes: list[tuple[int, int]]) -> FloatArray:
        key = self._keys["intrinsics"]
        array = self._archive.read(key)
        matrices = roles.intrinsics_from(self._path, key, array, len(sizes))
        self._same_count(key, len(matrices), len(sizes))
        factor = _resolution_factor(matrices, sizes)
        if factor is None:
            return matrices
        self._notes.append(
            f"The intrinsics belong to photos {factor[0]:.3g} times as wide as the depth maps"
            " and were scaled to them."
        )
        matrices[:, 0] /= factor[0]
        matrices[:, 1] /= factor[1]
        return matrices

    def _poses(self, count: int) -> FloatArray:
        role = "cam_from_world" if "cam_from_world" in self._keys else "world_from_cam"
        key = self._keys[role]
        poses = roles.poses_from(self._path, key, self._archive.read(key), count)
        self._same_count(key, len(poses), count)
        if role == "world_from_cam":
            return np.stack([inverse(p) for p in poses])
        return poses

    def _points(self) -> tuple[FloatArray | None, RgbArray | None]:
        key = self._keys.get("points")
        if key is None:
            return None, None
        xyz = roles.points_from(self._path, key, self._archive.read(key))
        color_key = self._keys.get("colors")
        if color_key is None:
            return xyz, None
        colors = self._archive.read(color_key)
        return xyz, roles.colors_from(self._path, color_key, colors, len(xyz))

    def _known_depth(self, depth: FloatArray) -> FloatArray:
        """Return the depths with 0 where they are unknown, and say where there were odd ones."""
        with np.errstate(invalid="ignore"):
            odd = ~np.isfinite(depth) | (depth < 0)
            known = bool(((depth > 0) & ~odd).any())
        if not known:
            msg = f"{self._path}: {self._keys['depth']!r} has no positive depth: estimate it again"
            raise SceneError(msg)
        count = int(np.count_nonzero(odd))
        if count:
            self._notes.append(
                f"{count:,} depth values are negative or not finite and do not count."
            )
            return np.where(odd, np.float32(0), depth)
        return depth

    def _same_shape(self, confidence: FloatArray | None, depth: FloatArray | None) -> None:
        if confidence is not None and depth is not None and confidence.shape != depth.shape:
            msg = (
                f"{self._path}: {self._keys['confidence']!r} has shape {confidence.shape} but"
                f" {self._keys['depth']!r} has {depth.shape}, expected the same: they are not of"
                " one run, write the file again"
            )
            raise SceneError(msg)

    def _same_count(self, key: str, found: int, expected: int) -> None:
        if found != expected:
            main = self._keys.get("depth", self._keys.get("images", "depth"))
            msg = (
                f"{self._path}: {key!r} has {found} photos but {main!r} has {expected}, expected"
                " the same number: they are not of one run, write the file again"
            )
            raise SceneError(msg)


def photo_name(photo: Photo, frame_idx: int) -> str:
    """Return the name of a photo's file, or its position as three digits."""
    path = getattr(photo, "path", None)
    return str(path.stem) if isinstance(path, Path) else f"{frame_idx:03d}"


def _sizes(photos: list[Photo]) -> list[tuple[int, int]]:
    return [(p.height, p.width) for p in photos]


def _resolution_factor(
    matrices: FloatArray, sizes: list[tuple[int, int]]
) -> tuple[float, float] | None:
    """Return how many times too large the intrinsics are in x and y, None where they fit.

    The principal point lies near the middle of a photo. One that lies off it by the same factor in
    x and y belongs to another resolution (an exporter of Depth-Anything-3 scales them in place).
    """
    shapes = np.array(sizes, dtype=np.float64)
    fx = float(np.median(matrices[:, 0, 2] / (shapes[:, 1] / 2)))
    fy = float(np.median(matrices[:, 1, 2] / (shapes[:, 0] / 2)))
    if min(fx, fy) <= 0 or abs(fx / fy - 1) > _SAME_FACTOR:
        return None
    return (fx, fy) if max(fx, 1 / fx) > _RESCALED and max(fy, 1 / fy) > _RESCALED else None
