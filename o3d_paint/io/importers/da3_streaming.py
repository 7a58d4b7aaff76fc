"""Results of Depth-Anything-3 Streaming: one NPZ a photo, and poses in a file of their own.

Source: ``da3_streaming`` of Depth-Anything-3: ``results_output/frame_{i}.npz`` with ``image``
(H, W, 3), ``depth`` (H, W), ``conf`` (H, W, the network's less 1) and ``intrinsics`` (3, 3);
``camera_poses.txt`` with 16 numbers a line, camera to world, OpenCV axes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.clouds import named_arrays
from o3d_paint.io.full_photos import full_photos, photo_name
from o3d_paint.io.importers import roles
from o3d_paint.io.importers.left_out import LeftOut
from o3d_paint.io.importers.pose_files import is_pose, read_poses, world_from_cam_of
from o3d_paint.io.memory import require_memory
from o3d_paint.io.npz import NpzArchive

__all__ = ["read", "recognizes"]

_RESULTS = "results_output"
_POSES = "camera_poses.txt"
_NAME = re.compile(r"frame_([0-9]{1,9})\.npz")
_SHIFT = np.float32(1)
"""Confidence is stored less 1; added again, the rule for Depth-Anything-3 fits."""


def recognizes(path: Path) -> bool:
    """Return whether a folder holds such results, or is itself their folder of frames."""
    if not path.is_dir():
        return False
    folder = _frames_folder(path)
    return folder is not None and _poses_file(folder) is not None


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the frames.

    Raises:
        FormatError: There are no frames or no poses, or one is malformed.
        SceneError: No frame can be used, or they would not fit into memory.
    """
    folder = _frames_folder(path) if path.is_dir() else None
    if folder is None:
        msg = f"{path} has no {_RESULTS}/frame_0.npz: give the output folder of DA3 Streaming"
        raise FormatError(msg)
    poses_file = _poses_file(folder)
    if poses_file is None:
        msg = f"{folder} has no {_POSES} beside it: copy the whole output folder"
        raise FormatError(msg)
    poses, _ = read_poses(poses_file)
    left_out, frames = LeftOut(), []
    chosen = sorted(_numbered(folder))[:: options.every]
    usable = [i for i in chosen if i < len(poses) and is_pose(poses[i])]
    for i in chosen:
        if i >= len(poses):
            msg = (
                f"{poses_file} has {len(poses)} poses, but there is a frame_{i}.npz: the run"
                " is not finished yet, or files of two runs are mixed"
            )
            left_out.add(f"frame_{i}.npz", f"{msg.split(', ', 1)[0]}: is the run finished?", msg)
        elif i not in usable:
            msg = f"{poses_file} has no valid pose: each must be a rotation and a position"
            left_out.add(f"frame_{i}.npz", "it has no valid pose", msg)
    _require_memory(folder, usable, options)
    for i in usable:
        try:
            frames.append(_frame(folder / f"frame_{i}.npz", i, poses[i], options))
        except (FormatError, SceneError) as error:
            left_out.add_error(f"frame_{i}.npz", error)
    left_out.require_rest(len(frames), str(folder))
    notes = [f"DA3 Streaming: {len(frames)} photos.", *left_out.notes()]
    if options.images is not None:
        frames, finding = _with_full_photos(frames, options.images, folder)
        notes.append(finding)
    return Capture(path.resolve().name, tuple(frames), "c2w", notes=tuple(notes))


def _frames_folder(path: Path) -> Path | None:
    return next((f for f in (path / _RESULTS, path) if f.is_dir() and _numbered(f)), None)


def _numbered(folder: Path) -> list[int]:
    """Return the numbers of the frames in a folder."""
    names = (_NAME.fullmatch(p.name) for p in folder.iterdir())
    return [int(m[1]) for m in names if m is not None]


def _poses_file(folder: Path) -> Path | None:
    return next((f / _POSES for f in (folder.parent, folder) if (f / _POSES).is_file()), None)


def _require_memory(folder: Path, numbers: list[int], options: ImportOptions) -> None:
    """Refuse frames that would not fit together; the first sound one tells their size."""
    for i in numbers:
        try:
            with NpzArchive(folder / f"frame_{i}.npz") as archive:
                size = sum(h.nbytes for h in archive.headers.values())
        except FormatError:
            continue
        require_memory(str(folder), size * len(numbers), limit=options.memory_limit)
        return


def _frame(path: Path, number: int, pose: FloatArray, options: ImportOptions) -> Frame:
    with NpzArchive(path) as archive:
        for key in ("image", "depth", "intrinsics"):
            if key not in archive.keys:
                found = list(archive.keys)[:8]
                msg = f"{path} has no {key!r}: found {found}; give frames as DA3 Streaming has them"
                raise FormatError(msg)
        keys = ("image", "depth", "conf", "intrinsics")
        arrays = {k: archive.read(k) for k in keys if k in archive.keys}
    depth = _map(path, "depth", arrays["depth"])
    confidence = None
    if "conf" in arrays:
        # A NaN of the signalling kind is one that arithmetic complains about.
        with np.errstate(invalid="ignore", over="ignore"):
            confidence = _map(path, "conf", arrays["conf"]) + _SHIFT
    if confidence is not None and confidence.shape != depth.shape:
        msg = f"{path}: 'conf' has shape {confidence.shape} but 'depth' {depth.shape}: one run?"
        raise SceneError(msg)
    with np.errstate(invalid="ignore"):
        known = np.isfinite(depth) & (depth > 0)
    matrix = roles.intrinsics_from(path, "intrinsics", arrays["intrinsics"], 1)[0]
    photo = ArrayPhoto(roles.images_from(path, "image", arrays["image"])[0])
    camera = Camera.from_matrix(matrix, depth.shape[1], depth.shape[0])
    world_from_cam = world_from_cam_of(pose, "c2w", options.axes or "cv")
    clean = np.where(known, depth, np.float32(0))
    return Frame(f"{number:03d}", camera, inverse(world_from_cam), photo, clean, confidence)


def _map(path: Path, key: str, array: npt.NDArray[np.generic]) -> FloatArray:
    maps = roles.maps_from(path, key, array)
    if len(maps) != 1:
        raise named_arrays.wrong_shape(path, key, array, "floats of shape (height, width)")
    single: FloatArray = maps[0]
    return single


def _with_full_photos(frames: list[Frame], images: Path, source: Path) -> tuple[list[Frame], str]:
    """Return the frames with the photos of a folder in place of their small pictures."""
    shapes = {f.photo.pixels().shape for f in frames}
    if len(shapes) > 1:
        msg = f"{source} has frames of several sizes {sorted(shapes)}: leave out --images"
        raise SceneError(msg)
    pictures = np.stack([f.photo.pixels() for f in frames])
    depth = frames[0].depth
    assert depth is not None
    size = int(depth.shape[0]), int(depth.shape[1])
    photos, finding = full_photos(
        images, size, count=len(frames), pictures=pictures, source=source, left_out={}
    )
    pairs = zip(frames, photos, strict=True)
    named = [replace(f, photo=p, name=photo_name(p, i)) for i, (f, p) in enumerate(pairs)]
    return named, finding
