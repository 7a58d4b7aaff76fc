"""Small translucent photos on the image planes of the cameras, in one mesh with one texture."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import open3d as o3d
from open3d.visualization import rendering

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.ui.cloud_view import CloudView

__all__ = ["PlanePhotos"]

_NAME = "camera_photos"
_OPACITY = 0.8
# The toolkit's surroundings light this direction and its opposite alike, so both sides of a photo;
# at this intensity white shows as white.
_EVENLY_LIT = (0.837, 0.0, 0.547)
_EVEN_LIGHT = 108_000
_ATLAS = 2048
_MAX_TILE = 192


class PlanePhotos:
    """The photos of all cameras as quads."""

    def __init__(self, view: CloudView) -> None:
        """Start without any."""
        self._view = view
        self._is_shown = False
        self._thumbnails: Mapping[int, RgbArray] = {}

    def close(self) -> None:
        """Take them away."""
        if self._is_shown:
            self._view.scene.remove_geometry(_NAME)
        self._is_shown = False

    def show(self, shown: bool, corners: FloatArray, thumbnails: Mapping[int, RgbArray]) -> None:
        """Show photos or not.

        Args:
            shown: Whether.
            corners: (F, 6, 3) of the cameras.
            thumbnails: By position of the photo; those without stay empty.
        """
        self.close()
        self._thumbnails = thumbnails
        if shown and thumbnails:
            self._add(corners)

    def move(self, corners: FloatArray) -> None:
        """Follow cameras that changed their size."""
        if self._is_shown:
            self.close()
            self._add(corners)

    def _add(self, corners: FloatArray) -> None:
        chosen = sorted(self._thumbnails)
        atlas, boxes = _atlas([self._thumbnails[i] for i in chosen])
        quads = corners[chosen][:, 1:5]
        mesh = o3d.geometry.TriangleMesh()
        mesh.vertices = o3d.utility.Vector3dVector(quads.reshape(-1, 3))
        # The material has two sides: a photo shows from behind too.
        pattern = np.array([(0, 1, 2), (0, 2, 3)])
        triangles = (pattern[None] + 4 * np.arange(len(chosen))[:, None, None]).reshape(-1, 3)
        mesh.triangles = o3d.utility.Vector3iVector(triangles)
        uvs = np.concatenate([_uv(box)[triangle] for box in boxes for triangle in pattern])
        # One normal for all, whatever they face: then all are lit alike.
        normals = np.tile(_EVENLY_LIT, (len(quads) * 4, 1))
        mesh.vertex_normals = o3d.utility.Vector3dVector(normals)
        mesh.triangle_uvs = o3d.utility.Vector2dVector(uvs)
        material = rendering.MaterialRecord()
        # The unlit transparent shader ends the process (0.20), so a lit one is lit evenly.
        material.shader = "defaultLitTransparency"
        material.base_roughness, material.base_reflectance = 1.0, 0.0
        material.base_color = (1.0, 1.0, 1.0, _OPACITY)
        self._view.scene.scene.enable_sun_light(False)
        self._view.scene.scene.set_indirect_light_intensity(_EVEN_LIGHT)
        material.albedo_img = o3d.geometry.Image(atlas)
        material.has_alpha = True
        self._view.scene.add_geometry(_NAME, mesh, material, False)
        self._is_shown = True


def _atlas(pictures: list[RgbArray]) -> tuple[RgbArray, list[tuple[float, float, float, float]]]:
    """Return one picture of all and where each lies in it, (x0, y0, x1, y1) of 0 to 1."""
    across = int(np.ceil(np.sqrt(len(pictures))))
    tile = min(_MAX_TILE, _ATLAS // across)
    atlas = np.zeros((tile * across, tile * across, 3), dtype=np.uint8)
    boxes = []
    inset = 0.5 / (tile * across)
    for number, picture in enumerate(pictures):
        x, y = number % across * tile, number // across * tile
        atlas[y : y + tile, x : x + tile] = cv2.resize(
            picture, (tile, tile), interpolation=cv2.INTER_AREA
        )
        low = np.array([x, y]) / (tile * across) + inset
        high = np.array([x + tile, y + tile]) / (tile * across) - inset
        boxes.append((low[0], low[1], high[0], high[1]))
    return _encoded(atlas), boxes


def _encoded(picture: RgbArray) -> RgbArray:
    """Undo beforehand that Open3D decodes textures from sRGB and shows them as they are then."""
    linear = np.arange(256) / 255
    table = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    encoded: RgbArray = np.round(table * 255).astype(np.uint8)[picture]
    return np.ascontiguousarray(encoded)


def _uv(box: tuple[float, float, float, float]) -> FloatArray:
    """Return (4, 2) texture coordinates of the corners, clockwise from the upper left."""
    x0, y0, x1, y1 = box
    # The toolkit counts texture lines from below.
    return np.array([(x0, 1 - y0), (x1, 1 - y0), (x1, 1 - y1), (x0, 1 - y1)])
