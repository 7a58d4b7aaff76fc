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
from o3d_paint.io.importers.colmap_workspace import chosen_model, photo_folder, what_lies_beside
from o3d_paint.io.importers.left_out import LeftOut, shape_fault
from o3d_paint.io.importers.pose_files import is_quaternion, require_camera
from o3d_paint.io.memory import require_memory
from o3d_paint.io.paths import existing
from o3d_paint.io.undistort import Lens, UndistortedPhoto, pinhole_of

__all__ = ["read", "read_depth_map", "recognizes"]

_MAX_HEADER = 64
_DEPTH_KINDS = ("geometric", "photometric")
_DEPTH_PERCENTILES = (0.5, 99.5)
_WILD = 1e3
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
    folder = chosen_model(path, folder, options.model)
    model, reader = read_by_any(folder)
    if not model.images:
        msg = f"{folder} has no posed photos: the reconstruction failed, run it again"
        raise SceneError(msg)
    photos = options.images or photo_folder(path, folder)
    depths = _depth_folder(folder)
    left_out, damaged = LeftOut(), list[str]()
    frames = []
    for image in model.images:
        # A name that leads out of the folder is no mishap: such a model is refused as a whole.
        photo = existing(photos, image.name, folder / "images")
        if photo is None:
            msg = f"{folder / 'images'} names the photo {image.name!r}, which is not in {photos}"
            reason = f"it is not in {photos} (see --images DIR)"
            left_out.add(repr(image.name), reason, f"{msg}: see --images DIR")
            continue
        try:
            frames.append(_frame(image, model, photo, depths, left_out, damaged))
        except (FormatError, SceneError) as error:
            left_out.add_error(repr(image.name), error)
    kept = tuple(f for f in frames if f is not None)
    left_out.require_rest(len(kept), str(folder))
    has_depth = any(f.depth is not None for f in kept)
    if not has_depth and not len(model.xyz) and options.cloud is None:
        msg = (
            f"{folder} has neither points nor depth maps: run COLMAP's dense stereo, or add a cloud"
        )
        raise SceneError(msg)
    notes = [f"COLMAP model of {len(kept)} photos in {folder}. {reader}", *left_out.notes()]
    notes += [f"A depth map is left out: {reason}." for reason in damaged]
    notes += _about_depth(kept, depths)
    notes += what_lies_beside(path, folder, photos, [i.name for i in model.images], depths)
    xyz, rgb = (None, None) if has_depth else (model.xyz, model.rgb)
    return Capture(path.resolve().name, kept, "w2c", xyz, rgb, tuple(notes))


def _about_depth(frames: tuple[Frame, ...], depths: Path | None) -> list[str]:
    """Return what to say where photos have no depth map."""
    missing = sum(f.depth is None for f in frames)
    if not missing:
        return []
    if missing < len(frames):
        return [f"{missing} photos have no depth map; the others show which points are hidden."]
    note = "No dense depth maps: the sparse points are the cloud (see --cloud)."
    if depths is not None and any(depths.rglob("*.bin")):
        note = f"No depth map in {depths} is named after a photo of the model: {note[3:]}"
    return [note]


def read_depth_map(path: Path) -> FloatArray:
    """Read a depth map of COLMAP's stereo: ``W&H&C&`` and float32, x fastest.

    Returns:
        (H, W) float32; outliers beyond the 0.5 and 99.5 percentiles, and beyond a thousand times
        the median or a thousandth of it, are 0, unknown.

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
        # A map that failed nearly everywhere may be wild in more than a hundredth of what is left.
        median = float(np.median(depth[known]))
        low, high = max(low, median / _WILD), min(high, median * _WILD)
        known &= (depth >= low) & (depth <= high)
    return np.where(known, depth, np.float32(0))


def _depth_folder(model: Path) -> Path | None:
    """Return the depth maps that belong to the model's cameras."""
    for folder in (model, *model.resolve().parents[:2]):
        if (folder / "stereo" / "depth_maps").is_dir():
            return folder / "stereo" / "depth_maps"
    return None


def _frame(
    image: Image,
    model: Model,
    path: Path,
    depths: Path | None,
    left_out: LeftOut,
    damaged: list[str],
) -> Frame | None:
    """Return a photo with its depth; None where it is left out.

    Raises:
        FormatError: Its camera or its file is damaged.
        SceneError: It would not fit into memory.
    """
    source = model.folder / "images"
    intrinsics = model.cameras.get(image.camera_id)
    if intrinsics is None:
        unknown = f"camera {image.camera_id}, not in {model.folder / 'cameras'}"
        msg = f"{source}: {image.name!r} has {unknown}: copy both files again"
        left_out.add(f"{image.name!r} ({unknown})", "its camera is not there", msg)
        return None
    pose = _pose(image)
    if pose is None:
        msg = f"{source}: {image.name!r} has no valid pose: leave it out of the model"
        left_out.add(repr(image.name), "it has no valid pose", msg)
        return None
    photo: Photo = photo_at(path)
    camera, straighten = _camera(intrinsics, model.folder)
    fault = shape_fault(photo, (camera.height, camera.width))
    if fault is not None:
        msg = f"{path} has {fault} in {model.folder}: give the photos that COLMAP was run on"
        left_out.add(f"{image.name!r} ({fault})", "its shape is not its camera's", msg)
        return None
    depth = None
    try:
        depth = None if depths is None else _depth(depths, image.name, source)
    except FormatError as error:
        damaged.append(str(error))
    if depth is not None:
        camera = camera.resized(depth.shape[1], depth.shape[0])
    name = image.name.replace("\\", "/").rsplit(".", 1)[0].replace("/", "_")
    return Frame(name, camera, pose, straighten(photo), depth)


def _depth(folder: Path, name: str, source: Path) -> FloatArray | None:
    for kind in _DEPTH_KINDS:
        path = existing(folder, f"{name}.{kind}.bin", source)
        if path is not None:
            return read_depth_map(path)
    return None


def _pose(image: Image) -> FloatArray | None:
    """Return the (4, 4) pose, world to camera; None where the numbers are none."""
    quaternion = np.array(image.quaternion)
    values = np.array([*image.quaternion, *image.translation])
    if not np.isfinite(values).all() or not is_quaternion(quaternion):
        return None
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
