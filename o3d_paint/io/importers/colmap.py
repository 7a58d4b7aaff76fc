"""COLMAP workspaces: cameras and photos, with dense depth maps where there are any.

A dense workspace (``images``, ``sparse``, ``stereo/depth_maps``) has undistorted photos and depth.
A sparse one has photos as taken, straightened here, and its triangulated points. COLMAP puts pixel
centres at half integers; half a pixel is taken off the principal point. pycolmap, the extra
``colmap``, reads the model where it is installed; lenses that OpenCV has no model for need it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Frame, Photo
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.files import open_file
from o3d_paint.io.images import MAX_SIDE, photo_at
from o3d_paint.io.importers.colmap_lens import MappedPhoto, mapped_lens
from o3d_paint.io.importers.colmap_model import Image, Intrinsics, Model, find_model
from o3d_paint.io.importers.colmap_readers import read_by_any
from o3d_paint.io.importers.pose_files import is_quaternion, require_camera
from o3d_paint.io.memory import require_memory
from o3d_paint.io.paths import existing
from o3d_paint.io.undistort import Lens, UndistortedPhoto, pinhole_of

__all__ = ["read", "read_depth_map", "recognizes"]

_MAX_HEADER = 64
_DEPTH_KINDS = ("geometric", "photometric")
_DEPTH_PERCENTILES = (0.5, 99.5)
_ASPECT_TOLERANCE = 0.02
_OF_OPENCV = (
    "SIMPLE_PINHOLE",
    "PINHOLE",
    "SIMPLE_RADIAL",
    "RADIAL",
    "OPENCV",
    "FULL_OPENCV",
    "OPENCV_FISHEYE",
    "SIMPLE_RADIAL_FISHEYE",
    "RADIAL_FISHEYE",
)
_FISHEYE = ("OPENCV_FISHEYE", "SIMPLE_RADIAL_FISHEYE", "RADIAL_FISHEYE")


def recognizes(path: Path) -> bool:
    """Return whether a folder holds a COLMAP model, in itself or where workspaces have it."""
    return path.is_dir() and find_model(path) is not None


def read(path: Path, options: ImportOptions) -> Capture:
    """Read a workspace.

    Raises:
        FormatError: A file is missing, cut off or malformed.
        SceneError: There are no photos, or neither depth nor points.
    """
    folder = find_model(path)
    if folder is None:
        msg = f"{path} holds no cameras and images files of COLMAP: give its workspace folder"
        raise FormatError(msg)
    model, reader = read_by_any(folder)
    if not model.images:
        msg = f"{folder} has no posed photos: the reconstruction failed, run it again"
        raise SceneError(msg)
    photos = options.images or _photo_folder(path, folder)
    depths = _depth_folder(folder)
    frames = tuple(_frame(image, model, photos, depths) for image in model.images)
    has_depth = any(f.depth is not None for f in frames)
    if not has_depth and not len(model.xyz) and options.cloud is None:
        msg = (
            f"{folder} has neither points nor depth maps: run COLMAP's dense stereo, or add a cloud"
        )
        raise SceneError(msg)
    notes = [f"COLMAP model of {len(frames)} photos in {folder}. {reader}"]
    missing = sum(f.depth is None for f in frames)
    if has_depth and missing:
        notes.append(
            f"{missing} photos have no depth map; the others show which points are hidden."
        )
    if not has_depth:
        notes.append("No dense depth maps: the sparse points are the cloud (see --cloud).")
    xyz, rgb = (None, None) if has_depth else (model.xyz, model.rgb)
    return Capture(path.resolve().name, frames, "w2c", xyz, rgb, tuple(notes))


def read_depth_map(path: Path) -> FloatArray:
    """Read a depth map of COLMAP's stereo: ``W&H&C&`` and float32, x fastest.

    Returns:
        (H, W) float32; outliers beyond the 0.5 and 99.5 percentiles are 0, unknown.

    Raises:
        FormatError: The header is malformed or the data are cut off.
    """
    with open_file(path) as file:
        head = file.read(_MAX_HEADER)
        parts = head.split(b"&", 3)
        try:
            width, height, channels = (int(p) for p in parts[:3])
            start = len(head) - len(parts[3])
        except (IndexError, ValueError) as error:
            msg = f"{path} does not start with W&H&C&, as COLMAP's depth maps do"
            raise FormatError(msg) from error
        expected = width * height * 4
        if channels != 1 or min(width, height) < 1 or path.stat().st_size != start + expected:
            msg = f"{path} declares {width}x{height}x{channels} but has another size: copy it again"
            raise FormatError(msg)
        require_memory(str(path), expected)
        file.seek(start)
        values = np.frombuffer(file.read(expected), dtype="<f4").astype(np.float32)
    depth = values.reshape(height, width)
    known = np.isfinite(depth) & (depth > 0)
    if known.any():
        low, high = np.percentile(depth[known], _DEPTH_PERCENTILES)
        known &= (depth >= low) & (depth <= high)
    return np.where(known, depth, np.float32(0))


def _photo_folder(path: Path, model: Path) -> Path:
    """Return the images folder nearest to the model, not above the workspace."""
    top = path.resolve()
    for folder in (model.resolve(), *model.resolve().parents):
        if (folder / "images").is_dir():
            return folder / "images"
        if folder == top:
            break
    beside = top.parent / "images"
    if beside.is_dir():
        return beside
    msg = f"{path} has no folder {'images'!r}: give the photos' folder with --images DIR"
    raise SceneError(msg)


def _depth_folder(model: Path) -> Path | None:
    """Return the depth maps that belong to the model's cameras."""
    for folder in (model, *model.resolve().parents[:2]):
        if (folder / "stereo" / "depth_maps").is_dir():
            return folder / "stereo" / "depth_maps"
    return None


def _frame(image: Image, model: Model, photos: Path, depths: Path | None) -> Frame:
    source = model.folder / "images"
    intrinsics = model.cameras[image.camera_id]
    path = existing(photos, image.name, source)
    if path is None:
        msg = f"{source} names the photo {image.name!r}, which is not in {photos}: see --images DIR"
        raise SceneError(msg)
    photo: Photo = photo_at(path)
    camera, straighten = _camera(intrinsics, model.folder)
    if abs(photo.width * camera.height / (photo.height * camera.width) - 1) > _ASPECT_TOLERANCE:
        msg = (
            f"{path} has {photo.width}x{photo.height} pixels, its camera in {model.folder}"
            f" {camera.width}x{camera.height}: give the photos that COLMAP was run on"
        )
        raise SceneError(msg)
    photo = straighten(photo)
    depth = None if depths is None else _depth(depths, image.name, source)
    if depth is not None:
        camera = camera.resized(depth.shape[1], depth.shape[0])
    return Frame(
        name=image.name.replace("\\", "/").rsplit(".", 1)[0].replace("/", "_"),
        camera=camera,
        cam_from_world=_pose(image, source),
        photo=photo,
        depth=depth,
    )


def _depth(folder: Path, name: str, source: Path) -> FloatArray | None:
    for kind in _DEPTH_KINDS:
        path = existing(folder, f"{name}.{kind}.bin", source)
        if path is not None:
            return read_depth_map(path)
    return None


def _pose(image: Image, source: Path) -> FloatArray:
    quaternion = np.array(image.quaternion)
    values = np.array([*image.quaternion, *image.translation])
    if not np.isfinite(values).all() or not is_quaternion(quaternion):
        msg = f"{source}: {image.name!r} has no valid pose: leave it out of the model"
        raise FormatError(msg)
    cam_from_world = np.eye(4)
    cam_from_world[:3, :3] = Rotation.from_quat(np.roll(quaternion, -1)).as_matrix()
    cam_from_world[:3, 3] = image.translation
    return cam_from_world


def _camera(intrinsics: Intrinsics, folder: Path) -> tuple[Camera, Callable[[Photo], Photo]]:
    """Return a pinhole camera, and what makes a photo of the lens one of that camera."""
    p, model = intrinsics.parameters, intrinsics.model
    w, h = intrinsics.width, intrinsics.height
    if not (1 <= w <= MAX_SIDE and 1 <= h <= MAX_SIDE) or not np.isfinite(p).all():
        msg = f"{folder / 'cameras'} has a camera of {w}x{h} pixels with {p}: export it again"
        raise FormatError(msg)
    if model not in _OF_OPENCV:
        pinhole, places = mapped_lens(intrinsics, folder)
        return pinhole, lambda photo: MappedPhoto(photo, places)
    has_one_focal = model in (
        "SIMPLE_PINHOLE",
        "SIMPLE_RADIAL",
        "RADIAL",
        "SIMPLE_RADIAL_FISHEYE",
        "RADIAL_FISHEYE",
    )
    fx, fy, cx, cy, *rest = (p[0], *p) if has_one_focal else p
    matrix = np.array([[fx, 0, cx - 0.5], [0, fy, cy - 0.5], [0, 0, 1]])
    require_camera(matrix, f"{folder / 'cameras'}")
    camera = Camera.from_matrix(matrix, w, h)
    is_fisheye = model in _FISHEYE
    if not is_fisheye and not any(rest):
        return camera, lambda photo: photo
    coefficients = np.zeros(4 if is_fisheye else 8)
    coefficients[: len(rest)] = rest
    lens = Lens(camera.matrix, coefficients, is_fisheye, intrinsics.width, intrinsics.height)
    try:
        pinhole = pinhole_of(lens)
    except ValueError as error:
        msg = f"{folder / 'cameras'}: {error}: run COLMAP's image_undistorter first"
        raise FormatError(msg) from error
    return pinhole, lambda photo: UndistortedPhoto(photo, lens, pinhole)
