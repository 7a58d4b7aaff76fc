"""Photos whose cameras a surveying program worked out: found, straightened, and given a cloud.

Each importer of such a program says what its file has as `Survey`; what all of them share is here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.camera import Camera, nearest_rotation
from o3d_paint.core.scene import Frame, Photo
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.capture import Capture, Convention, ImportOptions
from o3d_paint.io.clouds.cloud_file import CloudFile
from o3d_paint.io.images import MAX_SIDE, photo_at
from o3d_paint.io.importers.left_out import LeftOut, shape_fault
from o3d_paint.io.importers.photo_finder import PhotoFinder
from o3d_paint.io.importers.pose_files import CV_FROM_GL, is_pose, require_camera
from o3d_paint.io.own_cloud import fit_of_cloud
from o3d_paint.io.undistort import Lens, UndistortedPhoto, pinhole_of

__all__ = ["PosedPhoto", "Size", "Survey", "View", "capture_of", "posed", "view_of"]

Size = tuple[int, int]
"""(height, width) of a photo, in pixels."""

_NAMED = 5
_NEW_SHAPE = "its shape is not its camera's"


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """How a lens's photos are seen.

    Attributes:
        camera: Pinhole camera at the size that the file states.
        straighten: Makes of a photo of the lens one of that camera.
    """

    camera: Camera
    straighten: Callable[[Photo], Photo]


@dataclass(frozen=True, slots=True, eq=False)
class PosedPhoto:
    """A photo as a file names it.

    Attributes:
        name: With folders of whatever computer, or without its ending.
        cam_from_world: (4, 4) with OpenCV axes; None where the file has none that is valid.
        view: Returns how its lens sees, given the photo's (height, width); raises a `PaintError`
            where the lens cannot be read.
    """

    name: str
    cam_from_world: FloatArray | None
    view: Callable[[Size], View]


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What a surveying program's file has.

    Attributes:
        source: The file.
        title: The program, for notes.
        photos: In the order of the file.
        places: Folders in which the photos may lie, the likeliest first.
        convention: Direction in which the file holds poses.
        axes: Camera axes in which the file holds poses.
        xyz: (N, 3) tie points; None where the file has none.
        rgb: (N, 3) their colours, or None.
        clouds: Dense clouds in the poses' coordinates, where the layout has them, best first.
        notes: One sentence each.
        up: What points up, where the file says it.
        unposed: Names of photos for which the program found no pose.
        name: Of the scene; empty takes the folder's.
    """

    source: Path
    title: str
    photos: list[PosedPhoto]
    places: tuple[Path, ...]
    convention: Convention
    axes: str = "cv"
    xyz: FloatArray | None = None
    rgb: RgbArray | None = None
    clouds: tuple[Path, ...] = ()
    notes: list[str] = field(default_factory=list)
    up: tuple[float, float, float] | None = None
    unposed: list[str] = field(default_factory=list)
    name: str = ""


def view_of(lens: Lens, where: str) -> View:
    """Return how a lens of OpenCV's terms sees; straight ones show photos as they are.

    Raises:
        FormatError: The lens is none, or no pinhole camera fits it.
    """
    if not (1 <= lens.width <= MAX_SIDE and 1 <= lens.height <= MAX_SIDE):
        msg = f"{where} has {lens.width}x{lens.height} pixels, which no photo has: export it again"
        raise FormatError(msg)
    require_camera(lens.matrix, where)
    if not np.isfinite(lens.coefficients).all():
        msg = f"{where} has a distortion that is not finite: export it again"
        raise FormatError(msg)
    camera = Camera.from_matrix(lens.matrix, lens.width, lens.height)
    if not lens.is_fisheye and not lens.coefficients.any():
        return View(camera, _as_it_is)
    try:
        pinhole = pinhole_of(lens)
    except ValueError as error:
        msg = f"{where}: {error}: export undistorted photos"
        raise FormatError(msg) from error
    return View(pinhole, partial(UndistortedPhoto, lens=lens, camera=pinhole))


def _as_it_is(photo: Photo) -> Photo:
    return photo


def posed(rotation: FloatArray, center: FloatArray) -> FloatArray | None:
    """Return (4, 4) world to camera; None where it is no pose.

    Args:
        rotation: (3, 3) world to camera, a rotation up to the digits of its file.
        center: (3,) where the camera stands.
    """
    full = np.eye(4)
    full[:3, :3], full[:3, 3] = rotation, center
    if not is_pose(full):
        return None
    # From the place it stands: seven digits of a rotation would move a camera at 5e6 by metres.
    full[:3, :3] = nearest_rotation(full[:3, :3])
    full[:3, 3] = -full[:3, :3] @ np.asarray(center, dtype=np.float64)
    return full


def capture_of(survey: Survey, options: ImportOptions) -> Capture:
    """Return the photos that are there, and the cloud that lies beside them.

    Raises:
        PaintError: No photo can be used, or there is no cloud of any kind.
    """
    finder = PhotoFinder(survey.places if options.images is None else (options.images,))
    left_out = LeftOut()
    used: set[Path] = set()
    frames = []
    for photo in survey.photos[:: max(1, options.every)]:
        try:
            frame = _frame(photo, survey, finder, options, left_out, used)
        except PaintError as error:
            left_out.add_error(repr(photo.name), error)
            continue
        if frame is not None:
            frames.append(frame)
    left_out.require_rest(len(frames), str(survey.source))
    if not frames:
        msg = f"{survey.source} has no photo with a pose: align the photos, then export it again"
        raise SceneError(msg)
    notes = [f"{survey.title}: {len(frames)} photos of {survey.source}.", *left_out.notes()]
    notes += survey.notes
    notes += _without_pose(survey)
    cloud = _cloud(survey, frames, options, notes)
    name = survey.name or survey.source.resolve().parent.name or survey.source.stem
    xyz, rgb = (None, None) if cloud is None else cloud
    return Capture(name, tuple(frames), survey.convention, xyz, rgb, tuple(notes), up=survey.up)


def _without_pose(survey: Survey) -> list[str]:
    names = survey.unposed
    if not names:
        return []
    listed = ", ".join(repr(n) for n in names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    verb = "has" if len(names) == 1 else "have"
    count = len(survey.photos) + len(names)
    return [f"{len(names)} of {count} photos {verb} no pose in {survey.source.name}: {listed}."]


def _frame(
    record: PosedPhoto,
    survey: Survey,
    finder: PhotoFinder,
    options: ImportOptions,
    left_out: LeftOut,
    used: set[Path],
) -> Frame | None:
    """Return a photo with its camera; None where it is left out.

    Raises:
        PaintError: Its file or its lens cannot be read.
    """
    if record.cam_from_world is None:
        msg = f"{survey.source}: {record.name!r} has no valid pose: a rotation and a position"
        left_out.add(repr(record.name), "it has no valid pose", msg)
        return None
    found = finder.find(record.name)
    if found.path is None:
        msg = f"{survey.source} names the photo {record.name!r}, but {found.reason}"
        left_out.add(repr(record.name), found.reason, msg)
        return None
    if found.path in used:
        msg = f"{survey.source} names the photo {record.name!r} twice"
        left_out.add(repr(record.name), "it is named twice", msg)
        return None
    photo: Photo = photo_at(found.path)
    view = record.view((photo.height, photo.width))
    fault = shape_fault(photo, (view.camera.height, view.camera.width))
    if fault is not None:
        msg = f"{found.path} has {fault} in {survey.source}: give the photos that it was made from"
        left_out.add(f"{record.name!r} ({fault})", _NEW_SHAPE, msg)
        return None
    used.add(found.path)
    pose = record.cam_from_world
    if options.axes is not None and options.axes != survey.axes:
        pose = CV_FROM_GL @ pose
    relative = found.path.relative_to(finder.folder).with_suffix("")
    return Frame("_".join(relative.parts), view.camera, pose, view.straighten(photo))


def _cloud(
    survey: Survey, frames: list[Frame], options: ImportOptions, notes: list[str]
) -> tuple[FloatArray, RgbArray | None] | None:
    """Return the dense cloud beside the file, or its tie points; None where the user gave one.

    Raises:
        SceneError: There is neither.
    """
    if options.cloud is not None:
        return None
    for path in survey.clouds:
        if not path.is_file():
            continue
        try:
            cloud = _read_cloud(path)
        except PaintError as error:
            notes.append(f"The cloud beside the photos is not taken: {error}.")
            continue
        notes += [f"{len(cloud.xyz):,} points of {path} are the cloud (see --cloud).", *cloud.notes]
        notes += fit_of_cloud(path, cloud.xyz, frames)
        return cloud.xyz, cloud.rgb
    if survey.xyz is None or not len(survey.xyz):
        msg = f"{survey.source} has cameras and no points: give the dense cloud with --cloud"
        raise SceneError(msg)
    finite = np.isfinite(survey.xyz).all(axis=1)
    notes.append(
        f"The {np.count_nonzero(finite):,} tie points are the cloud: give the dense cloud, exported"
        " in the same coordinates, with --cloud."
    )
    return survey.xyz[finite], None if survey.rgb is None else survey.rgb[finite]


def _read_cloud(path: Path) -> CloudFile:
    # The readers of clouds know estimators' names for arrays, and those are importers.
    from o3d_paint.io.clouds.registry import read_cloud

    return read_cloud(path)
