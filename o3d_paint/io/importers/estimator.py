"""NPZ files of depth estimators: the published kit and Depth-Anything-3.

Layouts after their writers: `reconstruction_data.npz` of F. Poux' kit (points_3d, colors_3d,
depth, conf, intrinsics, extrinsics, processed_images) and the `npz` and `mini_npz` exports of
Depth-Anything-3 (depth, conf, extrinsics, intrinsics, image). Extrinsics are world to camera with
OpenCV axes; depth is along the optical axis; pixels are back-projected at integer positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.scene import Frame, Photo
from o3d_paint.errors import SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.clouds import named_arrays
from o3d_paint.io.files import open_file
from o3d_paint.io.full_photos import full_photos, photo_name
from o3d_paint.io.images import MAX_ASPECT
from o3d_paint.io.importers import roles
from o3d_paint.io.importers.left_out import LeftOut
from o3d_paint.io.importers.own_keys import read_own_keys
from o3d_paint.io.importers.own_sizes import OwnSizes
from o3d_paint.io.npz import NpzArchive

_UNUSABLE = "its pose, its intrinsics or its photo cannot be used"


def recognizes(path: Path) -> bool:
    """Return whether a file is a zip archive; which arrays it holds is said by `read`."""
    if not path.is_file():
        return False
    with open_file(path) as file:
        return file.read(2) == b"PK"


def read(path: Path, options: ImportOptions) -> Capture:
    """Read an estimator's NPZ.

    Raises:
        FormatError: It is damaged, or an array is missing or has the wrong shape or type.
        SceneError: Its arrays do not fit together, or would not fit into memory.
    """
    with NpzArchive(path) as archive:
        found = {
            r: k for r in named_arrays.ALIASES if (k := named_arrays.find_role(r, archive.keys))
        }
        found = _useful(path, found, archive, has_cloud=options.cloud is not None)
        _require_maps_of_one_size(path, found, archive)
        archive.require_memory(found.values(), limit=options.memory_limit)
        return _Reader(path, archive, found, options).capture()


def _useful(
    path: Path, found: dict[str, str], archive: NpzArchive, *, has_cloud: bool
) -> dict[str, str]:
    """Return the roles to read; refuses a file that lacks one without which nothing works."""
    for role in ("depth", "intrinsics"):
        if role not in found and not (role == "depth" and ("points" in found or has_cloud)):
            raise named_arrays.missing_role(path, role, archive.keys)
    if "cam_from_world" in found:
        found.pop("world_from_cam", None)
    elif "world_from_cam" not in found:
        raise named_arrays.missing_role(path, "cam_from_world", archive.keys)
    points = found.get("points")
    if points is not None and "depth" in found and len(archive.headers[points].shape) == 4:
        # One point per pixel is what the depths say already, before any threshold.
        found.pop("points")
    if "points" not in found:
        found.pop("colors", None)
    return found


def _require_maps_of_one_size(path: Path, found: Mapping[str, str], archive: NpzArchive) -> None:
    """Refuse maps that cannot be of the depths by what their headers say, before one is read.

    A small file may hold any number of zeros.

    Raises:
        SceneError: There are more or fewer values than depths.
    """
    depth = found.get("depth")
    for role in ("confidence", "valid"):
        key = found.get(role)
        if depth is None or key is None:
            continue
        shape, expected = archive.headers[key].shape, archive.headers[depth].shape
        if prod(shape) != prod(expected):
            msg = (
                f"{path}: {key!r} has shape {shape} but {depth!r} has {expected}, expected the"
                " same: they are not of one run, write the file again"
            )
            raise SceneError(msg)


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
        self._bad: dict[int, str] = {}
        self._own = read_own_keys(path, archive)

    def capture(self) -> Capture:
        """Return everything that the file holds."""
        depth = self._maps("depth")
        images = self._images(None if depth is None else depth.shape)
        shape = depth.shape if depth is not None else None if images is None else images.shape
        own_sizes = OwnSizes(
            self._own,
            self._path,
            photos=None if images is None else images.shape,
            maps=None if depth is None else depth.shape,
        )
        photos = self._photos(images, shape, own_sizes)
        sizes = (
            _sizes(photos) if shape is None else [own_sizes.of_camera(i) for i in range(shape[0])]
        )
        confidence = self._maps("confidence") if depth is not None else None
        self._same_shape(confidence, depth)
        matrices = self._intrinsics(sizes)
        poses = self._poses(len(photos))
        xyz, rgb = self._points()
        if depth is not None:
            depth = self._known_depth(self._unmasked(depth))
        frames, left_out = [], LeftOut()
        for i, (photo, name) in enumerate(zip(photos, self._frame_names(photos), strict=True)):
            if i in self._bad:
                left_out.add(f"{name!r} ({self._bad[i]})", _UNUSABLE, self._bad[i])
                continue
            camera = Camera.from_matrix(matrices[i], sizes[i][1], sizes[i][0])
            maps = _maps_of(own_sizes.map(depth, i), own_sizes.map(confidence, i))
            frames.append(Frame(name, camera, poses[i], photo, *maps))
        left_out.require_rest(len(frames), str(self._path))
        self._notes += left_out.notes()
        own = self._own
        if own.labels is not None and (xyz is None or len(own.labels) != len(xyz)):
            msg = f"{self._path}: 'labels' has {len(own.labels)} values, expected one a point"
            raise SceneError(msg)
        return Capture(
            name=self._path.stem,
            frames=tuple(frames),
            convention="w2c" if "cam_from_world" in self._keys else "c2w",
            xyz=xyz,
            rgb=rgb,
            notes=tuple(self._notes),
            labels=own.labels,
            label_names=own.label_names,
            up=own.up,
            is_settled=own.is_own,
            on_reversal=_on_reversal(self._keys),
        )

    def _frame_names(self, photos: list[Photo]) -> list[str]:
        """Return the names in the file, else those of the photos."""
        names = self._own.names
        if not names:
            return [photo_name(photo, i) for i, photo in enumerate(photos)]
        self._same_count("names", len(names), len(photos))
        return list(names)

    def _maps(self, role: str) -> FloatArray | None:
        key = self._keys.get(role)
        if key is None:
            return None
        return roles.maps_from(self._path, key, self._archive.read(key))

    def _images(self, depth_shape: tuple[int, ...] | None) -> RgbArray | None:
        """Return the (F, H, W, 3) photos in the file."""
        key = self._keys.get("images")
        if key is None:
            return None
        images = roles.images_from(self._path, key, self._archive.read(key))
        if depth_shape is not None:
            self._same_count(key, len(images), depth_shape[0])
            if self._own.photo_sizes is None:
                self._same_view(key, images.shape, depth_shape)
        if not len(images):
            msg = f"{self._path}: {key!r} holds no photos: estimate the scene from one at least"
            raise SceneError(msg)
        return images

    def _photos(
        self, images: RgbArray | None, shape: tuple[int, ...] | None, own_sizes: OwnSizes
    ) -> list[Photo]:
        """Return the photos in the file, or those of the user's folder in their place."""
        folder = self._options.images
        if folder is None and images is not None:
            return [own_sizes.photo(images, i) for i in range(len(images))]
        if folder is None:
            msg = (
                f"{self._path} holds no photos (no 'processed_images' or 'image'): give the folder"
                " with the photos it was made from with --images DIR"
            )
            raise SceneError(msg)
        if shape is None:
            msg = f"{self._path} has no depth, so its photos cannot come from a folder"
            raise SceneError(msg)
        photos: dict[int, Photo] = {}
        for group in own_sizes.groups(shape[0]):
            pictures = None
            if images is not None:
                pictures = np.stack([own_sizes.photo(images, i).array for i in group])
            lost: dict[int, str] = {}
            found, finding = full_photos(
                folder,
                own_sizes.of_camera(group[0]),
                count=len(group),
                pictures=pictures,
                source=self._path,
                names=[self._own.names[i] for i in group] if self._own.names else (),
                left_out=lost,
            )
            self._bad |= {group[i]: reason for i, reason in lost.items()}
            photos |= zip(group, found, strict=True)
            self._notes.append(finding)
        return [photos[i] for i in range(shape[0])]

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
        matrices = roles.intrinsics_from(self._path, key, array, len(sizes), self._bad)
        self._same_count(key, len(matrices), len(sizes))
        good = [i for i in range(len(sizes)) if i not in self._bad]
        factor = None
        if not self._own.is_own:
            factor = roles.resolution_factor(matrices[good], [sizes[i] for i in good])
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
        poses = roles.poses_from(self._path, key, self._archive.read(key), count, self._bad)
        self._same_count(key, len(poses), count)
        if role == "world_from_cam":
            return np.stack([inverse(p) for p in poses])
        return poses

    def _points(self) -> tuple[FloatArray | None, RgbArray | None]:
        key = self._keys.get("points")
        if key is None:
            return None, None
        xyz = named_arrays.points_from(self._path, key, self._archive.read(key))
        color_key = self._keys.get("colors")
        if color_key is None:
            return xyz, None
        colors = self._archive.read(color_key)
        return xyz, named_arrays.colors_from(self._path, color_key, colors, len(xyz))

    def _unmasked(self, depth: FloatArray) -> FloatArray:
        """Return the depths without those that the estimator itself marks as not valid."""
        key = self._keys.get("valid")
        if key is None:
            return depth
        valid = roles.mask_from(self._path, key, self._archive.read(key))
        if valid.shape != depth.shape:
            msg = f"{self._path}: {key!r} has shape {valid.shape}, expected {depth.shape}"
            raise SceneError(msg)
        left_out = int(np.count_nonzero((depth > 0) & ~valid))
        if left_out:
            self._notes.append(f"{left_out:,} depth values are marked as not valid by {key!r}.")
        return np.where(valid, depth, np.float32(0))

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


def _on_reversal(keys: Mapping[str, str]) -> str:
    """Return what is true of the file's key for poses, should photos say the other direction."""
    key = keys.get("cam_from_world")
    if key == "extrinsic":
        return (
            "That is how MapAnything writes 'extrinsic'; VGGT's files have the same key the other"
            " way round, so the photos decided."
        )
    if key is None:
        return f"Files with the key {keys['world_from_cam']!r} usually hold them the other way."
    return f"Files with the key {key!r} usually hold them the other way."


def _maps_of(
    depth: FloatArray | None, confidence: FloatArray | None
) -> tuple[FloatArray | None, FloatArray | None]:
    """Return depth and confidence of a photo; none where not a single depth is known."""
    return (None, None) if depth is None or not depth.any() else (depth, confidence)


def _sizes(photos: list[Photo]) -> list[tuple[int, int]]:
    return [(p.height, p.width) for p in photos]
