"""The cameras of OpenSfM in OpenCV's terms.

Source: OpenSfM's documentation, "Geometric models": focal lengths and principal points are in
units of the longer side, the latter from the middle of the image.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.errors import FormatError
from o3d_paint.io.images import MAX_SIDE
from o3d_paint.io.json_file import item, number
from o3d_paint.io.undistort import Lens

__all__ = ["lens_of"]

_TERMS: dict[str, tuple[str, ...]] = {
    "perspective": ("k1", "k2"),
    "simple_radial": ("k1",),
    "radial": ("k1", "k2"),
    "brown": ("k1", "k2", "p1", "p2", "k3"),
    "fisheye": ("k1", "k2"),
    "fisheye_opencv": ("k1", "k2", "k3", "k4"),
    "fisheye62": ("k1", "k2", "k3", "k4"),
}
"""In OpenCV's order, by the name of the model."""
_WITHOUT_PLACE = ("k5", "k6", "p1", "p2")
_SEEN = 1e-4


def lens_of(camera: Any, size: tuple[int, int], where: str) -> Lens:
    """Return the lens of a camera's record.

    Args:
        camera: The record.
        size: (height, width) of the photo, where the record has none.
        where: Names it in messages.

    Raises:
        FormatError: It is malformed, or of a model that is not read.
    """
    model = item(camera, "projection_type", str, where) if "projection_type" in camera else ""
    model = model or "perspective"
    if model not in _TERMS:
        msg = f"{where} is of the kind {model!r}, which is not read: use {', '.join(_TERMS)}"
        raise FormatError(msg)
    is_fisheye = model.startswith("fisheye")
    lost = [t for t in _WITHOUT_PLACE if is_fisheye and abs(_given(camera, t, where)) > _SEEN]
    if lost:
        msg = f"{where} has the fisheye terms {', '.join(lost)}, which are not read: use fisheye"
        raise FormatError(msg)
    height, width = size
    if "width" in camera and "height" in camera:
        width = int(np.clip(number(camera, "width", where), 0, MAX_SIDE + 1))
        height = int(np.clip(number(camera, "height", where), 0, MAX_SIDE + 1))
    side = max(width, height)
    if "focal_x" in camera:
        fx, fy = number(camera, "focal_x", where), number(camera, "focal_y", where)
    else:
        fx = fy = number(camera, "focal", where)
    cx, cy = _given(camera, "c_x", where), _given(camera, "c_y", where)
    # Coordinates there run from the outer corner of the first pixel.
    u, v = cx * side + width / 2 - 0.5, cy * side + height / 2 - 0.5
    matrix = np.array([[fx * side, 0, u], [0, fy * side, v], [0, 0, 1]])
    coefficients = np.zeros(4 if is_fisheye else 8)
    for i, term in enumerate(_TERMS[model]):
        coefficients[i] = _given(camera, term, where)
    return Lens(matrix, coefficients, is_fisheye, width, height)


def _given(camera: Any, key: str, where: str) -> float:
    return number(camera, key, where) if key in camera else 0.0
