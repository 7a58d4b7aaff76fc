"""A small picture over the 3D view, which costs no drawing of the cloud."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import open3d as o3d
from open3d.visualization import gui

from o3d_paint.ui.keep_alive import retire

__all__ = ["SIDE", "CloudOverlay"]

SIDE = 320


class CloudOverlay:
    """An image widget that lies over the scene widget; the window adds it right after that."""

    def __init__(self) -> None:
        """Start hidden."""
        self._picture = np.zeros((SIDE, SIDE, 4), dtype=np.uint8)
        self.widget = gui.ImageWidget(_image(self._picture))
        self.widget.ui_image.scaling = gui.UIImage.Scaling.NONE
        self.widget.background_color = gui.Color(0, 0, 0, 0)
        self.widget.visible = False

    @property
    def visible(self) -> bool:
        """Whether it shows."""
        return bool(self.widget.visible)

    def show(self, picture: npt.NDArray[np.uint8], x: int, y: int) -> None:
        """Show an RGBA picture of `SIDE` at a place of the window, device pixels."""
        retire(self._picture)
        self._picture = picture
        self.widget.update_image(_image(picture))
        self.widget.frame = gui.Rect(x, y, SIDE, SIDE)
        self.widget.visible = True

    def hide(self) -> bool:
        """Hide it; returns whether it showed."""
        was_visible = self.visible
        if was_visible:
            self.widget.visible = False
        return was_visible


def _image(picture: npt.NDArray[np.uint8]) -> Any:
    return o3d.t.geometry.Image(o3d.core.Tensor.from_numpy(picture))
