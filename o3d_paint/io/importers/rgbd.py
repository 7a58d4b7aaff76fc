"""Folders of posed colour and depth pictures.

Known data sets are listed by `rgbd_layouts`. Any other folder with colour and depth pictures and a
file of poses is read in every plausible way, and the way in which the photos agree about distances
is taken; where none stands out, the error says how well each agreed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.scene import Frame
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.capture import Capture, Importer, ImportOptions
from o3d_paint.io.depth_pictures import DEPTH_SUFFIXES, DepthFiles, DepthMeaning
from o3d_paint.io.depth_room import require_room_for_depths
from o3d_paint.io.images import MAX_ASPECT, PHOTO_SUFFIXES, list_files, photo_at
from o3d_paint.io.importers.depth_units import doubts_about_unit, unit_name
from o3d_paint.io.importers.left_out import LeftOut, shape_fault
from o3d_paint.io.importers.pose_files import (
    is_pose,
    read_intrinsics,
    read_poses,
    world_from_cam_of,
)
from o3d_paint.io.importers.readings import best_reading
from o3d_paint.io.importers.rgbd_layouts import INTRINSICS_NAMES, LAYOUTS
from o3d_paint.io.importers.rgbd_listing import (
    Assumed,
    Listing,
    first_existing,
    matched,
    pinhole,
    poses_by_name,
)

__all__ = ["RGBD_IMPORTERS"]

_COLOR_FOLDERS = ("color", "rgb", "images", "image", "colour")
_POSE_FILES = ("pose.txt", "poses.txt", "traj.txt", "trajectory.txt", "groundtruth.txt")
_STANDARD_SIZE = (640, 480)
_OTHER_SHAPE = "its shape is not that of its depth picture"
_USES = ("axes", "intrinsics", "depth_unit", "invalid_depth", "every")


def _recognizes(name: str, path: Path) -> bool:
    return path.is_dir() and LAYOUTS[name][1](path) is not None


def _read(name: str, path: Path, options: ImportOptions) -> Capture:
    title, list_folder = LAYOUTS[name]
    listing = list_folder(path)
    if listing is None:
        msg = f"{path} is not laid out like {title}: see assets/docs/scenes.md"
        raise FormatError(msg)
    listing = _overridden(listing, options)
    capture = _capture(path, listing, options, title)
    notes = [*capture.notes, *_about_intrinsics(listing, capture.frames[0])]
    if options.depth_unit is None:
        unit = 1.0 if _holds_floats(listing) else listing.unit or 1.0
        notes += doubts_about_unit(capture.frames, unit, f"in steps of {unit_name(unit)}")
    return replace(capture, notes=tuple(notes))


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


def _meaning(listing: Listing, options: ImportOptions) -> DepthMeaning:
    """Return what depth values mean; floats are metres and never unknown, unless the user says."""
    given = () if options.invalid_depth is None else (float(options.invalid_depth),)
    return DepthMeaning(
        unit=1.0 if listing.unit is None else listing.unit,
        float_unit=1.0 if options.depth_unit is None else options.depth_unit,
        invalid=listing.invalid,
        float_invalid=given,
    )


def _recognizes_generic(path: Path) -> bool:
    return path.is_dir() and (path / "depth").is_dir() and _color_folder(path) is not None


def _read_generic(path: Path, options: ImportOptions) -> Capture:
    """Read a folder of an unknown kind.

    Raises:
        FormatError: There are no poses, or a picture is broken.
        SceneError: No reading makes the photos agree.
    """
    listing = _overridden(_list_generic(path), options)
    as_stored = replace(options, axes=None, convention=None, depth_unit=None)
    capture = _capture(path, replace(listing, unit=1.0), as_stored, "Posed RGB-D folder")
    is_float = _holds_floats(listing)
    return best_reading(path, capture, listing, options, is_float=is_float)


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
        poses = poses_by_name(list_files(folder, (".txt",)), photos)
    else:
        msg = f"{path} has no poses: expected one of {', '.join(_POSE_FILES)} or a folder poses"
        raise FormatError(msg)
    listing = matched(path, photos, depths, poses, _intrinsics_of(path))
    return replace(listing, unit=None)


def _holds_floats(listing: Listing) -> bool:
    """Return whether the depth pictures are of floats; one that is broken says nothing."""
    for path in listing.depths:
        try:
            return DepthFiles([path]).read(path).dtype.kind == "f"
        except FormatError:
            continue
    return False


def _intrinsics_of(path: Path) -> FloatArray | None:
    file = first_existing(path, INTRINSICS_NAMES)
    return None if file is None else read_intrinsics(file)


def _capture(path: Path, listing: Listing, options: ImportOptions, title: str) -> Capture:
    """Read the pictures of a listing; poses become world to camera.

    Raises:
        FormatError: Of the first photo, where none can be read.
        SceneError: There is no photo, or they would not fit into memory.
    """
    left_out = LeftOut()
    for missing in listing.missing:
        left_out.add(missing.name, missing.reason, missing.message)
    chosen = range(0, len(listing.photos), max(1, options.every))
    usable = [i for i in chosen if is_pose(listing.poses[i])]
    for i in chosen:
        if i not in set(usable):
            msg = f"{path} has no valid pose: each must be a rotation and a position"
            left_out.add(repr(listing.photos[i].name), "it has no valid pose", msg)
    named = [listing.depths[i] for i in usable]
    require_room_for_depths(path, named, limit=options.memory_limit)
    depths = DepthFiles(named)
    meaning = _meaning(listing, options)
    frames: list[Frame] = []
    for i in usable:
        try:
            values = depths.read(listing.depths[i])
            frame = _frame(listing, i, meaning.depth_of(values), options)
        except FormatError as error:
            left_out.add_error(repr(listing.photos[i].name), error)
            continue
        fault = shape_fault(frame.photo, values.shape, tolerance=MAX_ASPECT - 1)
        if fault is None:
            frames.append(frame)
        else:
            name = listing.photos[i]
            left_out.add(f"{name.name!r} ({fault})", _OTHER_SHAPE, f"{name} has {fault}")
    left_out.require_rest(len(frames), str(path))
    if not frames:
        msg = f"{path} has no photos with depth and a pose: copy the whole folder"
        raise SceneError(msg)
    notes = [f"{title}: {len(frames)} photos.", *listing.notes, *left_out.notes()]
    convention = options.convention or "c2w"
    return Capture(path.resolve().name, tuple(frames), convention, notes=tuple(notes))


def _about_intrinsics(listing: Listing, frame: Frame) -> list[str]:
    """Say which camera is assumed, or that the file's is of another size."""
    camera = frame.camera
    size = f"{camera.width}x{camera.height}"
    if listing.matrix is None:
        values = " ".join(f"{v:g}" for v in listing.assumed.values)
        return [
            f"No file says the intrinsics: {values} at 640x480 ({listing.assumed.name}) is assumed"
            + (f", scaled to {size}" if size != "640x480" else "")
            + "; another camera makes the scene too wide or too narrow, give its own with"
            " --intrinsics."
        ]
    if camera.cx != listing.matrix[0, 2]:
        photo = f"{frame.photo.width}x{frame.photo.height}"
        return [
            f"The intrinsics are taken for those of the photos ({photo}) and scaled to the depth"
            f" pictures ({size})."
        ]
    return []


def _frame(listing: Listing, i: int, depth: FloatArray, options: ImportOptions) -> Frame:
    photo = photo_at(listing.photos[i])
    height, width = depth.shape
    if listing.matrix is None:
        camera = _assumed(listing.assumed, width, height)
    else:
        camera = _fitting(
            Camera.from_matrix(listing.matrix, width, height), (photo.height, photo.width)
        )
    name = listing.photos[i].stem.removesuffix(".color")
    convention, axes = options.convention or "c2w", options.axes or "cv"
    world_from_cam = world_from_cam_of(listing.poses[i], convention, axes)
    return Frame(name, camera, inverse(world_from_cam), photo, depth)


def _assumed(assumed: Assumed, width: int, height: int) -> Camera:
    """Return an assumed camera at the depth's size; of another shape it looks from the middle."""
    standard = Camera(*assumed.values, *_STANDARD_SIZE)
    if abs(width * _STANDARD_SIZE[1] / (height * _STANDARD_SIZE[0]) - 1) < MAX_ASPECT - 1:
        return standard.resized(width, height)
    scale = width / _STANDARD_SIZE[0]
    fx, fy = standard.fx * scale, standard.fy * scale
    return Camera(fx, fy, (width - 1) / 2, (height - 1) / 2, width, height)


def _fitting(camera: Camera, photo_size: tuple[int, int]) -> Camera:
    """Return the camera at the depth's size; intrinsics of the larger photo are scaled down."""
    belongs_to_photo = camera.cx > 0.75 * camera.width and photo_size[1] > camera.width
    if not belongs_to_photo:
        return camera
    of_photo = Camera.from_matrix(camera.matrix, photo_size[1], photo_size[0])
    return of_photo.resized(camera.width, camera.height)


RGBD_IMPORTERS: dict[str, Importer] = {
    **{
        name: Importer(title, partial(_recognizes, name), partial(_read, name), _USES)
        for name, (title, _) in LAYOUTS.items()
    },
    "rgbd": Importer("folder of posed RGB-D pictures", _recognizes_generic, _read_generic, _USES),
}
"""By the name that forces it; the generic reader comes last."""
