"""Folders of posed colour and depth pictures.

Known data sets are listed by `rgbd_layouts`. Any other folder with colour and depth pictures and a
file of poses is read in every plausible way, and the way in which the photos agree about distances
is taken; where none stands out, the error says how well each agreed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.scene import Frame
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.capture import Capture, Importer, ImportOptions
from o3d_paint.io.depth_room import require_room_for_depths
from o3d_paint.io.images import PHOTO_SUFFIXES, list_files, open_image, photo_at, pixels_of
from o3d_paint.io.importers.pose_files import (
    is_pose,
    read_intrinsics,
    read_matrix,
    read_poses,
    world_from_cam_of,
)
from o3d_paint.io.importers.readings import best_reading
from o3d_paint.io.importers.rgbd_layouts import (
    DEPTH_SUFFIXES,
    INTRINSICS_NAMES,
    LAYOUTS,
    PRIMESENSE,
    Listing,
    first_existing,
    pinhole,
)
from o3d_paint.io.npz import read_npy

__all__ = ["RGBD_IMPORTERS"]

_COLOR_FOLDERS = ("color", "rgb", "images", "image", "colour")
_POSE_FILES = ("pose.txt", "poses.txt", "traj.txt", "trajectory.txt", "groundtruth.txt")
_USES = ("axes", "intrinsics", "depth_unit", "invalid_depth", "every")


def _recognizes(name: str, path: Path) -> bool:
    return path.is_dir() and LAYOUTS[name][1](path) is not None


def _read(name: str, path: Path, options: ImportOptions) -> Capture:
    title, list_folder = LAYOUTS[name]
    listing = list_folder(path)
    if listing is None:
        msg = f"{path} is not laid out like {title}: see the list of formats in the README"
        raise FormatError(msg)
    return _capture(path, _overridden(listing, options), options, title)


def _overridden(listing: Listing, options: ImportOptions) -> Listing:
    """Return the listing with what the user says about units and intrinsics."""
    changed = listing
    if options.intrinsics is not None:
        changed = replace(changed, matrix=pinhole(options.intrinsics))
    if options.depth_unit is not None:
        changed = replace(changed, unit=options.depth_unit)
    if options.invalid_depth is not None:
        changed = replace(changed, invalid=(options.invalid_depth,))
    return changed


def _recognizes_generic(path: Path) -> bool:
    return path.is_dir() and (path / "depth").is_dir() and _color_folder(path) is not None


def _read_generic(path: Path, options: ImportOptions) -> Capture:
    """Read a folder of an unknown kind.

    Raises:
        FormatError: There are no poses, or a picture is broken.
        SceneError: No reading makes the photos agree.
    """
    listing = _overridden(_list_generic(path), options)
    as_stored = replace(options, axes=None, convention=None)
    capture = _capture(path, replace(listing, unit=1.0), as_stored, "Posed RGB-D folder")
    return best_reading(path, capture, listing, options)


def _color_folder(path: Path) -> Path | None:
    return next((path / n for n in _COLOR_FOLDERS if (path / n).is_dir()), None)


def _list_generic(path: Path) -> Listing:
    colors = _color_folder(path)
    if colors is None or not (path / "depth").is_dir():
        msg = f"{path} needs the folders color (or rgb, images) and depth: arrange it so"
        raise FormatError(msg)
    photos = list_files(colors, PHOTO_SUFFIXES)
    depths = list_files(path / "depth", DEPTH_SUFFIXES)
    pose_file = next((path / n for n in _POSE_FILES if (path / n).is_file()), None)
    folder = next((path / n for n in ("pose", "poses") if (path / n).is_dir()), None)
    if pose_file is not None:
        poses, _ = read_poses(pose_file)
    elif folder is not None:
        files = list_files(folder, (".txt",))
        poses = np.stack([read_matrix(p) for p in files]) if files else np.zeros((0, 4, 4))
    else:
        msg = f"{path} has no poses: expected one of {', '.join(_POSE_FILES)} or a folder poses"
        raise FormatError(msg)
    is_float = all(p.suffix.lower() == ".npy" for p in depths)
    return Listing(photos, depths, poses, _intrinsics_of(path), 1.0 if is_float else None)


def _intrinsics_of(path: Path) -> FloatArray | None:
    file = first_existing(path, INTRINSICS_NAMES)
    return None if file is None else read_intrinsics(file)


def _capture(path: Path, listing: Listing, options: ImportOptions, title: str) -> Capture:
    """Read the pictures of a listing; poses become world to camera."""
    counts = {len(listing.photos), len(listing.depths), len(listing.poses)}
    if len(counts) > 1 or not listing.photos:
        msg = (
            f"{path} has {len(listing.photos)} photos, {len(listing.depths)} depth pictures and"
            f" {len(listing.poses)} poses: the same number of each is needed"
        )
        raise SceneError(msg)
    chosen = range(0, len(listing.photos), max(1, options.every))
    usable = [i for i in chosen if is_pose(listing.poses[i])]
    notes = [f"{title}: {len(usable)} photos.", *listing.notes]
    if len(usable) < len(chosen):
        notes.append(f"{len(chosen) - len(usable)} photos have no valid pose and are left out.")
    if not usable:
        msg = f"{path} has no valid pose: each must be a rotation and a position"
        raise SceneError(msg)
    depths = [listing.depths[i] for i in usable]
    require_room_for_depths(path, depths, limit=options.memory_limit)
    frames = tuple(_frame(listing, i, options) for i in usable)
    convention = options.convention or "c2w"
    return Capture(path.resolve().name, frames, convention, notes=tuple(notes))


def _frame(listing: Listing, i: int, options: ImportOptions) -> Frame:
    photo = photo_at(listing.photos[i])
    depth = _depth(listing.depths[i], listing)
    height, width = depth.shape
    matrix = pinhole(PRIMESENSE) if listing.matrix is None else listing.matrix
    camera = _fitting(Camera.from_matrix(matrix, width, height), (photo.height, photo.width))
    name = listing.photos[i].stem.removesuffix(".color")
    convention, axes = options.convention or "c2w", options.axes or "cv"
    world_from_cam = world_from_cam_of(listing.poses[i], convention, axes)
    return Frame(name, camera, inverse(world_from_cam), photo, depth)


def _fitting(camera: Camera, photo_size: tuple[int, int]) -> Camera:
    """Return the camera at the depth's size; intrinsics of the larger photo are scaled down."""
    belongs_to_photo = camera.cx > 0.75 * camera.width and photo_size[1] > camera.width
    if not belongs_to_photo:
        return camera
    of_photo = Camera.from_matrix(camera.matrix, photo_size[1], photo_size[0])
    return of_photo.resized(camera.width, camera.height)


def _depth(path: Path, listing: Listing) -> FloatArray:
    if path.suffix.lower() == ".npy":
        values = read_npy(path)
    else:
        with open_image(path) as image:
            values = pixels_of(image, path)
    if values.ndim != 2 or not values.size or values.dtype.kind not in "uif":
        msg = f"{path} must be a depth picture of one channel, found {values.dtype} {values.shape}"
        raise FormatError(msg)
    with np.errstate(over="ignore"):
        raw = values.astype(np.float32)
    unit = 1.0 if values.dtype.kind == "f" or listing.unit is None else listing.unit
    with np.errstate(invalid="ignore"):
        unknown = ~np.isfinite(raw) | (raw <= 0)
    if values.dtype.kind != "f":
        unknown |= np.isin(values, listing.invalid)
    raw[unknown] = 0
    depth: FloatArray = raw * np.float32(unit)
    return depth


RGBD_IMPORTERS: dict[str, Importer] = {
    **{
        name: Importer(title, partial(_recognizes, name), partial(_read, name), _USES)
        for name, (title, _) in LAYOUTS.items()
    },
    "rgbd": Importer("folder of posed RGB-D pictures", _recognizes_generic, _read_generic, _USES),
}
"""By the name that forces it; the generic reader comes last."""
