"""Photos of lenses that bend lines, seen through the pinhole camera that fits them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Photo

__all__ = ["Lens", "UndistortedPhoto", "pinhole_of", "straightened"]

_Scalar = TypeVar("_Scalar", bound=np.generic)


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
    """Return a pinhole camera of the same size that shows no empty corners.

    Raises:
        ValueError: The lens bends lines so much that there is none.
    """
    size = (lens.width, lens.height)
    try:
        if lens.is_fisheye:
            matrix = cv2.fisheye.estimateNewCameraMatrixForUndistortRectify(
                lens.matrix, lens.coefficients, size, np.eye(3), balance=0.0
            )
        else:
            matrix, _ = cv2.getOptimalNewCameraMatrix(lens.matrix, lens.coefficients, size, 0.0)
    except cv2.error as error:
        msg = f"no pinhole camera fits the distortion {lens.coefficients.tolist()}"
        raise ValueError(msg) from error
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
        return self.source.height

    @property
    def width(self) -> int:
        """Columns of the picture."""
        return self.source.width

    def pixels(self) -> RgbArray:
        """Return the (H, W, 3) straightened sRGB picture."""
        pixels: RgbArray = straightened(self.source.pixels(), self.lens, self.camera, smooth=True)
        return pixels


def straightened(
    picture: npt.NDArray[_Scalar], lens: Lens, camera: Camera, *, smooth: bool
) -> npt.NDArray[_Scalar]:
    """Show a picture of a lens as the pinhole camera sees it.

    Args:
        picture: (h, w) or (h, w, C) at any resolution of the lens's field of view.
        lens: How it is distorted.
        camera: The pinhole camera, at the lens's size.
        smooth: Whether values may be mixed: colours may, depths and labels may not.

    Returns:
        The picture at its own resolution; pixels that the lens does not show are 0.
    """
    height, width = picture.shape[:2]
    matrix = Camera.from_matrix(lens.matrix, lens.width, lens.height).resized(width, height).matrix
    target = camera.resized(width, height).matrix
    of_model = cv2.fisheye if lens.is_fisheye else cv2
    maps = of_model.initUndistortRectifyMap(
        matrix, lens.coefficients, np.eye(3), target, (width, height), cv2.CV_32FC1
    )
    kind = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
    source: Any = picture
    straight: npt.NDArray[_Scalar] = cv2.remap(source, maps[0], maps[1], interpolation=kind)
    return straight
