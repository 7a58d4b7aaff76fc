"""Which way to read poses and depths of an unknown kind: the one by which photos agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.consistency import agreement_between
from o3d_paint.core.scene import Frame
from o3d_paint.errors import SceneError
from o3d_paint.io.capture import Capture, Convention, ImportOptions
from o3d_paint.io.importers.pose_files import world_from_cam_of
from o3d_paint.io.importers.rgbd_layouts import Listing

__all__ = ["Reading", "best_reading"]

_UNITS = {"1/1000": 1 / 1000, "1/5000": 1 / 5000, "1/6553.5": 1 / 6553.5, "1/10000": 1e-4}
_CAMERAS = {
    "525 525 319.5 239.5 (PrimeSense)": (525.0, 525.0, 319.5, 239.5),
    "585 585 320 240 (Kinect)": (585.0, 585.0, 320.0, 240.0),
    "481.2 -480 319.5 239.5 (ICL-NUIM)": (481.2, -480.0, 319.5, 239.5),
}
_STANDARD_SIZE = (640, 480)
_PLAUSIBLE_ERROR = 0.05
_CLEARLY_BETTER = 1.5
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a folder, and how far photos disagree about distances when it is taken."""

    unit_name: str
    unit: float
    direction: Convention
    axes: str
    camera_name: str
    camera: Camera | None
    error: float = float("nan")

    @property
    def title(self) -> str:
        """The reading in words."""
        return f"unit {self.unit_name}, {self.direction}, {self.axes} axes, {self.camera_name}"

    def differs_only_in_camera(self, other: Reading) -> bool:
        """Return whether unit, direction and axes are the same."""
        mine = (self.unit, self.direction, self.axes)
        return mine == (other.unit, other.direction, other.axes)


def best_reading(path: Path, capture: Capture, listing: Listing, options: ImportOptions) -> Capture:
    """Return the capture, read in the way by which its photos agree best.

    Args:
        path: The folder, for messages.
        capture: Frames with raw depth values and poses read as camera to world.
        listing: What is known for certain: unit and intrinsics, or None.
        options: What the user says; not tried otherwise.

    Raises:
        SceneError: No reading is plausible, or two are nearly alike.
    """
    tried = [
        replace(r, error=agreement_between(_read_as(capture.frames, r)).error)
        for r in _candidates(capture.frames[0], listing, options)
    ]
    ranked = sorted(tried, key=lambda r: r.error if np.isfinite(r.error) else np.inf)
    report = "; ".join(f"{r.title}: {r.error:.1%}" for r in ranked[:_SHOWN])
    best = ranked[0]
    others = [r for r in ranked if not r.differs_only_in_camera(best)]
    is_clear = not others or not others[0].error <= _CLEARLY_BETTER * best.error
    if len(ranked) > 1 and (not best.error < _PLAUSIBLE_ERROR or not is_clear):
        msg = (
            f"{path}: it cannot be told how to read poses and depths; depths of two photos differ"
            f" by (unit, direction, axes, camera) {report}: say it with --depth-unit,"
            " --convention, --axes and --intrinsics"
        )
        raise SceneError(msg)
    finding = f"Read with {best.title}: depths of two photos differ by {best.error:.1%}"
    if others:
        finding += f" (next best reading: {others[0].error:.1%})"
    if listing.matrix is None:
        finding += "; no file says the intrinsics, better give them with --intrinsics"
    frames = _read_as(capture.frames, best)
    notes = (*capture.notes, f"{finding}.")
    # The photos have been asked already; nobody need ask them again.
    return replace(capture, frames=frames, convention=best.direction, notes=notes, is_settled=True)


def _candidates(frame: Frame, listing: Listing, options: ImportOptions) -> Iterator[Reading]:
    units = _UNITS if listing.unit is None else {f"{listing.unit:g}": listing.unit}
    cameras: dict[str, Camera | None] = {"intrinsics of the folder": None}
    if listing.matrix is None:
        w, h = frame.camera.width, frame.camera.height
        cameras = {
            name: Camera(*values, *_STANDARD_SIZE).resized(w, h)
            for name, values in _CAMERAS.items()
        }
    both: tuple[Convention, ...] = ("c2w", "w2c")
    directions = (options.convention,) if options.convention else both
    axes = (options.axes,) if options.axes else ("cv", "gl")
    for camera_name, camera in cameras.items():
        for unit_name, unit in units.items():
            for direction in directions:
                for axis in axes:
                    yield Reading(unit_name, unit, direction, axis, camera_name, camera)


def _read_as(frames: tuple[Frame, ...], reading: Reading) -> tuple[Frame, ...]:
    return tuple(_frame_as(f, reading) for f in frames)


def _frame_as(frame: Frame, reading: Reading) -> Frame:
    matrix = world_from_cam_of(frame.world_from_cam, reading.direction, reading.axes)
    depth = None if frame.depth is None else frame.depth * np.float32(reading.unit)
    camera = frame.camera if reading.camera is None else reading.camera
    return replace(frame, camera=camera, cam_from_world=inverse(matrix), depth=depth)
