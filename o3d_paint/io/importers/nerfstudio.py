"""nerfstudio's ``transforms.json`` (and Instant NGP's, which it extends).

Source: nerfstudio's page on data conventions and its data parser. ``transform_matrix`` is camera to
world with OpenGL axes; pixel centres lie at half integers; depth pictures and ``.npy`` are in
thousandths of the poses' unit (``depth_unit_scale_factor``), 0 unknown. Intrinsics stand at the top
or in every frame.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.consistency import agreement_between
from o3d_paint.core.scene import Frame, Photo
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.depth_room import require_room_for_depths
from o3d_paint.io.files import open_file
from o3d_paint.io.images import MAX_SIDE, open_image, photo_at, pixels_of
from o3d_paint.io.importers.pose_files import is_pose, require_camera, world_from_cam_of
from o3d_paint.io.json_file import item, number, read_json
from o3d_paint.io.npz import read_npy
from o3d_paint.io.paths import existing, inside
from o3d_paint.io.undistort import Lens, UndistortedPhoto, pinhole_of, straightened

__all__ = ["read", "recognizes"]

_FILE = "transforms.json"
_MILLIMETRES = 0.001
_PLAUSIBLE_ERROR = 0.05
_CLEARLY_BETTER = 2.0
_DISTORTION = {
    "OPENCV": ("k1", "k2", "p1", "p2", "k3"),
    "OPENCV_FISHEYE": ("k1", "k2", "k3", "k4"),
}


def recognizes(path: Path) -> bool:
    """Return whether a path is such a file or a folder that has one."""
    file = path / _FILE if path.is_dir() else path
    if not file.is_file() or file.suffix.lower() != ".json":
        return False
    with open_file(file) as opened:
        return b'"frames"' in opened.read() if file.stat().st_size < 1 << 28 else False


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the file, its photos and depths.

    Raises:
        FormatError: A field is missing, of the wrong type, or leads out of the folder.
        SceneError: There is no frame with a valid pose.
    """
    file = path / _FILE if path.is_dir() else path
    document = read_json(file)
    records = item(document, "frames", list, str(file))[:: max(1, options.every)]
    _require_room(records, file, options)
    frames, lost = [], 0
    for i, record in enumerate(records):
        where = f"frames[{i}] of {file}"
        pose = _pose(record, where, options)
        if pose is None:
            lost += 1
            continue
        frames.append(_frame(record, document, file, options=options, pose=pose, where=where))
    if not frames:
        msg = f"{file} has no frame with a valid pose: each must be a rotation and a position"
        raise SceneError(msg)
    with_depth = sum(f.depth is not None for f in frames)
    notes = [f"nerfstudio: {len(frames)} photos, {with_depth} with depth."]
    if lost:
        notes.append(f"{lost} photos have no valid pose and are left out.")
    if not with_depth:
        msg = f"{file} has no depth_file_path: add depth, or a cloud of its own with --cloud"
        if options.cloud is None:
            raise SceneError(msg)
    if with_depth and options.depth_unit is None:
        notes += _doubts_about_unit(frames)
    convention = options.convention or "c2w"
    return Capture(file.resolve().parent.name, tuple(frames), convention, notes=tuple(notes))


def _require_room(records: list[Any], file: Path, options: ImportOptions) -> None:
    """Refuse depth pictures that would not fit together; one that is not there is told of later."""
    names = [r.get("depth_file_path") for r in records if isinstance(r, dict)]
    found = (existing(file.parent, name, file) for name in names if isinstance(name, str))
    depths = [path for path in found if path is not None]
    require_room_for_depths(file, depths, limit=options.memory_limit)


def _doubts_about_unit(frames: list[Frame]) -> list[str]:
    """Return a sentence where photos agree only when depths are in the poses' own unit.

    nerfstudio reads arrays of floats in thousandths too, although many programs write metres.
    """
    # Shorter ways between cameras are the same as larger depths, and take no memory.
    whole = []
    for frame in frames:
        pose = frame.cam_from_world.copy()
        pose[:3, 3] *= _MILLIMETRES
        whole.append(replace(frame, cam_from_world=pose))
    here, there = agreement_between(frames).error, agreement_between(whole).error
    if not there < _PLAUSIBLE_ERROR or here <= _CLEARLY_BETTER * there:
        return []
    agreed = (
        "photos share nothing" if np.isnan(here) else f"depths of two photos differ by {here:.1%}"
    )
    return [
        f"Depths are read in thousandths, as nerfstudio does, and {agreed}; in whole units they"
        f" would differ by {there:.1%} in the median: try --depth-unit 1."
    ]


def _pose(record: Any, where: str, options: ImportOptions) -> FloatArray | None:
    """Return world to camera with OpenCV axes; None where the matrix is no pose."""
    rows = item(record, "transform_matrix", list, where)
    try:
        matrix = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"transform_matrix of {where} must be 4x4 numbers"
        raise FormatError(msg) from error
    if matrix.shape not in ((4, 4), (3, 4)):
        msg = f"transform_matrix of {where} must be 4x4, found shape {matrix.shape}"
        raise FormatError(msg)
    full = np.eye(4)
    full[:3] = matrix[:3]
    if not is_pose(full):
        return None
    return inverse(world_from_cam_of(full, options.convention or "c2w", options.axes or "gl"))


def _frame(
    record: Any, document: Any, file: Path, *, options: ImportOptions, pose: FloatArray, where: str
) -> Frame:
    name = item(record, "file_path", str, where)
    photo_path = _existing(file.parent, name, file)
    photo: Photo = photo_at(photo_path)
    lens = _lens({**document, **record}, photo, where)
    depth = None
    if isinstance(record.get("depth_file_path"), str):
        depth = _depth(inside(file.parent, record["depth_file_path"], file), options)
    has_distortion = lens.is_fisheye or bool(lens.coefficients.any())
    camera = Camera.from_matrix(lens.matrix, lens.width, lens.height)
    if has_distortion:
        try:
            camera = pinhole_of(lens)
        except ValueError as error:
            msg = f"{where}: {error}: undistort the photos first"
            raise FormatError(msg) from error
        photo = UndistortedPhoto(photo, lens, camera)
        depth = None if depth is None else straightened(depth, lens, camera, smooth=False)
    if depth is not None:
        camera = camera.resized(depth.shape[1], depth.shape[0])
    stem = name.replace("\\", "/").removeprefix("./").rsplit(".", 1)[0].replace("/", "_")
    return Frame(stem, camera, pose, photo, depth)


def _existing(folder: Path, name: str, source: Path) -> Path:
    """Return the photo of a name, which Blender's data sets write without its ending."""
    for ending in ("", ".png", ".jpg"):
        found = existing(folder, name + ending, source)
        if found is not None:
            return found
    msg = f"{source} names the photo {name!r}, which is not there: copy the whole folder"
    raise SceneError(msg)


def _lens(values: dict[str, Any], photo: Photo, where: str) -> Lens:
    """Return the lens, at the size that the file states or else the photo has."""
    width = int(number(values, "w", where)) if "w" in values else photo.width
    height = int(number(values, "h", where)) if "h" in values else photo.height
    if "fl_x" in values:
        fx = number(values, "fl_x", where)
    else:
        angle = number(values, "camera_angle_x", where)
        fx = width / 2 / np.tan(angle / 2) if 0 < angle < np.pi else 0.0
    fy = number(values, "fl_y", where) if "fl_y" in values else fx
    cx = number(values, "cx", where) if "cx" in values else width / 2
    cy = number(values, "cy", where) if "cy" in values else height / 2
    model = item(values, "camera_model", str, where) if "camera_model" in values else "OPENCV"
    if model in ("PINHOLE", "SIMPLE_PINHOLE"):
        model, values = "OPENCV", {}
    if model not in _DISTORTION:
        msg = f"camera_model {model!r} of {where} is none of {', '.join(_DISTORTION)}, PINHOLE"
        raise FormatError(msg)
    is_fisheye = model == "OPENCV_FISHEYE"
    given = [number(values, k, where) if k in values else 0.0 for k in _DISTORTION[model]]
    coefficients = np.zeros(4 if is_fisheye else 8)
    coefficients[: len(given)] = given
    matrix = np.array([[fx, 0, cx - 0.5], [0, fy, cy - 0.5], [0, 0, 1]])
    require_camera(matrix, where)
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        msg = f"{where} has the size {width}x{height}, which no photo has: correct it"
        raise FormatError(msg)
    return Lens(matrix, coefficients, is_fisheye, width, height)


def _depth(path: Path, options: ImportOptions) -> FloatArray:
    if path.suffix.lower() == ".npy":
        values = read_npy(path)
    else:
        with open_image(path) as image:
            values = pixels_of(image, path)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim != 2 or values.dtype.kind not in "uif":
        msg = f"{path} must be a depth picture of one channel, found {values.dtype} {values.shape}"
        raise FormatError(msg)
    unit = _MILLIMETRES if options.depth_unit is None else options.depth_unit
    raw = values.astype(np.float32)
    known = np.isfinite(raw) & (raw > 0) & (raw != (options.invalid_depth or 0))
    depth: FloatArray = np.where(known, raw * np.float32(unit), np.float32(0))
    return depth
