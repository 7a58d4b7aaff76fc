"""Photos without depth: do they show the same colours where they show the same points?

Where poses are read wrong, what two photos show at a point has nothing to do with each other. Other
ways of reading them are tried, and one that fits clearly better is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.camera import transform
from o3d_paint.core.consistency import reversed_poses
from o3d_paint.core.scene import Frame
from o3d_paint.errors import PaintError

__all__ = ["told_by_colors"]

_POINTS = 3000
_PHOTOS = 8  # decoding more takes longer than reading the scene
_LEAST_SEEN = 100  # points in two photos, below which colours say nothing
_LEAST_SPREAD = 8.0  # levels by which a scene's colours must differ to say anything
_CLEARLY_BETTER = 0.65
"""Of the stated reading's disagreement: on three real captures right readings have 5 to 38 %, and
the other way round 53 to 70 %."""
_RELATED, _UNRELATED = 0.5, 0.75
_FLIP = np.diag([1.0, -1.0, -1.0, 1.0])

Picture = npt.NDArray[np.uint8]


def told_by_colors(xyz: FloatArray, rgb: RgbArray | None, frames: Sequence[Frame]) -> list[str]:
    """Return what colours say against the poses; nothing where they fit, or say nothing.

    Args:
        xyz: (N, 3) points of the scene.
        rgb: (N, 3) their colours, which count like a photo's; None where they have none.
        frames: Photos with poses as they are read.
    """
    chosen = list(frames[:: max(1, -(-len(frames) // _PHOTOS))])
    if len(chosen) < 2 or not len(xyz):
        return []
    step = max(1, -(-len(xyz) // _POINTS))
    own = None if rgb is None or np.ptp(rgb[::step].astype(int)) == 0 else rgb[::step]
    try:
        pictures = [frame.photo.pixels() for frame in chosen]
    except PaintError:
        # Whoever shows the photo says what is wrong with it.
        return []
    readings = {
        "": chosen,
        "poses that run the other way round (--convention)": list(reversed_poses(chosen)),
        "the camera's other axes, y and z turned round (--axes)": _flipped(chosen),
        "poses that run the other way round and other axes (--convention, --axes)": _flipped(
            list(reversed_poses(chosen))
        ),
    }
    costs = {n: _unlikeness(xyz[::step], own, f, pictures) for n, f in readings.items()}
    stated = costs.pop("")
    best = min(costs, key=lambda n: costs[n] if np.isfinite(costs[n]) else np.inf)
    other = costs[best]
    if np.isfinite(other) and other < _RELATED and not other >= _CLEARLY_BETTER * stated:
        return [
            f"Photos agree better with {best}: at the same points their colours differ by"
            f" {other:.0%} of what differs in the scene, and by {_percent(stated)} as they are"
            " read. Check that before painting."
        ]
    if stated > _UNRELATED:
        return [
            f"Colours of one point in two photos differ nearly as much as any two: {stated:.0%}."
            " Poses or cloud may be wrong, or an offset missing: look at a photo on the cloud."
        ]
    return []


def _percent(share: float) -> str:
    return f"{share:.0%}" if np.isfinite(share) else "nothing, since no two see the same points,"


def _flipped(frames: Sequence[Frame]) -> list[Frame]:
    return [replace(f, cam_from_world=_FLIP @ f.cam_from_world) for f in frames]


def _unlikeness(
    xyz: FloatArray, rgb: RgbArray | None, frames: Sequence[Frame], pictures: Sequence[Picture]
) -> float:
    """Return how far colours at the same point differ, in shares of how far all differ.

    NaN where too few points lie in two photos, or all have the same colour.
    """
    shown = np.full((len(frames), len(xyz), 3), np.nan)
    for i, (frame, picture) in enumerate(zip(frames, pictures, strict=True)):
        h, w = picture.shape[:2]
        with np.errstate(invalid="ignore", over="ignore"):
            uv = frame.camera.resized(w, h).project(transform(frame.cam_from_world, xyz))
            uv = np.floor(uv + 0.5)
            inside = np.flatnonzero(((uv >= 0) & (uv < (w, h))).all(axis=1))
        u, v = uv[inside].astype(np.int64).T
        shown[i, inside] = picture[v, u]
    counts = np.isfinite(shown[..., 0]).sum(axis=0)
    seen = counts >= 1 if rgb is not None else counts >= 2
    if np.count_nonzero(seen) < min(_LEAST_SEEN, len(xyz) / 4) or not seen.any():
        return float("nan")
    kept = shown[:, seen]
    if rgb is not None:
        kept = np.concatenate([kept, rgb[None, seen].astype(np.float64)])
    within = np.abs(kept - np.nanmedian(kept, axis=0)).sum(axis=2)
    overall = np.abs(kept - np.nanmedian(kept, axis=(0, 1))).sum(axis=2)
    spread = float(np.nanmean(overall))
    return float(np.nanmean(within)) / spread if spread > _LEAST_SPREAD else float("nan")
