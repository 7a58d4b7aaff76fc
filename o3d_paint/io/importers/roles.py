"""How the maps, photos, lenses and poses of an archive are each brought into one shape."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, RgbArray
from o3d_paint.core.camera import nearest_rotation
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.clouds.named_arrays import check_finite, wrong_shape
from o3d_paint.io.gray_levels import eight_bit, levels_of
from o3d_paint.io.importers.pose_files import require_camera

__all__ = [
    "images_from",
    "intrinsics_from",
    "maps_from",
    "mask_from",
    "poses_from",
    "resolution_factor",
]

Array = npt.NDArray[np.generic]

_ROTATION_TOLERANCE = 0.02
_EXACT_ROTATION = 1e-6
_RESCALED = 1.2
_SAME_FACTOR = 0.1
_SLACK = 1e-3
_MOST_8_BIT = 255.5


def maps_from(path: Path, key: str, array: Array) -> npt.NDArray[np.float32]:
    """Return (F, h, w) float32 maps from (F, h, w), (F, h, w, 1), (F, 1, h, w) or (h, w)."""
    maps = array
    if maps.ndim == 4 and maps.shape[-1] == 1:
        maps = maps[..., 0]
    elif maps.ndim == 4 and maps.shape[1] == 1:
        maps = maps[:, 0]
    elif maps.ndim == 2:
        maps = maps[None]
    if maps.ndim != 3 or maps.dtype.kind != "f" or 0 in maps.shape[1:]:
        raise wrong_shape(path, key, array, "floats of shape (photos, height, width)")
    with np.errstate(over="ignore"):
        return maps.astype(np.float32, copy=False)


def mask_from(path: Path, key: str, array: Array) -> BoolArray:
    """Return an (F, h, w) mask from booleans or 0 and 1, with or without a last axis of 1."""
    mask = array[..., 0] if array.ndim == 4 and array.shape[-1] == 1 else array
    if mask.ndim != 3 or mask.dtype.kind not in "bui":
        raise wrong_shape(path, key, array, "booleans of shape (photos, height, width)")
    return mask.astype(bool)


def images_from(path: Path, key: str, array: Array) -> RgbArray:
    """Return (F, H, W, 3) uint8 photos from uint8, uint16 or floats, channels last or first."""
    images = array[None] if array.ndim == 3 else array
    if images.ndim == 4 and images.shape[1] in (1, 3) and images.shape[3] not in (1, 3, 4):
        images = images.transpose(0, 2, 3, 1)
    expected = "uint8 or floats 0..1 of shape (photos, height, width, 3)"
    if images.ndim != 4 or images.shape[3] not in (1, 3, 4) or 0 in images.shape[1:]:
        raise wrong_shape(path, key, array, expected)
    if images.dtype not in (np.uint8, np.uint16) and images.dtype.kind != "f":
        raise wrong_shape(path, key, array, expected)
    images = np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images[..., :3]
    return np.ascontiguousarray(_bytes_of_photos(path, key, images))


def intrinsics_from(
    path: Path, key: str, array: Array, count: int, bad: dict[int, str] | None = None
) -> FloatArray:
    """Return (F, 3, 3) float64 intrinsic matrices from (F, 3, 3) or one (3, 3).

    Args:
        path: The file, for messages.
        key: The array's name in it.
        array: As the file has it.
        count: Photos of the scene.
        bad: Gets what is wrong with the matrices of single photos, by position; those are the
            identity then. None refuses the array for one of them.

    Raises:
        FormatError: It has another shape or type.
        SceneError: All are wrong, or one is and ``bad`` is None.
    """
    given = np.broadcast_to(array, (count, 3, 3)) if array.shape == (3, 3) else array
    if given.shape[1:] != (3, 3) or given.ndim != 3 or given.dtype.kind not in "fiu":
        raise wrong_shape(path, key, array, "numbers of shape (photos, 3, 3)")
    matrices: FloatArray = given.astype(np.float64)
    faults: dict[int, str] = {}
    for i, k in enumerate(matrices):
        fault = _intrinsics_fault(path, f"{key!r}[{i}]", k)
        if fault is not None:
            faults[i] = fault
    _tell(path, key, matrices, faults, bad)
    matrices[list(faults)] = np.eye(3)
    return matrices


def _intrinsics_fault(path: Path, where: str, k: FloatArray) -> str | None:
    if not np.isfinite(k).all():
        return f"{path}: {where} is not finite"
    if k[0, 0] == 0 or k[1, 1] == 0 or not np.allclose(k[2], (0, 0, 1), atol=1e-4):
        shown = [[float(f"{v:.4g}") for v in row] for row in k]
        return (
            f"{path}: {where} is {shown}, expected [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] with focal"
            " lengths that are not zero: write the camera's real intrinsics"
        )
    try:
        require_camera(k, f"{path}: {where}")
    except FormatError as error:
        return str(error)
    return None


def _tell(
    path: Path, key: str, array: FloatArray, faults: dict[int, str], bad: dict[int, str] | None
) -> None:
    """Hand on what is wrong with single photos.

    Raises:
        SceneError: Nobody takes it, or nothing is right.
    """
    if bad is None or (faults and len(faults) == len(array)):
        check_finite(path, key, array)
        for fault in faults.values():
            raise SceneError(fault)
    else:
        bad.update(faults)


def resolution_factor(
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


def poses_from(
    path: Path, key: str, array: Array, count: int, bad: dict[int, str] | None = None
) -> FloatArray:
    """Return (F, 4, 4) float64 rigid transforms from (F, 3, 4), (F, 4, 4) or a single one.

    Arguments and errors are those of `intrinsics_from`; a photo whose pose is none gets identity.
    """
    poses = array[None] if array.ndim == 2 and count == 1 else array
    if poses.ndim != 3 or poses.shape[1:] not in {(3, 4), (4, 4)} or poses.dtype.kind not in "fiu":
        raise wrong_shape(path, key, array, "numbers of shape (photos, 3, 4) or (photos, 4, 4)")
    whole = np.tile(np.eye(4), (len(poses), 1, 1))
    whole[:, :3] = poses[:, :3]
    faults: dict[int, str] = {}
    for i, pose in enumerate(whole):
        where = f"{key!r}[{i}]"
        if not np.isfinite(pose).all():
            faults[i] = f"{path}: {where} is not finite"
            continue
        try:
            pose[:3, :3] = _nearest_rotation(path, where, pose[:3, :3])
        except SceneError as error:
            faults[i] = str(error)
    _tell(path, key, poses.astype(np.float64), faults, bad)
    whole[list(faults)] = np.eye(4)
    return whole


def _bytes_of_photos(path: Path, key: str, photos: Array) -> RgbArray:
    """Return photos as bytes; what is not 0 to 1 or 0 to 255 is stretched over all of them."""
    if photos.dtype == np.uint8:
        return photos.view(np.uint8)
    with np.errstate(over="ignore"):
        values: FloatArray = photos.astype(np.float32)
    if not np.isfinite(values).any():
        check_finite(path, key, values)
    # Renderers write NaN where a ray met nothing.
    np.nan_to_num(values, copy=False, nan=0, posinf=0, neginf=0)
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if low < -_SLACK or high > _MOST_8_BIT:
        rows = values.reshape(-1, values.shape[2] * values.shape[3])
        return eight_bit(values, replace(levels_of(rows), is_whole=photos.dtype.kind == "u"))
    np.multiply(values, 255.0 if high <= 1 + _SLACK else 1.0, out=values)
    np.rint(values, out=values)
    return np.clip(values, 0, 255, out=values).astype(np.uint8)


def _nearest_rotation(path: Path, where: str, matrix: FloatArray) -> FloatArray:
    """Return a matrix made exactly orthonormal; one that is no rotation is refused."""
    with np.errstate(over="ignore", invalid="ignore"):
        error = float(np.abs(matrix @ matrix.T - np.eye(3)).max())
        determinant = float(np.linalg.det(matrix))
    if not error <= _ROTATION_TOLERANCE or determinant < 0:
        msg = (
            f"{path}: {where} is not a rotation (determinant {determinant:.3g}, off by"
            f" {error:.2g}), expected [R | t] without scale or mirror: write the camera's pose"
        )
        raise SceneError(msg)
    if error < _EXACT_ROTATION:
        return matrix
    return nearest_rotation(matrix)
