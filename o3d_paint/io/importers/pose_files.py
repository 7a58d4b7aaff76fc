"""Files with camera poses: one matrix a file, one pose a line, or Redwood's trajectory log."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import nearest_rotation
from o3d_paint.errors import FormatError
from o3d_paint.io.capture import Convention
from o3d_paint.io.files import read_file
from o3d_paint.io.json_file import item, read_json

__all__ = [
    "is_pose",
    "is_quaternion",
    "read_intrinsics",
    "read_matrix",
    "read_numbers",
    "read_poses",
    "require_camera",
    "world_from_cam_of",
]

_BYTES_PER_CHARACTER = 8
_ROTATION_TOLERANCE = 1e-2
_MIN_QUATERNION = 1e-6
_MAX_PIXELS = 1e8
CV_FROM_GL = np.diag([1.0, -1.0, -1.0, 1.0])


def read_numbers(path: Path) -> list[list[float]]:
    """Return the numbers of each line of a text file; empty and # lines are left out.

    Raises:
        FormatError: It cannot be read, or a word is not a number.
    """
    text = read_file(path, factor=_BYTES_PER_CHARACTER).decode("utf-8", errors="replace")
    lines = text.splitlines()
    rows = []
    for number, line in enumerate(lines, start=1):
        words = line.split("#", 1)[0].replace(",", " ").split()
        try:
            values = [float(w) for w in words]
        except ValueError as error:
            msg = f"line {number} of {path} must hold numbers, found {line[:60]!r}"
            raise FormatError(msg) from error
        if values:
            rows.append(values)
    return rows


def read_matrix(path: Path) -> FloatArray:
    """Return the (4, 4) matrix that is a whole file; a lost frame's may be not finite.

    Raises:
        FormatError: It has neither 12 nor 16 numbers.
    """
    values = [v for row in read_numbers(path) for v in row]
    if len(values) not in (12, 16):
        msg = f"{path} must hold a 4x4 or 3x4 matrix, found {len(values)} numbers"
        raise FormatError(msg)
    return _matrix(values)


def read_poses(path: Path) -> tuple[FloatArray, FloatArray | None]:
    """Read a file with many poses.

    Lines hold 16 or 12 numbers (a matrix row by row), 7 (x y z, quaternion x y z w) or 8 (a time
    before these); or five lines each hold three counters and a 4x4 matrix (trajectory log).

    Returns:
        (F, 4, 4) matrices as the file has them, and (F,) times where it has them.

    Raises:
        FormatError: The lines are of none of these kinds.
    """
    rows = read_numbers(path)
    widths = {len(r) for r in rows}
    if not rows:
        msg = f"{path} holds no poses"
        raise FormatError(msg)
    if widths == {3, 4} and len(rows) % 5 == 0:
        blocks = [rows[i + 1 : i + 5] for i in range(0, len(rows), 5)]
        if all(len(r) == 4 for block in blocks for r in block):
            return np.array(blocks, dtype=np.float64), None
    if widths == {4} and len(rows) % 4 == 0:
        return np.array(rows, dtype=np.float64).reshape(-1, 4, 4), None
    if widths in ({16}, {12}):
        return np.stack([_matrix(r) for r in rows]), None
    if widths == {7}:
        return np.stack([_from_quaternion(r) for r in rows]), None
    if widths == {8}:
        return np.stack([_from_quaternion(r[1:]) for r in rows]), np.array([r[0] for r in rows])
    msg = (
        f"{path} has lines of {sorted(widths)} numbers: expected 16, 12, 8 or 7 a line, or a"
        " trajectory log"
    )
    raise FormatError(msg)


def read_intrinsics(path: Path) -> FloatArray:
    """Return the (3, 3) matrix of a file with a 3x3 or 4x4 matrix, or fx fy cx cy first.

    JSON is Open3D's ``PinholeCameraIntrinsic``, whose matrix goes down the columns.

    Raises:
        FormatError: It has another count of numbers, or no focal length.
    """
    if path.suffix == ".json":
        rows = [item(read_json(path), "intrinsic_matrix", list, str(path))]
    else:
        rows = read_numbers(path)
    try:
        values = np.array([v for row in rows for v in row], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{path} must hold a matrix of numbers ({error})"
        raise FormatError(msg) from error
    if path.suffix == ".json" and len(values) == 9:
        values = values.reshape(3, 3).T.ravel()
    if len(values) in (9, 16):
        side = 3 if len(values) == 9 else 4
        matrix = values.reshape(side, side)[:3, :3].astype(np.float64)
    elif 4 <= len(values) <= 8:
        fx, fy, cx, cy = values[:4]
        matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], dtype=np.float64)
    else:
        msg = f"{path} must hold a 3x3 matrix or fx fy cx cy, found {len(values)} numbers"
        raise FormatError(msg)
    require_camera(matrix, str(path))
    return matrix


def is_pose(matrix: FloatArray) -> bool:
    """Return whether a (4, 4) matrix is finite, with a rotation in its corner."""
    rotation = matrix[:3, :3]
    if not np.isfinite(matrix).all() or np.abs(rotation).max() > 1 + _ROTATION_TOLERANCE:
        return False
    error = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
    return error < _ROTATION_TOLERANCE and bool(np.linalg.det(rotation) > 0)


def is_quaternion(values: FloatArray) -> bool:
    """Return whether four numbers are a rotation: finite, and not nearly nothing."""
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(values))
    return _MIN_QUATERNION < length < 1 / _MIN_QUATERNION


def require_camera(matrix: FloatArray, where: str) -> None:
    """Refuse intrinsics that no camera has.

    Raises:
        FormatError: They are not finite, or focal lengths and principal point beyond all sizes.
    """
    values = np.array([matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]])
    with np.errstate(invalid="ignore"):
        is_finite = bool((np.abs(values) < _MAX_PIXELS).all())
        has_focal = bool((np.abs(values[:2]) > 1 / _MAX_PIXELS).all())
    if not (is_finite and has_focal):
        listed = " ".join(f"{v:g}" for v in values)
        msg = f"{where} has the intrinsics fx fy cx cy {listed}, which cannot be: correct them"
        raise FormatError(msg)


def world_from_cam_of(matrix: FloatArray, convention: Convention, axes: str) -> FloatArray:
    """Return a (4, 4) pose as a file has it as camera to world with OpenCV axes.

    Args:
        matrix: A pose that `is_pose`.
        convention: Its direction.
        axes: Its camera axes, "cv" or "gl".
    """
    world_from_cam = np.linalg.inv(matrix) if convention == "w2c" else matrix.copy()
    world_from_cam[:3, :3] = nearest_rotation(world_from_cam[:3, :3])
    return world_from_cam @ CV_FROM_GL if axes == "gl" else world_from_cam


def _matrix(values: list[float]) -> FloatArray:
    matrix = np.eye(4)
    matrix[:3] = np.array(values[:12]).reshape(3, 4)
    return matrix


def _from_quaternion(values: list[float]) -> FloatArray:
    matrix = np.full((4, 4), np.nan)
    quaternion = np.array(values[3:7])
    if np.isfinite(values).all() and is_quaternion(quaternion):
        matrix = np.eye(4)
        matrix[:3, :3] = Rotation.from_quat(quaternion).as_matrix()
        matrix[:3, 3] = values[:3]
    return matrix
