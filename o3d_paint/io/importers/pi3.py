"""Pi3's ``predictions.npz``: a point map and poses, from which depth and intrinsics follow.

Source: the Gradio demo of Pi3: ``points`` (N, H, W, 3) in the world, ``camera_poses`` (N, 4, 4)
camera to world with OpenCV axes, ``conf`` (N, H, W, 1) and ``images`` (N, H, W, 3) of 0 to 1.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera, inverse, transform
from o3d_paint.core.scene import ArrayPhoto, Frame, Photo
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.clouds import named_arrays
from o3d_paint.io.files import open_file
from o3d_paint.io.full_photos import full_photos, photo_name
from o3d_paint.io.importers import roles
from o3d_paint.io.importers.left_out import LeftOut
from o3d_paint.io.npz import NpzArchive

__all__ = ["fitted_camera", "read", "recognizes"]

_KEYS = ("points", "camera_poses", "images")
_MIN_PIXELS = 16
_STEEPEST = 1e6


def recognizes(path: Path) -> bool:
    """Return whether a file is an NPZ with a point map and poses but no depth."""
    if not path.is_file():
        return False
    with open_file(path) as file:
        if file.read(2) != b"PK":
            return False
    try:
        with NpzArchive(path) as archive:
            has_map = "points" in archive.keys and len(archive.headers["points"].shape) == 4
            return has_map and set(_KEYS) <= set(archive.keys) and "depth" not in archive.keys
    except PaintError:
        # The importer of other NPZ files says what is wrong with it.
        return False


def read(path: Path, options: ImportOptions) -> Capture:
    """Read a file of Pi3.

    Raises:
        FormatError: An array is missing, or has the wrong shape or type.
        SceneError: The points of a photo do not look like those of a pinhole camera.
    """
    with NpzArchive(path) as archive:
        missing = [k for k in _KEYS if k not in archive.keys]
        if missing:
            msg = f"{path} has no {missing[0]!r}: expected the predictions.npz of Pi3's demo"
            raise FormatError(msg)
        keys = [k for k in (*_KEYS, "conf") if k in archive.keys]
        archive.require_memory(keys, limit=options.memory_limit)
        points = archive.read("points")
        if points.ndim != 4 or points.shape[3] != 3 or points.dtype.kind != "f":
            raise named_arrays.wrong_shape(path, "points", points, "(photos, H, W, 3) floats")
        count, height, width = points.shape[:3]
        bad: dict[int, str] = {}
        poses = roles.poses_from(path, "camera_poses", archive.read("camera_poses"), count, bad)
        images = roles.images_from(path, "images", archive.read("images"))
        confidence = None
        if "conf" in archive.keys:
            confidence = roles.maps_from(path, "conf", archive.read("conf"))
    maps_fit = confidence is None or confidence.shape == (count, height, width)
    if len(poses) != count or images.shape[:3] != (count, height, width) or not maps_fit:
        msg = f"{path}: points, camera_poses, images and conf differ in photos or size"
        raise SceneError(msg)
    notes: list[str] = []
    photos: list[Photo] = [ArrayPhoto(image) for image in images]
    if options.images is not None:
        photos, finding = full_photos(
            options.images, (height, width), count=count, pictures=images, source=path, left_out=bad
        )
        notes.append(finding)
    frames, left_out = [], LeftOut()
    for i, photo in enumerate(photos):
        name = photo_name(photo, i)
        if i in bad:
            left_out.add(f"{name!r} ({bad[i]})", "its pose is none", bad[i])
            continue
        # Points beyond all numbers become infinite, and infinite ones are unknown.
        with np.errstate(over="ignore", invalid="ignore"):
            points_cam = transform(inverse(poses[i]), points[i].reshape(-1, 3).astype(np.float64))
        camera = fitted_camera(points_cam, height, width)
        if camera is None:
            msg = f"{path}: the points of photo {i} lie on no pinhole camera's rays"
            left_out.add(repr(name), "its points lie on no pinhole camera's rays", msg)
            continue
        depth = _depth_of(points_cam, height, width)
        trusted = None if confidence is None else confidence[i]
        frames.append(Frame(name, camera, inverse(poses[i]), photo, depth, trusted))
    left_out.require_rest(len(frames), str(path))
    found = f"Pi3: depth and intrinsics of {len(frames)} photos follow from their points."
    return Capture(path.stem, tuple(frames), "c2w", notes=(found, *notes, *left_out.notes()))


def _depth_of(points_cam: FloatArray, height: int, width: int) -> FloatArray:
    """Return (h, w) float32 distances along the optical axis, 0 where unknown."""
    with np.errstate(over="ignore", invalid="ignore"):
        depth = points_cam[:, 2].reshape(height, width).astype(np.float32)
        known = np.isfinite(depth) & (depth > 0)
    depths: FloatArray = np.where(known, depth, np.float32(0))
    return depths


def fitted_camera(points_cam: FloatArray, height: int, width: int) -> Camera | None:
    """Return the camera, principal point in the middle, whose rays the points lie on best.

    Args:
        points_cam: (H*W, 3) points in camera coordinates, row-major.
        height: H of the photo.
        width: W of the photo.

    Returns:
        The least-squares fit of ``u - cx = fx x / z`` and ``v - cy = fy y / z``; None without one.
    """
    v, u = np.mgrid[0:height, 0:width].reshape(2, -1)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        slope = points_cam[:, :2] / points_cam[:, 2:]
        good = (np.abs(slope) < _STEEPEST).all(axis=1) & (points_cam[:, 2] > 0)
    if np.count_nonzero(good) < _MIN_PIXELS:
        return None
    cx, cy = (width - 1) / 2, (height - 1) / 2
    offsets = np.stack([u - cx, v - cy], axis=1)[good]
    weight = (slope[good] ** 2).sum(axis=0)
    if not (weight > 0).all():
        return None
    fx, fy = (offsets * slope[good]).sum(axis=0) / weight
    if not (np.isfinite([fx, fy]).all() and fx > 0 and fy > 0):
        return None
    return Camera(float(fx), float(fy), cx, cy, width, height)
