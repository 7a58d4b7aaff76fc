"""A labelled cloud in a 3D view that belongs to somebody else: added once, recoloured in place."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import open3d as o3d
from open3d.visualization import rendering

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.scene import Scene
from o3d_paint.ui.cloud_colors import CloudColors
from o3d_paint.ui.cloud_pieces import point_material
from o3d_paint.ui.keep_alive import retire
from o3d_paint.ui.redraw import RedrawPlan

__all__ = ["HostCloud"]

_COLOR_BUDGET_S = 0.008


class HostCloud:
    """One geometry in the scene of a scene widget; camera, light and the rest are the host's.

    Args:
        widget: The gui.SceneWidget, with its scene set.
        scene: Whose points.
        colors: Of the points.
        name: Of the geometry.
        offset: (3,) what is subtracted from the points' coordinates.
        point_size: Device pixels.
    """

    def __init__(
        self,
        widget: Any,
        scene: Scene,
        colors: CloudColors,
        *,
        name: str,
        offset: FloatArray,
        point_size: float,
    ) -> None:
        self._widget = widget
        self._scene = widget.scene
        self._colors = colors
        self._name = name
        self.plan = RedrawPlan()
        self._measures_left = 2  # the first one pays for uploads and shaders
        self._measure_from: float | None = None
        self._is_open = True
        colors.work(10.0)
        xyz = np.ascontiguousarray((scene.cloud.xyz - offset).astype(np.float32))
        self._cloud = o3d.t.geometry.PointCloud()
        self._cloud.point.positions = o3d.core.Tensor.from_numpy(xyz)
        # Shares memory with the buffer: what is written there is what is uploaded.
        self._cloud.point.colors = o3d.core.Tensor.from_numpy(colors.buffer)
        self._kept = xyz
        self._scene.add_geometry(name, self._cloud, point_material(point_size), False)

    def close(self) -> None:
        """Take the cloud away."""
        if self._is_open:
            self._is_open = False
            self._scene.remove_geometry(self._name)
            retire(self._cloud, self._kept, self._colors)

    def recolored(self) -> None:
        """The colour buffer changed."""
        self.plan.changed(time.monotonic())

    def changed(self) -> None:
        """All colours are about to change."""
        self.plan.changed(time.monotonic())

    def wait_for_photo(self) -> None:
        """Let a photo that was asked for show first, where a frame takes long."""
        self.plan.photo_asked(time.monotonic())

    def tick(self, *, is_painting: bool) -> bool:
        """Do what is due; returns whether the window has to be drawn."""
        if not self._is_open:
            return False
        now = time.monotonic()
        if self._measures_left and self._measure_from is None:
            self._measure_from = now
            self._scene.scene.render_to_image(self._measured)
            return True
        if self._colors.work(_COLOR_BUDGET_S):
            self.recolored()
        quality = self.plan.due(now, is_painting=is_painting)
        if quality is None:
            return False
        self._scene.scene.update_geometry(
            self._name, self._cloud, rendering.Scene.UPDATE_COLORS_FLAG
        )
        self._widget.force_redraw()
        self.plan.drawn(now, quality)
        return True

    def _measured(self, _image: Any) -> None:
        """Take the time of a frame; that decides when the view follows a stroke."""
        if self._measure_from is None:
            return
        frame_s = time.monotonic() - self._measure_from
        self._measure_from = None
        self._measures_left -= 1
        if not self._measures_left:
            self.plan.measured(frame_s, coarse_share=1.0)
            self.recolored()
