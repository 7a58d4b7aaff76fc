"""What recordings of phones share: photos with LiDAR depth, its confidence and ARKit's poses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.scene import Frame, Photo
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.capture import Capture, Convention, ImportOptions
from o3d_paint.io.depth_pictures import DepthFiles, DepthMeaning
from o3d_paint.io.images import MAX_SIDE, open_image, pixels_of
from o3d_paint.io.importers.depth_units import doubts_about_unit
from o3d_paint.io.importers.left_out import LeftOut, shape_fault
from o3d_paint.io.importers.pose_files import is_pose, require_camera, world_from_cam_of

__all__ = [
    "PhoneFrame",
    "Recording",
    "camera_of",
    "capture_of_recording",
    "confidence_at",
    "depth_at",
]

Axes = Literal["cv", "gl"]
_SAME_SHAPE = 0.06
MILLIMETRES = 0.001
"""What a step of the depth pictures is in all of these."""


@dataclass(frozen=True, slots=True, eq=False)
class PhoneFrame:
    """A moment of a recording, nothing of it decoded yet.

    Attributes:
        name: For people.
        pose: (4, 4) as the file has it; not finite where it has none.
        camera: Returns the intrinsics at any size of the photo's shape.
        photo: Returns the photo.
        depth: Returns (h, w) depth in metres, or None where there is none.
        confidence: Returns (h, w) 0..1, or None.
    """

    name: str
    pose: FloatArray
    camera: Callable[[], Camera]
    photo: Callable[[], Photo]
    depth: Callable[[], FloatArray | None]
    confidence: Callable[[], FloatArray | None] = lambda: None


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A recording.

    Attributes:
        source: Its file or folder.
        title: The app.
        frames: In the order of time, all of them.
        convention: Direction of its poses.
        axes: Camera axes of its poses.
        up: What points up in its world.
        notes: One sentence each.
    """

    source: Path
    title: str
    frames: list[PhoneFrame]
    convention: Convention = "c2w"
    axes: Axes = "gl"
    up: tuple[float, float, float] | None = (0.0, 1.0, 0.0)
    notes: list[str] = field(default_factory=list)


def camera_of(values: list[float], size: tuple[int, int], where: str) -> Camera:
    """Return a camera of fx, fy, cx, cy at a (width, height).

    Raises:
        FormatError: They are those of no camera.
    """
    fx, fy, cx, cy = values
    width, height = size
    require_camera(np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]), where)
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        msg = f"{where} is of {width}x{height} pixels, which no photo has: record it again"
        raise FormatError(msg)
    return Camera(fx, fy, cx, cy, width, height)


def depth_at(path: Path | None, options: ImportOptions) -> FloatArray | None:
    """Return the (h, w) depth of a picture in scene units; None where there is no picture.

    Raises:
        FormatError: It is damaged.
    """
    if path is None:
        return None
    unit = MILLIMETRES if options.depth_unit is None else options.depth_unit
    invalid = () if options.invalid_depth is None else (float(options.invalid_depth),)
    meaning = DepthMeaning(unit, 1.0 if options.depth_unit is None else unit, invalid, invalid)
    return meaning.depth_of(DepthFiles([path]).read(path))


def confidence_at(path: Path | None) -> FloatArray | None:
    """Return the (h, w) confidence 0..1 of a picture with ARKit's levels; None where there is none.

    Raises:
        FormatError: It is damaged.
    """
    if path is None:
        return None
    with open_image(path) as image:
        return levels_to_unit(pixels_of(image, path, mode="L"))


def levels_to_unit(levels: npt.NDArray[np.generic]) -> FloatArray:
    """Return ARKit's low, medium, high as 0, 0.5, 1: written as 0, 1, 2 or as 0, 54, 255."""
    values = np.asarray(levels, dtype=np.float32)
    unit: FloatArray
    if values.max(initial=0) <= 2:
        unit = values / np.float32(2)
    else:
        unit = np.where(values >= 128, 1, np.where(values > 0, 0.5, 0)).astype(np.float32)
    return unit


def capture_of_recording(recording: Recording, options: ImportOptions) -> Capture:
    """Read the photos of a recording that are whole.

    Raises:
        PaintError: None is.
    """
    left_out = LeftOut()
    dropped: list[str] = []
    frames = []
    for moment in recording.frames[:: max(1, options.every)]:
        if not is_pose(moment.pose):
            msg = f"{recording.source}: {moment.name!r} has no valid pose"
            left_out.add(repr(moment.name), "it has no valid pose", msg)
            continue
        try:
            frames.append(_frame(moment, recording, options, dropped))
        except PaintError as error:
            left_out.add_error(repr(moment.name), error)
    left_out.require_rest(len(frames), str(recording.source))
    with_depth = sum(f.depth is not None for f in frames)
    if not frames or (not with_depth and options.cloud is None):
        msg = f"{recording.source} has no photos with depth: record with LiDAR, or add --cloud"
        raise SceneError(msg)
    notes = [f"{recording.title}: {len(frames)} photos, {with_depth} with depth."]
    notes += [*recording.notes, *left_out.notes()]
    if dropped:
        notes.append(f"Depth of {len(dropped)} photos is left out: {dropped[0]}.")
    if with_depth and options.depth_unit is None:
        notes += doubts_about_unit(frames, MILLIMETRES, "in millimetres")
    name = recording.source.resolve().stem
    convention = options.convention or recording.convention
    axes = options.axes or recording.axes
    return Capture(name, tuple(frames), convention, notes=tuple(notes), up=recording.up, axes=axes)


def _frame(
    moment: PhoneFrame, recording: Recording, options: ImportOptions, dropped: list[str]
) -> Frame:
    """Return a photo with what depth it has.

    Raises:
        PaintError: The photo or its camera is damaged.
    """
    photo, camera = moment.photo(), moment.camera()
    fault = shape_fault(photo, (camera.height, camera.width))
    if fault is not None:
        msg = f"{moment.name!r} has {fault}: give the recording as it was exported"
        raise SceneError(msg)
    convention, axes = options.convention or recording.convention, options.axes or recording.axes
    pose = inverse(world_from_cam_of(moment.pose, convention, axes))
    depth, confidence = None, None
    try:
        depth = moment.depth()
        confidence = None if depth is None else moment.confidence()
    except PaintError as error:
        dropped.append(str(error))
    if depth is not None:
        fault = shape_fault(photo, (depth.shape[0], depth.shape[1]), tolerance=_SAME_SHAPE)
        if fault is not None:
            dropped.append(f"its shape is not its photo's ({fault})")
            depth = confidence = None
    if depth is None:
        return Frame(moment.name, camera.resized(photo.width, photo.height), pose, photo)
    if confidence is not None and confidence.shape != depth.shape:
        confidence = None
    size = (int(depth.shape[1]), int(depth.shape[0]))
    return Frame(moment.name, camera.resized(*size), pose, photo, depth, confidence)
