"""Which way to read poses and depths of an unknown kind: the one by which photos agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.consistency import agreement_between, disagreement, pairs_alike
from o3d_paint.core.scene import Frame
from o3d_paint.errors import SceneError
from o3d_paint.io.capture import Capture, Convention, ImportOptions
from o3d_paint.io.importers.depth_units import WORST_FIT, best_scale, clearly_less, unit_name
from o3d_paint.io.importers.pose_files import world_from_cam_of
from o3d_paint.io.importers.rgbd_listing import Listing

__all__ = ["Reading", "best_reading"]

_UNITS = {
    "1/1000": 1e-3,
    "1/5000": 1 / 5000,
    "1/4000": 1 / 4000,
    "1/6553.5": 1 / 6553.5,
    "1/10000": 1e-4,
    "1/256": 1 / 256,
    "1/100": 1e-2,
}
_FLOAT_UNITS = {"1 (metres)": 1.0, "1/1000": 1e-3}
_CAMERAS = {
    "525 525 319.5 239.5 (PrimeSense)": (525.0, 525.0, 319.5, 239.5),
    "585 585 320 240 (Kinect)": (585.0, 585.0, 320.0, 240.0),
    "481.2 -480 319.5 239.5 (ICL-NUIM)": (481.2, -480.0, 319.5, 239.5),
}
_STANDARD_SIZE = (640, 480)
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a folder, and how far photos disagree about distances when it is taken.

    ``error`` is the median, for people; ``cost`` the sharper measure that decides.
    """

    unit_name: str
    unit: float
    direction: Convention
    axes: str
    camera_name: str
    camera: Camera | None
    error: float = float("nan")
    cost: float = float("nan")

    @property
    def title(self) -> str:
        """The reading in words."""
        return f"unit {self.unit_name}, {self.direction}, {self.axes} axes, {self.camera_name}"

    def differs_only_in_camera(self, other: Reading) -> bool:
        """Return whether unit, direction and axes are the same."""
        mine = (self.unit, self.direction, self.axes)
        return mine == (other.unit, other.direction, other.axes)


def best_reading(
    path: Path, capture: Capture, listing: Listing, options: ImportOptions, *, is_float: bool
) -> Capture:
    """Return the capture, read in the way by which its photos agree best.

    Args:
        path: The folder, for messages.
        capture: Frames with raw depth values and poses read as camera to world.
        listing: What is known for certain: unit and intrinsics, or None.
        options: What the user says; not tried otherwise.
        is_float: Whether depths are floats.

    Raises:
        SceneError: No reading is plausible, two are nearly alike, or the photos agree clearly
            better with another unit than any that is tried.
    """
    candidates = list(_candidates(capture.frames[0], listing, options, is_float=is_float))
    tried = _measured(capture.frames, candidates)
    ranked = sorted(tried, key=lambda r: r.cost if np.isfinite(r.error) else np.inf)
    report = "; ".join(f"{r.title}: {_percent(r.error)}" for r in ranked[:_SHOWN])
    best = ranked[0]
    others = [r for r in ranked if not r.differs_only_in_camera(best)]
    is_clear = not others or clearly_less(best.cost, others[0].cost)
    if len(ranked) > 1 and (not best.error < WORST_FIT or not is_clear):
        msg = (
            f"{path}: it cannot be told how to read poses and depths; a reading is taken where"
            f" depths of two photos differ by less than {WORST_FIT:.0%} and clearly less than in"
            f" any other, and they differ by (unit, direction, axes, camera) {report}: say it with"
            " --depth-unit, --convention, --axes and --intrinsics"
        )
        raise SceneError(msg)
    frames = _read_as(capture.frames, best)
    if listing.unit is None:
        _require_unit(path, frames, best)
    finding = f"Read with {best.title}: depths of two photos differ by {_percent(best.error)}"
    if others:
        finding += f" (next best reading: {_percent(others[0].error)})"
    if listing.matrix is None:
        finding += "; no file says the intrinsics, better give them with --intrinsics"
    notes = (*capture.notes, f"{finding}.")
    # The photos have been asked already; nobody need ask them again.
    return replace(capture, frames=frames, convention=best.direction, notes=notes, is_settled=True)


def _measured(frames: tuple[Frame, ...], readings: Sequence[Reading]) -> list[Reading]:
    """Return readings with how far photos disagree when each is taken.

    Readings of the same poses are compared between the same photos, whatever the unit.
    """
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = {}
    measured = []
    for reading in readings:
        read = _read_as(frames, reading)
        poses = (reading.direction, reading.axes)
        if poses not in pairs:
            pairs[poses] = pairs_alike(read)
        error = agreement_between(read).error
        measured.append(replace(reading, error=error, cost=disagreement(read, pairs[poses])))
    return measured


def _require_unit(path: Path, frames: tuple[Frame, ...], reading: Reading) -> None:
    """Refuse a unit where photos agree clearly better with another one, which nobody listed.

    Raises:
        SceneError: They do.
    """
    scale = best_scale(frames)
    if not scale.is_clear:
        return
    unit = unit_name(reading.unit * scale.factor)
    msg = (
        f"{path}: no usual unit of depth fits; with {reading.title} depths of two photos differ by"
        f" {_percent(scale.error)}, at about {unit} they would differ by {_percent(scale.best)}:"
        " say what one step of the depth pictures is with --depth-unit"
    )
    raise SceneError(msg)


def _percent(error: float) -> str:
    return f"{error:.1%}" if np.isfinite(error) else "nothing shared"


def _candidates(
    frame: Frame, listing: Listing, options: ImportOptions, *, is_float: bool
) -> Iterator[Reading]:
    units = _FLOAT_UNITS if is_float else _UNITS
    if listing.unit is not None:
        units = {f"{listing.unit:g}": listing.unit}
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
        for step, unit in units.items():
            for direction in directions:
                for axis in axes:
                    yield Reading(step, unit, direction, axis, camera_name, camera)


def _read_as(frames: tuple[Frame, ...], reading: Reading) -> tuple[Frame, ...]:
    return tuple(_frame_as(f, reading) for f in frames)


def _frame_as(frame: Frame, reading: Reading) -> Frame:
    matrix = world_from_cam_of(frame.world_from_cam, reading.direction, reading.axes)
    depth = None if frame.depth is None else frame.depth * np.float32(reading.unit)
    camera = frame.camera if reading.camera is None else reading.camera
    return replace(frame, camera=camera, cam_from_world=inverse(matrix), depth=depth)
