"""Photos of lenses that bend lines, seen through the pinhole camera that fits them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Photo

__all__ = ["Lens", "UndistortedPhoto", "pinhole_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """A distorted camera in OpenCV's terms.

    Attributes:
        matrix: (3, 3) intrinsics in pixels, integer coordinates at pixel centres.
        coefficients: k1 k2 p1 p2 k3 k4 k5 k6, or k1 to k4 of a fisheye.
        is_fisheye: Which of the two models.
        width: Image width in pixels.
        height: Image height in pixels.
    """

    matrix: FloatArray
    coefficients: FloatArray
    is_fisheye: bool
    width: int
    height: int


def pinhole_of(lens: Lens) -> Camera:
    """Return a pinhole camera of the same size that shows no empty corners."""
    size = (lens.width, lens.height)
    if lens.is_fisheye:
        matrix = cv2.fisheye.estimateNewCameraMatrixForUndistortRectify(
            lens.matrix, lens.coefficients, size, np.eye(3), balance=0.0
        )
    else:
        matrix, _ = cv2.getOptimalNewCameraMatrix(lens.matrix, lens.coefficients, size, 0.0)
    return Camera.from_matrix(matrix, lens.width, lens.height)


@dataclass(frozen=True, slots=True, eq=False)
class UndistortedPhoto:
    """A photo that is straightened when it is asked for.

    Attributes:
        source: The distorted photo, at any resolution of the lens's field of view.
        lens: How it is distorted.
        camera: The pinhole camera to show it with, at the lens's size.
    """

    source: Photo
    lens: Lens
    camera: Camera

    @property
    def height(self) -> int:
        """Lines of the picture."""
        return self.lens.height

    @property
    def width(self) -> int:
        """Columns of the picture."""
        return self.lens.width

    def pixels(self) -> RgbArray:
        """Return the (H, W, 3) straightened sRGB picture."""
        picture = self.source.pixels()
        size = (self.width, self.height)
        if picture.shape[:2] != (self.height, self.width):
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        lens, matrix = self.lens, self.camera.matrix
        if lens.is_fisheye:
            maps = cv2.fisheye.initUndistortRectifyMap(
                lens.matrix, lens.coefficients, np.eye(3), matrix, size, cv2.CV_32FC1
            )
        else:
            maps = cv2.initUndistortRectifyMap(
                lens.matrix, lens.coefficients, np.eye(3), matrix, size, cv2.CV_32FC1
            )
        straight = cv2.remap(picture, *maps, interpolation=cv2.INTER_LINEAR)
        pixels: RgbArray = straight.astype(np.uint8)
        return pixels
