"""A way once around a cloud, about the axis that points up, with all of it in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, RgbArray
from o3d_paint.core.camera import transform
from o3d_paint.core.geometry import robust_bounds
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.core.views.orbit import Eye, first_look
from o3d_paint.core.views.render import camera_of_eye, framed

__all__ = ["label_colors", "shown_points", "turntable", "without_ceiling"]

_FILL = 0.86
_SAMPLE = 60_000
_VIEWS = 12  # from which the distance is found
_STEP = np.log(0.88)  # of one step of `Eye.nearer`
_PERCENT = 0.5
_MARGIN = 0.25  # of the scene, beside its robust bounds
_LABEL_WEIGHT = 0.74
_PALE = 0.55
_INSIDE = 0.8  # of the cameras


def shown_points(xyz: FloatArray) -> BoolArray:
    """Return (N,) which points are worth a picture: all but strays far from the scene."""
    low, high = robust_bounds(xyz, _PERCENT)
    margin = _MARGIN * (high - low)
    inside = (xyz >= low - margin) & (xyz <= high + margin)
    return np.asarray(inside.all(axis=1))


def without_ceiling(xyz: FloatArray, up: FloatArray, positions: Sequence[FloatArray]) -> BoolArray:
    """Return (N,) which points stay when a room is opened from above.

    Where the cameras stand inside of what they saw, everything well above them hides the rest from
    outside. All points stay where they look at the scene from around it.

    Args:
        xyz: (N, 3) points.
        up: (3,) unit vector.
        positions: (3,) centres of the cameras.
    """
    everything = np.ones(len(xyz), dtype=bool)
    if not len(positions):
        return everything
    low, high = robust_bounds(xyz, 2.0)
    centers = np.asarray(positions)
    inside = ((centers > low) & (centers < high)).all(axis=1)
    if inside.mean() < _INSIDE:
        return everything
    height = xyz @ up
    bottom = float(np.percentile(height, _PERCENT))
    eyes = float(np.percentile(centers @ up, 90))
    kept: BoolArray = height <= eyes + 0.15 * (eyes - bottom)
    return kept


def turntable(
    xyz: FloatArray,
    up: FloatArray,
    positions: Sequence[FloatArray],
    *,
    size: tuple[int, int],
    count: int,
) -> list[Eye]:
    """Return eyes at equal steps once around, the first where the cameras stand.

    Args:
        xyz: (N, 3) points to keep in view.
        up: (3,) unit vector.
        positions: (3,) centres of the cameras.
        size: (width, height) of the pictures.
        count: Number of eyes.
    """
    sample = xyz[:: max(1, len(xyz) // _SAMPLE)]
    eye = first_look(sample, up, positions, aspect=size[0] / size[1])
    if count == 1:
        return [framed(eye, sample, size=size, fill=_FILL)]
    for _ in range(6):
        views = [_turned(eye, i / _VIEWS) for i in range(_VIEWS)]
        bounds = np.array([_seen(view, sample, size) for view in views])
        middle = (bounds[:, 0, 1].min() + bounds[:, 1, 1].max()) / 2
        # The axis stays the axis: the view moves along it alone.
        shift = 2 * eye.distance * np.tan(eye.fov / 2) * middle / 2 * up
        eye = replace(eye, position=eye.position - shift, pivot=eye.pivot - shift)
        extent = np.abs(bounds - [0, middle]).max() / _FILL
        eye = eye.nearer(float(np.log(max(extent, 1e-3)) / _STEP))
    return [_turned(eye, i / count) for i in range(count)]


def label_colors(labels: IdArray, taxonomy: Taxonomy, rgb: RgbArray) -> RgbArray:
    """Return (N, 3) class colours through which the photo's still show; the rest is pale.

    Args:
        labels: (N,) class ids.
        taxonomy: Gives the colours.
        rgb: (N, 3) the photo's colours.
    """
    table = np.zeros((int(labels.max(initial=0)) + 1, 3), dtype=np.float32)
    known = taxonomy.color_table()[: len(table)]
    table[: len(known)] = known
    grey = rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    texture = 0.5 * rgb + 0.5 * grey[:, None]
    labelled = _LABEL_WEIGHT * table[labels] + (1 - _LABEL_WEIGHT) * texture
    pale = _PALE * 235 + (1 - _PALE) * grey[:, None]
    colors: RgbArray = np.where(labels[:, None] > 0, labelled, pale).astype(np.uint8)
    return colors


def _turned(eye: Eye, share: float) -> Eye:
    """Return the eye after a share of the full turn."""
    return eye.turned(-2 * share, 0, height=1.0)


def _seen(
    eye: Eye, xyz: FloatArray, size: tuple[int, int]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the corners of what is in view; 1 and -1 are the borders of the picture."""
    camera, cam_from_world = camera_of_eye(eye, *size)
    points = transform(cam_from_world, xyz)
    uv = camera.project(points[points[:, 2] > 0.05 * eye.distance])
    if not len(uv):
        return (-1.0, -1.0), (1.0, 1.0)
    low, high = np.percentile(uv, [0.05, 99.95], axis=0)
    half = np.array(size) / 2
    x0, y0 = (low - half) / half
    x1, y1 = (high - half) / half
    return (float(x0), float(y0)), (float(x1), float(y1))
