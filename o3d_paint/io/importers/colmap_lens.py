"""Lenses of COLMAP that OpenCV has no model for, straightened by what pycolmap says of them.

pycolmap runs in a process of its own, which a damaged model may take down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import RgbArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Photo
from o3d_paint.errors import FormatError
from o3d_paint.io.extras import require
from o3d_paint.io.importers.colmap_model import Intrinsics
from o3d_paint.io.isolated import read_isolated
from o3d_paint.io.memory import require_memory

__all__ = ["MappedPhoto", "mapped_lens"]

Map = npt.NDArray[np.float32]
_LEAST = 1e-3
_BYTES_PER_PIXEL = 100  # rays, where the lens shows them, and their parts


@dataclass(frozen=True, slots=True, eq=False)
class MappedPhoto:
    """A photo that is straightened when it is asked for.

    Attributes:
        source: The distorted photo, at any resolution of the lens's field of view.
        places: (H, W, 2) where the lens shows each pixel of the pinhole camera, at the lens's own
            size, integers at pixel centres.
    """

    source: Photo
    places: Map

    @property
    def height(self) -> int:
        """Lines of the picture."""
        return self.source.height

    @property
    def width(self) -> int:
        """Columns of the picture."""
        return self.source.width

    def pixels(self) -> RgbArray:
        """Return the (H, W, 3) straightened sRGB picture; what the lens does not show is black."""
        picture = self.source.pixels()
        height, width = picture.shape[:2]
        h, w = self.places.shape[:2]
        places = self.places
        if (h, w) != (height, width):
            places = cv2.resize(places, (width, height), interpolation=cv2.INTER_LINEAR)
        scale = np.array([width / w, height / h], dtype=np.float32)
        places = (places + np.float32(0.5)) * scale - np.float32(0.5)
        return np.asarray(cv2.remap(picture, places, None, cv2.INTER_LINEAR))


@lru_cache(maxsize=8)
def mapped_lens(intrinsics: Intrinsics, folder: Path) -> tuple[Camera, Map]:
    """Return a pinhole camera of the same size without empty borders, and what it shows.

    Args:
        intrinsics: Of a model that OpenCV does not have.
        folder: Of the reconstruction, for messages.

    Raises:
        MissingExtraError: pycolmap is not installed.
        FormatError: pycolmap does not know the model, or it bends lines too much.
        SceneError: It would not fit into memory.
    """
    what = f"{folder / 'cameras'}: a lens of {intrinsics.width}x{intrinsics.height} pixels"
    require_memory(what, intrinsics.width * intrinsics.height * _BYTES_PER_PIXEL)
    purpose = f"straightening photos of {intrinsics.model} cameras"
    require("pycolmap", extra="colmap", purpose=purpose)
    arrays = read_isolated(partial(_measured, intrinsics), folder / "cameras")
    matrix = np.asarray(arrays["matrix"], dtype=np.float64)
    camera = Camera.from_matrix(matrix, intrinsics.width, intrinsics.height)
    return camera, np.asarray(arrays["places"], dtype=np.float32)


def _measured(intrinsics: Intrinsics, path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Ask pycolmap, in a process of its own."""
    pycolmap = require("pycolmap", extra="colmap", purpose="lenses")
    w, h = intrinsics.width, intrinsics.height
    camera = pycolmap.Camera(
        model=intrinsics.model, width=w, height=h, params=list(intrinsics.parameters)
    )
    matrix = _widest(camera, w, h)
    if matrix is None:
        msg = f"{path}: no pinhole camera fits the lens {intrinsics.model} {intrinsics.parameters}"
        raise FormatError(f"{msg}: run COLMAP's image_undistorter first")
    u, v = np.meshgrid(np.arange(w), np.arange(h))
    rays = np.stack(
        [(u - matrix[0, 2]) / matrix[0, 0], (v - matrix[1, 2]) / matrix[1, 1], np.ones((h, w))], -1
    )
    # COLMAP puts pixel centres at half integers.
    places = np.asarray(camera.img_from_cam(rays.reshape(-1, 3))).reshape(h, w, 2) - 0.5
    return {"matrix": matrix, "places": np.nan_to_num(places, nan=-1e6).astype(np.float32)}


def _widest(camera: object, w: int, h: int) -> npt.NDArray[np.float64] | None:
    """Return the (3, 3) pinhole intrinsics whose borders lie within the photo's, or None."""
    xs, ys = np.arange(w) + 0.5, np.arange(h) + 0.5

    def seen(points: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
        rays = np.asarray(camera.cam_from_img(points))  # type: ignore[attr-defined]
        return np.asarray(rays[:, axis])

    left = seen(np.column_stack([np.full(h, 0.5), ys]), 0).max()
    right = seen(np.column_stack([np.full(h, w - 0.5), ys]), 0).min()
    top = seen(np.column_stack([xs, np.full(w, 0.5)]), 1).max()
    bottom = seen(np.column_stack([xs, np.full(w, h - 0.5)]), 1).min()
    if (
        not np.isfinite([left, right, top, bottom]).all()
        or min(right - left, bottom - top) < _LEAST
    ):
        return None
    fx, fy = (w - 1) / (right - left), (h - 1) / (bottom - top)
    return np.array([[fx, 0, -left * fx], [0, fy, -top * fy], [0, 0, 1]])
