"""Drawing into an RGB array: fills, rounded boxes, text, icons and pictures, all clipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import RgbArray
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.icons import icon_bitmap
from o3d_paint.ui.panels.text import Font, cap_height, shortened, text_bitmap, text_width
from o3d_paint.ui.theme import Color, Metrics

__all__ = ["Align", "Canvas"]

Align = Literal["left", "center", "right"]
_OVERSAMPLING = 4
_SMALL_AREA = 2500  # up to here one blend is faster than fills and four corners


class Canvas:
    """An RGB array and the means to draw on it.

    Attributes:
        pixels: (H, W, 3) uint8, C-contiguous; the drawing.
        metrics: Sizes for the em at which everything is drawn.
    """

    def __init__(self, width: int, height: int, metrics: Metrics) -> None:
        self.pixels: RgbArray = np.zeros((height, width, 3), dtype=np.uint8)
        self.metrics = metrics
        self._clip = self.box

    @property
    def box(self) -> Box:
        """The whole canvas."""
        return Box(0, 0, self.pixels.shape[1], self.pixels.shape[0])

    @contextmanager
    def clipped(self, box: Box) -> Iterator[None]:
        """Keep everything drawn in the block inside a box."""
        before, self._clip = self._clip, self._clip.cut(box)
        try:
            yield
        finally:
            self._clip = before

    def fill(self, box: Box, color: Color) -> None:
        """Fill a box."""
        part = box.cut(self._clip)
        if not part.is_empty:
            # Ten times as fast as assigning a colour to a slice.
            corners = (part.x0, part.y0), (part.x1 - 1, part.y1 - 1)
            cv2.rectangle(self.pixels, *corners, color, thickness=cv2.FILLED)

    def blend(self, coverage: RgbArray, x: int, y: int, color: Color, opacity: float = 1) -> None:
        """Lay a colour where a coverage bitmap says so.

        Args:
            coverage: (h, w) uint8.
            x: Left edge of the bitmap on the canvas.
            y: Upper edge.
            color: The ink.
            opacity: 0 to 1.
        """
        part = Box.sized(x, y, coverage.shape[1], coverage.shape[0]).cut(self._clip)
        if part.is_empty:
            return
        inside = coverage[part.y0 - y : part.y1 - y, part.x0 - x : part.x1 - x]
        # Shares of 0 to 256, so that a shift divides and full coverage gives the colour itself.
        alpha = inside.astype(np.int32)[..., None]
        alpha += alpha >> 7
        if opacity < 1:
            alpha = (alpha * round(max(0.0, opacity) * 256)) >> 8
        target = self.pixels[part.y0 : part.y1, part.x0 : part.x1]
        value = np.subtract(_ink(color), target, dtype=np.int32)
        value *= alpha
        value += 128
        value >>= 8
        value += target
        target[:] = value

    def rounded(self, box: Box, color: Color, *, radius: int, opacity: float = 1) -> None:
        """Fill a box with rounded corners."""
        if box.is_empty or not box.meets(self._clip):
            return
        radius = max(0, min(radius, box.width // 2, box.height // 2))
        if opacity < 1 or box.width * box.height <= _SMALL_AREA:
            self.blend(_rounded_mask(box.width, box.height, radius), box.x0, box.y0, color, opacity)
            return
        self.fill(Box(box.x0 + radius, box.y0, box.x1 - radius, box.y1), color)
        self.fill(Box(box.x0, box.y0 + radius, box.x0 + radius, box.y1 - radius), color)
        self.fill(Box(box.x1 - radius, box.y0 + radius, box.x1, box.y1 - radius), color)
        self._corners(box, _corner_mask(radius), color)

    def outline(self, box: Box, color: Color, *, radius: int, width: int = 1) -> None:
        """Draw the border of a box with rounded corners, inside of it."""
        if box.is_empty or not box.meets(self._clip):
            return
        radius = max(0, min(radius, box.width // 2, box.height // 2))
        width = max(1, min(width, box.width // 2, box.height // 2))
        self.fill(Box(box.x0 + radius, box.y0, box.x1 - radius, box.y0 + width), color)
        self.fill(Box(box.x0 + radius, box.y1 - width, box.x1 - radius, box.y1), color)
        self.fill(Box(box.x0, box.y0 + radius, box.x0 + width, box.y1 - radius), color)
        self.fill(Box(box.x1 - width, box.y0 + radius, box.x1, box.y1 - radius), color)
        self._corners(box, _corner_ring(radius, width), color)

    def disc(self, x: float, y: float, radius: float, color: Color) -> None:
        """Fill a circle around a position."""
        size = max(1, round(radius * 2))
        left, top = round(x - size / 2), round(y - size / 2)
        self.blend(_rounded_mask(size, size, size / 2), left, top, color)

    def _corners(self, box: Box, corner: RgbArray, color: Color) -> None:
        radius = corner.shape[0]
        self.blend(corner, box.x0, box.y0, color)
        self.blend(corner[:, ::-1], box.x1 - radius, box.y0, color)
        self.blend(corner[::-1], box.x0, box.y1 - radius, color)
        self.blend(corner[::-1, ::-1], box.x1 - radius, box.y1 - radius, color)

    def text(self, box: Box, text: str, color: Color, *, font: Font, align: Align = "left") -> int:
        """Set a line of text, centred vertically in a box and shortened to its width.

        Returns:
            The width of what was set.
        """
        line = shortened(text, font, box.width)
        if not line:
            return 0
        width = text_width(line, font)
        spare = box.width - width
        x = box.x0 + {"left": 0, "center": spare // 2, "right": spare}[align]
        baseline = box.y0 + (box.height + cap_height(font)) // 2
        ink = text_bitmap(line, font)
        with self.clipped(Box(box.x0, self.box.y0, box.x1, self.box.y1)):
            self.blend(ink.coverage, x + ink.left, baseline + ink.top, color)
        return width

    def icon(self, box: Box, name: str, color: Color, *, size: int | None = None) -> None:
        """Draw an icon in the middle of a box."""
        edge = self.metrics.icon if size is None else size
        place = box.middle(edge, edge)
        self.blend(icon_bitmap(name, edge), place.x0, place.y0, color)

    def picture(self, box: Box, pixels: RgbArray) -> None:
        """Copy a picture of exactly the box's size."""
        part = box.cut(self._clip)
        if not part.is_empty:
            self.pixels[part.y0 : part.y1, part.x0 : part.x1] = pixels[
                part.y0 - box.y0 : part.y1 - box.y0, part.x0 - box.x0 : part.x1 - box.x0
            ]


@lru_cache(maxsize=256)
def _ink(color: Color) -> npt.NDArray[np.int32]:
    return np.asarray(color, dtype=np.int32)


@lru_cache(maxsize=64)
def _corner_mask(radius: int) -> RgbArray:
    """Return the (radius, radius) coverage of the upper left corner."""
    if radius == 0:
        return np.zeros((0, 0), dtype=np.uint8)
    fine = (np.arange(radius * _OVERSAMPLING) + 0.5) / _OVERSAMPLING
    inside = (radius - fine[:, None]) ** 2 + (radius - fine[None]) ** 2 <= radius**2
    return np.asarray(
        cv2.resize(inside.astype(np.uint8) * 255, (radius, radius), interpolation=cv2.INTER_AREA)
    )


@lru_cache(maxsize=256)
def _rounded_mask(width: int, height: int, radius: float) -> RgbArray:
    """Return the (height, width) coverage of a rounded box, from its distance to the border."""
    x = np.abs(np.arange(width) + 0.5 - width / 2) - (width / 2 - radius)
    y = np.abs(np.arange(height) + 0.5 - height / 2) - (height / 2 - radius)
    outside = np.hypot(np.maximum(x, 0)[None], np.maximum(y, 0)[:, None])
    inside = np.minimum(np.maximum(x[None], y[:, None]), 0)
    return (np.clip(radius - outside - inside + 0.5, 0, 1) * 255).astype(np.uint8)


@lru_cache(maxsize=64)
def _corner_ring(radius: int, width: int) -> RgbArray:
    """Return the (radius, radius) coverage of a border around the upper left corner."""
    ring = _corner_mask(radius).copy()
    inner = _corner_mask(max(0, radius - width))
    if inner.size:
        ring[width:, width:] -= np.minimum(ring[width:, width:], inner)
    return ring
