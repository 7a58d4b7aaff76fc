"""How estimators name the same arrays of an archive; points and colours brought into one shape."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.clouds.columns import rgb_from

__all__ = [
    "ALIASES",
    "check_finite",
    "colors_from",
    "find_role",
    "missing_role",
    "points_from",
    "wrong_shape",
]

Array = npt.NDArray[np.generic]

ALIASES: dict[str, tuple[str, ...]] = {
    "depth": ("depth", "depths", "depth_map", "depth_maps"),
    "confidence": ("conf", "confidence", "depth_conf", "confs"),
    "intrinsics": ("intrinsics", "intrinsic", "ixts", "K", "Ks", "cam_K"),
    "cam_from_world": ("extrinsics", "extrinsic", "exts", "w2c", "world2cam"),
    "world_from_cam": ("camera_poses", "poses", "pose", "c2w", "cam2world", "camera_pose"),
    "valid": ("final_mask",),
    "images": ("processed_images", "images", "image", "imgs", "rgb"),
    "points": ("points_3d", "points", "pts3d", "xyz"),
    "colors": ("colors_3d", "colors"),
}
"""By role, the keys that hold it, the likeliest first."""


def find_role(role: str, keys: Sequence[str]) -> str | None:
    """Return the key that holds a role, or None."""
    return next((k for k in ALIASES[role] if k in keys), None)


def missing_role(path: Path, role: str, keys: Sequence[str]) -> FormatError:
    """Return the sentence about a role that no key holds, with a guess at a misspelling."""
    names = ALIASES[role]
    unknown = [k for k in keys if not any(k in known for known in ALIASES.values())]
    close = [k for k in unknown if difflib.get_close_matches(k.lower(), names, 1, 0.6)]
    found = ", ".join(repr(k) for k in list(keys)[:12]) or "no arrays"
    guess = f" (is {close[0]!r} misspelt?)" if close else ""
    wanted = repr(names[0]) + (f" or {names[1]!r}" if len(names) > 1 else "")
    return FormatError(f"{path} has no {wanted}: found {found}{guess}; add the missing array")


def wrong_shape(path: Path, key: str, found: Array, expected: str) -> FormatError:
    """Return the sentence about an array of the wrong shape or type."""
    return FormatError(
        f"{path}: {key!r} has shape {found.shape} of {found.dtype}, expected {expected}:"
        " write the file again with arrays as the estimator returns them"
    )


def check_finite(path: Path, key: str, array: FloatArray) -> None:
    """Refuse NaN and infinity where a single one makes the array useless.

    Raises:
        SceneError: There is one.
    """
    bad = array.size - int(np.count_nonzero(np.isfinite(array)))
    if bad:
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        msg = (
            f"{path}: {key!r} holds {bad} values that are not finite (the first at {list(where)}),"
            " expected finite numbers: remove or repair them"
        )
        raise SceneError(msg)


def points_from(path: Path, key: str, array: Array) -> FloatArray:
    """Return (N, 3) float64 points; those that are nowhere keep their rows, not finite."""
    if array.ndim != 2 or array.shape[1:] != (3,) or array.dtype.kind not in "fiu":
        raise wrong_shape(path, key, array, "numbers of shape (points, 3)")
    points: FloatArray = array.astype(np.float64, copy=False)
    if not len(points):
        msg = f"{path}: {key!r} holds no points: estimate the scene again with a lower threshold"
        raise SceneError(msg)
    if not np.isfinite(points).all(axis=1).any():
        check_finite(path, key, points)
    return points


def colors_from(path: Path, key: str, array: Array, count: int) -> RgbArray:
    """Return (N, 3) uint8 colours from uint8, uint16 or floats; unknown ones are black."""
    if array.shape not in {(count, 3), (count, 4)} or array.dtype.kind not in "fu":
        raise wrong_shape(path, key, array, f"uint8 or floats 0..1 of shape ({count}, 3)")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array[:, :3]).view(np.uint8)
    with np.errstate(over="ignore"):
        known = np.where(np.isnan(array[:, :3]), 0, array[:, :3]).astype(np.float32)
    check_finite(path, key, known)
    return rgb_from(list(known.T))
