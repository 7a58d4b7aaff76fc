"""Where a photo lies in a panel: zoom and pan, and the way between their pixels.

Both sides count pixels by their centres: panel pixel 0 covers [-0.5, 0.5). ``left`` and ``top``
are where the photo's edge (-0.5, -0.5) falls, measured from the panel's edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.mask import Rect

__all__ = ["MAX_ZOOM", "Viewport", "fit"]

MAX_ZOOM = 32.0
_MIN_ZOOM_OF_FIT = 0.5
_VISIBLE_MARGIN = 40


@dataclass(frozen=True, slots=True)
class Viewport:
    """A photo of ``photo_shape`` seen in a panel of ``panel_shape``, both (H, W).

    Attributes:
        photo_shape: (H, W) of the photo's mask.
        panel_shape: (H, W) of the panel in device pixels.
        zoom: Device pixels per mask pixel.
        left: Panel position of the photo's left edge, in device pixels.
        top: Panel position of the photo's upper edge, in device pixels.
    """

    photo_shape: tuple[int, int]
    panel_shape: tuple[int, int]
    zoom: float
    left: float
    top: float

    def to_photo(self, x: float, y: float) -> tuple[float, float]:
        """Return the mask position (u, v) under a panel position."""
        return (x + 0.5 - self.left) / self.zoom - 0.5, (y + 0.5 - self.top) / self.zoom - 0.5

    def to_panel(self, u: float, v: float) -> tuple[float, float]:
        """Return the panel position (x, y) of a mask position."""
        return (u + 0.5) * self.zoom + self.left - 0.5, (v + 0.5) * self.zoom + self.top - 0.5

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """Scale around a panel position, whose mask position stays under it."""
        low = min(1.0, fit(self.photo_shape, self.panel_shape).zoom * _MIN_ZOOM_OF_FIT)
        zoom = float(np.clip(self.zoom * factor, low, MAX_ZOOM))
        ratio = zoom / self.zoom
        left = x + 0.5 - (x + 0.5 - self.left) * ratio
        top = y + 0.5 - (y + 0.5 - self.top) * ratio
        return replace(self, zoom=zoom, left=left, top=top)._kept_in_sight()

    def panned(self, dx: float, dy: float) -> Viewport:
        """Move the photo by device pixels; some of it stays in sight."""
        return replace(self, left=self.left + dx, top=self.top + dy)._kept_in_sight()

    def resized(self, panel_shape: tuple[int, int]) -> Viewport:
        """Keep zoom and the mask position at the panel's centre when the panel changes."""
        dx = (panel_shape[1] - self.panel_shape[1]) / 2
        dy = (panel_shape[0] - self.panel_shape[0]) / 2
        moved = replace(self, panel_shape=panel_shape, left=self.left + dx, top=self.top + dy)
        return moved._kept_in_sight()

    def centered_on(self, u: float, v: float, *, zoom: float | None = None) -> Viewport:
        """Bring a mask position to the middle of the panel."""
        scale = self.zoom if zoom is None else float(np.clip(zoom, 1e-3, MAX_ZOOM))
        left = self.panel_shape[1] / 2 - (u + 0.5) * scale
        top = self.panel_shape[0] / 2 - (v + 0.5) * scale
        return replace(self, zoom=scale, left=left, top=top)

    def panel_rect(self, rect: Rect, *, margin: int = 1) -> Rect:
        """Return the panel pixels that a mask rectangle touches; may be empty."""
        x0 = int(np.floor(rect.x0 * self.zoom + self.left)) - margin
        y0 = int(np.floor(rect.y0 * self.zoom + self.top)) - margin
        x1 = int(np.ceil(rect.x1 * self.zoom + self.left)) + margin
        y1 = int(np.ceil(rect.y1 * self.zoom + self.top)) + margin
        return Rect(x0, y0, x1, y1).clipped(self.panel_shape)

    def photo_from_panel(self, origin: tuple[int, int], scale: float = 1.0) -> FloatArray:
        """Return the (2, 3) affine map from pixels of a panel part to pixels of a scaled photo.

        Args:
            origin: (x, y) of the part's first pixel in the panel.
            scale: Size of the picture sampled, relative to the mask.
        """
        step = scale / self.zoom
        x = (origin[0] + 0.5 - self.left) * step - 0.5
        y = (origin[1] + 0.5 - self.top) * step - 0.5
        return np.array([[step, 0.0, x], [0.0, step, y]])

    def _kept_in_sight(self) -> Viewport:
        height, width = (side * self.zoom for side in self.photo_shape)
        margin_x = min(_VISIBLE_MARGIN, self.panel_shape[1] / 2)
        margin_y = min(_VISIBLE_MARGIN, self.panel_shape[0] / 2)
        left = float(np.clip(self.left, margin_x - width, self.panel_shape[1] - margin_x))
        top = float(np.clip(self.top, margin_y - height, self.panel_shape[0] - margin_y))
        return replace(self, left=left, top=top)


def fit(photo_shape: tuple[int, int], panel_shape: tuple[int, int]) -> Viewport:
    """Return the viewport that shows the whole photo, centred."""
    zoom = min(panel_shape[0] / photo_shape[0], panel_shape[1] / photo_shape[1])
    zoom = max(zoom, 1e-3)
    left = (panel_shape[1] - photo_shape[1] * zoom) / 2
    top = (panel_shape[0] - photo_shape[0] * zoom) / 2
    return Viewport(photo_shape, panel_shape, zoom, left, top)
