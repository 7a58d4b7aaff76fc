"""Pinhole cameras and rigid transforms.

Conventions of the whole program:

* Camera axes as in OpenCV and COLMAP: +x right, +y down, +z forward.
* ``b_from_a`` maps coordinates of frame ``a`` to frame ``b``; ``c_from_b @ b_from_a``.
* Integer pixel coordinates are pixel **centres**: the pixel ``(u, v)`` covers
  ``[u - 0.5, u + 0.5)``. Depth estimators back-project integer ``u, v`` without half a pixel,
  and so does this class. A projected point belongs to pixel ``floor(u + 0.5)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray

__all__ = ["Camera", "inverse", "nearest_rotation", "transform"]


@dataclass(frozen=True, slots=True)
class Camera:
    """Intrinsics of a pinhole camera and the image size that they belong to.

    Attributes:
        fx: Focal length along x in pixels.
        fy: Focal length along y in pixels; negative where the image's y axis points up (ICL-NUIM).
        cx: Principal point, x, in pixels.
        cy: Principal point, y, in pixels.
        width: Image width in pixels.
        height: Image height in pixels.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def __post_init__(self) -> None:
        """Check the intrinsics.

        Raises:
            ValueError: A focal length is zero or not finite, or the image is empty.
        """
        values = (self.fx, self.fy, self.cx, self.cy)
        if not np.isfinite(values).all() or self.fx == 0 or self.fy == 0:
            msg = f"intrinsics must be finite with non-zero focal lengths, got {values}"
            raise ValueError(msg)
        if self.width < 1 or self.height < 1:
            msg = f"image size must be at least 1x1, got {self.width}x{self.height}"
            raise ValueError(msg)

    @classmethod
    def from_matrix(cls, matrix: npt.ArrayLike, width: int, height: int) -> Camera:
        """Make a camera from a (3, 3) intrinsic matrix; skew is not supported."""
        k = np.asarray(matrix, dtype=np.float64)
        return cls(
            float(k[0, 0]), float(k[1, 1]), float(k[0, 2]), float(k[1, 2]), int(width), int(height)
        )

    @property
    def matrix(self) -> FloatArray:
        """The (3, 3) intrinsic matrix."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], dtype=np.float64)

    def resized(self, width: int, height: int) -> Camera:
        """Return the camera of the same field of view at another resolution.

        Pixel edges scale, not pixel centres: ``u' = (u + 0.5) * s - 0.5``.
        """
        sx, sy = width / self.width, height / self.height
        return Camera(
            self.fx * sx,
            self.fy * sy,
            (self.cx + 0.5) * sx - 0.5,
            (self.cy + 0.5) * sy - 0.5,
            width,
            height,
        )

    def project(self, points_cam: FloatArray) -> FloatArray:
        """Project points in front of the camera.

        Args:
            points_cam: (N, 3) points in camera coordinates.

        Returns:
            (N, 2) pixel coordinates; NaN for points with z <= 0.
        """
        z = np.where(points_cam[:, 2] > 0, points_cam[:, 2], np.nan)
        uv = np.zeros((len(points_cam), 2))
        uv[:, 0] = self.fx * points_cam[:, 0] / z + self.cx
        uv[:, 1] = self.fy * points_cam[:, 1] / z + self.cy
        return uv

    def unproject(self, uv: FloatArray, depth: FloatArray) -> FloatArray:
        """Back-project pixels with their z-depth.

        Args:
            uv: (N, 2) pixel coordinates.
            depth: (N,) distance along the optical axis (not along the ray), in scene units.

        Returns:
            (N, 3) points in camera coordinates.
        """
        x = (uv[:, 0] - self.cx) / self.fx * depth
        y = (uv[:, 1] - self.cy) / self.fy * depth
        return np.stack([x, y, depth], axis=1)


def transform(b_from_a: FloatArray, points_a: FloatArray) -> FloatArray:
    """Map (N, 3) points from frame a to frame b with a (4, 4) or (3, 4) matrix."""
    mapped: FloatArray = points_a @ b_from_a[:3, :3].T + b_from_a[:3, 3]
    return mapped


def inverse(b_from_a: FloatArray) -> FloatArray:
    """Invert a rigid (4, 4) transform: rotation transposed, translation turned back."""
    a_from_b = np.eye(4)
    a_from_b[:3, :3] = b_from_a[:3, :3].T
    a_from_b[:3, 3] = -b_from_a[:3, :3].T @ b_from_a[:3, 3]
    return a_from_b


def nearest_rotation(matrix: FloatArray) -> FloatArray:
    """Return the rotation closest to a (3, 3) matrix that is one up to rounding.

    Poses in files carry seven digits. A camera a million units from the origin, as in UTM, would
    be off by decimetres if its rotation were inverted by transposing it as it is.
    """
    left, _, right = np.linalg.svd(matrix)
    rotation: FloatArray = left @ right
    return rotation
