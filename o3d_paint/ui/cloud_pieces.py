"""A cloud in the renderer, in pieces: handing over one, or its colours, takes no frame's time."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt
import open3d as o3d
from open3d.visualization import rendering

from o3d_paint.core.arrays import BoolArray
from o3d_paint.ui.cloud_colors import PIECE
from o3d_paint.ui.keep_alive import retire

__all__ = ["CloudPieces", "point_material"]


class CloudPieces:
    """Points and their colours as geometries of a scene, hidden at first.

    Args:
        scene: An ``Open3DScene``.
        name: Of the geometries, with a number each.
        xyz: (N, 3) float32 positions, contiguous.
        colors: (N, 3) float32 colours, contiguous; the caller writes into them.
        material: How points are drawn.
    """

    def __init__(
        self,
        scene: Any,
        name: str,
        xyz: npt.NDArray[np.float32],
        colors: npt.NDArray[np.float32],
        material: Any,
    ) -> None:
        # Open3D checks nothing here: another type or layout shows wrong colours or crashes.
        if colors.dtype != np.float32 or colors.shape != xyz.shape:
            msg = f"colours must be float32 {xyz.shape}, got {colors.dtype} {colors.shape}"
            raise ValueError(msg)
        if not (colors.flags.c_contiguous and xyz.flags.c_contiguous):
            msg = "points and colours must be contiguous"
            raise ValueError(msg)
        self._scene = scene
        self._name = name
        self._arrays = (xyz, colors)
        self._material = material
        self._clouds: dict[str, Any] = {}
        self._is_shown = False
        self._round: list[int] = []

    @property
    def is_complete(self) -> bool:
        """Whether the renderer has all pieces."""
        return len(self._clouds) * PIECE >= len(self._arrays[0])

    def add_piece(self) -> int:
        """Hand over one more piece, some thirty milliseconds of this thread; returns its number."""
        xyz, colors = self._arrays
        number = len(self._clouds)
        part = slice(number * PIECE, (number + 1) * PIECE)
        cloud = o3d.t.geometry.PointCloud()
        cloud.point.positions = o3d.core.Tensor.from_numpy(xyz[part])
        cloud.point.colors = o3d.core.Tensor.from_numpy(colors[part])
        piece = f"{self._name}_{number}"
        # Without the toolkit's own fast copy, which draws a box around the cloud.
        self._scene.add_geometry(piece, cloud, self._material, False)
        self._scene.show_geometry(piece, self._is_shown)
        self._clouds[piece] = cloud
        return number

    def show(self, is_shown: bool) -> None:
        """Draw the cloud or not."""
        self._is_shown = is_shown
        for name in self._clouds:
            self._scene.show_geometry(name, is_shown)

    def set_material(self, material: Any) -> None:
        """Draw it in another way."""
        self._material = material
        for name in self._clouds:
            self._scene.modify_geometry_material(name, material)

    def upload(self, stale: BoolArray, seconds: float) -> bool:
        """Hand over colours for about so long, at least those of one piece.

        Args:
            stale: (pieces,) which of them changed; marks of those handed over are taken away.
            seconds: Of this thread.

        Returns:
            Whether all that was stale when the round began is with the renderer.
        """
        if not self._round:
            # What becomes stale meanwhile is left to the next round: a frame must come some time.
            self._round = np.flatnonzero(stale).tolist()
        names = list(self._clouds)
        end = time.perf_counter() + seconds
        while self._round:
            number = self._round.pop(0)
            stale[number] = False
            self._scene.scene.update_geometry(
                names[number],
                self._clouds[names[number]],
                rendering.Scene.UPDATE_COLORS_FLAG,
            )
            if time.perf_counter() >= end:
                break
        return not self._round

    def remove(self) -> None:
        """Take the cloud out of the scene."""
        for name in self._clouds:
            self._scene.remove_geometry(name)
        retire(*self._clouds.values(), *self._arrays)
        self._clouds = {}


def point_material(size: float) -> Any:
    """Return how points are drawn, in their own colours and of a size in device pixels.

    The picture is that of Open3D's "defaultUnlit", whose shader computes powers and reads a texture
    for every pixel of a point; for a software renderer this one is a third less work.
    """
    material = rendering.MaterialRecord()
    material.shader = "unlitPolygonOffset"
    material.point_size = size
    return material
