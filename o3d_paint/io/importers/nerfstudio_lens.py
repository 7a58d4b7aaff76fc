"""The lenses of nerfstudio's and Instant NGP's ``transforms.json``.

Source: nerfstudio's page on data conventions and Instant NGP's loader. Pixel centres lie at half
integers. Intrinsics stand at the top or in every frame; angles of view may stand for focal lengths.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from o3d_paint.core.scene import Photo
from o3d_paint.errors import FormatError
from o3d_paint.io.images import MAX_SIDE
from o3d_paint.io.importers.pose_files import require_camera
from o3d_paint.io.json_file import item, number
from o3d_paint.io.undistort import Lens

__all__ = ["lens_of"]

_FISHEYE = "OPENCV_FISHEYE"
# Logarithms of how far a principal point lies off the diagonal: 5 % is the middle, 20 % is not.
_CENTRED, _OFF_CENTRE = 0.05, 0.18
_DISTORTION = {
    "OPENCV": ("k1", "k2", "p1", "p2", "k3"),
    "SIMPLE_RADIAL": ("k1",),
    "RADIAL": ("k1", "k2"),
    _FISHEYE: ("k1", "k2", "k3", "k4"),
    "PINHOLE": (),
    "SIMPLE_PINHOLE": (),
}


def lens_of(values: dict[str, Any], photo: Photo, where: str) -> Lens:
    """Return the lens of a frame, at the size that the file states or else the photo has.

    Args:
        values: What stands at the top of the file, and over it what stands in the frame.
        photo: Of the frame.
        where: Names the frame in messages.

    Raises:
        FormatError: A field is missing, of the wrong type, or beyond what a camera can have.
    """
    stated = _size_of_center(values, photo, where)
    width = int(number(values, "w", where)) if "w" in values else stated[0]
    height = int(number(values, "h", where)) if "h" in values else stated[1]
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        msg = f"{where} has the size {width}x{height}, which no photo has: correct it"
        raise FormatError(msg)
    fx = _focal(values, "x", width, where)
    if fx is None:
        # Raises with what is missing.
        number(values, "camera_angle_x", where)
    fy = _focal(values, "y", height, where)
    cx = number(values, "cx", where) if "cx" in values else width / 2
    cy = number(values, "cy", where) if "cy" in values else height / 2
    model = _model(values, where)
    is_fisheye = model == _FISHEYE
    given = [number(values, k, where) if k in values else 0.0 for k in _DISTORTION[model]]
    coefficients = np.zeros(4 if is_fisheye else 8)
    coefficients[: len(given)] = given
    matrix = np.array([[fx, 0, cx - 0.5], [0, fx if fy is None else fy, cy - 0.5], [0, 0, 1]])
    require_camera(matrix, where)
    return Lens(matrix, coefficients, is_fisheye, width, height)


def _size_of_center(values: dict[str, Any], photo: Photo, where: str) -> tuple[int, int]:
    """Return the width and height of a photo; those of one turned where its centre says so.

    A principal point lies near the middle. Where it lies there only of the photo turned by a
    quarter, the file is of photos held the other way.
    """
    size = photo.width, photo.height
    if not {"cx", "cy"} <= values.keys():
        return size
    cx, cy = number(values, "cx", where), number(values, "cy", where)
    if cx > 0 and cy > 0:
        off, off_turned = (abs(np.log(cx / cy * h / w)) for w, h in (size, size[::-1]))
        if off_turned < _CENTRED < _OFF_CENTRE < off:
            return size[::-1]
    return size


def _model(values: dict[str, Any], where: str) -> str:
    """Return the model of the lens; Instant NGP has a flag for it, which nobody sets by mistake.

    Raises:
        FormatError: It is none that can be straightened.
    """
    if values.get("is_fisheye") is True:
        return _FISHEYE
    if "camera_model" not in values:
        return "OPENCV"
    model = item(values, "camera_model", str, where)
    if model not in _DISTORTION:
        msg = f"camera_model {model!r} of {where} is none of {', '.join(_DISTORTION)}"
        raise FormatError(msg)
    return str(model)


def _focal(values: dict[str, Any], axis: str, side: int, where: str) -> float | None:
    """Return a focal length in pixels, stated or by its angle of view; None where neither is."""
    if f"fl_{axis}" in values:
        return number(values, f"fl_{axis}", where)
    for key, per_radian in ((f"camera_angle_{axis}", 1.0), (f"{axis}_fov", 180 / np.pi)):
        if key in values:
            angle = number(values, key, where) / per_radian
            return float(side / 2 / np.tan(angle / 2)) if 0 < angle < np.pi else 0.0
    return None
