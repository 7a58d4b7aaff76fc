"""In which direction a file's poses run: as its format says, unless the photos say otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from o3d_paint.core.consistency import agreement_between, reversed_poses
from o3d_paint.core.scene import Frame
from o3d_paint.io.capture import Capture, Convention
from o3d_paint.io.color_agreement import told_by_colors
from o3d_paint.io.importers.pose_files import CV_FROM_GL

__all__ = ["directed"]

_CLEARLY_BETTER = 2.0
_PLAUSIBLE_ERROR = 0.05


def directed(
    capture: Capture, convention: Convention | None
) -> tuple[tuple[Frame, ...], list[str]]:
    """Return the photos with poses in the right direction, and what was found.

    The importer reads poses as its format defines them (world to camera after reading). The other
    reading replaces it only when the photos agree clearly better that way.
    """
    if capture.is_settled and convention in (None, capture.convention):
        return capture.frames, []
    stated, reverse = capture.frames, _reversed(capture)
    here, there = agreement_between(stated).error, agreement_between(reverse).error
    if convention is not None:
        if convention != capture.convention:
            stated, here, there = reverse, there, here
        if there * _CLEARLY_BETTER >= here or not np.isfinite(there):
            return stated, []
        return stated, [
            f"Poses are read as {convention}, as you said, although photos agree better the"
            f" other way round (depths differ by {there:.1%} instead of {here:.1%})."
        ]
    if np.isnan(here) and np.isnan(there):
        return stated, _untested(capture)
    other: Convention = "c2w" if capture.convention == "w2c" else "w2c"
    if there * _CLEARLY_BETTER < here or (np.isnan(here) and there < _PLAUSIBLE_ERROR):
        return reverse, [f"{_finding(other, there, here)} {capture.on_reversal}"]
    notes = [_finding(capture.convention, here, there)]
    if not here <= _PLAUSIBLE_ERROR:
        notes.append(f"That is much: check the poses and depths, or try --convention {other}.")
    return stated, notes


def _reversed(capture: Capture) -> tuple[Frame, ...]:
    """Return the photos as if the file's poses ran the other way, with the axes that it has."""
    turned = reversed_poses(capture.frames)
    if capture.axes == "cv":
        return turned
    flip = CV_FROM_GL
    return tuple(replace(f, cam_from_world=flip @ f.cam_from_world @ flip) for f in turned)


def _finding(convention: Convention, error: float, reverse_error: float) -> str:
    """Return the sentence about the direction of the poses."""
    direction = "world to camera" if convention == "w2c" else "camera to world"
    found = (
        "photos share nothing" if np.isnan(error) else f"depths of two photos differ by {error:.1%}"
    )
    reverse = "nothing is shared" if np.isnan(reverse_error) else f"{reverse_error:.1%}"
    return f"Poses run from {direction}: {found} in the median (read the other way: {reverse})."


def _untested(capture: Capture) -> list[str]:
    """Return what to say where no two photos' depths can be compared."""
    if sum(f.depth is not None for f in capture.frames) < 2:
        if capture.xyz is None:
            return []
        return told_by_colors(capture.xyz, capture.rgb, capture.frames)
    return ["No two photos show the same place, so the direction of the poses is not tested."]
